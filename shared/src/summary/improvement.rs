//! A promised gain as it is shown: its figures in words, and its interval against its target.

use crate::criteria::{Better, Measure, Target};
use crate::estimate::Estimate;
use crate::stats::Interval;
use crate::units::{
    THIN, Unit, format_change, format_change_interval, format_factor, format_interval, format_value,
};
use crate::verdict::{Judgement, Verdict};

/// One key improvement.
#[derive(Debug, Clone, PartialEq)]
pub struct Improvement {
    /// The target's name.
    pub title: String,
    /// What came of the target.
    pub verdict: Verdict,
    /// The change: −68 %, ×6.4.
    pub change: String,
    /// Its interval: 95 % CI −71 … −64.
    pub interval: String,
    /// The baseline's figure with its unit.
    pub baseline: String,
    /// The candidate's figure with its unit.
    pub candidate: String,
    /// The change against its target, drawn.
    pub bar: ImprovementBar,
}

/// An interval against a target; places are percent of the width, 0 to 100, right is better.
#[derive(Debug, Clone, PartialEq)]
pub struct ImprovementBar {
    /// Place of the change.
    pub point: f64,
    /// Places of the interval's ends, the left one first; absent where there is no interval.
    pub interval: Option<(f64, f64)>,
    /// Place of the target: what lies right of it passes.
    pub target: f64,
    /// The target in words: target −40 %.
    pub target_label: String,
    /// What stands at the left and at the right end; may be empty.
    pub ends: (String, String),
    /// The same for those who cannot see it.
    pub aria: String,
}

/// What stands in place of an interval that was not measured.
const NO_INTERVAL: &str = "no interval";

/// A promised gain as it is shown; `None` where it has no change to show.
#[must_use]
pub fn improvement(judgement: &Judgement) -> Option<Improvement> {
    let target = &judgement.criterion.target;
    let comparison = judgement.comparison.as_ref()?;
    let change = comparison.change.as_ref()?;
    let shown = |e: &Option<Estimate>| {
        e.as_ref().map_or_else(
            || "–".to_owned(),
            |e| format_value(e.value, comparison.unit),
        )
    };
    let ends = change
        .interval
        .and_then(|i| interval_text(i.low, i.high, target, comparison.unit));
    let interval = ends.map_or_else(
        || NO_INTERVAL.to_owned(),
        |ends| format!("95{THIN}% CI {ends}"),
    );
    Some(Improvement {
        title: judgement.criterion.title.clone(),
        verdict: judgement.verdict,
        change: limit_text(change.value, target, comparison.unit),
        interval,
        baseline: shown(&comparison.baseline),
        candidate: shown(&comparison.candidate),
        bar: bar(change, &judgement.effective),
    })
}

fn bar(change: &Estimate, target: &Target) -> ImprovementBar {
    let measured = change.interval.and_then(Interval::measured);
    let span = measured.map(|i| (i.low, i.high));
    let ends = span.unwrap_or((change.value, change.value));
    let target_label = format!("target {}", limit_text(target.pass, target, Unit::Growth));
    let (place, labels): (Box<dyn Fn(f64) -> f64>, _) = if is_factor(target) {
        // ×1 … ×8 on a log scale, more where the figures need it.
        let low = (1.0 + ends.0).clamp(0.05, 1.0);
        let high = (1.0 + ends.1.max(target.pass)).max(4.0) * 1.1;
        let place = move |v: f64| ((1.0 + v).max(1e-3) / low).ln() / (high / low).ln();
        (Box::new(place), (format_factor(low), String::new()))
    } else {
        // 0 … −100 %; from the worst figure where it got worse.
        let worst = ends.1.max(target.pass).max(0.0);
        let label = if worst > 0.0 {
            format_change(worst)
        } else {
            "0".to_owned()
        };
        (
            Box::new(move |v: f64| (worst - v) / (worst + 1.0)),
            (label, format_change(-1.0)),
        )
    };
    let percent = |v: f64| (place(v) * 100.0).clamp(0.0, 100.0);
    let interval = span.map(|(low, high)| {
        let (a, b) = (percent(low), percent(high));
        (a.min(b), a.max(b))
    });
    let judged = span
        .and_then(|(low, high)| interval_text(low, high, target, Unit::Growth))
        .map_or_else(|| NO_INTERVAL.to_owned(), |ends| format!("interval {ends}"));
    ImprovementBar {
        point: percent(change.value),
        interval,
        target: percent(target.pass),
        aria: format!("{judged}, {target_label}"),
        target_label,
        ends: labels,
    }
}

/// Gains of throughput are told as factors, all other changes in percent.
fn is_factor(target: &Target) -> bool {
    target.of == Measure::Change && target.better == Better::Higher
}

/// A limit, or a figure that is held against one, as people read it.
#[must_use]
pub fn limit_text(value: f64, target: &Target, unit: Unit) -> String {
    match target.of {
        Measure::Change if is_factor(target) => format_factor(1.0 + value),
        Measure::Change => format_change(value),
        // A target is a round number: ×1.20 is the 1.2 of the strategy.
        Measure::Candidate | Measure::Difference => format_value(value, unit),
    }
}

/// The interval of a figure that is held against a limit; `None` where it has no width.
#[must_use]
pub fn interval_text(low: f64, high: f64, target: &Target, unit: Unit) -> Option<String> {
    match target.of {
        Measure::Change if is_factor(target) => {
            format_interval(1.0 + low, 1.0 + high, Unit::Factor)
        }
        Measure::Change => format_change_interval(low, high),
        Measure::Candidate | Measure::Difference => format_interval(low, high, unit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at_most(pass: f64) -> Target {
        Target {
            of: Measure::Change,
            better: Better::Lower,
            pass,
            fail: None,
            warn_only: false,
        }
    }

    #[test]
    fn a_bar_goes_from_no_change_to_all_saved() {
        let change = Estimate {
            value: -0.68,
            interval: Some(Interval {
                low: -0.71,
                high: -0.64,
            }),
            no_interval: None,
        };
        let bar = bar(&change, &at_most(-0.4));
        assert!(
            (bar.point - 68.0).abs() < 1e-9 && (bar.target - 40.0).abs() < 1e-9,
            "{bar:?}"
        );
        let (low, high) = bar.interval.unwrap();
        assert!(
            (low - 64.0).abs() < 1e-9 && (high - 71.0).abs() < 1e-9,
            "{bar:?}"
        );
    }

    #[test]
    fn a_loss_moves_the_bar_s_begin() {
        let change = Estimate {
            value: 0.5,
            interval: None,
            no_interval: None,
        };
        let bar = bar(&change, &at_most(-0.4));
        assert_eq!(bar.point, 0.0);
        assert_eq!(bar.ends.0.replace(THIN, " "), "+50 %");
    }
}
