//! A verdict with all that stands behind it, to be written as text, Markdown, JUnit XML or JSON.

mod facts;
mod json;
mod junit;
mod markdown;
mod of_comparison;
mod of_run;
mod row;
#[cfg(test)]
mod tests;
mod text;

use clap::ValueEnum;
use serde::{Serialize, Serializer};
use shared::criteria::{Better, Measure};
use shared::units::Unit;
use shared::verdict::Verdict;

/// Version of the JSON that a sheet becomes. It grows where a member changes its meaning or goes away; new members
/// may come without.
const SHEET_VERSION: u32 = 1;

/// How a verdict is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A table, for people at a terminal.
    Text,
    /// One JSON object, for scripts.
    Json,
    /// Markdown that fits into a comment of a pull request.
    Markdown,
    /// JUnit XML: a test case for each target, for servers of continuous integration.
    Junit,
}

/// What a sheet is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// A new build against the last good one.
    Gate,
    /// Two runs, or two arms.
    Comparison,
    /// A run by its own targets.
    Run,
}

impl Kind {
    const fn word(self) -> &'static str {
        match self {
            Self::Gate => "gate",
            Self::Comparison => "comparison",
            Self::Run => "run",
        }
    }
}

/// A verdict with the figures behind it. Times are nanoseconds, sizes bytes, changes ratios (0.1 is 10 % more);
/// a figure that is not there is null.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Sheet {
    /// [`SHEET_VERSION`].
    pub(crate) format: u32,
    /// What it is about.
    pub(crate) kind: Kind,
    /// The verdict.
    pub(crate) verdict: Verdict,
    /// The verdict as a sentence.
    pub(crate) headline: String,
    /// What the headline leaves out.
    pub(crate) sub: String,
    /// Name of the policy that judged.
    pub(crate) policy: String,
    /// What is compared against.
    pub(crate) baseline: Side,
    /// What is judged.
    pub(crate) candidate: Side,
    /// The targets with their figures.
    pub(crate) targets: Vec<Row>,
    /// Checks of the instrument, or whether two runs can be compared at all.
    pub(crate) checks: Vec<Check>,
    /// Scenarios that take no part, with the reason.
    pub(crate) left_out: Vec<LeftOut>,
    /// How it was measured: name and text.
    pub(crate) facts: Vec<Fact>,
}

/// One side of a comparison.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Side {
    /// Name for people.
    pub(crate) label: String,
    /// The run that it was measured in.
    pub(crate) run: String,
    /// Revision of its build; empty if unknown.
    pub(crate) revision: String,
}

/// One target, or a figure without one.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Row {
    /// Name of the target, unique within its scenario or policy.
    pub(crate) id: String,
    /// The policy, where the target is the policy's and not the scenario's own.
    pub(crate) policy: Option<String>,
    /// Name for people.
    pub(crate) title: String,
    /// The scenario that measures it.
    pub(crate) scenario: String,
    /// Section of the strategy.
    pub(crate) source: String,
    /// The strategy's own words.
    pub(crate) quote: String,
    /// What is judged.
    pub(crate) metric: String,
    /// What of it is held against the limits.
    pub(crate) of: Measure,
    /// Unit of `reference` and `value`.
    #[serde(serialize_with = "unit_name")]
    pub(crate) unit: Unit,
    /// The baseline's figure.
    pub(crate) baseline: Option<f64>,
    /// The candidate's figure.
    pub(crate) candidate: Option<f64>,
    /// Candidate / baseline − 1.
    pub(crate) change: Option<f64>,
    /// What is held against the limits, as `of` says.
    pub(crate) measured: Option<f64>,
    /// Its 95 % interval, low end.
    pub(crate) low: Option<f64>,
    /// Its 95 % interval, high end.
    pub(crate) high: Option<f64>,
    /// Which direction is good.
    pub(crate) better: Better,
    /// The limits as the policy has them; none for a figure without a target.
    pub(crate) limits: Option<Limits>,
    /// The limits that were held against the figure: widened to the noise floor.
    pub(crate) effective: Option<Limits>,
    /// The noise floor of the change.
    pub(crate) noise_floor: Option<f64>,
    /// Probability of such a difference where there is none, corrected for the number of targets.
    pub(crate) p_value: Option<f64>,
    /// The verdict.
    pub(crate) verdict: Verdict,
    /// Why, in one sentence; empty for a plain pass.
    pub(crate) reason: String,
}

/// Where a target passes and where it fails.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Limits {
    /// Passes up to here; warns beyond.
    pub(crate) pass: f64,
    /// Fails beyond this; none where it never fails.
    pub(crate) fail: Option<f64>,
}

/// A check with what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Check {
    /// Its name.
    pub(crate) title: String,
    /// What was found.
    pub(crate) value: String,
    /// What is asked for.
    pub(crate) detail: String,
    /// The verdict.
    pub(crate) verdict: Verdict,
}

/// A scenario that takes no part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct LeftOut {
    /// The scenario.
    pub(crate) scenario: String,
    /// Why.
    pub(crate) reason: String,
}

/// Something that a reader of the verdict wants to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Fact {
    /// What it is.
    pub(crate) name: String,
    /// The fact.
    pub(crate) text: String,
}

impl Sheet {
    /// The sheet as a file's text; `colour` only concerns terminals.
    ///
    /// # Errors
    /// Where a document cannot be serialized.
    pub(crate) fn render(&self, format: Format, colour: bool) -> anyhow::Result<String> {
        match format {
            Format::Text => Ok(text::render(self, colour)),
            Format::Json => json::render(self),
            Format::Markdown => Ok(markdown::render(self)),
            Format::Junit => junit::render(self),
        }
    }

    /// Adds a fact, unless there is nothing to say.
    pub(crate) fn fact(&mut self, name: &str, text: impl Into<String>) {
        let text = text.into();
        if !text.is_empty() {
            self.facts.push(Fact {
                name: name.to_owned(),
                text,
            });
        }
    }

    /// What to say beside the figures, each with the targets that it concerns.
    fn remarks(&self) -> Vec<(Vec<&str>, String)> {
        let mut remarks: Vec<(Vec<&str>, String)> = Vec::new();
        for row in &self.targets {
            let Some(remark) = row.remark() else { continue };
            match remarks.iter_mut().find(|(_, known)| *known == remark) {
                Some((titles, _)) => titles.push(&row.title),
                None => remarks.push((vec![&row.title], remark)),
            }
        }
        remarks
    }

    /// Whether its rows come from more than one scenario.
    fn has_scenarios(&self) -> bool {
        self.targets
            .windows(2)
            .any(|rows| rows[0].scenario != rows[1].scenario)
    }
}

/// What a star beside a limit means.
const STAR: &str =
    "* widened to the noise floor, the change that the same service shows against itself";

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over references"
)]
fn unit_name<S: Serializer>(unit: &Unit, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(match unit {
        Unit::Nanoseconds => "ns",
        Unit::Bytes => "bytes",
        Unit::Share => "share",
        Unit::Factor => "factor",
        Unit::Growth => "change",
        Unit::PerSecond => "per_second",
        Unit::PerSave => "per_save",
        Unit::Count => "count",
    })
}
