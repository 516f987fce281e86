//! What a reader downloads for a first page, and the budget for it.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use anyhow::{Context, Result, bail};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::folder;
use crate::page::PAGE;

/// The most that a first page may take after gzip, bytes.
const BUDGET: usize = 350_000;
/// What every first page loads beside its program: by name, without the digest.
const SHELL: [&str; 5] = [
    "statebench.css",
    "start.js",
    "page.js",
    "instruments.js",
    "icon.svg",
];
/// How a program's code is called.
const CODE: &str = "_bg.wasm";
/// Brotli's highest quality, and its usual window.
const QUALITY: u32 = 11;
const WINDOW: u32 = 22;

/// Bytes of one file or of several.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Weight {
    plain: usize,
    gzip: usize,
    brotli: usize,
}

impl std::ops::Add for Weight {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            plain: self.plain + other.plain,
            gzip: self.gzip + other.gzip,
            brotli: self.brotli + other.brotli,
        }
    }
}

/// Prints what a first page of each program downloads.
///
/// # Errors
/// Where the folder holds no built site, or a program is above the budget.
pub(crate) fn check(dist: &Path) -> Result<()> {
    let files = weights(dist)?;
    let of = |name: &str| {
        let found = files.iter().find(|(known, _)| known == name);
        let (_, weight) = found.with_context(|| format!("{} holds no {name}", dist.display()))?;
        Ok::<Weight, anyhow::Error>(*weight)
    };
    let shell = SHELL
        .iter()
        .chain([&PAGE])
        .try_fold(Weight::default(), |sum, name| {
            Ok::<_, anyhow::Error>(sum + of(name)?)
        })?;
    let mut lines = format!(
        "{:>10} {:>10} {:>10}  a first page, bytes\n",
        "plain", "gzip", "Brotli"
    );
    let mut over = Vec::new();
    for program in files.iter().filter_map(|(name, _)| name.strip_suffix(CODE)) {
        let sum = shell + of(&format!("{program}{CODE}"))? + of(&format!("{program}.js"))?;
        lines += &format!(
            "{:>10} {:>10} {:>10}  {program}\n",
            sum.plain, sum.gzip, sum.brotli
        );
        if sum.gzip > BUDGET {
            over.push(format!("{program} by {} bytes", sum.gzip - BUDGET));
        }
    }
    io::stdout()
        .write_all(lines.as_bytes())
        .context("cannot print")?;
    if !over.is_empty() {
        bail!(
            "above the budget of {BUDGET} bytes after gzip: {}",
            over.join(", ")
        );
    }
    Ok(())
}

/// The files of a built site, by their names without digest.
fn weights(dist: &Path) -> Result<Vec<(String, Weight)>> {
    let entries = fs::read_dir(dist)
        .with_context(|| format!("{} holds no site; run: make viewer", dist.display()))?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry
            .with_context(|| format!("cannot read {}", dist.display()))?
            .path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        files.push((without_digest(&name), weigh(&folder::read(&path)?)?));
    }
    files.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(files)
}

fn without_digest(name: &str) -> String {
    match name.rsplit_once('-') {
        Some((stem, rest)) => {
            let extension = rest.split_once('.').map_or("", |(_, extension)| extension);
            format!("{stem}.{extension}")
        }
        None => name.to_owned(),
    }
}

fn weigh(bytes: &[u8]) -> Result<Weight> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(bytes).context("cannot compress")?;
    let mut brotli = brotli::CompressorWriter::new(Vec::new(), 1 << 16, QUALITY, WINDOW);
    brotli.write_all(bytes).context("cannot compress")?;
    Ok(Weight {
        plain: bytes.len(),
        gzip: gzip.finish().context("cannot compress")?.len(),
        brotli: brotli.into_inner().len(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Digits that no compression can shorten below half their number.
    fn noise(bytes: usize) -> Vec<u8> {
        let mut reader = blake3::Hasher::new().finalize_xof();
        let mut noise = vec![0; bytes];
        reader.fill(&mut noise);
        noise
    }

    fn site(code: usize) -> tempfile::TempDir {
        let dist = tempfile::tempdir().unwrap();
        for name in SHELL.iter().chain([&"overview.js"]) {
            let (stem, extension) = name.rsplit_once('.').unwrap();
            let name = format!("{stem}-0123456789abcdef.{extension}");
            fs::write(dist.path().join(name), vec![b'a'; 100]).unwrap();
        }
        fs::write(dist.path().join(PAGE), "<!doctype html>").unwrap();
        let name = "overview_bg-0123456789abcdef.wasm";
        fs::write(dist.path().join(name), noise(code)).unwrap();
        dist
    }

    #[test]
    fn a_program_above_the_budget_fails_and_is_named() {
        check(site(BUDGET / 2).path()).unwrap();
        let refused = check(site(BUDGET).path()).unwrap_err().to_string();
        assert!(refused.contains("overview by "), "{refused}");
    }

    #[test]
    fn a_missing_file_and_a_missing_site_are_named() {
        let dist = site(10);
        fs::remove_file(dist.path().join("start-0123456789abcdef.js")).unwrap();
        let refused = check(dist.path()).unwrap_err().to_string();
        assert!(refused.contains("holds no start.js"), "{refused}");
        let refused = check(&dist.path().join("nowhere")).unwrap_err().to_string();
        assert!(refused.contains("make viewer"), "{refused}");
    }
}
