//! Getting report files, and the checks that each has to pass. They are named relative to the page, so that the site
//! works from any path.

use std::rc::Rc;

use shared::criteria::Policy;
use shared::report::{
    Index, ReadError, Run, Scenario, ScenarioEntry, Status, check_digest, listed_runs, read_index,
    read_policies, read_run, read_scenario,
};
use wasm_bindgen_futures::JsFuture;

use crate::browser::Slices;
pub(crate) use crate::files::Fault;
use crate::files::{Progress, fetch, finish, start};
use crate::route::is_name;
use crate::view_model::choice::nearest;

/// Why a scenario of a run cannot be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Absence {
    /// There is no evidence, for this reason.
    NotMeasured(String),
    /// There was, but the file is damaged or gone.
    Damaged(Fault),
}

/// A run with what could be read of it.
#[derive(Debug)]
pub(crate) struct RunFiles {
    /// The folder of the run's folder, relative to the page.
    pub(crate) base: String,
    /// Whether the reader opened its files in this tab, so that nobody else has them.
    pub(crate) is_local: bool,
    pub(crate) run: Rc<Run>,
    /// The scenarios that can be shown, in the run's order.
    pub(crate) scenarios: Vec<Scenario>,
    /// The others, by name.
    pub(crate) absent: Vec<(String, Absence)>,
}

impl RunFiles {
    /// The run's `run.json`, to be downloaded; empty where the reader has it.
    pub(crate) fn download(&self) -> String {
        if self.is_local {
            return String::new();
        }
        run_file(&self.base, &self.run.id)
    }

    /// A scenario that can be shown.
    pub(crate) fn scenario(&self, name: &str) -> Option<&Scenario> {
        self.scenarios.iter().find(|s| s.name == name)
    }

    /// Why a scenario cannot be shown.
    pub(crate) fn absence(&self, name: &str) -> Option<&Absence> {
        self.absent
            .iter()
            .find(|(absent, _)| absent == name)
            .map(|(_, absence)| absence)
    }

    /// The files that are damaged or gone.
    pub(crate) fn faults(&self) -> Vec<Fault> {
        let fault = |(_, absence): &(String, Absence)| match absence {
            Absence::Damaged(fault) => Some(fault.clone()),
            Absence::NotMeasured(_) => None,
        };
        self.absent.iter().filter_map(fault).collect()
    }
}

/// Where a run's `run.json` lies, relative to the page.
pub(crate) fn run_file(base: &str, run: &str) -> String {
    format!("{base}{run}/run.json")
}

/// Where the list of runs lies, relative to the page.
fn index_file(base: &str) -> String {
    format!("{base}index.json")
}

/// Gets the text of the list of runs; `None` where no run was ever listed.
pub(crate) async fn fetch_index(base: &str) -> Result<Option<String>, Fault> {
    match fetch(&index_file(base)).await {
        Err(fault) if fault.missing => Ok(None),
        fetched => fetched.map(Some),
    }
}

/// Reads the list of runs.
pub(crate) fn parse_index(base: &str, text: &str) -> Result<Index, Fault> {
    read_index(text).map_err(|e| unreadable(&index_file(base), &e))
}

/// Gets the policy that comparisons are judged by.
pub(crate) async fn load_gate_policy() -> Result<Policy, Fault> {
    let file = "reports/policies.json";
    let text = fetch(file).await?;
    let policies = read_policies(&text).map_err(|e| unreadable(file, &e))?;
    let gate = policies.into_iter().find(|policy| policy.gate);
    gate.ok_or_else(|| Fault::damaged(file, "holds no policy for a gate"))
}

/// Gets `run.json` of a run.
pub(crate) async fn load_run(base: &str, id: &str) -> Result<Run, Fault> {
    let file = run_file(base, id);
    match fetch(&file).await {
        Ok(text) => parse_run(&file, &text),
        Err(fault) if fault.missing => {
            let listed = fetch(&index_file(base)).await.unwrap_or_default();
            let near = nearest(listed_runs(&listed), id);
            Err(Fault { near, ..fault })
        }
        Err(fault) => Err(fault),
    }
}

/// Asks for one scenario of a run, so that all are on their way before the first is read.
pub(crate) fn start_scenario(base: &str, run: &Run, entry: &ScenarioEntry) -> Option<JsFuture> {
    (entry.digest.is_some() && is_name(&entry.file))
        .then(|| start(&scenario_file(base, run, entry)))?
}

/// Takes and checks what [`start_scenario`] asked for.
pub(crate) async fn finish_scenario(
    (base, run): (&str, &Run),
    entry: &ScenarioEntry,
    request: Option<JsFuture>,
    progress: Progress<'_>,
    slices: &Slices,
) -> Result<Scenario, Absence> {
    if entry.digest.is_none() {
        return Err(Absence::NotMeasured(absence(&entry.status)));
    }
    let file = scenario_file(base, run, entry);
    if !is_name(&entry.file) {
        let reason = "is no name of a file in the run's folder";
        return Err(Absence::Damaged(Fault::damaged(&file, reason)));
    }
    let text = finish(&file, request, progress).await;
    let text = text.map_err(Absence::Damaged)?;
    slices.pause().await;
    let scenario = parse_scenario(&file, &text).map_err(Absence::Damaged)?;
    slices.pause().await;
    match is_sealed(&file, &text, &scenario, run, entry) {
        Ok(()) => Ok(scenario),
        Err(fault) => Err(Absence::Damaged(fault)),
    }
}

fn scenario_file(base: &str, run: &Run, entry: &ScenarioEntry) -> String {
    format!("{base}{}/{}", run.id, entry.file)
}

/// Reads `run.json` and checks its seal.
pub(crate) fn parse_run(file: &str, text: &str) -> Result<Run, Fault> {
    let run = read_run(text).map_err(|e| unreadable(file, &e))?;
    check_digest(text).map_err(|e| Fault::damaged(file, e.to_string()))?;
    if !is_name(&run.id) {
        return Err(Fault::damaged(file, "field id: is no name of a folder"));
    }
    Ok(run)
}

fn parse_scenario(file: &str, text: &str) -> Result<Scenario, Fault> {
    read_scenario(text).map_err(|e| unreadable(file, &e))
}

/// Checks that a scenario is as it was written, and the one that its run names.
fn is_sealed(
    file: &str,
    text: &str,
    scenario: &Scenario,
    run: &Run,
    entry: &ScenarioEntry,
) -> Result<(), Fault> {
    let digest = check_digest(text).map_err(|e| Fault::damaged(file, e.to_string()))?;
    if entry.digest.as_deref() != Some(digest.as_str()) || scenario.run != run.id {
        return Err(Fault::damaged(
            file,
            format!(
                "is not the file that belongs to run {}: its seal is another one",
                run.id
            ),
        ));
    }
    Ok(())
}

fn absence(status: &Status) -> String {
    match status {
        Status::Broken { cause } => format!("not measured: {cause}"),
        Status::Interrupted | Status::Pending => "not measured: the run ended before it".to_owned(),
        Status::Running => "not measured: the run ended in the middle of it".to_owned(),
        Status::Complete => "not measured".to_owned(),
    }
}

fn unreadable(file: &str, e: &ReadError) -> Fault {
    let hint = match e {
        ReadError::Syntax { .. } => ". The file may have been cut off while it was copied",
        _ => "",
    };
    Fault::damaged(file, format!("{e}{hint}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_off_file_names_its_line() {
        let fault =
            parse_run("reports/r/run.json", "{\n \"format\": 1,\n \"id\": \"r").unwrap_err();
        assert!(
            fault.reason.starts_with("line 3, column"),
            "{}",
            fault.reason
        );
        assert!(fault.reason.contains("cut off"), "{}", fault.reason);
    }

    #[test]
    fn a_newer_format_says_what_to_do() {
        let fault = parse_run("reports/r/run.json", "{\"format\": 99}").unwrap_err();
        assert!(fault.reason.contains("newer build"), "{}", fault.reason);
        assert!(!fault.reason.contains("cut off"), "{}", fault.reason);
    }

    #[test]
    fn a_scenario_that_was_never_reached_says_so() {
        assert_eq!(
            absence(&Status::Pending),
            "not measured: the run ended before it"
        );
        assert_eq!(
            absence(&Status::Broken {
                cause: "disk full".to_owned()
            }),
            "not measured: disk full"
        );
    }
}
