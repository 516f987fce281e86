//! Reports of every format version, kept so that later builds go on reading them.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what a test's helpers cannot read fails the test"
)]

use std::path::{Path, PathBuf};

use shared::ablation::contributions;
use shared::estimate::estimate;
use shared::report::{
    FORMAT_VERSION, Run, Scenario, check_seal, read_index, read_run, read_scenario,
};
use shared::summary::summarize;

fn folder(version: u32) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/v{version}"))
}

fn text(version: u32, file: &str) -> String {
    let path = folder(version).join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn report(version: u32) -> (Run, Vec<Scenario>) {
    let run = read_run(&text(version, "run.json")).unwrap();
    let scenarios = run
        .scenarios
        .iter()
        .map(|entry| read_scenario(&text(version, &entry.file)).unwrap())
        .collect();
    (run, scenarios)
}

#[test]
fn reports_of_every_version_are_read_and_judged() {
    for version in 1..=FORMAT_VERSION {
        let (run, scenarios) = report(version);
        assert_eq!(run.format, version);
        assert!(!scenarios.is_empty());
        let summary = summarize(&run, &scenarios);
        assert_eq!(summary.saves_lost, Some(0), "version {version}");
        let judged = summary.all_judgements().count();
        assert!(judged > scenarios.len(), "version {version}: {judged}");
        read_index(&text(version, "index.json")).unwrap();
    }
}

#[test]
fn seals_of_every_version_hold() {
    for version in 1..=FORMAT_VERSION {
        let (run, _) = report(version);
        check_seal(&text(version, "run.json")).unwrap();
        for entry in &run.scenarios {
            let digest = check_seal(&text(version, &entry.file)).unwrap();
            assert_eq!(
                Some(digest),
                entry.digest,
                "version {version}: {}",
                entry.file
            );
        }
    }
}

#[test]
fn a_report_of_the_first_version_has_the_defaults_of_what_came_later() {
    let (_, scenarios) = report(1);
    for scenario in &scenarios {
        assert!(scenario.arms.is_none() && scenario.capacity.is_none());
        assert_eq!(scenario.load.looks, 1);
        assert!(!scenario.load.fresh_arms && !scenario.load.split);
    }
}

#[test]
fn builds_name_their_target_since_the_fourth_version() {
    let (run, _) = report(4);
    assert_eq!(
        run.build.in_words(),
        "0.1.0, 79bd1a343a2d, release, x86_64-unknown-linux-gnu"
    );
    let other = run.arms.baseline.build.unwrap();
    assert_eq!(other.target.as_deref(), Some("x86_64-unknown-linux-musl"));
    assert_eq!(run.arms.candidate.build, None);
    for version in 1..4 {
        assert_eq!(report(version).0.build.target, None, "version {version}");
    }
}

#[test]
fn faults_and_variants_of_the_third_version_have_figures() {
    let (run, scenarios) = report(3);
    let figure = |name: &str| {
        let found = estimate(name.parse().unwrap(), &scenarios[0]).unwrap();
        found.candidate.unwrap().value
    };
    assert_eq!(figure("recovery.kill"), 74.8e6);
    assert_eq!(figure("recovery.cache"), 2.1e6);
    assert_eq!(figure("errors.collateral"), 0.0);
    let variants = contributions(&scenarios[0]);
    let throughput = variants[1].throughput.as_ref().unwrap();
    assert!((throughput.value - 0.25).abs() < 0.01, "{throughput:?}");
    let summary = summarize(&run, &scenarios);
    assert!(
        summary.safe.text.contains("process kills"),
        "{}",
        summary.safe.text
    );
}
