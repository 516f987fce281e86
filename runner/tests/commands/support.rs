//! Small scenarios, and the program to run them with.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use shared::report::{Run, Scenario, read_run, read_scenario};

/// The built runner.
pub(crate) const RUNNER: &str = env!("CARGO_BIN_EXE_runner");

/// A folder for one test: scenario files and reports.
pub(crate) struct Desk {
    folder: tempfile::TempDir,
}

/// How a small scenario differs from the others.
pub(crate) struct Small {
    pub(crate) name: &'static str,
    pub(crate) arrivals: &'static str,
    pub(crate) rate: u32,
    pub(crate) operations: u32,
    pub(crate) pairs: u32,
    pub(crate) users: u32,
    /// Largest state, KB.
    pub(crate) state_kb: u32,
}

impl Default for Small {
    fn default() -> Self {
        Self {
            name: "small",
            arrivals: "poisson",
            rate: 200,
            operations: 200,
            pairs: 2,
            users: 5,
            state_kb: 5,
        }
    }
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn out(&self) -> PathBuf {
        self.path().join("reports")
    }

    /// Writes a scenario file; errors in the candidate fail its one target.
    pub(crate) fn scenario(&self, small: &Small) -> PathBuf {
        let Small {
            name,
            arrivals,
            rate,
            operations,
            pairs,
            users,
            state_kb,
        } = small;
        let text = format!(
            r#"
name = "{name}"
title = "Small load"
source = "tests"
why = "A load that ends at once."

[load]
users = {users}
arrivals = "{arrivals}"
state_size = {{ min = "1 KB", max = "{state_kb} KB" }}
duplicates = "50 %"
pattern = "mixed"
cache_entries = 100
runs = {users}
key_skew = 0.5

[profiles.full]
rate = "60/min"
duration = "1 min"
pairs = {pairs}
warm_up_operations = 10

[profiles.quick]
rate = "{rate}/s"
operations = {operations}
pairs = {pairs}
warm_up_operations = 10

[profiles.ci]
rate = "{rate}/s"
operations = {operations}
pairs = {pairs}
warm_up_operations = 10

[[criteria]]
id = "errors"
title = "Errors"
source = "tests"
quote = "no errors"
metric = "errors.count"
of = "candidate"
better = "lower"
pass = 0
"#
        );
        self.file(&format!("{name}.toml"), &text)
    }

    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// `runner run SCENARIO… --out …` with more arguments.
    pub(crate) fn command(&self, scenarios: &[&Path], more: &[&str]) -> Command {
        let mut command = Command::new(RUNNER);
        command
            .arg("run")
            .args(scenarios)
            .arg("--out")
            .arg(self.out())
            .args(more);
        command.current_dir(self.path()).stdin(Stdio::null());
        // The database of whoever runs the tests is not the one to fill.
        command.env_remove("DATABASE_URL");
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(crate) fn run(&self, scenarios: &[&Path], more: &[&str]) -> Output {
        self.command(scenarios, more).output().unwrap()
    }

    /// The only run in the reports folder.
    pub(crate) fn only_run(&self) -> PathBuf {
        let runs: Vec<PathBuf> = std::fs::read_dir(self.out())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.join("run.json").is_file())
            .collect();
        assert_eq!(runs.len(), 1, "{runs:?}");
        runs[0].clone()
    }

    pub(crate) fn run_report(&self) -> Run {
        read_run(&std::fs::read_to_string(self.only_run().join("run.json")).unwrap()).unwrap()
    }

    pub(crate) fn scenario_report(&self, name: &str) -> Scenario {
        let path = self.only_run().join(format!("{name}.json"));
        read_scenario(&std::fs::read_to_string(path).unwrap()).unwrap()
    }

    /// The exit code and what `runner verify` said of the only run.
    pub(crate) fn verify(&self) -> (Option<i32>, String) {
        let output = Command::new(RUNNER)
            .arg("verify")
            .arg(self.only_run())
            .output()
            .unwrap();
        (output.status.code(), stderr(&output))
    }
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Asserts the exit code; shows what was said where it is another.
pub(crate) fn assert_exit(output: &Output, code: i32) {
    assert_eq!(
        output.status.code(),
        Some(code),
        "stderr:\n{}",
        stderr(output)
    );
}

/// Sends a signal to a process.
pub(crate) fn signal(name: &str, process: u32) {
    let sent = Command::new("kill")
        .arg(format!("-{name}"))
        .arg(process.to_string())
        .status()
        .unwrap();
    assert!(sent.success());
}

/// The processes that a process started.
pub(crate) fn children_of(process: u32) -> Vec<u32> {
    std::fs::read_dir(format!("/proc/{process}/task"))
        .unwrap()
        .flat_map(|task| {
            let children =
                std::fs::read_to_string(task.unwrap().path().join("children")).unwrap_or_default();
            children
                .split_whitespace()
                .map(|pid| pid.parse().unwrap())
                .collect::<Vec<u32>>()
        })
        .collect()
}
