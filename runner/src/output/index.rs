//! `index.json`: the list of runs, rebuilt from the run folders.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use jiff::Timestamp;
use shared::report::{FORMAT_VERSION, Index, IndexEntry, Run, Scenario, Unreadable, to_json};
use shared::review::review;
use shared::summary::{RunSummary, summarize};

use super::atomic::write_if_changed;
use super::read::{RUN_FILE, read_run_folder};
use crate::exit::usage;

/// Name of the list beside the run folders.
pub(crate) const INDEX_FILE: &str = "index.json";
/// A folder of reports that shows what a report looks like. It was measured elsewhere, so it is not one of the runs.
const EXAMPLE_FOLDER: &str = "example";
/// A folder of reports that keeps the last good build, not a run.
pub(super) const BASELINE_FOLDER: &str = "baseline";

/// The newest runs keep their next steps in the list, which are the larger part of it; those of older ones stand in their
/// own summary.
const RUNS_WITH_STEPS: usize = 100;

/// Writes the list into a reports folder.
///
/// # Errors
/// Names the file and the cause.
pub(crate) fn write_index(reports: &Path, index: &Index) -> Result<()> {
    let text = to_json(index).with_context(|| format!("cannot serialize {INDEX_FILE}"))?;
    write_if_changed(&reports.join(INDEX_FILE), text.as_bytes()).map(drop)
}

/// Makes the list of a reports folder anew: newest first; damage is listed by file, and hides nothing else.
///
/// # Errors
/// Where the folder cannot be read; ends with [`crate::exit::Exit::Usage`].
pub(crate) fn rebuild_index(reports: &Path) -> Result<Index> {
    rebuild_index_with(reports, |_, _, _| {})
}

/// The same, and hands every run of the list to `visit` with what it comes to.
///
/// # Errors
/// As [`rebuild_index`].
pub(super) fn rebuild_index_with(
    reports: &Path,
    mut visit: impl FnMut(&Run, &[Scenario], &RunSummary),
) -> Result<Index> {
    let mut index = Index {
        format: FORMAT_VERSION,
        runs: Vec::new(),
        unreadable: Vec::new(),
    };
    for id in run_folders(reports)? {
        if let Some((run, scenarios)) = read_into(&mut index, reports, &id) {
            let summary = summarize(&run, &scenarios);
            visit(&run, &scenarios, &summary);
            index.runs.push(entry(&run, &scenarios, &summary));
        }
    }
    index.runs.sort_by_cached_key(|entry| {
        std::cmp::Reverse((entry.started_at.parse::<Timestamp>().ok(), entry.id.clone()))
    });
    let old = index.runs.iter_mut().skip(RUNS_WITH_STEPS);
    for review in old.filter_map(|entry| entry.review.as_mut()) {
        review.steps.clear();
    }
    Ok(index)
}

/// A run with those of its scenarios that can be read; the others go into the list.
fn read_into(index: &mut Index, reports: &Path, id: &str) -> Option<(Run, Vec<Scenario>)> {
    let mut unreadable = |file: &str, reason| {
        index.unreadable.push(Unreadable {
            file: format!("{id}/{file}"),
            reason,
        });
    };
    let (run, scenarios) = match read_run_folder(&reports.join(id)) {
        Ok(read) => read,
        Err(damaged) => {
            unreadable(&damaged.file, damaged.reason);
            return None;
        }
    };
    if run.id != id {
        let reason = format!("is run {}: its folder must have that name", run.id);
        unreadable(RUN_FILE, reason);
        return None;
    }
    let mut readable = Vec::new();
    for scenario in scenarios {
        match scenario {
            Ok(scenario) => readable.push(scenario),
            Err(damaged) => unreadable(&damaged.file, damaged.reason),
        }
    }
    Some((run, readable))
}

fn entry(run: &Run, scenarios: &[Scenario], summary: &RunSummary) -> IndexEntry {
    IndexEntry {
        id: run.id.clone(),
        title: run.title.clone(),
        started_at: run.started_at.clone(),
        profile: run.profile.clone(),
        gate: run.policy.gate,
        revision: run.build.revision.clone(),
        status: run.status.clone(),
        headline: summary.headline_figures(),
        review: Some(review(run, scenarios, summary)),
    }
}

/// Names of the folders that hold at least one report file, sorted; the example and the kept baseline are none of
/// them.
///
/// # Errors
/// Where the folder cannot be read; ends with [`crate::exit::Exit::Usage`].
pub(crate) fn run_folders(reports: &Path) -> Result<Vec<String>> {
    let unreadable = |e| {
        usage(anyhow!(
            "cannot read the reports folder {}: {e}; name the folder that holds the runs",
            reports.display()
        ))
    };
    let mut names = Vec::new();
    for entry in fs::read_dir(reports).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        if let Ok(name) = entry.file_name().into_string()
            && !name.starts_with('.')
            && ![EXAMPLE_FOLDER, BASELINE_FOLDER].contains(&name.as_str())
            && holds_json(&entry.path())
        {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

fn holds_json(folder: &Path) -> bool {
    fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .any(|entry| {
            entry
                .path()
                .extension()
                .is_some_and(|extension| extension == "json")
        })
}

#[cfg(test)]
mod tests {
    use super::super::sample::written_into;
    use super::*;
    use shared::report::read_index;

    #[test]
    fn the_example_is_not_one_of_the_runs() {
        let reports = tempfile::tempdir().unwrap();
        let folder = written_into(reports.path(), &["low-load"], "2026-11-23T03:15:00Z");
        fs::rename(folder, reports.path().join(EXAMPLE_FOLDER)).unwrap();
        let index = rebuild_index(reports.path()).unwrap();
        assert!(
            index.runs.is_empty() && index.unreadable.is_empty(),
            "{index:?}"
        );
    }

    #[test]
    fn runs_stand_newest_first() {
        let reports = tempfile::tempdir().unwrap();
        for started in [
            "2026-11-23T03:15:00Z",
            "2026-11-25T03:15:00Z",
            "2026-11-24T03:15:00Z",
        ] {
            written_into(reports.path(), &["low-load"], started);
        }
        let index = rebuild_index(reports.path()).unwrap();
        let days: Vec<&str> = index
            .runs
            .iter()
            .map(|run| &run.started_at[8..10])
            .collect();
        assert_eq!(days, ["25", "24", "23"]);
        assert_eq!(index.unreadable, []);
        write_index(reports.path(), &index).unwrap();
        let text = fs::read_to_string(reports.path().join(INDEX_FILE)).unwrap();
        assert_eq!(read_index(&text).unwrap(), index);
    }

    #[test]
    fn the_list_keeps_what_a_review_needs_and_each_run_on_a_line() {
        let reports = tempfile::tempdir().unwrap();
        written_into(reports.path(), &["low-load"], "2026-11-23T03:15:00Z");
        written_into(reports.path(), &["low-load"], "2026-11-24T03:15:00Z");
        let index = rebuild_index(reports.path()).unwrap();
        let review = index.runs[0].review.as_ref().unwrap();
        assert_eq!(review.machine, "00112233");
        let rows = review.figures.iter().find(|f| f.metric == "database.rows");
        let scenario = rows.and_then(|f| review.scenario(f.scenario));
        assert_eq!(scenario, Some("low-load"), "{review:?}");
        assert!(!review.steps.is_empty());
        write_index(reports.path(), &index).unwrap();
        let text = fs::read_to_string(reports.path().join(INDEX_FILE)).unwrap();
        assert_eq!(
            text.lines().filter(|line| line.contains("\"id\"")).count(),
            2
        );
    }

    #[test]
    fn a_damaged_scenario_does_not_hide_its_run() {
        let reports = tempfile::tempdir().unwrap();
        let folder = written_into(
            reports.path(),
            &["low-load", "high-load"],
            "2026-11-23T03:15:00Z",
        );
        fs::write(folder.join("high-load.json"), "{\"format\": 1").unwrap();
        let index = rebuild_index(reports.path()).unwrap();
        assert_eq!(index.runs.len(), 1);
        assert!(
            index.unreadable[0].file.ends_with("/high-load.json"),
            "{:?}",
            index.unreadable
        );
        assert!(
            index.unreadable[0].reason.starts_with("line 1"),
            "{:?}",
            index.unreadable
        );
    }

    #[test]
    fn a_damaged_run_does_not_hide_the_others() {
        let reports = tempfile::tempdir().unwrap();
        let damaged = written_into(reports.path(), &["low-load"], "2026-11-23T03:15:00Z");
        written_into(reports.path(), &["low-load"], "2026-11-24T03:15:00Z");
        fs::remove_file(damaged.join(RUN_FILE)).unwrap();
        fs::create_dir(reports.path().join("empty")).unwrap();
        let index = rebuild_index(reports.path()).unwrap();
        assert_eq!(index.runs.len(), 1);
        assert_eq!(index.unreadable.len(), 1);
        assert_eq!(index.unreadable[0].reason, "is missing");
    }

    #[test]
    fn a_renamed_run_is_refused_since_its_links_would_break() {
        let reports = tempfile::tempdir().unwrap();
        let folder = written_into(reports.path(), &["low-load"], "2026-11-23T03:15:00Z");
        fs::rename(folder, reports.path().join("mine")).unwrap();
        let index = rebuild_index(reports.path()).unwrap();
        assert_eq!(index.runs, []);
        assert_eq!(index.unreadable[0].file, "mine/run.json");
    }
}
