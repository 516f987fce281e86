//! Sides of synthetic runs whose truth is known.

use super::*;
use crate::arms::Arms;
use crate::calibration::NOISE;
use crate::criteria::Measure;
use crate::gate::decide_gate;
use crate::summary::summarize;
use crate::testing::{
    OPTIMIZED, STANDARD, Service, Synthetic, ci_policy, noise_scenario, run_of, slower, spaced,
};

/// A run of these services, with an id.
fn run(id: &str, arms: Arms<Service>, seed: u64) -> (Run, Vec<Scenario>) {
    let synthetic = Synthetic {
        seed,
        arms,
        weather: 0.02,
        ..Synthetic::default()
    };
    let scenarios = vec![synthetic.scenario()];
    let mut run = run_of(&scenarios, Vec::new());
    (run.id, run.title) = (id.to_owned(), format!("Run {id}"));
    run.policy = ci_policy();
    (run, scenarios)
}

fn arms(baseline: Service, candidate: Service) -> Arms<Service> {
    Arms {
        baseline,
        candidate,
    }
}

fn side<'a>((run, scenarios): &'a (Run, Vec<Scenario>), arm: Option<ArmRole>) -> Evidence<'a> {
    Evidence {
        run,
        scenarios,
        arm,
    }
}

fn row<'a>(comparison: &'a RunComparison, id: &str) -> &'a DifferenceRow {
    let rows = &comparison.scenarios[0].rows;
    rows.iter().find(|r| r.id == id).unwrap()
}

#[test]
fn a_slower_candidate_of_another_run_fails_whatever_the_machines_day() {
    // The second day is a slow one: both arms take half as long again.
    let slow_day = arms(slower(STANDARD, 1.5), slower(OPTIMIZED, 1.5 * 1.5));
    let (a, b) = (
        run("a", arms(STANDARD, OPTIMIZED), 1),
        run("b", slow_day, 2),
    );
    let compared = compare(&side(&a, None), &side(&b, None), &ci_policy()).unwrap();
    assert_eq!(compared.verdict, Verdict::Fail, "{compared:#?}");
    assert!(
        compared.headline.contains("slower than “Run a”"),
        "{}",
        compared.headline
    );
    let median = row(&compared, "response.p50.unique");
    let change = median.change.as_ref().unwrap();
    assert!((change.value - 0.47).abs() < 0.1, "{change:?}");
    assert!(median.p_value.unwrap() < 0.01);
    assert_eq!((median.warn, median.fail), (Some(0.1), Some(0.2)));
}

#[test]
fn a_slow_day_alone_is_no_difference() {
    let slow_day = arms(slower(STANDARD, 1.5), slower(OPTIMIZED, 1.5));
    let (a, b) = (
        run("a", arms(STANDARD, OPTIMIZED), 1),
        run("b", slow_day, 2),
    );
    let compared = compare(&side(&a, None), &side(&b, None), &ci_policy()).unwrap();
    assert_ne!(compared.verdict, Verdict::Fail, "{}", compared.headline);
    let apart = [
        side(&a, Some(ArmRole::Candidate)),
        side(&b, Some(ArmRole::Candidate)),
    ];
    let compared = compare(&apart[0], &apart[1], &ci_policy()).unwrap();
    assert_eq!(
        compared.verdict,
        Verdict::Fail,
        "single arms are not corrected"
    );
    let corrected = &compared.comparable[1];
    assert_eq!(
        (corrected.value.as_str(), corrected.verdict),
        ("no", Verdict::Warn)
    );
}

#[test]
fn two_arms_of_a_gate_come_to_the_verdict_of_the_gate() {
    for (candidate, seed) in [
        (STANDARD, 1),
        (slower(STANDARD, 1.3), 2),
        (slower(STANDARD, 1.15), 3),
    ] {
        let measured = run("a", arms(STANDARD, candidate), seed);
        let sides = ArmRole::ALL.map(|role| side(&measured, Some(role)));
        let compared = compare(&sides[0], &sides[1], &measured.0.policy).unwrap();
        let gate = decide_gate(&measured.0, &measured.1);
        assert_eq!(compared.verdict, gate.verdict);
        assert_eq!(compared.headline, gate.headline);
        let summary = summarize(&measured.0, &measured.1);
        assert_eq!(summary.verdict, gate.verdict);
        assert_eq!(summary.headline, gate.headline);
        for (row, judgement) in compared.scenarios[0].rows.iter().zip(&gate.judgements) {
            assert_eq!(
                (&row.id, row.verdict),
                (&judgement.criterion.id, judgement.verdict)
            );
        }
    }
}

#[test]
fn arms_can_be_compared_the_other_way_round() {
    let measured = run("a", arms(STANDARD, slower(STANDARD, 2.0)), 1);
    let sides = ArmRole::ALL.map(|role| side(&measured, Some(role)));
    let forth = compare(&sides[0], &sides[1], &ci_policy()).unwrap();
    let back = compare(&sides[1], &sides[0], &ci_policy()).unwrap();
    let change = |c: &RunComparison| row(c, "response.p50.unique").change.clone().unwrap();
    assert!(((1.0 + change(&forth).value) * (1.0 + change(&back).value) - 1.0).abs() < 1e-9);
    let interval = change(&back).interval.unwrap();
    assert!(interval.low <= change(&back).value && change(&back).value <= interval.high);
    assert_eq!(
        (forth.verdict, back.verdict),
        (Verdict::Fail, Verdict::Pass)
    );
    assert_eq!(
        row(&forth, "errors").reference,
        row(&back, "errors").candidate
    );
}

#[test]
fn another_machine_leaves_it_open_and_still_shows_the_differences() {
    let (a, mut b) = (
        run("a", arms(STANDARD, OPTIMIZED), 1),
        run("b", arms(STANDARD, OPTIMIZED), 2),
    );
    b.0.environment.fingerprint = "1".repeat(16);
    let compared = compare(&side(&a, None), &side(&b, None), &ci_policy()).unwrap();
    assert_eq!(compared.verdict, Verdict::Inconclusive);
    assert!(
        compared.headline.contains("binary"),
        "{}",
        compared.headline
    );
    assert!(row(&compared, "response.p50.unique").change.is_some());
    assert_eq!(compared.comparable[0].verdict, Verdict::Fail);
}

#[test]
fn what_only_one_side_has_is_named() {
    let (mut a, mut b) = (
        run("a", arms(STANDARD, OPTIMIZED), 1),
        run("b", arms(STANDARD, OPTIMIZED), 2),
    );
    let named = |scenario: &Scenario, name: &str| Scenario {
        name: name.to_owned(),
        title: name.to_owned(),
        ..scenario.clone()
    };
    let mut other_load = named(&b.1[0], "load");
    a.1.extend([
        named(&a.1[0], "old"),
        named(&a.1[0], "empty"),
        other_load.clone(),
        noise_scenario(1),
    ]);
    other_load.load.users = 7;
    let mut empty = named(&b.1[0], "empty");
    empty.blocks.clear();
    b.1.extend([named(&b.1[0], "new"), empty, other_load, noise_scenario(2)]);
    let compared = compare(&side(&a, None), &side(&b, None), &ci_policy()).unwrap();
    let names: Vec<&str> = compared.scenarios.iter().map(|s| s.name.as_str()).collect();
    assert_eq!(names, ["medium"]);
    let left_out: Vec<(&str, &str)> = (compared.left_out.iter())
        .map(|(n, r)| (n.as_str(), r.as_str()))
        .collect();
    assert_eq!(
        left_out,
        [
            ("new", "only in the candidate"),
            ("empty", "no pairs of blocks"),
            ("load", "measured under another load"),
            ("Noise", "it measures the machine, not the services"),
            ("old", "only in the reference"),
        ]
    );
    assert!(
        row(&compared, "response.p50.unique").floor.is_some(),
        "{NOISE} counts"
    );

    b.1.retain(|s| s.name != "medium");
    let compared = compare(&side(&a, None), &side(&b, None), &ci_policy()).unwrap();
    assert_eq!(compared.verdict, Verdict::Inconclusive);
    assert!(
        compared.headline.contains("no scenario"),
        "{}",
        compared.headline
    );
}

#[test]
fn sides_of_different_kinds_and_equal_sides_are_refused() {
    let (a, b) = (
        run("a", arms(STANDARD, OPTIMIZED), 1),
        run("b", arms(STANDARD, OPTIMIZED), 2),
    );
    let candidate = Some(ArmRole::Candidate);
    let refused = |first: Evidence<'_>, second: Evidence<'_>| {
        compare(&first, &second, &ci_policy()).unwrap_err()
    };
    assert_eq!(
        refused(side(&a, None), side(&b, candidate)),
        CompareError::ArmAgainstRun
    );
    assert_eq!(refused(side(&a, None), side(&a, None)), CompareError::Same);
    assert_eq!(
        refused(side(&a, candidate), side(&a, candidate)),
        CompareError::Same
    );
}

#[test]
fn unequal_promises_give_no_verdict() {
    let (a, mut b) = (
        run("a", arms(STANDARD, OPTIMIZED), 1),
        run("b", arms(STANDARD, OPTIMIZED), 2),
    );
    for role in ArmRole::ALL {
        (b.1[0].promises.get_mut(role)).insert("synchronous".to_owned(), "off".to_owned());
    }
    let compared = compare(&side(&a, None), &side(&b, None), &ci_policy()).unwrap();
    assert_eq!(compared.verdict, Verdict::Inconclusive);
    let median = row(&compared, "response.p50.unique");
    assert_eq!(median.verdict, Verdict::NotJudged);
    assert_eq!(
        median.reason,
        "the two sides promise different things: synchronous is full for the reference and off for the candidate"
    );
}

#[test]
fn a_baseline_of_zero_and_silent_arms_are_no_pass() {
    let a = run("a", arms(STANDARD, OPTIMIZED), 1);
    let mut b = run("b", arms(STANDARD, OPTIMIZED), 2);
    b.1[0]
        .blocks
        .iter_mut()
        .for_each(|block| block.latencies = Default::default());
    let compared = compare(&side(&a, None), &side(&b, None), &ci_policy()).unwrap();
    assert_eq!(compared.verdict, Verdict::Inconclusive);
    assert_eq!(
        row(&compared, "response.p50.unique").verdict,
        Verdict::Inconclusive
    );
    for figure in &compared.scenarios[0].rows {
        let change = figure.change.as_ref().map_or(0.0, |c| c.value);
        assert!(change.is_finite(), "{figure:?}");
    }
}

#[test]
fn rows_without_a_limit_are_shown_and_not_judged() {
    let measured = run("a", arms(STANDARD, OPTIMIZED), 1);
    let sides = ArmRole::ALL.map(|role| side(&measured, Some(role)));
    let compared = compare(&sides[0], &sides[1], &ci_policy()).unwrap();
    let throughput = row(&compared, "throughput.closed");
    assert_eq!(
        (throughput.verdict, throughput.reason.as_str()),
        (Verdict::NotJudged, "no limit")
    );
    assert_eq!(
        (throughput.better, throughput.target),
        (Better::Higher, None)
    );
    assert_eq!(row(&compared, "database.rows").candidate, Some(1.5));
    let errors = row(&compared, "errors");
    assert_eq!(
        (errors.warn, errors.fail),
        (None, None),
        "a limit on a difference is none on a change"
    );
    assert_eq!(errors.target.unwrap().of, Measure::Difference);
    assert_eq!(spaced(&compared.candidate.machine), "2 cores");
    assert_eq!(compared.reference.label, "Standard");
}
