//! A chart with the sentence that says what it found.

use shared::arms::Arms;
use shared::report::Run;

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
}

impl Chart {
    /// A chart that cannot be drawn, and why.
    pub(crate) fn missing(title: &str, reason: &str) -> Self {
        Self {
            title: title.to_owned(),
            note: reason.to_owned(),
            drawing: None,
        }
    }
}

/// The arms' names for people.
pub(crate) fn labels(run: &Run) -> Arms<String> {
    run.arms.map(|_, arm| arm.label.clone())
}
