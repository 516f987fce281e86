//! The folder that a run writes its report into.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, anyhow, bail};
use jiff::Timestamp;
use shared::report::{Run, Scenario, seal};

use super::atomic::write_atomically;
use super::read::{RUN_FILE, scenario_path};
use crate::exit::usage;

/// How many ids are tried before giving up. Two runs of one second collide once in 65,536 times.
const ID_ATTEMPTS: u32 = 16;

/// A run's folder while the run writes it. It was made by this run and belongs to it alone.
#[derive(Debug)]
pub(crate) struct RunFolder {
    id: String,
    path: PathBuf,
}

impl RunFolder {
    /// Makes `out/<run-id>/`, `out` too where it is missing. The id is the UTC date and time, the profile and
    /// four hexadecimal digits, so that names sort by time. An existing run is never touched.
    ///
    /// # Errors
    /// Names the folder, the cause and the way out, before any load; ends with [`crate::exit::Exit::Usage`].
    pub(crate) fn create(out: &Path, profile: &str, started: Timestamp) -> Result<Self> {
        check_writable(out)?;
        for attempt in 0..ID_ATTEMPTS {
            let id = format!(
                "{}-{profile}-{:04x}",
                started.strftime("%Y%m%dT%H%M%SZ"),
                tag(attempt)
            );
            let path = out.join(&id);
            match fs::create_dir(&path) {
                Ok(()) => return Ok(Self { id, path }),
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
                Err(e) => {
                    return Err(usage(
                        anyhow!(e).context(format!("cannot make {}", path.display())),
                    ));
                }
            }
        }
        bail!(
            "{} holds too many runs of this very second; start again",
            out.display()
        )
    }

    /// The folder of a run that goes on.
    pub(crate) fn open(path: &Path, id: &str) -> Self {
        Self {
            id: id.to_owned(),
            path: path.to_owned(),
        }
    }

    /// The run's id.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// The folder.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Seals and writes `run.json`; says where.
    ///
    /// # Errors
    /// Names the file and the cause; files written before stay valid.
    pub(crate) fn write_run(&self, run: &Run) -> Result<PathBuf> {
        let path = self.path.join(RUN_FILE);
        let (text, _) =
            seal(run).with_context(|| format!("cannot serialize {}", path.display()))?;
        write_atomically(&path, text.as_bytes())?;
        Ok(path)
    }

    /// Seals and writes a scenario, enters its digest, length and status into the run, and writes `run.json`
    /// after it, so that `run.json` never promises a file that is not there; says where the scenario is.
    ///
    /// # Errors
    /// Where the run has no entry for the scenario, or as [`RunFolder::write_run`].
    pub(crate) fn write_scenario(&self, run: &mut Run, scenario: &Scenario) -> Result<PathBuf> {
        let entry = run
            .scenarios
            .iter_mut()
            .find(|entry| entry.name == scenario.name)
            .with_context(|| {
                format!("scenario {} is not part of run {}", scenario.name, self.id)
            })?;
        let path = scenario_path(&self.path, &entry.file).map_err(|reason| anyhow!(reason))?;
        let (text, digest) =
            seal(scenario).with_context(|| format!("cannot serialize {}", path.display()))?;
        write_atomically(&path, text.as_bytes())?;
        entry.digest = Some(digest);
        entry.bytes = Some(text.len() as u64);
        entry.status = scenario.status.clone();
        self.write_run(run)?;
        Ok(path)
    }
}

/// Makes the folder where it is missing and proves that files can be written in it.
///
/// # Errors
/// Names the folder, the cause and the way out; ends with [`crate::exit::Exit::Usage`].
pub(crate) fn check_writable(out: &Path) -> Result<()> {
    fs::create_dir_all(out)
        .and_then(|()| tempfile::NamedTempFile::new_in(out).map(drop))
        .map_err(|e| {
            usage(anyhow!(
                "cannot write reports into {}: {e}; make the folder writable or name another one with --out",
                out.display()
            ))
        })
}

/// Sixteen bits that differ between processes and attempts.
fn tag(attempt: u32) -> u16 {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |d| d.as_nanos());
    let hash = blake3::hash(format!("{now} {} {attempt}", std::process::id()).as_bytes());
    u16::from_le_bytes([hash.as_bytes()[0], hash.as_bytes()[1]])
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use crate::exit::Exit;
    use shared::report::Status;

    #[test]
    fn ids_sort_by_time_and_name_the_profile() {
        let out = tempfile::tempdir().unwrap();
        let early = RunFolder::create(out.path(), "quick", "2026-11-23T03:15:00Z".parse().unwrap())
            .unwrap();
        let late =
            RunFolder::create(out.path(), "ci", "2026-11-23T03:15:01Z".parse().unwrap()).unwrap();
        assert!(
            early.id().starts_with("20261123T031500Z-quick-"),
            "{}",
            early.id()
        );
        assert!(early.id() < late.id());
        assert!(early.path().is_dir());
    }

    #[test]
    fn runs_of_one_second_get_folders_of_their_own() {
        let out = tempfile::tempdir().unwrap();
        let now = Timestamp::now();
        for _ in 0..20 {
            RunFolder::create(out.path(), "ci", now).unwrap();
        }
        assert_eq!(fs::read_dir(out.path()).unwrap().count(), 20);
    }

    #[test]
    fn an_output_folder_that_is_a_file_is_named() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let refused = RunFolder::create(file.path(), "ci", Timestamp::now()).unwrap_err();
        assert_eq!(Exit::of(&refused), Exit::Usage);
        let text = refused.to_string();
        assert!(
            text.contains(&file.path().display().to_string()) && text.contains("--out"),
            "{text}"
        );
    }

    #[test]
    fn a_written_scenario_is_entered_into_the_run() {
        let out = tempfile::tempdir().unwrap();
        let folder = RunFolder::create(out.path(), "ci", Timestamp::now()).unwrap();
        let mut run = sample::run(folder.id());
        let scenario = sample::scenario(folder.id(), "low-load");
        let path = folder.write_scenario(&mut run, &scenario).unwrap();
        assert_eq!(path, folder.path().join("low-load.json"));
        let (read, scenarios) = super::super::read::read_run_folder(folder.path()).unwrap();
        let entry = &read.scenarios[0];
        assert_eq!(entry.status, Status::Complete);
        assert_eq!(entry.bytes, Some(fs::metadata(path).unwrap().len()));
        assert_eq!(scenarios.len(), 1);
        assert_eq!(scenarios[0].as_ref().unwrap().blocks, scenario.blocks);
    }

    #[test]
    fn a_scenario_that_the_run_does_not_have_is_refused() {
        let out = tempfile::tempdir().unwrap();
        let folder = RunFolder::create(out.path(), "ci", Timestamp::now()).unwrap();
        let mut run = sample::run(folder.id());
        let refused = folder
            .write_scenario(&mut run, &sample::scenario(folder.id(), "other"))
            .unwrap_err();
        assert!(refused.to_string().contains("scenario other"), "{refused}");
    }
}
