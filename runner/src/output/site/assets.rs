//! The viewer's files: what a build consists of, and what becomes of the files of earlier builds.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::compressed;
use super::headers::is_hashed;
use super::{PAGE, Writer};
use crate::exit::usage;

/// The site's list of the files that came from a viewer.
const LIST: &str = ".statebench-assets.json";
/// How long a file stays that the newest viewer does not have: a page that somebody has open since before still loads
/// parts of it when another page is gone to. A month is more than a browser tab lives between two restarts.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// All files below the viewer's folder, by path relative to it, the page last: it must not name files that are not
/// there yet.
///
/// # Errors
/// Where there is no viewer, or its files do not belong together; ends with [`crate::exit::Exit::Usage`].
pub(super) fn viewer_files(viewer: &Path) -> Result<Vec<PathBuf>> {
    let again = "run `make viewer`, or name its folder with --viewer";
    if !viewer.join(PAGE).is_file() {
        return Err(usage(anyhow!(
            "{} holds no built viewer: {again}",
            viewer.display()
        )));
    }
    let files = files_below(viewer)?;
    for file in &files {
        if let Some(fault) = fault(viewer, file, &files)? {
            return Err(usage(anyhow!(
                "{} is no whole build of the viewer: {} {fault}; {again}",
                viewer.display(),
                file.display()
            )));
        }
    }
    Ok(files)
}

fn files_below(viewer: &Path) -> Result<Vec<PathBuf>> {
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
                files.push(name);
            }
        }
    }
    files.sort_by_key(|file| (file == Path::new(PAGE), file.clone()));
    Ok(files)
}

/// What shows that a file is of another build than the others, or of one that this runner's headers forbid to run.
fn fault(viewer: &Path, file: &Path, files: &[PathBuf]) -> Result<Option<String>> {
    let extension = file.extension().and_then(|extension| extension.to_str());
    if !matches!(extension, Some("html" | "js")) {
        return Ok(None);
    }
    let path = viewer.join(file);
    let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let text = String::from_utf8_lossy(&bytes);
    if let Some(missing) = named(&text).find(|name| !files.iter().any(|f| f.ends_with(name))) {
        return Ok(Some(format!("names {missing}, which is not there")));
    }
    let inline = |tag: &str| {
        !tag.split('>')
            .next()
            .is_some_and(|tag| tag.contains("src="))
    };
    let holds_script = extension == Some("html") && text.split("<script").skip(1).any(inline);
    Ok(holds_script.then(|| "holds a script, which the site's policy does not let run".to_owned()))
}

/// The names with a digest in a text.
fn named(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_' | '.'))
        .map(|word| word.trim_start_matches('.'))
        .filter(|word| is_hashed(Path::new(word)))
}

/// The files in a site that came from a viewer, by path.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Assets(BTreeMap<PathBuf, Asset>);

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Asset {
    /// BLAKE3 of what was written.
    blake3: String,
    /// When a viewer without this file was published; absent while the newest has it.
    replaced_at: Option<Timestamp>,
}

impl Assets {
    /// What the site says. A list that is missing or unreadable is empty: then the files of earlier builds stay.
    pub(super) fn read(site: &Path) -> Self {
        let text = fs::read_to_string(site.join(LIST)).unwrap_or_default();
        let mut assets: Self = serde_json::from_str(&text).unwrap_or_default();
        let inside = |path: &Path| path.components().all(|c| matches!(c, Component::Normal(_)));
        assets.0.retain(|path, _| inside(path));
        assets
    }

    /// Notes a file of the newest viewer. Says whether another one had its name, though that name holds a digest.
    pub(super) fn note(&mut self, file: &Path, bytes: &[u8]) -> bool {
        let asset = Asset {
            blake3: blake3::hash(bytes).to_hex().to_string(),
            replaced_at: None,
        };
        let digest = asset.blake3.clone();
        let before = self.0.insert(file.to_path_buf(), asset);
        is_hashed(file) && before.is_some_and(|before| before.blake3 != digest)
    }

    /// Removes the files that no viewer of the last [`KEPT`] had, and writes the list. A file that somebody changed
    /// stays. `files` are those of the newest viewer.
    ///
    /// # Errors
    /// Where a file cannot be removed or the list not be written.
    pub(super) fn sweep(
        &mut self,
        writer: &mut Writer<'_>,
        files: &[PathBuf],
        now: Timestamp,
    ) -> Result<()> {
        for (path, asset) in &mut self.0 {
            if !files.contains(path) {
                asset.replaced_at.get_or_insert(now);
            }
        }
        let due = |asset: &Asset| {
            asset
                .replaced_at
                .is_some_and(|at| now.duration_since(at) > KEPT)
        };
        for (path, asset) in self.0.extract_if(.., |_, asset| due(asset)) {
            let path = writer.site.join(path);
            let ours = |bytes: Vec<u8>| blake3::hash(&bytes).to_hex().as_str() == asset.blake3;
            if fs::read(&path).is_ok_and(ours) {
                compressed::discard(&path)?;
                compressed::remove(&path)?;
            }
        }
        let text = serde_json::to_string_pretty(self).context("cannot serialize the assets")?;
        writer.write(&format!("{text}\n").into_bytes(), Path::new(LIST))
    }
}
