//! Compressed copies beside the site's files, for servers that hand them to whoever accepts them: `x.json.gz`.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use brotli::enc::BrotliEncoderParams;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

use super::super::atomic::write_atomically;

/// What shrinks when it is compressed.
const EXTENSIONS: [&str; 6] = ["html", "css", "js", "wasm", "json", "svg"];
/// Below this many bytes a copy saves no packet.
const WORTH: usize = 1_024;
/// Brotli's best. It is generic code, which a debug build leaves slow: there it is spared ten seconds.
const BROTLI_QUALITY: i32 = if cfg!(debug_assertions) { 5 } else { 11 };
/// Bytes that Brotli reads and writes at a time.
const BUFFER: usize = 1 << 16;

/// Which copies a file has.
///
/// Brotli is worth its time for code alone, as the histograms of reports are compressed already, and Zopfli for nothing:
/// `docs/publishing.md` has the figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Copies {
    /// `.gz` alone: reports.
    Gzip,
    /// `.gz` and `.br`: what every first visit loads.
    All,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Gzip,
    Brotli,
}

impl Encoding {
    const ALL: [Self; 2] = [Self::Gzip, Self::Brotli];

    fn path(self, file: &Path) -> PathBuf {
        let mut path = OsString::from(file);
        path.push(match self {
            Self::Gzip => ".gz",
            Self::Brotli => ".br",
        });
        path.into()
    }

    fn encode(self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        match self {
            Self::Gzip => {
                let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
                encoder.write_all(bytes)?;
                encoder.finish()
            }
            Self::Brotli => {
                let parameters = BrotliEncoderParams {
                    quality: BROTLI_QUALITY,
                    size_hint: bytes.len(),
                    ..BrotliEncoderParams::default()
                };
                let mut encoded = Vec::new();
                brotli::BrotliCompress(&mut &*bytes, &mut encoded, &parameters)?;
                Ok(encoded)
            }
        }
    }

    /// Whether a copy decodes to these very bytes. No more than them is decoded, whatever the copy claims.
    fn is_copy(self, copy: &Path, bytes: &[u8]) -> bool {
        let Ok(file) = File::open(copy) else {
            return false;
        };
        let limit = bytes.len() as u64 + 1;
        let mut decoded = Vec::with_capacity(bytes.len() + 1);
        let read = match self {
            Self::Gzip => GzDecoder::new(file).take(limit).read_to_end(&mut decoded),
            Self::Brotli => brotli::Decompressor::new(file, BUFFER)
                .take(limit)
                .read_to_end(&mut decoded),
        };
        read.is_ok() && decoded == bytes
    }
}

/// Whether a file is the gzip copy of another one.
pub(crate) fn is_gzip_of(copy: &Path, file: &Path) -> bool {
    fs::read(file).is_ok_and(|bytes| Encoding::Gzip.is_copy(copy, &bytes))
}

/// Brings the copies of a file that holds `bytes` up to date; says how many were written. A copy that would not be
/// smaller is none.
///
/// # Errors
/// Names the file and the cause.
pub(super) fn refresh(file: &Path, bytes: &[u8], copies: Copies) -> Result<usize> {
    if !shrinks(file) {
        return Ok(0);
    }
    let mut written = 0;
    for encoding in Encoding::ALL {
        let copy = encoding.path(file);
        let wanted = encoding == Encoding::Gzip || copies == Copies::All;
        if !wanted || bytes.len() < WORTH {
            remove(&copy)?;
        } else if !encoding.is_copy(&copy, bytes) {
            let encoded = encoding
                .encode(bytes)
                .with_context(|| format!("cannot compress {}", file.display()))?;
            if encoded.len() < bytes.len() {
                write_atomically(&copy, &encoded)?;
                written += 1;
            } else {
                remove(&copy)?;
            }
        }
    }
    Ok(written)
}

/// Removes the copies of a file that is about to change or to go: no server must hand out the old content under its name.
///
/// # Errors
/// Names the file and the cause.
pub(super) fn discard(file: &Path) -> Result<()> {
    if shrinks(file) {
        for encoding in Encoding::ALL {
            remove(&encoding.path(file))?;
        }
    }
    Ok(())
}

/// Whether a file has copies at all: no page loads one whose name begins with a dot.
fn shrinks(file: &Path) -> bool {
    let name = file.file_name().and_then(|name| name.to_str());
    let extension = name
        .filter(|name| !name.starts_with('.'))
        .and_then(|name| name.rsplit_once('.'));
    extension.is_some_and(|(_, extension)| EXTENSIONS.contains(&extension))
}

/// Removes a file, if there is one.
///
/// # Errors
/// Names the file and the cause.
pub(super) fn remove(file: &Path) -> Result<()> {
    match fs::remove_file(file) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => {
            Err(e).with_context(|| format!("cannot remove {}", file.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("run.json");
        (folder, file)
    }

    #[test]
    fn copies_hold_what_the_file_holds() {
        let (_folder, file) = file();
        let bytes = b"{\"same\":true},".repeat(1_000);
        assert_eq!(refresh(&file, &bytes, Copies::All).unwrap(), 2);
        for encoding in Encoding::ALL {
            let copy = encoding.path(&file);
            assert!(encoding.is_copy(&copy, &bytes), "{encoding:?}");
            assert!(
                !encoding.is_copy(&copy, &bytes[1..]),
                "{encoding:?}: longer"
            );
            assert!(fs::metadata(&copy).unwrap().len() < 200, "{encoding:?}");
        }
        assert_eq!(refresh(&file, &bytes, Copies::All).unwrap(), 0);
    }

    #[test]
    fn a_stale_or_damaged_copy_is_replaced() {
        let (_folder, file) = file();
        let bytes = b"{\"same\":true},".repeat(1_000);
        refresh(&file, &bytes, Copies::All).unwrap();
        fs::write(Encoding::Brotli.path(&file), "no Brotli").unwrap();
        assert_eq!(refresh(&file, &bytes, Copies::All).unwrap(), 1);
        assert_eq!(refresh(&file, &bytes[14..], Copies::All).unwrap(), 2);
    }

    #[test]
    fn copies_that_are_not_wanted_go() {
        let (folder, file) = file();
        let bytes = b"{\"same\":true},".repeat(1_000);
        refresh(&file, &bytes, Copies::All).unwrap();
        refresh(&file, &bytes, Copies::Gzip).unwrap();
        assert!(Encoding::Gzip.path(&file).exists() && !Encoding::Brotli.path(&file).exists());
        refresh(&file, b"{}", Copies::All).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_does_not_shrink_has_no_copy() {
        let (folder, file) = file();
        let noise: Vec<u8> = (0..2_000_u32)
            .flat_map(|i| blake3::hash(&i.to_le_bytes()).as_bytes()[..2].to_vec())
            .collect();
        assert_eq!(refresh(&file, &noise, Copies::All).unwrap(), 0);
        let picture = file.with_extension("png");
        assert_eq!(refresh(&picture, &[0; 5_000], Copies::All).unwrap(), 0);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
