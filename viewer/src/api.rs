//! Getting report files: relative to the page, so that the site works from any path, and never from elsewhere.

use shared::criteria::Policy;
use shared::report::{
    Index, ReadError, Run, Scenario, ScenarioEntry, Status, check_digest, read_index,
    read_policies, read_run, read_scenario,
};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{RequestCache, RequestInit, Response};

use crate::route::is_name;

/// A report file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The file, relative to the page.
    pub(crate) file: String,
    /// What is wrong with it.
    pub(crate) reason: String,
    /// Whether the file does not exist.
    pub(crate) missing: bool,
}

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
    pub(crate) run: Run,
    /// The scenarios that can be shown, in the run's order.
    pub(crate) scenarios: Vec<Scenario>,
    /// The others, by name.
    pub(crate) absent: Vec<(String, Absence)>,
}

impl RunFiles {
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
pub(crate) fn run_file(run: &str) -> String {
    format!("reports/{run}/run.json")
}

const INDEX: &str = "reports/index.json";

/// Gets the text of the list of runs; `None` where no run was ever listed.
pub(crate) async fn fetch_index() -> Result<Option<String>, Fault> {
    match fetch(INDEX).await {
        Err(fault) if fault.missing => Ok(None),
        fetched => fetched.map(Some),
    }
}

/// Reads the list of runs.
pub(crate) fn parse_index(text: &str) -> Result<Index, Fault> {
    read_index(text).map_err(|e| unreadable(INDEX, &e))
}

/// Gets the policy that comparisons are judged by.
pub(crate) async fn load_gate_policy() -> Result<Policy, Fault> {
    let file = "reports/policies.json";
    let text = fetch(file).await?;
    let policies = read_policies(&text).map_err(|e| unreadable(file, &e))?;
    let gate = policies.into_iter().find(|policy| policy.gate);
    gate.ok_or_else(|| damaged(file, "holds no policy for a gate".to_owned()))
}

/// Gets `run.json` of a run.
pub(crate) async fn load_run(id: &str) -> Result<Run, Fault> {
    let file = run_file(id);
    let text = fetch(&file).await?;
    parse_run(&file, &text)
}

/// Asks for one scenario of a run, so that all are on their way before the first is read.
pub(crate) fn start_scenario(run: &Run, entry: &ScenarioEntry) -> Option<JsFuture> {
    (entry.digest.is_some() && is_name(&entry.file)).then(|| start(&scenario_file(run, entry)))?
}

/// Takes and checks what [`start_scenario`] asked for.
pub(crate) async fn finish_scenario(
    run: &Run,
    entry: &ScenarioEntry,
    request: Option<JsFuture>,
) -> Result<Scenario, Absence> {
    if entry.digest.is_none() {
        return Err(Absence::NotMeasured(absence(&entry.status)));
    }
    let file = scenario_file(run, entry);
    if !is_name(&entry.file) {
        return Err(Absence::Damaged(damaged(
            &file,
            "is no name of a file in the run's folder".to_owned(),
        )));
    }
    let text = finish(&file, request).await.map_err(Absence::Damaged)?;
    parse_scenario(&file, &text, run, entry).map_err(Absence::Damaged)
}

fn scenario_file(run: &Run, entry: &ScenarioEntry) -> String {
    format!("reports/{}/{}", run.id, entry.file)
}

fn parse_run(file: &str, text: &str) -> Result<Run, Fault> {
    let run = read_run(text).map_err(|e| unreadable(file, &e))?;
    check_digest(text).map_err(|e| damaged(file, e.to_string()))?;
    if !is_name(&run.id) {
        return Err(damaged(file, "field id: is no name of a folder".to_owned()));
    }
    Ok(run)
}

fn parse_scenario(
    file: &str,
    text: &str,
    run: &Run,
    entry: &ScenarioEntry,
) -> Result<Scenario, Fault> {
    let scenario = read_scenario(text).map_err(|e| unreadable(file, &e))?;
    let digest = check_digest(text).map_err(|e| damaged(file, e.to_string()))?;
    if entry.digest.as_deref() != Some(digest.as_str()) || scenario.run != run.id {
        return Err(damaged(
            file,
            format!(
                "is not the file that belongs to run {}: its seal is another one",
                run.id
            ),
        ));
    }
    Ok(scenario)
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
    damaged(file, format!("{e}{hint}"))
}

fn damaged(file: &str, reason: String) -> Fault {
    Fault {
        file: file.to_owned(),
        reason,
        missing: false,
    }
}

async fn fetch(file: &str) -> Result<String, Fault> {
    finish(file, start(file)).await
}

fn start(file: &str) -> Option<JsFuture> {
    let options = RequestInit::new();
    // The list grows and files may be replaced: ask whether the stored copy is current.
    options.set_cache(RequestCache::NoCache);
    Some(JsFuture::from(
        web_sys::window()?.fetch_with_str_and_init(file, &options),
    ))
}

async fn finish(file: &str, request: Option<JsFuture>) -> Result<String, Fault> {
    let failed = |reason: String| damaged(file, reason);
    let response = match request {
        Some(request) => request
            .await
            .and_then(|answer| answer.dyn_into::<Response>()),
        None => Err(JsValue::NULL),
    };
    let response = response
        .map_err(|_| failed("could not be fetched: the server does not answer".to_owned()))?;
    match response.status() {
        404 => Err(Fault {
            missing: true,
            ..failed("does not exist (the server answers 404)".to_owned())
        }),
        status if !response.ok() => Err(failed(format!(
            "could not be fetched: the server answers {status}"
        ))),
        _ => body(&response)
            .await
            .map_err(|_| failed("could not be fetched: the transfer broke off".to_owned())),
    }
}

async fn body(response: &Response) -> Result<String, JsValue> {
    let text = JsFuture::from(response.text()?).await?;
    text.as_string().ok_or(JsValue::NULL)
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
