//! The committed run: what every later build must still read.

use std::path::{Path, PathBuf};
use std::process::Command;

use shared::report::{read_run, read_scenario};
use shared::summary::summarize;

use crate::support::{RUNNER, assert_exit};

/// What the example may weigh, so that a clone stays quick.
const LARGEST_BYTES: u64 = 4_000_000;
/// Saves that each arm makes at the least, in any scenario of any profile.
const FEWEST_OPERATIONS: u64 = 1000;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../reports/example")
}

#[test]
fn the_example_is_whole() {
    assert_exit(
        &Command::new(RUNNER)
            .arg("verify")
            .arg(folder())
            .output()
            .unwrap(),
        0,
    );
    let bytes: u64 = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().metadata().unwrap().len())
        .sum();
    assert!(bytes < LARGEST_BYTES, "{bytes} bytes");
}

#[test]
fn the_example_holds_all_scenarios_of_the_quick_profile() {
    let text = |file: &str| std::fs::read_to_string(folder().join(file)).unwrap();
    let run = read_run(&text("run.json")).unwrap();
    assert_eq!(run.profile, "quick");
    let scenarios: Vec<_> = run
        .scenarios
        .iter()
        .map(|entry| read_scenario(&text(&entry.file)).unwrap())
        .collect();
    let names: Vec<&str> = scenarios.iter().map(|s| s.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "generator",
            "noise",
            "low-load",
            "medium-load",
            "high-load",
            "cache-overflow",
            "cache-thrashing",
            "stability",
            "overload",
            "crash",
            "cache-failure",
            "database-outage",
            "errors",
            "split-traffic",
            "append",
            "capacity",
            "ablation",
        ]
    );
    for scenario in &scenarios {
        assert!(scenario.status.is_complete(), "{}", scenario.name);
        assert!(
            scenario.load.offered.operations >= FEWEST_OPERATIONS,
            "{}",
            scenario.name
        );
    }
    let summary = summarize(&run, &scenarios);
    assert_eq!(summary.saves_lost, Some(0));
    assert_eq!(summary.scenarios.len(), scenarios.len());
    assert!(summary.tally().judged() > 30, "{:?}", summary.tally());
}
