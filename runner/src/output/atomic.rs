//! Files that are there whole or not at all.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};

/// Reports are for everybody's eyes; the process's mask still applies.
const READABLE: u32 = 0o644;
/// Mode of a program, with the same mask.
const EXECUTABLE: u32 = 0o755;

/// Writes a file so that a reader, or a machine that goes down, never sees half of it: into a temporary file
/// of the same folder first, which takes the file's name when its bytes are on the disk.
///
/// # Errors
/// Names the file and the cause (disk full, not permitted); what had the name before stays as it was.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8]) -> Result<()> {
    write_with_mode(path, bytes, READABLE)
}

/// The same for a program that everybody may run.
///
/// # Errors
/// As [`write_atomically`].
pub(crate) fn write_program(path: &Path, bytes: &[u8]) -> Result<()> {
    write_with_mode(path, bytes, EXECUTABLE)
}

fn write_with_mode(path: &Path, bytes: &[u8], mode: u32) -> Result<()> {
    try_write(path, bytes, mode).with_context(|| format!("cannot write {}", path.display()))
}

fn try_write(path: &Path, bytes: &[u8], mode: u32) -> Result<()> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".").suffix(".tmp");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(mode));
    }
    #[cfg(not(unix))]
    let _ = mode;
    let mut temporary = builder.tempfile_in(folder)?;
    temporary.write_all(bytes)?;
    temporary.as_file().sync_all()?;
    temporary.persist(path)?;
    sync_folder(folder)
}

/// Makes a new name in a folder durable.
fn sync_folder(folder: &Path) -> Result<()> {
    if cfg!(unix) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// Writes a file unless it holds these very bytes already; says whether it wrote.
///
/// # Errors
/// As [`write_atomically`].
pub(crate) fn write_if_changed(path: &Path, bytes: &[u8]) -> Result<bool> {
    if fs::read(path).is_ok_and(|current| current == bytes) {
        return Ok(false);
    }
    write_atomically(path, bytes)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_and_nothing_is_left_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.json");
        write_atomically(&path, b"first").unwrap();
        assert!(write_if_changed(&path, b"second").unwrap());
        assert!(!write_if_changed(&path, b"second").unwrap());
        assert_eq!(fs::read(&path).unwrap(), b"second");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_failure_names_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("missing/run.json");
        let refused = format!("{:#}", write_atomically(&path, b"x").unwrap_err());
        assert!(
            refused.contains("missing/run.json") && refused.contains("No such file"),
            "{refused}"
        );
    }
}
