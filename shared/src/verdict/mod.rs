//! From an estimate and a target to a verdict.

mod decide;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::calibration::Calibration;
use crate::criteria::{Criterion, Measure, Target};
use crate::estimate::{Comparison, Estimate, Unavailable, estimate};
use crate::pace;
use crate::report::Scenario;
use crate::stats::holm;
use crate::trust::unequal_promises;

/// The outcome of a target, a scenario or a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The whole interval is on the good side.
    Pass,
    /// The whole interval is past the first limit but not past the failing one.
    Warn,
    /// The whole interval is on the bad side.
    Fail,
    /// The interval holds a limit, or there is too little evidence.
    Inconclusive,
    /// This run cannot say, by its nature.
    NotJudged,
}

impl Verdict {
    /// The word for people.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pass => "Pass",
            Self::Warn => "Warn",
            Self::Fail => "Fail",
            Self::Inconclusive => "Inconclusive",
            Self::NotJudged => "Not judged",
        }
    }
}

/// A target with what came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// The target.
    pub criterion: Criterion,
    /// Title of the scenario that it was judged in; absent where that scenario is not part of the run.
    pub scenario_title: Option<String>,
    /// What was measured; absent where nothing was.
    pub comparison: Option<Comparison>,
    /// The limits that it was held against: the target's own, or the noise floor where that is wider.
    pub effective: Target,
    /// The noise floor of the figure, as a ratio; absent where it was not measured or plays no part.
    pub floor: Option<f64>,
    /// The chance of such a change, or a larger one, where there is none, corrected for all guards of the family by
    /// Holm; absent where the target asks for a gain, or the figure has no such chance.
    pub p_value: Option<f64>,
    /// The verdict.
    pub verdict: Verdict,
    /// Why, in one sentence. Empty for a plain pass.
    pub reason: String,
}

impl Judgement {
    /// What was held against the limits.
    #[must_use]
    pub fn measured(&self) -> Option<&Estimate> {
        self.comparison.as_ref()?.measured(self.criterion.target.of)
    }

    /// Whether the evidence excludes a failure: the target never fails, or the whole interval stops short of where
    /// failing begins.
    #[must_use]
    pub fn excludes_failure(&self) -> bool {
        let within = || {
            (self.measured().and_then(|e| e.interval)).is_some_and(|i| {
                decide::are_numbers(&self.effective, &[i.low, i.high])
                    && decide::ends_before_failing(&self.effective, i.low, i.high)
            })
        };
        let unasked = self.criterion.not_judged_because.is_some();
        match self.verdict {
            Verdict::Pass | Verdict::Warn => true,
            Verdict::Fail => false,
            Verdict::NotJudged => unasked || self.criterion.target.warn_only,
            Verdict::Inconclusive => self.criterion.target.warn_only || within(),
        }
    }
}

/// Judges one target by the evidence of its scenario; `None` where the run has no such evidence.
#[must_use]
pub fn judge(
    criterion: &Criterion,
    scenario: Option<&Scenario>,
    calibration: &Calibration<'_>,
) -> Judgement {
    decide::finish(draft(evidenced(criterion, scenario, calibration)))
}

/// Judges targets that each name their scenario. They are one family: the more guards there are, the surer each has to
/// be before it raises an alarm.
#[must_use]
pub fn judge_policy(
    criteria: &[Criterion],
    scenarios: &[Scenario],
    calibration: &Calibration<'_>,
) -> Vec<Judgement> {
    pace::at_once(judge_policy_in_steps(
        criteria,
        scenarios,
        calibration,
        &pace::none,
    ))
}

/// [`judge_policy`] with a pause after each target.
pub(crate) async fn judge_policy_in_steps(
    criteria: &[Criterion],
    scenarios: &[Scenario],
    calibration: &Calibration<'_>,
    pause: &impl AsyncFn(),
) -> Vec<Judgement> {
    let mut family = Vec::new();
    for criterion in criteria {
        let named = criterion.scenario.as_deref();
        let scenario = scenarios.iter().find(|s| named == Some(s.name.as_str()));
        family.push(evidenced(criterion, scenario, calibration));
        pause().await;
    }
    judge_evidence(family)
}

/// Judges a scenario's own targets, as one family, with a pause after each.
pub(crate) async fn judge_own_in_steps(
    scenario: &Scenario,
    calibration: &Calibration<'_>,
    pause: &impl AsyncFn(),
) -> Vec<Judgement> {
    let mut family = Vec::new();
    for criterion in &scenario.criteria {
        family.push(evidenced(criterion, Some(scenario), calibration));
        pause().await;
    }
    judge_evidence(family)
}

/// A target with the figures for it.
pub(crate) struct Evidenced {
    /// The target.
    pub(crate) criterion: Criterion,
    /// Title of the scenario, where there is one.
    pub(crate) scenario_title: Option<String>,
    /// The figures, or the verdict without any, and why.
    pub(crate) compared: Result<Comparison, (Verdict, String)>,
    /// The noise floor of the figure, as a ratio.
    pub(crate) floor: Option<f64>,
    /// Why the scenario was too short for the target, where it was.
    pub(crate) shortfall: Option<String>,
}

/// A judgement on its way.
struct Draft {
    judgement: Judgement,
    /// Whether the verdict stands already: there is nothing to hold against the limits.
    settled: bool,
}

/// Judges a family. The chances of all its guards are corrected for their number. Source: Holm (1979), A Simple
/// Sequentially Rejective Multiple Test Procedure, Scandinavian Journal of Statistics 6(2).
pub(crate) fn judge_evidence(family: Vec<Evidenced>) -> Vec<Judgement> {
    let mut drafts: Vec<Draft> = family.into_iter().map(draft).collect();
    let mut chances: Vec<&mut f64> = drafts
        .iter_mut()
        .filter(|d| !d.settled)
        .filter_map(|d| d.judgement.p_value.as_mut())
        .collect();
    let raw: Vec<f64> = chances.iter().map(|p| **p).collect();
    for (chance, corrected) in chances.iter_mut().zip(holm(&raw)) {
        **chance = corrected;
    }
    drafts.into_iter().map(decide::finish).collect()
}

/// Lays the evidence for a target beside the limits that it is held against.
fn draft(evidence: Evidenced) -> Draft {
    let target = evidence.criterion.target;
    let mut judgement = Judgement {
        scenario_title: evidence.scenario_title,
        comparison: None,
        effective: target,
        floor: None,
        p_value: None,
        verdict: Verdict::Inconclusive,
        reason: String::new(),
        criterion: evidence.criterion,
    };
    let mut settled = true;
    match (evidence.compared, evidence.shortfall) {
        (Err((verdict, reason)), _) => (judgement.verdict, judgement.reason) = (verdict, reason),
        (Ok(comparison), shortfall) => {
            judgement.floor = evidence.floor.filter(|_| target.of == Measure::Change);
            judgement.effective = target.widened(judgement.floor);
            judgement.p_value = comparison.p_value.filter(|_| target.guards());
            judgement.comparison = Some(comparison);
            settled = shortfall.is_some();
            if let Some(reason) = shortfall {
                (judgement.verdict, judgement.reason) = (Verdict::NotJudged, reason);
            }
        }
    }
    Draft { judgement, settled }
}

/// Gathers the evidence for a target from its scenario.
fn evidenced(
    criterion: &Criterion,
    scenario: Option<&Scenario>,
    calibration: &Calibration<'_>,
) -> Evidenced {
    let compared = compared(criterion, scenario);
    // A floor is resampled: only where it is held against something.
    let guarded = compared.is_ok() && criterion.target.of == Measure::Change;
    let noise = if guarded {
        calibration.noise_floor(criterion.metric)
    } else {
        None
    };
    Evidenced {
        criterion: criterion.clone(),
        scenario_title: scenario.map(|s| s.title.clone()),
        floor: noise.map(|n| n.floor),
        shortfall: scenario.and_then(|s| shortfall(criterion, s)),
        compared,
    }
}

/// Why a scenario was too short or too slow for a target that needs the strategy's own length.
pub(crate) fn shortfall(criterion: &Criterion, scenario: &Scenario) -> Option<String> {
    (criterion.needs_full_length && !scenario.load.is_full())
        .then(|| format!("needs the full profile: {}", scenario.load.shortfall()))
}

/// The figures of a target, or why there is nothing to judge.
fn compared(
    criterion: &Criterion,
    scenario: Option<&Scenario>,
) -> Result<Comparison, (Verdict, String)> {
    if let Some(reason) = &criterion.not_judged_because {
        return Err((Verdict::NotJudged, reason.clone()));
    }
    let Some(scenario) = scenario else {
        let name = criterion.scenario.as_deref().unwrap_or("its scenario");
        let reason = format!("{name} is not part of this run");
        return Err((Verdict::NotJudged, reason));
    };
    if let Some(difference) = unequal_promises(scenario) {
        let reason = format!("the arms promise different things: {difference}");
        return Err((Verdict::NotJudged, reason));
    }
    estimate(criterion.metric, scenario).map_err(without_figure)
}

/// The verdict of a target without a figure, and why there is none.
pub(crate) fn without_figure(missing: Unavailable) -> (Verdict, String) {
    let verdict = match missing {
        Unavailable::NotMeasured(_) => Verdict::NotJudged,
        Unavailable::NoSamples | Unavailable::Saturated { .. } => Verdict::Inconclusive,
        Unavailable::Unrecovered { .. } => Verdict::Fail,
    };
    (verdict, missing.to_string())
}

/// One verdict for many: a failure beats everything, then inconclusive evidence when nothing passed,
/// then warnings. Targets that were not judged do not count.
#[must_use]
pub fn overall(verdicts: impl IntoIterator<Item = Verdict>) -> Verdict {
    let counted: Vec<Verdict> = verdicts
        .into_iter()
        .filter(|v| *v != Verdict::NotJudged)
        .collect();
    let any = |v| counted.contains(&v);
    if counted.is_empty() {
        Verdict::NotJudged
    } else if any(Verdict::Fail) {
        Verdict::Fail
    } else if counted.iter().all(|v| *v == Verdict::Inconclusive) {
        Verdict::Inconclusive
    } else if any(Verdict::Warn) {
        Verdict::Warn
    } else {
        Verdict::Pass
    }
}
