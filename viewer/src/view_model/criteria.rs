//! Targets with what came of them: the rows of a criteria table and the strip of key improvements.

use shared::criteria::{Better, Measure, Target};
use shared::estimate::{Comparison, Estimate};
use shared::units::{
    THIN, Unit, format_change, format_change_interval, format_factor, format_interval, format_value,
};
use shared::verdict::{Judgement, Verdict};

/// A row of a criteria table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CriterionRow {
    /// The criterion's own name.
    pub(crate) id: String,
    pub(crate) title: String,
    /// Where the target comes from, and its words.
    pub(crate) source: String,
    pub(crate) quote: String,
    pub(crate) target: String,
    /// The limits that hold instead, where the noise floor is wider than the target's own.
    pub(crate) widened: Option<String>,
    pub(crate) baseline: String,
    pub(crate) candidate: String,
    /// What is held against the target, with its interval.
    pub(crate) judged: String,
    pub(crate) verdict: Verdict,
    /// Why, as a sentence; empty for a plain pass.
    pub(crate) reason: String,
    /// Whether there is no figure at all.
    pub(crate) empty: bool,
}

/// One key improvement.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Improvement {
    pub(crate) title: String,
    pub(crate) verdict: Verdict,
    /// The change: −68 %, ×6.4.
    pub(crate) change: String,
    pub(crate) interval: String,
    pub(crate) baseline: String,
    pub(crate) candidate: String,
    pub(crate) bar: ImprovementBar,
}

/// An interval against a target; places are percent of the width, right is better.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ImprovementBar {
    pub(crate) point: f64,
    pub(crate) interval: Option<(f64, f64)>,
    pub(crate) target: f64,
    pub(crate) target_label: String,
    pub(crate) ends: (String, String),
    pub(crate) aria: String,
}

/// The row of a target.
pub(crate) fn row(judgement: &Judgement) -> CriterionRow {
    let criterion = &judgement.criterion;
    let unit = judgement
        .comparison
        .as_ref()
        .map_or_else(|| criterion.metric.unit(), |c| c.unit);
    let figure = |of: fn(&Comparison) -> &Option<Estimate>| {
        let estimate = judgement.comparison.as_ref().and_then(|c| of(c).as_ref());
        estimate.map_or_else(|| "–".to_owned(), |e| format_value(e.value, unit))
    };
    CriterionRow {
        id: criterion.id.clone(),
        title: criterion.title.clone(),
        source: criterion.source.clone(),
        quote: criterion.quote.clone(),
        target: target_text(&criterion.target, unit),
        widened: (judgement.effective != criterion.target)
            .then(|| target_text(&judgement.effective, unit)),
        baseline: figure(|c| &c.baseline),
        candidate: figure(|c| &c.candidate),
        judged: judgement
            .measured()
            .map_or_else(|| "–".to_owned(), |e| judged(e, &criterion.target, unit)),
        verdict: judgement.verdict,
        reason: sentence(&judgement.reason),
        empty: judgement.comparison.is_none(),
    }
}

/// A target in words.
pub(crate) fn target_text(target: &Target, unit: Unit) -> String {
    let limit = |value| limit_text(value, target, unit);
    let (at, past) = match target.better {
        Better::Lower => ("at most", "above"),
        Better::Higher => ("at least", "below"),
    };
    let words = match (target.of, target.better) {
        (Measure::Change, Better::Lower) if target.pass < 0.0 => {
            format!("{} or lower", limit(target.pass))
        }
        (Measure::Change, Better::Higher) => format!("{} or higher", limit(target.pass)),
        _ => format!("{at} {}", limit(target.pass)),
    };
    match target.fail {
        Some(fail) if fail != target.pass => format!("{words}; fails {past} {}", limit(fail)),
        _ => words,
    }
}

/// Gains of throughput are told as factors, all other changes in percent.
fn is_factor(target: &Target) -> bool {
    target.of == Measure::Change && target.better == Better::Higher
}

fn limit_text(value: f64, target: &Target, unit: Unit) -> String {
    match target.of {
        Measure::Change if is_factor(target) => format_factor(1.0 + value),
        Measure::Change => format_change(value),
        // A target is a round number: ×1.20 is the 1.2 of the strategy.
        Measure::Candidate | Measure::Difference => format_value(value, unit),
    }
}

fn judged(estimate: &Estimate, target: &Target, unit: Unit) -> String {
    let value = limit_text(estimate.value, target, unit);
    match estimate.interval {
        Some(i) if i.low < i.high => {
            format!("{value} ({})", interval_text(i.low, i.high, target, unit))
        }
        _ => value,
    }
}

fn interval_text(low: f64, high: f64, target: &Target, unit: Unit) -> String {
    match target.of {
        Measure::Change if is_factor(target) => {
            format_interval(1.0 + low, 1.0 + high, Unit::Factor)
        }
        Measure::Change => format_change_interval(low, high),
        Measure::Candidate | Measure::Difference => format_interval(low, high, unit),
    }
}

/// A reason as a sentence.
fn sentence(reason: &str) -> String {
    let text = super::latency::capital(reason);
    if text.is_empty() || text.ends_with('.') {
        text
    } else {
        format!("{text}.")
    }
}

/// A promised gain for the strip; `None` where it has no change to show.
pub(crate) fn improvement(judgement: &Judgement) -> Option<Improvement> {
    let target = &judgement.criterion.target;
    let comparison = judgement.comparison.as_ref()?;
    let change = comparison.change.as_ref()?;
    let shown = |e: &Option<Estimate>| {
        e.as_ref().map_or_else(
            || "–".to_owned(),
            |e| format_value(e.value, comparison.unit),
        )
    };
    let interval = match change.interval {
        Some(i) => format!(
            "95{THIN}% CI {}",
            interval_text(i.low, i.high, target, comparison.unit)
        ),
        None => "no interval".to_owned(),
    };
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
    let span = change.interval.map(|i| (i.low, i.high));
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
    let judged = span.map_or_else(
        || "no interval".to_owned(),
        |(low, high)| {
            format!(
                "interval {}",
                interval_text(low, high, target, Unit::Growth)
            )
        },
    );
    ImprovementBar {
        point: percent(change.value),
        interval,
        target: percent(target.pass),
        aria: format!("{judged}, {target_label}"),
        target_label,
        ends: labels,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view_model::fixture;

    fn target(of: Measure, better: Better, pass: f64, fail: Option<f64>) -> Target {
        Target {
            of,
            better,
            pass,
            fail,
            warn_only: false,
        }
    }

    fn plain(text: &str) -> String {
        text.replace(THIN, "_")
    }

    #[test]
    fn targets_read_as_the_strategy_says_them() {
        let text = |t, unit| plain(&target_text(&t, unit));
        let change = |better, pass, fail| target(Measure::Change, better, pass, fail);
        assert_eq!(
            text(change(Better::Lower, -0.6, None), Unit::Nanoseconds),
            "−60_% or lower"
        );
        assert_eq!(
            text(change(Better::Higher, 2.0, None), Unit::PerSecond),
            "×3.0 or higher"
        );
        assert_eq!(
            text(change(Better::Lower, 0.1, Some(0.2)), Unit::Nanoseconds),
            "at most +10_%; fails above +20_%"
        );
        let own = target(Measure::Candidate, Better::Lower, 5e7, None);
        assert_eq!(text(own, Unit::Nanoseconds), "at most 50.0_ms");
    }

    #[test]
    fn a_target_without_evidence_keeps_its_unit_and_says_why() {
        let mut criterion = fixture::scenario().criteria[0].clone();
        criterion.not_judged_because = Some("kills are not part of this run".to_owned());
        let row = row(&shared::verdict::judge(
            &criterion,
            None,
            &shared::calibration::Calibration::default(),
        ));
        assert_eq!((row.verdict, row.empty), (Verdict::NotJudged, true));
        assert_eq!(plain(&row.target), "at most 50.0_ms");
        assert_eq!(row.reason, "Kills are not part of this run.");
    }

    #[test]
    fn a_bar_goes_from_no_change_to_all_saved() {
        let change = Estimate {
            value: -0.68,
            interval: Some(shared::estimate::Interval {
                low: -0.71,
                high: -0.64,
            }),
            no_interval: None,
        };
        let bar = bar(&change, &target(Measure::Change, Better::Lower, -0.4, None));
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
        let bar = bar(&change, &target(Measure::Change, Better::Lower, -0.4, None));
        assert_eq!(bar.point, 0.0);
        assert_eq!(plain(&bar.ends.0), "+50_%");
    }
}
