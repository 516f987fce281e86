//! Reading run folders: damage is reported by file and reason, and hides nothing but the damaged file.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};
use shared::report::{
    ReadError, Run, Scenario, ScenarioEntry, check_seal, read_run, read_scenario,
};

use crate::exit::usage;

/// Name of a run's own file.
pub(crate) const RUN_FILE: &str = "run.json";
/// Names at least this alike (Jaro-Winkler, 0 to 1) are offered for a name that does not exist.
const ALIKE: f64 = 0.8;

/// A file of a run that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {reason}")]
pub(crate) struct Damaged {
    /// File, relative to the run folder.
    pub(crate) file: String,
    /// What is wrong with it and where.
    pub(crate) reason: String,
}

impl Damaged {
    /// Damage of `run.json`.
    pub(crate) fn run(reason: String) -> Self {
        Self {
            file: RUN_FILE.to_owned(),
            reason,
        }
    }
}

/// Reads a run and those of its scenarios that have a file.
///
/// # Errors
/// [`Damaged`] for `run.json`; damaged scenarios stand in the list.
pub(crate) fn read_run_folder(
    folder: &Path,
) -> Result<(Run, Vec<Result<Scenario, Damaged>>), Damaged> {
    let text = read_text(&folder.join(RUN_FILE)).map_err(Damaged::run)?;
    let (run, _) =
        read_sealed(&text, read_run).map_err(|faults| Damaged::run(faults.join("; ")))?;
    let scenarios = run
        .scenarios
        .iter()
        .filter(|entry| entry.digest.is_some())
        .map(|entry| {
            read_entry(folder, entry).map_err(|reason| Damaged {
                file: entry.file.clone(),
                reason,
            })
        })
        .collect();
    Ok((run, scenarios))
}

fn read_entry(folder: &Path, entry: &ScenarioEntry) -> Result<Scenario, String> {
    let text = read_text(&scenario_path(folder, &entry.file)?)?;
    let (scenario, digest) =
        read_sealed(&text, read_scenario).map_err(|faults| faults.join("; "))?;
    if entry.digest.as_ref() != Some(&digest) {
        return Err(format!(
            "is not the file that {RUN_FILE} names: their digests differ"
        ));
    }
    Ok(scenario)
}

/// Reads a document and checks its seal; returns it with its digest, or all that is wrong with it.
pub(crate) fn read_sealed<T>(
    text: &str,
    read: impl Fn(&str) -> Result<T, ReadError>,
) -> Result<(T, String), Vec<String>> {
    match (read(text), check_seal(text)) {
        (Ok(document), Ok(digest)) => Ok((document, digest)),
        (Ok(_), Err(fault)) => Err(vec![fault.to_string()]),
        // A field may be wrong because it was changed: the seal tells whether it was.
        (Err(unread @ ReadError::Field { .. }), Err(fault)) => {
            Err(vec![unread.to_string(), fault.to_string()])
        }
        (Err(unread), _) => Err(vec![unread.to_string()]),
    }
}

/// The text of a report file.
///
/// # Errors
/// What is wrong, without the file's name.
pub(crate) fn read_text(path: &Path) -> Result<String, String> {
    let bytes = fs::read(path).map_err(|e| match e.kind() {
        io::ErrorKind::NotFound => "is missing".to_owned(),
        _ => format!("cannot be read: {e}"),
    })?;
    String::from_utf8(bytes).map_err(|e| {
        let valid = &e.as_bytes()[..e.utf8_error().valid_up_to()];
        let line = valid.iter().filter(|byte| **byte == b'\n').count() + 1;
        format!("line {line}: not UTF-8 text")
    })
}

/// Where a scenario's file lies. A run's files are all in its folder: other paths are refused.
///
/// # Errors
/// What is wrong with the name.
pub(crate) fn scenario_path(folder: &Path, file: &str) -> Result<PathBuf, String> {
    if is_plain_name(file) && file != RUN_FILE && file.ends_with(".json") {
        Ok(folder.join(file))
    } else {
        Err(format!(
            "`{file}` is no name for a scenario's file: it must be a plain name that ends with .json"
        ))
    }
}

/// Whether a name from a report can be joined to a folder without leaving it.
pub(crate) fn is_plain_name(name: &str) -> bool {
    !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\', ':', '\0'])
}

/// The folder of a run that somebody names: by path, or by id under `reports`.
///
/// # Errors
/// Ends with [`crate::exit::Exit::Usage`]; names runs with a similar id.
pub(crate) fn locate(run: &str, reports: &Path) -> Result<PathBuf> {
    let path = Path::new(run);
    if path.file_name().is_some_and(|name| name == RUN_FILE) && path.is_file() {
        return Ok(path.parent().map_or_else(PathBuf::new, Path::to_path_buf));
    }
    [path.to_path_buf(), reports.join(run)]
        .into_iter()
        .find(|folder| !run.is_empty() && folder.is_dir())
        .ok_or_else(|| {
            let alike = alike(run, reports);
            let hint = if alike.is_empty() {
                "name a run's folder, or its id with --reports".to_owned()
            } else {
                format!("did you mean {}?", alike.join(", "))
            };
            usage(anyhow!(
                "no run `{run}`, neither as a folder nor in {}: {hint}",
                reports.display()
            ))
        })
}

fn alike(run: &str, reports: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(reports)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.path().join(RUN_FILE).is_file())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| strsim::jaro_winkler(run, name) >= ALIKE)
        .collect();
    names.sort_by(|a, b| strsim::jaro_winkler(run, b).total_cmp(&strsim::jaro_winkler(run, a)));
    names.truncate(3);
    names
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use crate::exit::Exit;

    #[test]
    fn a_damaged_scenario_does_not_hide_the_others() {
        let folder = sample::written(&["low-load", "high-load"]);
        let path = folder.path().join("low-load.json");
        let text = fs::read_to_string(&path)
            .unwrap()
            .replacen("\"planned\":4", "\"planned\":5", 1);
        fs::write(&path, text).unwrap();
        let (_, scenarios) = read_run_folder(folder.path()).unwrap();
        let damaged = scenarios[0].as_ref().unwrap_err();
        assert_eq!(
            damaged.to_string(),
            "low-load.json: changed since it was written: /blocks/0"
        );
        assert_eq!(scenarios[1].as_ref().unwrap().name, "high-load");
    }

    #[test]
    fn a_missing_run_file_is_said() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(
            read_run_folder(folder.path()).unwrap_err().to_string(),
            "run.json: is missing"
        );
    }

    #[test]
    fn text_that_is_not_utf_8_names_its_line() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), b"{\n\"a\": \"\xff\"}").unwrap();
        assert_eq!(
            read_text(file.path()).unwrap_err(),
            "line 2: not UTF-8 text"
        );
    }

    #[test]
    fn files_outside_the_run_folder_are_refused() {
        for file in [
            "../other/x.json",
            "/etc/x.json",
            "run.json",
            ".x.json",
            "x.txt",
            "a\\b.json",
        ] {
            assert!(scenario_path(Path::new("r"), file).is_err(), "{file}");
        }
        assert_eq!(
            scenario_path(Path::new("r"), "x.json").unwrap(),
            Path::new("r/x.json")
        );
    }

    #[test]
    fn a_run_is_found_by_path_and_by_id_and_close_names_are_offered() {
        let reports = tempfile::tempdir().unwrap();
        let folder = reports.path().join("20261123T031500Z-quick-9f3c");
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join(RUN_FILE), "{}").unwrap();
        assert_eq!(
            locate(folder.to_str().unwrap(), Path::new("nowhere")).unwrap(),
            folder
        );
        assert_eq!(
            locate(
                folder.join(RUN_FILE).to_str().unwrap(),
                Path::new("nowhere")
            )
            .unwrap(),
            folder
        );
        assert_eq!(
            locate("20261123T031500Z-quick-9f3c", reports.path()).unwrap(),
            folder
        );
        let refused = locate("20261123T031500Z-quick-9f3d", reports.path()).unwrap_err();
        assert_eq!(Exit::of(&refused), Exit::Usage);
        assert!(
            refused
                .to_string()
                .contains("did you mean 20261123T031500Z-quick-9f3c?"),
            "{refused}"
        );
        assert!(locate("", reports.path()).is_err());
    }
}
