//! Verdicts by synthetic evidence whose truth is known.

use super::*;
use crate::arms::{Arms, ByClass};
use crate::criteria::{Better, Measure};
use crate::testing::{STANDARD, Synthetic, criterion, noise_scenario, slower, spaced};

fn judged(criterion: &Criterion, scenario: &Scenario) -> (Verdict, String) {
    let judgement = judge(criterion, Some(scenario), &Calibration::default());
    (judgement.verdict, spaced(&judgement.reason))
}

fn p50_change(pass: f64, fail: Option<f64>) -> Criterion {
    let mut target = criterion("response.p50", Measure::Change, Better::Lower, pass);
    target.target.fail = fail;
    target
}

#[test]
fn clear_evidence_passes_warns_and_fails() {
    let scenario = Synthetic::default().scenario();
    assert_eq!(
        judged(&p50_change(-0.3, None), &scenario),
        (Verdict::Pass, String::new())
    );
    let past = "the whole 95 % interval is past the limit".to_owned();
    assert_eq!(
        judged(&p50_change(-0.99, None), &scenario),
        (Verdict::Fail, past)
    );
    let warned = judged(&p50_change(-0.99, Some(-0.2)), &scenario);
    assert_eq!(
        warned,
        (
            Verdict::Warn,
            "the whole 95 % interval is between the target and the failing limit".to_owned()
        )
    );
}

#[test]
fn a_count_past_its_limit_speaks_of_no_interval() {
    let mut scenario = Synthetic::default().scenario();
    scenario.ledger.as_mut().unwrap().candidate.lost = 1;
    let lost = criterion("lost", Measure::Candidate, Better::Lower, 0.0);
    assert_eq!(
        judged(&lost, &scenario),
        (Verdict::Fail, "the figure is past the limit".to_owned())
    );
}

#[test]
fn an_interval_that_holds_the_limit_says_what_would_settle_it() {
    let scenario = Synthetic::same(STANDARD).scenario();
    let (verdict, reason) = judged(&p50_change(0.0, None), &scenario);
    assert_eq!(verdict, Verdict::Inconclusive);
    let begin = "the 95 % interval holds the limit of 0.0 %: about ";
    assert!(reason.starts_with(begin), "{reason}");
    assert!(
        reason.ends_with(" pairs would settle it, there are 10"),
        "{reason}"
    );

    let success = criterion("success", Measure::Candidate, Better::Higher, 0.9995);
    let (verdict, reason) = judged(&success, &scenario);
    assert_eq!(verdict, Verdict::Inconclusive);
    let begin = "the 95 % interval holds the limit of 99.95 %: about ";
    assert!(reason.starts_with(begin), "{reason}");
    assert!(
        reason.ends_with(" saves would settle it, there are 5 000"),
        "{reason}"
    );
}

#[test]
fn thin_evidence_is_inconclusive_and_says_what_it_needs() {
    let p99 = criterion("response.p99", Measure::Change, Better::Lower, -0.2);
    assert_eq!(
        judged(&p99, &Synthetic::default().scenario()),
        (
            Verdict::Inconclusive,
            "P99 needs 10 000 saves, there are 2 500".to_owned()
        )
    );
}

#[test]
fn without_a_baseline_figure_there_is_no_ratio_but_the_candidates_own() {
    let scenario = Synthetic::default().scenario();
    let errors = criterion("errors", Measure::Change, Better::Lower, 0.0);
    assert_eq!(
        judged(&errors, &scenario),
        (
            Verdict::Inconclusive,
            "the baseline's figure is zero or missing, so there is no ratio".to_owned()
        )
    );
    let ratio = criterion("cache.hit_ratio", Measure::Difference, Better::Higher, 0.0);
    assert_eq!(
        judged(&ratio, &scenario).1,
        "an arm has no such figure, so there is no difference"
    );
    let mut silent = scenario;
    for block in &mut silent.blocks {
        if block.arm == crate::arms::ArmRole::Candidate {
            block.latencies = ByClass::default();
        }
    }
    let own = criterion("response.p50", Measure::Candidate, Better::Lower, 1e9);
    assert_eq!(
        judged(&own, &silent),
        (
            Verdict::Inconclusive,
            "the candidate has no such figure".to_owned()
        )
    );
}

#[test]
fn what_this_run_cannot_say_is_not_judged() {
    let scenario = Synthetic::default().scenario();
    let mut criterion = p50_change(-0.3, None);
    let absent = judge(&criterion, None, &Calibration::default());
    assert_eq!(
        (absent.verdict, absent.reason.as_str()),
        (Verdict::NotJudged, "medium is not part of this run")
    );

    let mut short = scenario.clone();
    short.load.full.seconds = 24.0 * 3_600.0;
    short.load.full.operations_per_second = 0.5;
    criterion.needs_full_length = true;
    assert_eq!(judged(&criterion, &scenario).0, Verdict::Pass);
    let judgement = judge(&criterion, Some(&short), &Calibration::default());
    assert_eq!(
        (judgement.verdict, spaced(&judgement.reason).as_str()),
        (
            Verdict::NotJudged,
            "needs the full profile: 50 s measured at ×100 the real rate, the strategy asks for 24 h"
        )
    );
    assert!(
        judgement.comparison.is_some(),
        "the figure so far is still shown"
    );

    let mut unequal = scenario.clone();
    (unequal.promises.candidate).insert("synchronous".into(), "off".into());
    let judgement = judge(&criterion, Some(&unequal), &Calibration::default());
    assert_eq!(
        (
            judgement.verdict,
            judgement.reason.as_str(),
            judgement.comparison
        ),
        (
            Verdict::NotJudged,
            "the arms promise different things: synchronous is full for the baseline and off for the candidate",
            None
        )
    );

    criterion.not_judged_because = Some("needs several machines".to_owned());
    assert_eq!(
        judged(&criterion, &scenario),
        (Verdict::NotJudged, "needs several machines".to_owned())
    );
}

#[test]
fn unmeasured_is_not_judged_while_missing_answers_are_inconclusive() {
    let mut scenario = Synthetic::default().scenario();
    let users = criterion("capacity.users", Measure::Change, Better::Higher, 0.3);
    assert_eq!(judged(&users, &scenario).0, Verdict::NotJudged);
    for block in &mut scenario.blocks {
        block.latencies = ByClass::default();
    }
    assert_eq!(
        judged(&p50_change(-0.3, None), &scenario),
        (
            Verdict::Inconclusive,
            "no save of this kind was acknowledged".to_owned()
        )
    );
}

#[test]
fn one_failure_beats_everything_and_one_pass_beats_doubt() {
    use Verdict::{Fail, Inconclusive, NotJudged, Pass, Warn};
    for (verdicts, expected) in [
        (vec![], NotJudged),
        (vec![NotJudged, NotJudged], NotJudged),
        (vec![Pass, Warn, Fail, Inconclusive], Fail),
        (vec![Inconclusive, NotJudged], Inconclusive),
        (vec![Inconclusive, Pass], Pass),
        (vec![Inconclusive, Warn, Pass], Warn),
        (vec![Pass, NotJudged], Pass),
    ] {
        assert_eq!(overall(verdicts.clone()), expected, "{verdicts:?}");
    }
}

/// Processor time that may rise by so much.
fn cpu_guard(pass: f64, fail: f64) -> Criterion {
    let mut guard = criterion("cpu", Measure::Change, Better::Lower, pass);
    guard.target.fail = Some(fail);
    guard
}

#[test]
fn noise_above_a_limit_takes_its_place() {
    let slow = Synthetic {
        arms: Arms {
            baseline: STANDARD,
            candidate: slower(STANDARD, 1.05),
        },
        weather: 0.005,
        ..Synthetic::default()
    };
    let scenarios = [slow.scenario(), noise_scenario(1)];
    let target = p50_change(0.001, Some(0.002));
    let uncalibrated = judge(&target, Some(&scenarios[0]), &Calibration::default());
    assert_eq!(
        (uncalibrated.floor, uncalibrated.effective),
        (None, target.target)
    );
    let calibration = Calibration::of(&scenarios);
    let judged = judge(&target, Some(&scenarios[0]), &calibration);
    let floor = calibration.noise_floor(target.metric).unwrap().floor;
    assert_eq!(judged.floor, Some(floor));
    assert_eq!(
        (judged.effective.pass, judged.effective.fail),
        (floor, Some(floor))
    );
    assert_ne!(judged.verdict, Verdict::Fail, "{judged:?}");

    let own = criterion("response.p50", Measure::Candidate, Better::Lower, 1e9);
    assert_eq!(judge(&own, Some(&scenarios[0]), &calibration).floor, None);
}

#[test]
fn a_gain_that_noise_may_have_made_is_open_and_one_that_is_missed_is_missed() {
    let scenarios = [Synthetic::default().scenario(), noise_scenario(1)];
    let calibration = Calibration::of(&scenarios);
    let gain = p50_change(-0.1, None);
    let calm = judge(&gain, Some(&scenarios[0]), &Calibration::default());
    assert_eq!(calm.verdict, Verdict::Pass);
    let change = calm.measured().unwrap().interval.unwrap();

    let mut loud = super::draft(super::evidenced(&gain, Some(&scenarios[0]), &calibration));
    // Noise by which the whole gain could come about: 1 / (1 + 99) is a fall of 99 %.
    loud.judgement.floor = Some(99.0);
    loud.judgement.effective = gain.target.widened(Some(99.0));
    let loud = super::decide::finish(loud);
    assert_eq!(loud.verdict, Verdict::Inconclusive, "{change:?}");
    assert!(loud.reason.starts_with("the gain may be noise"), "{loud:?}");

    let missed = p50_change(-0.999, None);
    let missed = judge(&missed, Some(&scenarios[0]), &calibration);
    assert_eq!(missed.verdict, Verdict::Fail);
}

#[test]
fn an_alarm_that_chance_may_have_made_is_none() {
    // Five pairs can never be surer than p = 0.0625, however far they are past the limit.
    let slow = Synthetic {
        pairs: 5,
        arms: Arms {
            baseline: STANDARD,
            candidate: slower(STANDARD, 2.0),
        },
        ..Synthetic::default()
    };
    let judgement = judge(
        &p50_change(0.1, Some(0.2)),
        Some(&slow.scenario()),
        &Calibration::default(),
    );
    assert_eq!(
        (judgement.verdict, judgement.p_value),
        (Verdict::Inconclusive, Some(0.0625))
    );
    assert_eq!(
        spaced(&judgement.reason),
        "the whole 95 % interval is past the limit, but it may be chance: p = 0.062 after Holm's correction, an alarm needs less than 0.050; measure more pairs"
    );
    // A gain that is asked for is no alarm: its interval alone decides.
    let gain = judge(
        &p50_change(-0.1, None),
        Some(&slow.scenario()),
        &Calibration::default(),
    );
    assert_eq!((gain.verdict, gain.p_value), (Verdict::Fail, None));
}

#[test]
fn each_further_guard_makes_an_alarm_harder() {
    let slow = Synthetic {
        arms: Arms {
            baseline: STANDARD,
            candidate: slower(STANDARD, 2.0),
        },
        ..Synthetic::default()
    };
    let scenarios = [slow.scenario()];
    let p = |family: &[Criterion]| {
        let judged = judge_policy(family, &scenarios, &Calibration::default());
        judged[0].p_value.unwrap()
    };
    let guard = p50_change(0.1, Some(0.2));
    let alone = p(std::slice::from_ref(&guard));
    assert_eq!(alone, 2.0 / 1024.0, "all ten pairs agree");
    let gain = criterion("cpu", Measure::Change, Better::Lower, -0.5);
    assert_eq!(p(&[guard.clone(), gain]), alone, "a gain is no guard");
    let family = vec![guard.clone(), cpu_guard(0.1, 0.2), cpu_guard(0.2, 0.3)];
    assert_eq!(p(&family), 3.0 * alone);
    let mut own = scenarios[0].clone();
    own.criteria = family;
    assert_eq!(
        pace::at_once(judge_own_in_steps(
            &own,
            &Calibration::default(),
            &pace::none
        ))[0]
            .p_value,
        Some(3.0 * alone)
    );
}

#[test]
fn a_late_generator_spoils_latencies_and_nothing_else() {
    let mut scenario = Synthetic::default().scenario();
    let lag = crate::testing::histogram([1_200_000]);
    for block in &mut scenario.blocks {
        block.dispatch_lag = lag.clone();
    }
    assert_eq!(
        judged(&p50_change(-0.3, None), &scenario),
        (
            Verdict::Inconclusive,
            "saturated: the service or the generator fell behind its plan in 20 of 20 blocks; offer a lower rate, or measure on a quieter machine".to_owned()
        )
    );
    let rows = criterion("database.rows", Measure::Change, Better::Lower, -0.4);
    assert_eq!(judged(&rows, &scenario).0, Verdict::Pass);

    // One disturbed pair is left out, the others stand.
    for block in scenario.blocks.iter_mut().filter(|b| b.pair > 0) {
        block.dispatch_lag = crate::testing::histogram([100_000]);
    }
    assert_eq!(judged(&p50_change(-0.3, None), &scenario).0, Verdict::Pass);
}

#[test]
fn limits_and_figures_that_are_no_numbers_settle_nothing() {
    let scenario = Synthetic::default().scenario();
    for (pass, fail) in [
        (f64::NAN, None),
        (0.1, Some(f64::NAN)),
        (f64::NAN, Some(0.5)),
    ] {
        let judgement = judge(
            &p50_change(pass, fail),
            Some(&scenario),
            &Calibration::default(),
        );
        assert_eq!(judgement.verdict, Verdict::Inconclusive);
        assert!(!judgement.excludes_failure());
    }
}
