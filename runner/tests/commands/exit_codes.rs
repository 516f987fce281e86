//! What a script learns from the exit code.

use std::path::Path;

use shared::report::Status;

use crate::support::{Desk, Small, assert_exit, stderr, stdout};

#[test]
fn a_run_prints_only_the_paths_of_its_files_and_is_valid() {
    let desk = Desk::new();
    let scenario = desk.scenario(&Small::default());
    let output = desk.run(&[&scenario], &[]);
    assert_exit(&output, 0);
    let paths: Vec<String> = stdout(&output).lines().map(str::to_owned).collect();
    let names: Vec<_> = paths
        .iter()
        .map(|p| Path::new(p).file_name().unwrap().to_str().unwrap())
        .collect();
    assert_eq!(names, ["small.json", "run.json"]);
    assert!(paths.iter().all(|p| Path::new(p).is_file()), "{paths:?}");
    assert_eq!(desk.verify(), (Some(0), String::new()));
    let report = desk.scenario_report("small");
    assert_eq!(report.status, Status::Complete);
    let ledger = report.ledger.unwrap();
    assert_eq!(
        (ledger.baseline.acknowledged, ledger.candidate.acknowledged),
        (200, 200)
    );
    assert!(ledger.baseline.is_clean() && ledger.candidate.is_clean());
    assert_eq!(report.promises.baseline, report.promises.candidate);
    assert_eq!(report.promises.baseline["synchronous"], "full");
    let index = std::fs::read_to_string(desk.out().join("index.json")).unwrap();
    assert!(index.contains(&desk.run_report().id), "{index}");
    let left: Vec<_> = std::fs::read_dir(desk.out())
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    assert_eq!(left.len(), 2, "the databases are gone: {left:?}");
}

#[test]
fn both_arms_run_the_same_saves() {
    let desk = Desk::new();
    let scenario = desk.scenario(&Small::default());
    assert_exit(
        &desk.run(
            &[&scenario],
            &["--baseline", "optimized", "--candidate", "optimized"],
        ),
        0,
    );
    let report = desk.scenario_report("small");
    let (b, c): (Vec<_>, Vec<_>) = report
        .blocks
        .iter()
        .partition(|block| block.arm == shared::arms::ArmRole::Baseline);
    assert_eq!(b.len(), c.len());
    for (b, c) in b.iter().zip(&c) {
        assert_eq!(b.outcomes, c.outcomes);
        assert_eq!(b.implied, c.implied);
        assert_eq!(b.outcomes.deduplicated, b.implied.unwrap().hits);
    }
}

#[test]
fn a_lost_state_is_5_whatever_the_gate() {
    let desk = Desk::new();
    let scenario = desk.scenario(&Small::default());
    let output = desk.run(&[&scenario], &["--candidate", "standard:lose=20"]);
    assert_exit(&output, 5);
    let ledger = desk.scenario_report("small").ledger.unwrap();
    // The run's order shows most of them as wrong before they are missed.
    assert_eq!(ledger.candidate.lost + ledger.candidate.wrong, 10);
    assert!(ledger.baseline.is_clean());
    let (code, said) = desk.verify();
    assert_eq!(code, Some(5), "{said}");
}

#[test]
fn a_failed_target_is_1_only_with_the_gate() {
    let desk = Desk::new();
    let scenario = desk.scenario(&Small::default());
    let faulty = ["--candidate", "standard:fail=20"];
    assert_exit(&desk.run(&[&scenario], &faulty), 0);
    let gated = desk.run(&[&scenario], &[&faulty[..], &["--gate"]].concat());
    assert_exit(&gated, 1);
    assert!(stderr(&gated).contains("Fail"), "{}", stderr(&gated));
}

#[test]
fn evidence_that_settles_nothing_is_3_only_with_the_gate() {
    let desk = Desk::new();
    let scenario = desk.scenario(&Small::default());
    let null = ["--baseline", "null", "--candidate", "null"];
    assert_exit(&desk.run(&[&scenario], &null), 0);
    assert_exit(
        &desk.run(&[&scenario], &[&null[..], &["--gate"]].concat()),
        3,
    );
}
