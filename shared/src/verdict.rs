//! From an estimate and a target to a verdict.

use serde::{Deserialize, Serialize};

use crate::criteria::{Better, Criterion, Target};
use crate::estimate::{Comparison, Estimate, Unavailable, estimate};
use crate::report::Scenario;

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
    /// The verdict.
    pub verdict: Verdict,
    /// Why, in one sentence. Empty for a plain pass.
    pub reason: String,
}

/// Judges one target by the evidence of its scenario; `None` where the run has no such evidence.
#[must_use]
pub fn judge(criterion: &Criterion, scenario: Option<&Scenario>) -> Judgement {
    let judgement = |comparison, verdict, reason: String| Judgement {
        criterion: criterion.clone(),
        scenario_title: scenario.map(|s| s.title.clone()),
        comparison,
        verdict,
        reason,
    };
    if let Some(reason) = &criterion.not_judged_because {
        return judgement(None, Verdict::NotJudged, reason.clone());
    }
    let Some(scenario) = scenario else {
        let name = criterion.scenario.as_deref().unwrap_or("its scenario");
        return judgement(
            None,
            Verdict::NotJudged,
            format!("{name} is not part of this run"),
        );
    };
    if let Some(difference) = crate::trust::unequal_promises(scenario) {
        return judgement(
            None,
            Verdict::NotJudged,
            format!("the arms promise different things: {difference}"),
        );
    }
    let comparison = match estimate(criterion.metric, scenario) {
        Ok(comparison) => comparison,
        Err(missing) => {
            let verdict = match missing {
                Unavailable::NotMeasured(_) => Verdict::NotJudged,
                _ => Verdict::Inconclusive,
            };
            return judgement(None, verdict, missing.to_string());
        }
    };
    if criterion.needs_full_length && !scenario.load.is_full() {
        let reason = format!("needs the full profile: {}", scenario.load.shortfall());
        return judgement(Some(comparison), Verdict::NotJudged, reason);
    }
    let (verdict, reason) = decide(&criterion.target, &comparison);
    judgement(Some(comparison), verdict, reason)
}

fn decide(target: &Target, comparison: &Comparison) -> (Verdict, String) {
    let Some(estimate) = comparison.measured(target.of) else {
        return (
            Verdict::Inconclusive,
            "the baseline's figure is zero or missing, so there is no ratio".to_owned(),
        );
    };
    let Some(interval) = estimate.interval else {
        let reason = estimate
            .no_interval
            .clone()
            .unwrap_or_else(|| "has no interval".to_owned());
        return (Verdict::Inconclusive, reason);
    };
    let verdict = place(target, interval.low, interval.high);
    let reason = match verdict {
        Verdict::Pass => String::new(),
        Verdict::Inconclusive => {
            format!(
                "the 95 % interval holds the limit: {} pairs cannot settle it, more would",
                comparison.pairs
            )
        }
        _ => "the whole 95 % interval is past the limit".to_owned(),
    };
    (verdict, reason)
}

/// Where an interval lies: a limit that is just reached counts as met.
fn place(target: &Target, low: f64, high: f64) -> Verdict {
    // With the sign turned, lower is always better.
    let (best, worst, pass, fail) = match target.better {
        Better::Lower => (low, high, target.pass, target.fail_limit()),
        Better::Higher => (-high, -low, -target.pass, -target.fail_limit()),
    };
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

/// The estimate's place in a judgement, for those who print it.
impl Judgement {
    /// What was held against the limits.
    #[must_use]
    pub fn measured(&self) -> Option<&Estimate> {
        self.comparison.as_ref()?.measured(self.criterion.target.of)
    }
}
