//! A chart with the sentence that says what it found.

use shared::arms::Arms;
use shared::gate::arm_label;
use shared::report::{Run, Scenario};

use super::data::Data;
use crate::charts::Drawing;

/// A chart ready to be laid out.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Chart {
    /// The finding.
    pub(crate) title: String,
    /// What is drawn, its unit and scale.
    pub(crate) note: String,
    /// The drawing; absent where the evidence is missing, which `note` then says.
    pub(crate) drawing: Option<Drawing>,
    /// The figures behind the drawing; absent where there is no drawing.
    pub(crate) data: Option<Data>,
}

impl Chart {
    /// A chart that cannot be drawn, and why.
    pub(crate) fn missing(title: &str, reason: &str) -> Self {
        Self {
            title: title.to_owned(),
            note: reason.to_owned(),
            drawing: None,
            data: None,
        }
    }
}

/// The longest name that charts have room for, bytes.
const LONGEST: usize = 14;

/// The arms' names for people, short enough for charts and columns; builds are named once, in the heading.
pub(crate) fn labels(run: &Run) -> Arms<String> {
    short(run.arms.map(|role, _| arm_label(run, role)))
}

/// The names, or else the arms' roles where a name is too long.
pub(crate) fn short(labels: Arms<String>) -> Arms<String> {
    if labels.baseline.len().max(labels.candidate.len()) <= LONGEST {
        return labels;
    }
    pair("Baseline", "Candidate")
}

fn pair(baseline: &str, candidate: &str) -> Arms<String> {
    Arms {
        baseline: baseline.to_owned(),
        candidate: candidate.to_owned(),
    }
}

/// The names of a scenario's arms, which may be services of its own.
pub(crate) fn scenario_labels(run: &Run, scenario: &Scenario) -> Arms<String> {
    match &scenario.arms {
        Some(arms) if arms.baseline.service == arms.candidate.service => pair("First", "Again"),
        Some(arms) => short(arms.map(|_, arm| arm.label.clone())),
        None => labels(run),
    }
}
