//! The built viewer: the files that make a site's pages, from a folder or from within this program.

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};

use super::PAGE;
use super::headers::is_hashed;
use crate::exit::usage;

// `EMBEDDED`: path and content of each file of the viewer that the build put into this program, see build.rs.
include!(concat!(env!("OUT_DIR"), "/viewer.rs"));

/// Where `make viewer` puts what it builds.
const USUAL_FOLDER: &str = "dist";
/// What to do where there is no viewer.
const REMEDY: &str = "run `make viewer`, or name its folder with --viewer";

/// A built viewer, whole.
#[derive(Debug)]
pub(crate) struct Viewer {
    /// Where it lies; `None` within this program.
    pub(super) folder: Option<PathBuf>,
    /// Its files, the page last: it must not name files that are not there yet.
    pub(super) files: Vec<ViewerFile>,
}

/// A file of the viewer.
#[derive(Debug)]
pub(super) struct ViewerFile {
    /// Path, relative to the viewer's folder.
    pub(super) name: PathBuf,
    /// Content.
    pub(super) bytes: Cow<'static, [u8]>,
}

impl Viewer {
    /// The viewer in `folder`; where none is named the one within this program, or else in `dist`.
    ///
    /// # Errors
    /// Where there is no viewer, or its files do not belong together; ends with [`crate::exit::Exit::Usage`].
    pub(crate) fn find(folder: Option<&Path>) -> Result<Self> {
        Self::find_among(folder, EMBEDDED)
    }

    fn find_among(folder: Option<&Path>, embedded: &[(&str, &'static [u8])]) -> Result<Self> {
        match folder {
            Some(folder) => Self::in_folder(folder),
            None if embedded.is_empty() => Self::in_folder(Path::new(USUAL_FOLDER)),
            None => {
                let files = embedded.iter().map(|&(name, bytes)| ViewerFile {
                    name: name.into(),
                    bytes: bytes.into(),
                });
                Self::whole(None, files.collect())
            }
        }
    }

    /// The viewer in a folder.
    ///
    /// # Errors
    /// As [`Self::find`].
    pub(super) fn in_folder(folder: &Path) -> Result<Self> {
        if !folder.join(PAGE).is_file() {
            return Err(usage(anyhow!(
                "{} holds no built viewer: {REMEDY}",
                folder.display()
            )));
        }
        Self::whole(Some(folder.to_path_buf()), files_below(folder)?)
    }

    fn whole(folder: Option<PathBuf>, mut files: Vec<ViewerFile>) -> Result<Self> {
        files.sort_by(|a, b| {
            let key = |file: &ViewerFile| (file.name == Path::new(PAGE), file.name.clone());
            key(a).cmp(&key(b))
        });
        for file in &files {
            if let Some(fault) = fault(file, &files) {
                let place = folder.as_ref().map_or_else(
                    || "what this program holds".into(),
                    |folder| folder.to_string_lossy(),
                );
                return Err(usage(anyhow!(
                    "{place} is no whole build of the viewer: {} {fault}; {REMEDY}",
                    file.name.display()
                )));
            }
        }
        Ok(Self { folder, files })
    }
}

fn files_below(viewer: &Path) -> Result<Vec<ViewerFile>> {
    let mut files = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        let path = viewer.join(&folder);
        for entry in
            fs::read_dir(&path).with_context(|| format!("cannot read {}", path.display()))?
        {
            let entry = entry.with_context(|| format!("cannot read {}", path.display()))?;
            let name = folder.join(entry.file_name());
            if entry.path().is_dir() {
                folders.push(name);
            } else {
                let bytes = super::read(&entry.path())?.into();
                files.push(ViewerFile { name, bytes });
            }
        }
    }
    Ok(files)
}

/// What shows that a file is of another build than the others, or of one that this runner's headers forbid to run.
fn fault(file: &ViewerFile, files: &[ViewerFile]) -> Option<String> {
    let extension = file
        .name
        .extension()
        .and_then(|extension| extension.to_str());
    if !matches!(extension, Some("html" | "js")) {
        return None;
    }
    let text = String::from_utf8_lossy(&file.bytes);
    let missing = named(&text).find(|name| !files.iter().any(|file| file.name.ends_with(name)));
    if let Some(missing) = missing {
        return Some(format!("names {missing}, which is not there"));
    }
    let inline = |tag: &str| {
        !tag.split('>')
            .next()
            .is_some_and(|tag| tag.contains("src="))
    };
    let holds_script = extension == Some("html") && text.split("<script").skip(1).any(inline);
    holds_script.then(|| "holds a script, which the site's policy does not let run".to_owned())
}

/// The names with a digest in a text.
fn named(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_' | '.'))
        .map(|word| word.trim_start_matches('.'))
        .filter(|word| is_hashed(Path::new(word)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Exit;

    const HELD: &[(&str, &[u8])] = &[
        (
            "index.html",
            b"<!doctype html><script src=./start-1111111111111111.js></script>",
        ),
        ("start-1111111111111111.js", b"start();"),
    ];

    fn names(viewer: &Viewer) -> Vec<&Path> {
        viewer
            .files
            .iter()
            .map(|file| file.name.as_path())
            .collect()
    }

    #[test]
    fn a_named_folder_goes_before_what_the_program_holds() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("icons")).unwrap();
        fs::write(folder.path().join("icons/mark.svg"), "<svg/>").unwrap();
        fs::write(folder.path().join(PAGE), "<!doctype html>").unwrap();
        let viewer = Viewer::find_among(Some(folder.path()), HELD).unwrap();
        assert_eq!(
            names(&viewer),
            [Path::new("icons/mark.svg"), Path::new(PAGE)]
        );
        assert_eq!(viewer.folder.as_deref(), Some(folder.path()));
    }

    #[test]
    fn what_the_program_holds_needs_no_folder() {
        let viewer = Viewer::find_among(None, HELD).unwrap();
        assert_eq!(viewer.folder, None);
        assert_eq!(
            names(&viewer),
            [Path::new("start-1111111111111111.js"), Path::new(PAGE)],
            "the page last"
        );
        assert_eq!(*viewer.files[0].bytes, *b"start();");
    }

    #[test]
    fn half_a_viewer_in_the_program_is_refused() {
        let refused = Viewer::find_among(None, &HELD[..1]).unwrap_err();
        assert_eq!(Exit::of(&refused), Exit::Usage);
        let text = refused.to_string();
        assert!(
            text.contains("this program holds") && text.contains("names start-1111111111111111.js"),
            "{text}"
        );
    }

    #[test]
    fn no_viewer_at_all_says_what_to_do() {
        let nowhere = tempfile::tempdir().unwrap();
        let refused = Viewer::find_among(Some(nowhere.path()), HELD).unwrap_err();
        assert_eq!(Exit::of(&refused), Exit::Usage);
        assert!(refused.to_string().contains("make viewer"), "{refused}");
        // The crate's own folder has no `dist`.
        let refused = Viewer::find_among(None, &[]).unwrap_err();
        assert!(
            refused
                .to_string()
                .starts_with("dist holds no built viewer"),
            "{refused}"
        );
    }
}
