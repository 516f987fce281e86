//! Each check on evidence that passes it and on evidence that does not.

use super::*;
use crate::report::{Backlog, Gap, Status};
use crate::testing::{
    STANDARD, Synthetic, generator_scenario, histogram, noise_scenario, promised_gains, run_of,
    slower, spaced,
};

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
fn an_overload_may_fall_behind() {
    let mut overload = Synthetic::default().scenario();
    overload.load.overload = true;
    for block in &mut overload.blocks {
        block.backlog = Some(Backlog {
            at_half: 80,
            at_end: 160,
        });
    }
    assert_eq!(failing(&overload, |_| {}), []);
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

/// Title, value and verdict of the calibration's checks.
fn calibrated(scenarios: &[Scenario]) -> Vec<(String, String, Verdict)> {
    let mut run = run_of(scenarios, promised_gains());
    run.policy.criteria[0].target.pass = -0.25;
    let checks = run_checks(&run, scenarios, &Calibration::of(scenarios));
    let skipped = checks
        .iter()
        .take_while(|c| c.title != "A/A noise floor")
        .count();
    (checks.into_iter().skip(skipped))
        .map(|c| (c.title, spaced(&c.value), c.verdict))
        .collect()
}

#[test]
fn calibration_is_checked_where_it_was_measured() {
    let scenarios = [
        Synthetic::default().scenario(),
        noise_scenario(1),
        generator_scenario(),
    ];
    let checks = calibrated(&scenarios);
    let titles: Vec<&str> = checks.iter().map(|c| c.0.as_str()).collect();
    assert_eq!(
        spaced(&titles.join(", ")),
        "A/A noise floor, Generator headroom, Generator schedule lag at 10 000 op/s"
    );
    assert!(checks.iter().all(|c| c.2 == Verdict::Pass), "{checks:?}");
    assert!(checks[0].1.starts_with('±'), "{checks:?}");
    assert_eq!(checks[2].1, "0.10 ms");
    let absent = calibrated(&scenarios[..1]);
    let not_measured = |title: &str| {
        (
            title.to_owned(),
            "not measured".to_owned(),
            Verdict::NotJudged,
        )
    };
    assert_eq!(
        absent,
        [
            not_measured("A/A noise floor"),
            not_measured("Generator headroom")
        ]
    );
}

#[test]
fn a_generator_near_its_ceiling_and_a_late_one_are_named() {
    let mut scenarios = [
        Synthetic::default().scenario(),
        noise_scenario(1),
        generator_scenario(),
    ];
    scenarios[0].load.offered.operations_per_second = 200_000.0;
    for block in &mut scenarios[2].blocks {
        block.latencies.unique.schedule_lag = histogram([300_000]);
    }
    let checks = calibrated(&scenarios);
    assert_eq!(
        (checks[1].1.as_str(), checks[1].2),
        ("×2.00", Verdict::Fail)
    );
    assert_eq!(
        (checks[2].1.as_str(), checks[2].2),
        ("0.30 ms", Verdict::Warn)
    );
}

#[test]
fn noise_that_is_no_noise_is_a_caveat_and_no_more() {
    let mut noise = noise_scenario(1);
    let slow = Synthetic::same(slower(STANDARD, 2.0)).scenario();
    for (block, other) in noise.blocks.iter_mut().zip(slow.blocks) {
        if block.arm == ArmRole::Candidate {
            block.latencies = other.latencies;
        }
    }
    let scenarios = [Synthetic::default().scenario(), noise];
    let noise = &calibrated(&scenarios)[0];
    assert_eq!(noise.2, Verdict::Warn, "{noise:?}");
    let run = run_of(&scenarios, promised_gains());
    let summary = crate::summary::summarize(&run, &scenarios);
    assert_eq!(summary.trust.word, "Yes, one caveat");
    assert!(
        summary.trust.text.contains("bear in mind: A/A noise floor"),
        "{}",
        summary.trust.text
    );
}

#[test]
fn the_generators_own_blocks_are_no_blocks_of_a_service() {
    let generator = generator_scenario();
    let titles: Vec<String> = scenario_checks(&generator)
        .into_iter()
        .map(|c| c.title)
        .collect();
    assert_eq!(titles, ["Promises equal in both arms"]);
    let scenarios = [generator, Synthetic::default().scenario()];
    let run = run_of(&scenarios, Vec::new());
    let checks = run_checks(&run, &scenarios, &Calibration::of(&scenarios));
    assert_eq!(
        (checks[0].title.as_str(), checks[0].value.as_str()),
        ("Pairs of blocks", "10")
    );
    assert_eq!(checks[3].detail, "journal mode wal, synchronous full");
}

fn gap(seconds: u64) -> Gap {
    Gap {
        last_evidence_at: "2026-11-23T03:15:00Z".to_owned(),
        resumed_at: "2026-11-23T04:15:00Z".to_owned(),
        rebooted: Some(false),
        measured_ns: Arms::default(),
        missing: vec![crate::report::Missing {
            arm: ArmRole::Candidate,
            pair: 2,
            mode: Mode::Open,
            from_ns: 0,
            to_ns: seconds * 1_000_000_000,
            saves: 10,
        }],
    }
}

#[test]
fn little_missing_evidence_is_told_and_much_of_it_fails() {
    let mut scenario = Synthetic::default().scenario();
    let sample = scenario.series.candidate[0].clone();
    scenario.series.candidate = vec![crate::report::Sample {
        length_ns: 100_000_000_000,
        ..sample
    }];
    scenario.series.baseline.clear();
    scenario.gaps = vec![gap(4)];
    let made = checks(&scenario, |_| {});
    let told = made
        .iter()
        .find(|c| c.title == "Evidence that is missing")
        .unwrap();
    assert_eq!(
        (spaced(&told.value).as_str(), told.verdict),
        ("4 s", Verdict::Pass)
    );
    assert_eq!(
        spaced(&told.detail),
        "medium, candidate, pair 3; ended after 2026-11-23T03:15:00Z, resumed 2026-11-23T04:15:00Z"
    );
    scenario.gaps.push(gap(2));
    assert_eq!(
        failing(&scenario, |_| {}),
        one("Evidence that is missing", "6 s")
    );
}
