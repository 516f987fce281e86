//! What the list of runs keeps of each run for the weekly review and for trends.
//!
//! A list of 500 runs is fetched as one file, so each figure is a short list of its own: names stand once, and numbers have
//! four significant digits.

use serde::{Deserialize, Serialize};

use crate::arms::Arms;
use crate::stats::Interval;
use crate::verdict::Verdict;

/// A run as the weekly review sees it. Computed when the list is made; the run's own files stay the evidence.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Review {
    /// Fingerprint of the machine: figures of different machines are no trend.
    pub machine: String,
    /// The first digits of the BLAKE3 of the states: nor are those of different states.
    pub dataset: String,
    /// The highest rate that the strategy asks for in the run's scenarios, saves a second: what capacity is held against.
    pub demand: Option<f64>,
    /// The scenarios that figures and steps are from, by name.
    pub scenarios: Vec<String>,
    /// The key metrics that were measured.
    pub figures: Vec<Figure>,
    /// The targets that were judged and not passed.
    pub missed: Vec<Missed>,
    /// The targets that were not judged, as `scenario/target`.
    pub not_judged: Vec<String>,
    /// What to do next; empty in all but the newest runs of a long list.
    pub steps: Vec<Advice>,
}

impl Review {
    /// A scenario by its place in `scenarios`.
    #[must_use]
    pub fn scenario(&self, place: u32) -> Option<&str> {
        self.scenarios.get(place as usize).map(String::as_str)
    }
}

/// A key metric: a list of its name, the scenario's place in `scenarios`, the figures of baseline and candidate, the change,
/// and the two ends of the interval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(from = "WrittenFigure", into = "WrittenFigure")]
pub struct Figure {
    /// Name of the metric. A reader passes over what it does not know.
    pub metric: String,
    /// Place of the scenario.
    pub scenario: u32,
    /// Each arm's figure, in the metric's unit.
    pub arms: Arms<Option<f64>>,
    /// Candidate / baseline − 1.
    pub change: Option<f64>,
    /// The 95 % interval: of the change, or of the candidate's own figure where there is no change.
    pub interval: Option<Interval>,
}

/// A figure as it is written.
pub(super) type WrittenFigure = (
    String,
    u32,
    Option<f64>,
    Option<f64>,
    Option<f64>,
    Option<f64>,
    Option<f64>,
);

impl From<WrittenFigure> for Figure {
    fn from((metric, scenario, baseline, candidate, change, low, high): WrittenFigure) -> Self {
        Self {
            metric,
            scenario,
            arms: Arms {
                baseline,
                candidate,
            },
            change,
            interval: low.zip(high).map(|(low, high)| Interval { low, high }),
        }
    }
}

impl From<Figure> for WrittenFigure {
    fn from(figure: Figure) -> Self {
        let Arms {
            baseline,
            candidate,
        } = figure.arms;
        let (low, high) = (
            figure.interval.map(|i| i.low),
            figure.interval.map(|i| i.high),
        );
        (
            figure.metric,
            figure.scenario,
            baseline,
            candidate,
            figure.change,
            low,
            high,
        )
    }
}

/// A target that was judged and not passed: a list of `scenario/target`, its name for people, and the verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(from = "WrittenMissed", into = "WrittenMissed")]
pub struct Missed {
    /// `scenario/target`, unique in a run.
    pub id: String,
    /// Name for people, without the scenario's.
    pub title: String,
    /// Warn, fail or inconclusive.
    pub verdict: Verdict,
}

/// A missed target as it is written.
pub(super) type WrittenMissed = (String, String, Verdict);

impl From<WrittenMissed> for Missed {
    fn from((id, title, verdict): WrittenMissed) -> Self {
        Self { id, title, verdict }
    }
}

impl From<Missed> for WrittenMissed {
    fn from(missed: Missed) -> Self {
        (missed.id, missed.title, missed.verdict)
    }
}

/// A recommendation: a list of what to do, why, and the place of the scenario that shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(from = "WrittenAdvice", into = "WrittenAdvice")]
pub struct Advice {
    /// What to do.
    pub title: String,
    /// Why.
    pub text: String,
    /// Place of the scenario.
    pub scenario: Option<u32>,
}

/// A recommendation as it is written.
pub(super) type WrittenAdvice = (String, String, Option<u32>);

impl From<WrittenAdvice> for Advice {
    fn from((title, text, scenario): WrittenAdvice) -> Self {
        Self {
            title,
            text,
            scenario,
        }
    }
}

impl From<Advice> for WrittenAdvice {
    fn from(advice: Advice) -> Self {
        (advice.title, advice.text, advice.scenario)
    }
}
