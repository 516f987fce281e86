//! The last good build or run, kept beside the reports: what a gate compares against when nothing else is named.
//!
//! A binary is copied, since the build folder that it came from will soon hold another. Its file is named after its
//! digest, so that replacing a baseline is one rename: until then the old one is whole, from then on the new one.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use shared::report::Build;
use shared::units::format_count;

use super::atomic::{write_atomically, write_program};
use super::index::BASELINE_FOLDER;
use super::read::{RUN_FILE, is_plain_name, read_run_folder};
use crate::exit::usage;

/// What is kept, beside it.
const BASELINE_FILE: &str = "baseline.json";
/// Version of that file.
const VERSION: u32 = 1;
/// Begin of the name of a kept binary.
const BINARY_PREFIX: &str = "runner-";
/// Digits of the digest in the name of a kept binary.
const NAME_DIGITS: usize = 16;

/// What is known to be good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Baseline {
    /// Version of this document.
    format: u32,
    /// When it was declared good: RFC 3339, UTC.
    pub(crate) set_at: String,
    /// The build: of the binary, or that measured the run.
    pub(crate) build: Build,
    /// BLAKE3 of the binary or of the run's own file, hexadecimal.
    pub(crate) blake3: String,
    /// What is kept.
    pub(crate) kept: Kept,
}

/// What is kept as a baseline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Kept {
    /// A copy of a runner.
    Binary {
        /// Its file, beside this one.
        file: String,
    },
    /// A run of the reports folder.
    Run {
        /// Its id.
        id: String,
    },
}

impl Baseline {
    /// Where the binary or the run lies, once its bytes are seen to be those that were declared good.
    ///
    /// # Errors
    /// It is gone, cannot be read, or was changed; ends with [`crate::exit::Exit::Usage`].
    pub(crate) fn check(&self, reports: &Path) -> Result<PathBuf> {
        let (path, file) = match &self.kept {
            Kept::Binary { file } => {
                let path = folder(reports).join(plain(file)?);
                (path.clone(), path)
            }
            Kept::Run { id } => {
                let path = reports.join(plain(id)?);
                (path.clone(), path.join(RUN_FILE))
            }
        };
        let bytes = fs::read(&file).map_err(|e| {
            usage(anyhow!(
                "the baseline {} cannot be read: {e}; keep another with `runner baseline set`",
                file.display()
            ))
        })?;
        if blake3::hash(&bytes).to_hex().as_str() != self.blake3 {
            return Err(usage(anyhow!(
                "the baseline {} is not what was kept: it changed since {}; keep another with `runner baseline set`",
                file.display(),
                self.set_at
            )));
        }
        Ok(path)
    }
}

fn plain(name: &str) -> Result<&str> {
    if is_plain_name(name) {
        return Ok(name);
    }
    Err(usage(anyhow!(
        "{BASELINE_FILE} names `{name}`, which is no plain name: keep another with `runner baseline set`"
    )))
}

fn folder(reports: &Path) -> PathBuf {
    reports.join(BASELINE_FOLDER)
}

/// Keeps a copy of a binary.
///
/// # Errors
/// It cannot be read or the copy cannot be written.
pub(crate) fn keep_binary(reports: &Path, binary: &Path, build: Build) -> Result<Baseline> {
    let bytes =
        fs::read(binary).map_err(|e| usage(anyhow!("cannot read {}: {e}", binary.display())))?;
    let digest = blake3::hash(&bytes).to_hex().to_string();
    let file = format!("{BINARY_PREFIX}{}", &digest[..NAME_DIGITS]);
    make_folder(reports)?;
    write_program(&folder(reports).join(&file), &bytes)?;
    keep(reports, build, digest, Kept::Binary { file })
}

/// Keeps the name of a run of this reports folder.
///
/// # Errors
/// The run is damaged, or lies elsewhere.
pub(crate) fn keep_run(reports: &Path, run: &Path) -> Result<Baseline> {
    let damaged = |reason: String| usage(anyhow!("cannot keep {}: {reason}", run.display()));
    let (read, _) = read_run_folder(run).map_err(|e| damaged(e.to_string()))?;
    let same = |path: &Path| path.canonicalize().ok();
    if same(run).is_none() || same(run) != same(&reports.join(&read.id)) {
        return Err(damaged(format!(
            "a kept run stays where it is, so it must be {}",
            reports.join(&read.id).display()
        )));
    }
    let bytes = fs::read(run.join(RUN_FILE)).map_err(|e| damaged(e.to_string()))?;
    let digest = blake3::hash(&bytes).to_hex().to_string();
    make_folder(reports)?;
    keep(reports, read.build, digest, Kept::Run { id: read.id })
}

fn make_folder(reports: &Path) -> Result<()> {
    let folder = folder(reports);
    fs::create_dir_all(&folder).map_err(|e| {
        usage(anyhow!(
            "the folder {} cannot be made: {e}",
            folder.display()
        ))
    })
}

fn keep(reports: &Path, build: Build, blake3: String, kept: Kept) -> Result<Baseline> {
    let baseline = Baseline {
        format: VERSION,
        set_at: Timestamp::now().to_string(),
        build,
        blake3,
        kept,
    };
    let text = serde_json::to_string_pretty(&baseline).context("cannot serialize the baseline")?;
    write_atomically(
        &folder(reports).join(BASELINE_FILE),
        (text + "\n").as_bytes(),
    )?;
    remove_others(reports, &baseline)?;
    Ok(baseline)
}

/// Removes binaries that are no baseline any more.
fn remove_others(reports: &Path, baseline: &Baseline) -> Result<()> {
    let current = match &baseline.kept {
        Kept::Binary { file } => file.as_str(),
        Kept::Run { .. } => "",
    };
    for entry in fs::read_dir(folder(reports))?.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(BINARY_PREFIX) && name != current {
            fs::remove_file(entry.path())
                .with_context(|| format!("cannot remove {}", entry.path().display()))?;
        }
    }
    Ok(())
}

/// The baseline of a reports folder, where one is kept.
///
/// # Errors
/// Its file cannot be read or is no such document; ends with [`crate::exit::Exit::Usage`].
pub(crate) fn read_baseline(reports: &Path) -> Result<Option<Baseline>> {
    let path = folder(reports).join(BASELINE_FILE);
    let refused = |why: String| {
        usage(anyhow!(
            "{}: {why}; keep another baseline with `runner baseline set`",
            path.display()
        ))
    };
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(refused(e.to_string())),
    };
    let baseline: Baseline = serde_json::from_str(&text).map_err(|e| refused(e.to_string()))?;
    if baseline.format > VERSION {
        return Err(refused(format!(
            "has format {}, this runner reads up to {VERSION}",
            baseline.format
        )));
    }
    Ok(Some(baseline))
}

/// Forgets the baseline; says whether there was one.
///
/// # Errors
/// It cannot be removed.
pub(crate) fn clear_baseline(reports: &Path) -> Result<bool> {
    let folder = folder(reports);
    match fs::remove_dir_all(&folder) {
        Ok(()) => Ok(true),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(false),
        Err(e) => Err(e).with_context(|| format!("cannot remove {}", folder.display())),
    }
}

/// How old something is, in the largest unit that fits: `3 days`, `1 hour`, `less than a minute`.
pub(crate) fn age(since: &str, now: Timestamp) -> Option<String> {
    let since: Timestamp = since.parse().ok()?;
    let seconds = now
        .duration_since(since)
        .max(SignedDuration::ZERO)
        .as_secs();
    let steps = [("day", 86_400), ("hour", 3_600), ("minute", 60)];
    let (unit, length) = steps
        .into_iter()
        .find(|(_, length)| seconds >= *length)
        .unzip();
    let (Some(unit), Some(length)) = (unit, length) else {
        return Some("less than a minute".to_owned());
    };
    let count = seconds / length;
    let plural = if count == 1 { "" } else { "s" };
    Some(format!(
        "{} {unit}{plural}",
        format_count(count.unsigned_abs())
    ))
}

#[cfg(test)]
mod tests {
    use super::super::sample::written_into;
    use super::*;
    use crate::exit::Exit;
    use std::os::unix::fs::PermissionsExt;

    fn build() -> Build {
        Build {
            version: "0.1.0".to_owned(),
            revision: "0123456".to_owned(),
            profile: "release".to_owned(),
            target: Some("x86_64-unknown-linux-gnu".to_owned()),
        }
    }

    #[test]
    fn a_binary_is_copied_runnable_and_replaced_whole() {
        let reports = tempfile::tempdir().unwrap();
        let source = reports.path().join("built");
        assert_eq!(read_baseline(reports.path()).unwrap(), None);
        fs::write(&source, "first").unwrap();
        let first = keep_binary(reports.path(), &source, build()).unwrap();
        let path = first.check(reports.path()).unwrap();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o755
        );
        fs::write(&source, "second").unwrap();
        assert_eq!(
            fs::read(&path).unwrap(),
            b"first",
            "the copy stays what it was"
        );
        let second = keep_binary(reports.path(), &source, build()).unwrap();
        assert_eq!(read_baseline(reports.path()).unwrap(), Some(second.clone()));
        assert_eq!(
            fs::read(second.check(reports.path()).unwrap()).unwrap(),
            b"second"
        );
        assert!(!path.exists(), "the old copy is gone");
        assert!(clear_baseline(reports.path()).unwrap());
        assert!(!clear_baseline(reports.path()).unwrap());
    }

    #[test]
    fn a_changed_baseline_is_refused() {
        let reports = tempfile::tempdir().unwrap();
        let source = reports.path().join("built");
        fs::write(&source, "good").unwrap();
        let kept = keep_binary(reports.path(), &source, build()).unwrap();
        fs::write(kept.check(reports.path()).unwrap(), "gold").unwrap();
        let refused = kept.check(reports.path()).unwrap_err();
        assert_eq!(Exit::of(&refused), Exit::Usage);
        assert!(refused.to_string().contains("changed since"), "{refused}");
        fs::write(folder(reports.path()).join(BASELINE_FILE), "{").unwrap();
        let refused = read_baseline(reports.path()).unwrap_err().to_string();
        assert!(
            refused.contains("baseline.json") && refused.contains("baseline set"),
            "{refused}"
        );
    }

    #[test]
    fn a_run_stays_where_it_is_and_is_no_run_of_the_list_twice() {
        let reports = tempfile::tempdir().unwrap();
        let run = written_into(reports.path(), &["low-load"], "2026-11-23T03:15:00Z");
        let kept = keep_run(reports.path(), &run).unwrap();
        assert_eq!(kept.check(reports.path()).unwrap(), run);
        assert_eq!(
            super::super::rebuild_index(reports.path())
                .unwrap()
                .runs
                .len(),
            1
        );
        let elsewhere = tempfile::tempdir().unwrap();
        let other = written_into(elsewhere.path(), &["low-load"], "2026-11-23T03:15:00Z");
        let refused = keep_run(reports.path(), &other).unwrap_err().to_string();
        assert!(refused.contains("stays where it is"), "{refused}");
    }

    #[test]
    fn names_in_the_file_lead_nowhere_else() {
        let baseline = Baseline {
            format: VERSION,
            set_at: String::new(),
            build: build(),
            blake3: String::new(),
            kept: Kept::Binary {
                file: "../../bin/sh".to_owned(),
            },
        };
        let refused = baseline
            .check(Path::new("reports"))
            .unwrap_err()
            .to_string();
        assert!(refused.contains("no plain name"), "{refused}");
    }

    #[test]
    fn ages_are_told_in_one_unit() {
        let now: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
        let of = |since: &str| age(since, now).unwrap();
        assert_eq!(of("2026-11-20T11:00:00Z"), "3 days");
        assert_eq!(of("2026-11-23T11:00:00Z"), "1 hour");
        assert_eq!(of("2026-11-23T11:59:30Z"), "less than a minute");
        assert_eq!(of("2026-11-24T00:00:00Z"), "less than a minute");
        assert_eq!(age("yesterday", now), None);
    }
}
