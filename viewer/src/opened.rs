//! What the files are that a reader opened: runs, and histograms of other tools.

use shared::histogram::{IntervalLogReader, LogFault, read_percentile_file};
use web_sys::Blob;

use crate::api::parse_run;
use crate::browser::{Slices, keep_opened};
use crate::files::{Fault, read};
use crate::route::is_name;
use crate::view_model::foreign::{Content, Foreign};

/// Files that are named as unusable; the others are counted.
const MOST_FAULTS: usize = 10;

/// What came of the files.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Opened {
    /// Names and titles of the runs that are open now.
    pub(crate) runs: Vec<(String, String)>,
    pub(crate) histograms: Vec<Foreign>,
    /// Files that are of no use, the first of them.
    pub(crate) faults: Vec<Fault>,
    /// How many more there are.
    pub(crate) more_faults: usize,
}

impl Opened {
    fn refuse(&mut self, fault: Fault) {
        if self.faults.len() < MOST_FAULTS {
            self.faults.push(fault);
        } else {
            self.more_faults += 1;
        }
    }

    /// The run, where it is all that was opened.
    pub(crate) fn only_run(&self) -> Option<&str> {
        match self.runs.as_slice() {
            [(id, _)] if self.histograms.is_empty() && self.faults.is_empty() => Some(id),
            _ => None,
        }
    }
}

/// Opens files: runs are kept for the pages that show them, the rest is read.
pub(crate) async fn open(files: &[(String, Blob)], slices: &Slices) -> Opened {
    let mut opened = Opened::default();
    let runs: Vec<&str> = files
        .iter()
        .filter_map(|(path, _)| folder_of_run(path))
        .collect();
    for (path, content) in files {
        if let Some(folder) = folder_of_run(path) {
            match open_run(path, content, folder, files).await {
                Ok(run) => opened.runs.push(run),
                Err(fault) => opened.refuse(fault),
            }
        } else if !is_part(path, &runs) {
            match open_histograms(path, content, slices).await {
                Ok(found) => opened.histograms.extend(found),
                Err(fault) => opened.refuse(fault),
            }
        }
        slices.pause().await;
    }
    opened
}

/// Folder and name of a path.
fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

/// The folder whose `run.json` the path is.
fn folder_of_run(path: &str) -> Option<&str> {
    let (folder, name) = split(path);
    (name == "run.json").then_some(folder)
}

/// Whether a file belongs to one of these runs, or to a folder of runs.
fn is_part(path: &str, runs: &[&str]) -> bool {
    let (folder, name) = split(path);
    (name.ends_with(".json") && runs.contains(&folder)) || (!runs.is_empty() && is_of_all(name))
}

/// Files that stand beside run folders.
fn is_of_all(name: &str) -> bool {
    matches!(name, "index.json" | "policies.json")
}

async fn open_run(
    path: &str,
    content: &Blob,
    folder: &str,
    files: &[(String, Blob)],
) -> Result<(String, String), Fault> {
    let text = read(path, content).await?;
    let run = parse_run(path, &text)?;
    for (path, content) in files {
        let (beside, name) = split(path);
        if beside == folder && is_name(name) {
            keep_opened(&format!("reports/{}/{name}", run.id), content);
        }
    }
    Ok((run.id, run.title))
}

async fn open_histograms(
    path: &str,
    content: &Blob,
    slices: &Slices,
) -> Result<Vec<Foreign>, Fault> {
    let (_, name) = split(path);
    if name.ends_with(".json") {
        let reason = "is no part of a run: there is no run.json beside it. Open the run’s folder, or run.json together with its scenarios’ files";
        return Err(Fault::damaged(path, reason));
    }
    let text = read(path, content).await?;
    slices.pause().await;
    if name.ends_with(".hlog") || text.contains("\"StartTimestamp\"") {
        return read_log(name, &text, slices)
            .await
            .map_err(|e| Fault::damaged(path, e.to_string()));
    }
    if name.ends_with(".hgrm") || text.contains("TotalCount") {
        let file = read_percentile_file(&text).map_err(|e| Fault::damaged(path, e.to_string()))?;
        return Ok(vec![Foreign {
            name: name.to_owned(),
            content: Content::Percentiles(file),
        }]);
    }
    let reason =
        "is neither a file of a run nor an interval log (.hlog) nor a percentile file (.hgrm)";
    Err(Fault::damaged(path, reason))
}

async fn read_log(name: &str, text: &str, slices: &Slices) -> Result<Vec<Foreign>, LogFault> {
    let mut reader = IntervalLogReader::default();
    for line in text.lines() {
        reader.line(line)?;
        slices.pause().await;
    }
    let log = reader.finish()?;
    let foreign = log.tagged.into_iter().map(|tagged| Foreign {
        name: match &tagged.tag {
            Some(tag) => format!("{name}: {tag}"),
            None => name.to_owned(),
        },
        content: Content::Log(tagged),
    });
    Ok(foreign.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_belong_to_the_run_beside_them() {
        assert_eq!(folder_of_run("reports/r1/run.json"), Some("reports/r1"));
        assert_eq!(folder_of_run("run.json"), Some(""));
        assert_eq!(folder_of_run("r1/low.json"), None);
        let runs = ["r1", "r2"];
        assert!(is_part("r1/low.json", &runs));
        assert!(is_part("index.json", &runs));
        assert!(!is_part("r3/low.json", &runs));
        assert!(!is_part("r1/other.hlog", &runs));
        assert!(!is_part("index.json", &[]));
    }

    #[test]
    fn only_a_run_alone_is_led_to() {
        let mut opened = Opened {
            runs: vec![("r1".to_owned(), "Run".to_owned())],
            ..Opened::default()
        };
        assert_eq!(opened.only_run(), Some("r1"));
        for _ in 0..12 {
            opened.refuse(Fault::damaged("x", "y"));
        }
        assert_eq!(opened.only_run(), None);
        assert_eq!((opened.faults.len(), opened.more_faults), (10, 2));
    }
}
