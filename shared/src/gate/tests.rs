//! Gates whose truth is known: equal services, slower ones, and every order of verdicts.

use proptest::prelude::*;

use super::*;
use crate::arms::Arms;
use crate::criteria::{Better, Policy};
use crate::report::Build;
use crate::summary::summarize;
use crate::testing::{
    STANDARD, Synthetic, ci_policy, criterion, noise_scenario, run_of, slower, spaced,
};
use crate::verdict::judge;

/// Gates that are tried for each truth. An unoptimized build takes half a second for each.
const GATES: u64 = if cfg!(debug_assertions) { 10 } else { 200 };

/// Ten pairs of a thousand saves each, as a gate makes them, one service slower by a factor, on a quiet machine.
fn measured(factor: f64, seed: u64) -> Scenario {
    Synthetic {
        seed,
        saves: 1_000,
        weather: 0.01,
        arms: Arms {
            baseline: STANDARD,
            candidate: slower(STANDARD, factor),
        },
        ..Synthetic::default()
    }
    .scenario()
}

/// A policy of one latency, errors and losses.
fn policy() -> Policy {
    let mut policy = ci_policy();
    policy.criteria.remove(2);
    policy.criteria.remove(0);
    policy
}

fn run_with(scenarios: &[Scenario], policy: Policy) -> Run {
    let mut run = run_of(scenarios, Vec::new());
    run.policy = policy;
    run
}

fn decided(scenarios: &[Scenario], policy: Policy) -> GateOutcome {
    decide_gate(&run_with(scenarios, policy), scenarios)
}

/// How many gates came to a verdict.
fn count(factor: f64, verdict: Verdict) -> u64 {
    (0..GATES)
        .filter(|seed| decided(&[measured(factor, *seed)], policy()).verdict == verdict)
        .count() as u64
}

#[test]
fn equal_builds_never_fail() {
    assert_eq!(count(1.0, Verdict::Fail), 0);
}

#[test]
fn five_percent_never_fail() {
    assert_eq!(count(1.05, Verdict::Fail), 0);
}

#[test]
fn thirty_percent_fail() {
    let failed = count(1.3, Verdict::Fail);
    assert!(
        failed >= GATES * 19 / 20,
        "only {failed} of {GATES} gates failed"
    );
}

/// What a gate says, line by line.
fn said(outcome: &GateOutcome) -> String {
    spaced(&format!(
        "{:?}\n{}\n{}",
        outcome.verdict, outcome.headline, outcome.sub
    ))
}

#[test]
fn a_gate_says_what_it_found() {
    let mut lost = measured(1.0, 1);
    lost.ledger.as_mut().unwrap().candidate.lost = 1;
    let mut silent = measured(1.0, 1);
    silent
        .blocks
        .iter_mut()
        .for_each(|b| b.latencies = Default::default());
    let mut few = measured(1.0, 1);
    few.blocks.retain(|b| b.pair < 3);
    let said: Vec<String> = [
        measured(1.0, 1),
        measured(1.16, 1),
        measured(1.3, 1),
        lost,
        silent,
        few,
    ]
    .into_iter()
    .map(|scenario| said(&decided(&[scenario], ci_policy())))
    .collect();
    insta::assert_snapshot!(said.join("\n\n"));
}

#[test]
fn noise_widens_the_limits_of_a_gate() {
    let mut noise = noise_scenario(3);
    let candidates = noise
        .blocks
        .iter_mut()
        .filter(|b| b.arm == ArmRole::Candidate);
    // The candidate's odd blocks took five times as long by themselves.
    for block in candidates.filter(|b| b.pair % 2 == 1) {
        block.latencies = measured(5.0, 9).blocks.swap_remove(1).latencies;
    }
    let scenarios = [noise, measured(1.4, 1)];
    assert_eq!(decided(&scenarios[1..], policy()).verdict, Verdict::Fail);
    let widened = decided(&scenarios, policy());
    assert_eq!(widened.verdict, Verdict::Pass, "{widened:?}");
    let latency = &widened.judgements[0];
    let floor = latency.floor.unwrap();
    assert!(floor > 0.3, "{floor}");
    assert_eq!(
        (latency.effective.pass, latency.effective.fail),
        (floor, Some(floor))
    );
    assert!(
        latency
            .reason
            .starts_with("within the noise of this machine"),
        "{latency:?}"
    );
}

#[test]
fn what_is_missing_is_no_pass() {
    let scenario = measured(1.0, 1);
    let verdict = |policy: Policy, scenario: &Scenario| {
        decided(std::slice::from_ref(scenario), policy).verdict
    };
    assert_eq!(verdict(policy(), &scenario), Verdict::Pass);

    let mut elsewhere = policy();
    elsewhere.criteria[0].scenario = Some("another".to_owned());
    assert_eq!(verdict(elsewhere, &scenario), Verdict::Inconclusive);

    let mut empty = policy();
    empty.criteria.clear();
    assert_eq!(verdict(empty, &scenario), Verdict::Inconclusive);

    let mut unjudged = policy();
    let because = "nothing can judge it yet".to_owned();
    unjudged
        .criteria
        .iter_mut()
        .for_each(|c| c.not_judged_because = Some(because.clone()));
    assert_eq!(verdict(unjudged, &scenario), Verdict::Inconclusive);

    let mut unequal = scenario.clone();
    unequal
        .promises
        .candidate
        .insert("build_profile".to_owned(), "debug".to_owned());
    assert_eq!(verdict(policy(), &unequal), Verdict::Inconclusive);

    let mut no_number = policy();
    no_number.criteria[0].target.pass = f64::NAN;
    assert_eq!(verdict(no_number, &scenario), Verdict::Inconclusive);

    let mut late = scenario.clone();
    let lag = crate::testing::histogram([5_000_000]);
    late.blocks
        .iter_mut()
        .for_each(|b| b.dispatch_lag = lag.clone());
    let late = decided(&[late], policy());
    assert_eq!(late.verdict, Verdict::Inconclusive);
    assert!(
        late.judgements[0]
            .reason
            .starts_with("saturated: the service or the generator fell behind"),
        "{late:?}"
    );
}

#[test]
fn a_warning_that_cannot_fail_holds_nothing_up() {
    let mut memory = criterion("memory.growth", Measure::Candidate, Better::Lower, 1.0);
    memory.target.warn_only = true;
    let scenario = measured(1.0, 1);
    let judged = |scenario: &Scenario| judge(&memory, Some(scenario), &Calibration::default());
    assert_eq!(gate_verdict(&[judged(&scenario)]), Verdict::Warn);
    let mut unread = scenario.clone();
    unread.blocks.iter_mut().for_each(|b| b.resident = None);
    assert!(judged(&unread).excludes_failure());
    let other = decided(&[scenario], policy()).judgements;
    let both: Vec<Judgement> = other.into_iter().chain([judged(&unread)]).collect();
    assert_eq!(gate_verdict(&both), Verdict::Pass);
}

#[test]
fn a_run_that_did_not_end_passes_nothing_but_still_fails() {
    for (factor, expected) in [(1.0, Verdict::Inconclusive), (1.4, Verdict::Fail)] {
        let scenarios = [measured(factor, 1)];
        let mut run = run_with(&scenarios, policy());
        run.status = Status::Interrupted;
        assert_eq!(decide_gate(&run, &scenarios).verdict, expected);
        assert_eq!(summarize(&run, &scenarios).verdict, expected);
    }
    let scenarios = [measured(1.0, 1)];
    let mut run = run_with(&scenarios, policy());
    run.status = Status::Running;
    assert_eq!(
        decide_gate(&run, &scenarios).verdict,
        Verdict::Pass,
        "a planned look"
    );
    assert_eq!(
        summarize(&run, &scenarios).verdict,
        Verdict::Inconclusive,
        "it went down"
    );
}

#[test]
fn equal_labels_are_told_apart_by_their_builds() {
    let mut run = run_of(&[], Vec::new());
    assert_eq!(reference_name(&run), "Standard");
    run.arms.candidate = run.arms.baseline.clone();
    run.arms.baseline.service = "standard@old/runner".to_owned();
    assert_eq!(reference_name(&run), "the last known good build");
    assert_eq!(arm_label(&run, ArmRole::Baseline), "Standard (baseline)");
    run.build.revision = "9f3c1ab".to_owned();
    run.arms.baseline.build = Some(Build {
        revision: "4c1d7e2".to_owned(),
        ..run.build.clone()
    });
    let labels = ArmRole::ALL.map(|role| arm_label(&run, role));
    assert_eq!(
        labels,
        ["Standard (build 4c1d7e2)", "Standard (build 9f3c1ab)"]
    );
}

/// A judgement that came to this, with or without a failing limit.
fn came_to(verdict: Verdict, warn_only: bool) -> Judgement {
    let mut criterion = criterion("cpu", Measure::Change, Better::Lower, 0.1);
    criterion.target.warn_only = warn_only;
    Judgement {
        verdict,
        ..judge(&criterion, None, &Calibration::default())
    }
}

fn any_judgement() -> impl Strategy<Value = Judgement> {
    let verdicts = [
        Verdict::Pass,
        Verdict::Warn,
        Verdict::Fail,
        Verdict::Inconclusive,
        Verdict::NotJudged,
    ];
    (prop::sample::select(verdicts.to_vec()), any::<bool>())
        .prop_map(|(verdict, warn_only)| came_to(verdict, warn_only))
}

proptest! {
    #[test]
    fn a_gate_is_no_better_than_its_worst_target(
        judgements in prop::collection::vec(any_judgement(), 0..6), one_more in any_judgement(),
    ) {
        let rank = |verdict| match verdict {
            Verdict::Pass => 0,
            Verdict::Warn => 1,
            Verdict::Inconclusive | Verdict::NotJudged => 2,
            Verdict::Fail => 3,
        };
        let verdict = gate_verdict(&judgements);
        prop_assert!(verdict != Verdict::NotJudged);
        prop_assert_eq!(verdict == Verdict::Fail, judgements.iter().any(|j| j.verdict == Verdict::Fail));
        if matches!(verdict, Verdict::Pass | Verdict::Warn) {
            prop_assert!(judgements.iter().all(Judgement::excludes_failure));
            let mut with = judgements.clone();
            with.push(one_more);
            prop_assert!(rank(gate_verdict(&with)) >= rank(verdict), "one more target never helps");
        }
    }
}
