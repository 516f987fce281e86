//! Targets with what came of them: the rows of a criteria table.

use shared::criteria::{Better, Measure, Target};
use shared::estimate::{Comparison, Estimate};
use shared::summary::{interval_text, limit_text};
use shared::units::{Unit, format_value};
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

fn judged(estimate: &Estimate, target: &Target, unit: Unit) -> String {
    let value = limit_text(estimate.value, target, unit);
    let ends = estimate
        .interval
        .and_then(|i| interval_text(i.low, i.high, target, unit));
    match ends {
        Some(ends) => format!("{value} ({ends})"),
        None => value,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view_model::fixture;
    use shared::units::THIN;

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
}
