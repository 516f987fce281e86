//! The files of a built site, in memory and on the disk.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// Contents by name; the site's code lies in one folder.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// Reads a file.
///
/// # Errors
/// Names the file that cannot be read.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Makes a folder hold these files and no others. They are written beside it first: whatever happens, the folder holds the
/// old build, none, or the new one whole.
///
/// # Errors
/// Where a file or folder cannot be written, moved or removed.
pub(crate) fn replace(folder: &Path, files: &Files) -> Result<()> {
    let fresh = folder.with_extension("new");
    remove(&fresh)?;
    fs::create_dir_all(&fresh).with_context(|| format!("cannot make {}", fresh.display()))?;
    for (name, bytes) in files {
        let path = fresh.join(name);
        fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
    }
    remove(folder)?;
    fs::rename(&fresh, folder).with_context(|| format!("cannot make {}", folder.display()))
}

fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            Err(e).with_context(|| format!("cannot remove {}", folder.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_holds_the_new_build_alone() {
        let home = tempfile::tempdir().unwrap();
        let dist = home.path().join("dist");
        let files = |name: &str| Files::from([(name.to_owned(), b"x".to_vec())]);
        replace(&dist, &files("a.js")).unwrap();
        replace(&dist, &files("b.js")).unwrap();
        let names: Vec<_> = fs::read_dir(&dist)
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(names, ["b.js"]);
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
    }
}
