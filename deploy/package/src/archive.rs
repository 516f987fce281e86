//! The archive itself: the same files and time give the same bytes.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use flate2::{Compression, GzBuilder};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use tar::{Builder, EntryType, Header};

/// The list of checksums, in the form of `sha256sum`.
pub(crate) const SUMS: &str = "SHA256SUMS";

/// All files below a folder but the list of checksums, relative to it, in order.
///
/// # Errors
/// Where a folder cannot be read.
pub(crate) fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(inner) = folders.pop() {
        let path = folder.join(&inner);
        let unread = || format!("cannot read {}", path.display());
        for entry in fs::read_dir(&path).with_context(unread)? {
            let entry = entry.with_context(unread)?;
            let name = inner.join(entry.file_name());
            if entry.path().is_dir() {
                folders.push(name);
            } else if name != Path::new(SUMS) {
                files.push(name);
            }
        }
    }
    files.sort();
    Ok(files)
}

/// A line of `sha256sum` for each file below a folder.
///
/// # Errors
/// Where a file cannot be read.
pub(crate) fn sums(folder: &Path, files: &[PathBuf]) -> Result<String> {
    files.iter().map(|file| sum(folder, file)).collect()
}

/// A line of `sha256sum` for an archive, under its name alone.
///
/// # Errors
/// Where it cannot be read.
pub(crate) fn sums_of_archive(archive: &Path) -> Result<String> {
    let folder = archive.parent().unwrap_or(Path::new(""));
    sum(folder, Path::new(archive.file_name().unwrap_or_default()))
}

fn sum(folder: &Path, file: &Path) -> Result<String> {
    let digest = Sha256::digest(read(&folder.join(file))?);
    let digits: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("{digits}  {}\n", file.display()))
}

/// Packs a folder into `<folder>.tar.gz` beside it. Every file belongs to root and has this time.
///
/// # Errors
/// Where a file cannot be read or the archive not be written.
pub(crate) fn pack(folder: &Path, time: Timestamp) -> Result<PathBuf> {
    let name = folder
        .file_name()
        .ok_or_else(|| anyhow!("{} has no name to unpack as", folder.display()))?;
    let archive = folder.with_file_name(format!("{}.tar.gz", name.display()));
    let unwritten = || format!("cannot write {}", archive.display());
    let out = File::create(&archive).with_context(unwritten)?;
    // Without a time and a name in its own header, the compressed form depends on nothing else either.
    let mut tar = Builder::new(GzBuilder::new().write(out, Compression::best()));
    let mut entries = files(folder)?;
    entries.push(SUMS.into());
    for file in entries {
        let bytes = read(&folder.join(&file))?;
        let mut header = header(is_program(&folder.join(&file)), time)?;
        header.set_size(bytes.len() as u64);
        tar.append_data(&mut header, Path::new(name).join(&file), bytes.as_slice())
            .with_context(unwritten)?;
    }
    let mut out = tar
        .into_inner()
        .and_then(flate2::write::GzEncoder::finish)
        .with_context(unwritten)?;
    out.flush().with_context(unwritten)?;
    Ok(archive)
}

fn header(is_program: bool, time: Timestamp) -> Result<Header> {
    let mut header = Header::new_gnu();
    header.set_entry_type(EntryType::Regular);
    header.set_mode(if is_program { 0o755 } else { 0o644 });
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(
        time.as_second()
            .try_into()
            .context("the time is before 1970")?,
    );
    Ok(header)
}

fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|data| data.permissions().mode() & 0o100 != 0)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::read::GzDecoder;
    use std::io::Read;
    use std::os::unix::fs::PermissionsExt;

    fn folder(root: &Path) -> PathBuf {
        let folder = root.join("product-1.0.0");
        fs::create_dir_all(folder.join("man")).unwrap();
        fs::write(folder.join("man/b.1"), "page").unwrap();
        fs::write(folder.join("a"), "program").unwrap();
        fs::set_permissions(folder.join("a"), fs::Permissions::from_mode(0o700)).unwrap();
        let sums = sums(&folder, &files(&folder).unwrap()).unwrap();
        fs::write(folder.join(SUMS), sums).unwrap();
        folder
    }

    fn time() -> Timestamp {
        Timestamp::from_second(1_764_547_200).unwrap()
    }

    #[test]
    fn the_same_files_give_the_same_bytes() {
        let [a, b] = [0, 1].map(|_| tempfile::tempdir().unwrap());
        let [first, second] = [&a, &b].map(|root| pack(&folder(root.path()), time()).unwrap());
        assert_eq!(fs::read(&first).unwrap(), fs::read(second).unwrap());
        assert_eq!(first, a.path().join("product-1.0.0.tar.gz"));
    }

    #[test]
    fn an_archive_unpacks_to_its_files() {
        let root = tempfile::tempdir().unwrap();
        let archive = pack(&folder(root.path()), time()).unwrap();
        let mut tar = tar::Archive::new(GzDecoder::new(File::open(archive).unwrap()));
        let mut found = Vec::new();
        for entry in tar.entries().unwrap() {
            let mut entry = entry.unwrap();
            let mut text = String::new();
            entry.read_to_string(&mut text).unwrap();
            let header = entry.header();
            assert_eq!(
                (header.uid().unwrap(), header.mtime().unwrap()),
                (0, 1_764_547_200)
            );
            let name = entry.path().unwrap().display().to_string();
            found.push((name, entry.header().mode().unwrap(), text.len()));
        }
        let expected = [
            ("product-1.0.0/a", 0o755, 7),
            ("product-1.0.0/man/b.1", 0o644, 4),
            ("product-1.0.0/SHA256SUMS", 0o644, 2 * 66 + 1 + 1 + 7 + 1),
        ];
        assert_eq!(
            found,
            expected.map(|(name, mode, size)| (name.to_owned(), mode, size))
        );
    }

    #[test]
    fn checksums_are_those_of_sha256sum() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("abc"), "abc").unwrap();
        // FIPS 180-2, appendix B.1.
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  abc\n";
        assert_eq!(sums(root.path(), &["abc".into()]).unwrap(), expected);
        assert_eq!(sums_of_archive(&root.path().join("abc")).unwrap(), expected);
    }
}
