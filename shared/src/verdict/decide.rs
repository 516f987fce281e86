//! Where an interval lies against limits, and what would settle it.

use super::{Draft, Judgement, Verdict};
use crate::criteria::{Better, Measure, Target};
use crate::estimate::{Comparison, Interval};
use crate::units::{
    THIN, Unit, format_change_tenths, format_percent_tenths, format_things, format_value,
};

/// A figure that is closer to a limit than this share of how far its interval reaches lies at the limit, for all that any
/// affordable number of pairs can tell: ten thousand times the pairs would be needed.
const AT_THE_LIMIT: f64 = 0.01;

/// Gives a draft its verdict.
pub(super) fn finish(draft: Draft) -> Judgement {
    let mut judgement = draft.judgement;
    if !draft.settled {
        (judgement.verdict, judgement.reason) = decide(&judgement);
    }
    judgement
}

fn decide(judgement: &Judgement) -> (Verdict, String) {
    let target = &judgement.criterion.target;
    let Some(comparison) = &judgement.comparison else {
        return (Verdict::Inconclusive, "there is no figure".to_owned());
    };
    let Some(estimate) = comparison.measured(target.of) else {
        return (
            Verdict::Inconclusive,
            no_figure(target, comparison).to_owned(),
        );
    };
    let Some(interval) = estimate.interval else {
        let reason = estimate.no_interval.clone();
        let reason = reason.unwrap_or_else(|| "has no interval".to_owned());
        return (Verdict::Inconclusive, reason);
    };
    let figures = [estimate.value, interval.low, interval.high];
    if !are_numbers(&judgement.effective, &figures) {
        let reason = "a figure or a limit is no number, so nothing can be held against it";
        return (Verdict::Inconclusive, reason.to_owned());
    }
    let verdict = held(judgement, interval);
    match verdict {
        Verdict::Inconclusive if is_lost_in_noise(judgement, interval) => {
            let floor = format_percent_tenths(judgement.floor.unwrap_or_default());
            let reason = format!(
                "the gain may be noise of this machine, ±{floor}: measure on a quieter one, or more pairs of the noise"
            );
            (verdict, reason)
        }
        Verdict::Inconclusive => (
            verdict,
            unsettled(judgement, comparison, estimate.value, interval),
        ),
        Verdict::Pass => (verdict, passed(judgement, interval)),
        _ => alarm(judgement, comparison, interval, verdict),
    }
}

/// The verdict of an interval. A gain that noise may have made is open; one that is missed is missed by the target itself.
fn held(judgement: &Judgement, interval: Interval) -> Verdict {
    let target = &judgement.criterion.target;
    let effective = place(&judgement.effective, interval.low, interval.high);
    if effective == Verdict::Pass || target.guards() {
        return effective;
    }
    match place(target, interval.low, interval.high) {
        Verdict::Pass => Verdict::Inconclusive,
        own => own,
    }
}

/// Whether an interval meets a target for a gain, but not by more than noise.
fn is_lost_in_noise(judgement: &Judgement, interval: Interval) -> bool {
    let target = &judgement.criterion.target;
    !target.guards() && place(target, interval.low, interval.high) == Verdict::Pass
}

/// Whether figures and limits can be held against each other. A failing limit may be out of reach.
pub(super) fn are_numbers(target: &Target, figures: &[f64]) -> bool {
    figures.iter().all(|f| f.is_finite())
        && target.pass.is_finite()
        && !target.fail_limit().is_nan()
}

const fn no_figure(target: &Target, comparison: &Comparison) -> &'static str {
    match target.of {
        Measure::Candidate => "the candidate has no such figure",
        Measure::Change if comparison.candidate.is_none() => "the candidate has no such figure",
        Measure::Change => "the baseline's figure is zero or missing, so there is no ratio",
        Measure::Difference => "an arm has no such figure, so there is no difference",
    }
}

/// Where an interval lies: a limit that is just reached counts as met.
pub(super) fn place(target: &Target, low: f64, high: f64) -> Verdict {
    let (best, worst, pass, fail) = upright(target, low, high);
    if worst <= pass {
        Verdict::Pass
    } else if best > fail {
        Verdict::Fail
    } else if best > pass && worst <= fail {
        Verdict::Warn
    } else {
        Verdict::Inconclusive
    }
}

/// Whether an interval stops short of where failing begins.
pub(super) fn ends_before_failing(target: &Target, low: f64, high: f64) -> bool {
    let (_, worst, _, fail) = upright(target, low, high);
    worst <= fail
}

/// Best and worst end, passing and failing limit, with the sign turned where more is better: lower is always better.
fn upright(target: &Target, low: f64, high: f64) -> (f64, f64, f64, f64) {
    match target.better {
        Better::Lower => (low, high, target.pass, target.fail_limit()),
        Better::Higher => (-high, -low, -target.pass, -target.fail_limit()),
    }
}

/// Why a pass is one: nothing to say, unless it takes the noise floor.
fn passed(judgement: &Judgement, interval: Interval) -> String {
    let own = place(&judgement.criterion.target, interval.low, interval.high);
    match judgement.floor {
        Some(floor) if own != Verdict::Pass => {
            format!(
                "within the noise of this machine, ±{}",
                format_percent_tenths(floor)
            )
        }
        _ => String::new(),
    }
}

/// A warning or a failure, unless chance may be behind it.
fn alarm(
    judgement: &Judgement,
    comparison: &Comparison,
    interval: Interval,
    verdict: Verdict,
) -> (Verdict, String) {
    let what = if interval.low < interval.high {
        format!("the whole 95{THIN}% interval")
    } else {
        "the figure".to_owned()
    };
    let level = 1.0 - comparison.confidence;
    match judgement.p_value {
        Some(p) if p.is_nan() || p >= level => {
            let reason = format!(
                "{what} is past the limit, but it may be chance: p = {} after Holm's correction, an alarm needs less than {}; measure more pairs",
                thousandths(p),
                thousandths(level)
            );
            (Verdict::Inconclusive, reason)
        }
        _ if verdict == Verdict::Warn && judgement.criterion.target.fail.is_some() => {
            let reason = format!("{what} is between the target and the failing limit");
            (verdict, reason)
        }
        _ => (verdict, format!("{what} is past the limit")),
    }
}

/// Which limit an interval holds, and how much more evidence would settle it.
fn unsettled(
    judgement: &Judgement,
    comparison: &Comparison,
    value: f64,
    interval: Interval,
) -> String {
    let target = &judgement.effective;
    let limits = [target.pass, target.fail_limit()];
    let held = limits
        .into_iter()
        .filter(|l| interval.low <= *l && *l <= interval.high);
    let nearest = held.min_by(|a, b| (a - value).abs().total_cmp(&(b - value).abs()));
    let limit = nearest.unwrap_or(target.pass);
    let (count, one, many) = match comparison.pairs {
        0 => (comparison.samples.candidate, "save", "saves"),
        pairs => (pairs as u64, "pair", "pairs"),
    };
    // The end on the limit's side has to come in.
    let reach = if limit < value {
        value - interval.low
    } else {
        interval.high - value
    };
    let settles = match needed(
        count,
        (value - limit).abs(),
        reach,
        comparison.metric.is_slope(),
    ) {
        Some(needed) => format!(
            "about {} would settle it, there are {}",
            format_things(needed, one, many),
            crate::units::format_count(count)
        ),
        None => format!("no number of {many} will settle it: the figure lies at the limit"),
    };
    format!(
        "the 95{THIN}% interval holds the limit of {}: {settles}",
        limit_text(limit, target, comparison.unit)
    )
}

/// How much evidence pulls the end of an interval clear of a limit: how far it reaches falls with the root of the
/// evidence, for the slope of a line with that and its length. None where the figure lies at the limit.
fn needed(count: u64, distance: f64, reach: f64, is_slope: bool) -> Option<u64> {
    let factor = reach / distance;
    (factor.is_finite() && factor < 1.0 / AT_THE_LIMIT).then(|| {
        let square = factor * factor;
        let times = if is_slope { square.cbrt() } else { square };
        let needed = (count as f64 * times).ceil() as u64;
        needed.max(count.saturating_add(1))
    })
}

/// A limit in the unit of what is held against it.
fn limit_text(limit: f64, target: &Target, unit: Unit) -> String {
    match target.of {
        Measure::Change => format_change_tenths(limit),
        Measure::Candidate | Measure::Difference => format_value(limit, unit),
    }
}

fn thousandths(p: f64) -> String {
    format!("{p:.3}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn target(better: Better, pass: f64, fail: Option<f64>) -> Target {
        Target {
            of: Measure::Change,
            better,
            pass,
            fail,
            warn_only: false,
        }
    }

    proptest! {
        #[test]
        fn an_interval_is_placed_by_both_its_ends(
            mut ends in prop::array::uniform2(-10_i32..10),
            mut limits in prop::array::uniform2(-10_i32..10),
        ) {
            ends.sort_unstable();
            limits.sort_unstable();
            let [low, high] = ends.map(f64::from);
            let [pass, fail] = limits.map(f64::from);
            let verdict = place(&target(Better::Lower, pass, Some(fail)), low, high);
            let expected = if high <= pass {
                Verdict::Pass
            } else if low > fail {
                Verdict::Fail
            } else if low > pass && high <= fail {
                Verdict::Warn
            } else {
                Verdict::Inconclusive
            };
            prop_assert_eq!(verdict, expected);
            prop_assert_eq!(
                place(&target(Better::Higher, -pass, Some(-fail)), -high, -low),
                verdict,
                "turning every sign and the direction changes nothing"
            );
        }

        #[test]
        fn a_better_interval_is_never_judged_worse(
            low in -1.0_f64..1.0, width in 0.0_f64..0.5, gain in 0.0_f64..1.0, pass in -1.0_f64..1.0,
        ) {
            let target = target(Better::Lower, pass, None);
            let before = place(&target, low, low + width);
            let after = place(&target, low - gain, low + width - gain);
            prop_assert!(before != Verdict::Pass || after == Verdict::Pass);
            prop_assert!(after != Verdict::Fail || before == Verdict::Fail);
            prop_assert!(after != Verdict::Warn, "without a limit of its own there is no warning");
        }
    }

    #[test]
    fn the_evidence_needed_grows_with_the_square_of_the_distance() {
        assert_eq!(needed(10, 0.05, 0.1, false), Some(40));
        assert_eq!(
            needed(10, 0.2, 0.1, false),
            Some(11),
            "a skewed interval still needs more"
        );
        assert_eq!(needed(10, 0.0009, 0.1, false), None);
        assert_eq!(needed(10, 0.0, 0.1, false), None);
        assert_eq!(needed(10, f64::NAN, 0.1, false), None);
        assert_eq!(
            needed(1_000, 0.0125, 0.1, true),
            Some(4_000),
            "eight times as narrow with four times the length"
        );
    }

    #[test]
    fn a_target_that_only_warns_never_fails() {
        let mut memory = target(Better::Lower, 0.05, None);
        memory.warn_only = true;
        assert_eq!(place(&memory, 0.5, 0.9), Verdict::Warn);
        assert_eq!(place(&memory, 0.0, 0.9), Verdict::Inconclusive);
        assert!(ends_before_failing(&memory, 0.0, 0.9));
    }
}
