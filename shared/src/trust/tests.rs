//! Each check on evidence that passes it and on evidence that does not.

use super::*;
use crate::report::{Backlog, Status};
use crate::testing::{Synthetic, histogram, run_of, spaced};

fn checks(scenario: &Scenario, change: impl FnOnce(&mut Run)) -> Vec<TrustCheck> {
    let scenarios = std::slice::from_ref(scenario);
    let mut run = run_of(scenarios, Vec::new());
    change(&mut run);
    run_checks(&run, scenarios, &Calibration::of(scenarios))
}

/// Title and value of the checks that fail.
fn failing(scenario: &Scenario, change: impl FnOnce(&mut Run)) -> Vec<(String, String)> {
    checks(scenario, change)
        .into_iter()
        .filter(|c| c.verdict == Verdict::Fail)
        .map(|c| (c.title, spaced(&c.value)))
        .collect()
}

fn one(title: &str, value: &str) -> Vec<(String, String)> {
    vec![(title.to_owned(), value.to_owned())]
}

#[test]
fn a_sound_run_passes_every_check_that_is_made() {
    let scenario = Synthetic::default().scenario();
    let made = checks(&scenario, |_| {});
    let verdicts: Vec<Verdict> = made.iter().map(|c| c.verdict).collect();
    assert_eq!(verdicts[..6], [Verdict::Pass; 6]);
    assert_eq!(verdicts[6..], [Verdict::NotJudged; 2]);
    assert_eq!(made[3].detail, "journal mode wal, synchronous full");
    let own = scenario_checks(&scenario);
    assert_eq!(own[..], made[..4]);
}

#[test]
fn too_few_pairs_are_named() {
    let scenario = Synthetic {
        pairs: 9,
        ..Synthetic::default()
    }
    .scenario();
    assert_eq!(failing(&scenario, |_| {}), one("Pairs of blocks", "9"));
}

#[test]
fn a_late_generator_is_named() {
    let mut scenario = Synthetic::default().scenario();
    for block in &mut scenario.blocks {
        if block.arm == ArmRole::Candidate {
            block.dispatch_lag = histogram([1_200_000]);
        }
    }
    assert_eq!(
        failing(&scenario, |_| {}),
        one("Generator lateness P99", "1.20 ms")
    );
}

#[test]
fn a_growing_backlog_is_named() {
    let mut scenario = Synthetic::default().scenario();
    scenario.blocks[3].backlog = Some(Backlog {
        at_half: 80,
        at_end: 160,
    });
    assert_eq!(
        failing(&scenario, |_| {}),
        one("Saturation", "1 of 20 blocks")
    );
    // A queue that shrinks again is a busy moment.
    scenario.blocks[3].backlog = Some(Backlog {
        at_half: 160,
        at_end: 80,
    });
    assert_eq!(failing(&scenario, |_| {}), []);
}

#[test]
fn unequal_and_unknown_promises_are_named() {
    let mut scenario = Synthetic::default().scenario();
    scenario.promises.candidate.remove("journal_mode");
    assert_eq!(
        failing(&scenario, |_| {}),
        one("Promises equal in both arms", "no")
    );
    assert_eq!(
        unequal_promises(&scenario).unwrap(),
        "journal_mode is wal for the baseline and nothing for the candidate"
    );
    scenario.promises = Arms::default();
    assert_eq!(
        failing(&scenario, |_| {}),
        one("Promises equal in both arms", "not recorded")
    );
}

#[test]
fn a_debug_build_and_an_incomplete_scenario_are_named() {
    let mut scenario = Synthetic::default().scenario();
    assert_eq!(
        failing(&scenario, |run| run.build.profile = "debug".to_owned()),
        one("Runner built for release", "debug")
    );
    scenario.status = Status::Interrupted;
    assert_eq!(
        failing(&scenario, |_| {}),
        one("Scenarios complete", "0 of 1")
    );
}

#[test]
fn a_run_without_scenarios_passes_nothing_that_needs_them() {
    let run = run_of(&[], Vec::new());
    let passed: Vec<String> = run_checks(&run, &[], &Calibration::default())
        .into_iter()
        .filter(|c| c.verdict == Verdict::Pass)
        .map(|c| c.title)
        .collect();
    assert_eq!(passed, ["Runner built for release"]);
}
