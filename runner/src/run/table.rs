//! What a run came to, as text.

use comfy_table::presets::NOTHING;
use comfy_table::{Cell, CellAlignment, ContentArrangement, Table};
use shared::criteria::Measure;
use shared::estimate::Estimate;
use shared::summary::{RunSummary, ScenarioSummary};
use shared::units::{Unit, format_change, format_interval, format_value};
use shared::verdict::{Judgement, Verdict};

use crate::console::{mark, paint_verdicts, painted, sentence};

/// One line for a scenario that ended.
pub(super) fn scenario_line(summary: &ScenarioSummary, colour: bool) -> String {
    let label = summary
        .label
        .as_ref()
        .map_or_else(String::new, |label| format!(" [{label}]"));
    format!(
        "{} {}: {}{label}",
        painted(summary.verdict, colour),
        summary.name,
        summary.sentence
    )
}

/// The headline, the targets, what to do next.
pub(super) fn run_table(summary: &RunSummary, colour: bool) -> String {
    let sub = if summary.sub.is_empty() {
        String::new()
    } else {
        format!("\n{}", summary.sub)
    };
    let steps: String = (1..)
        .zip(&summary.steps)
        .map(|(number, step)| format!("\n  {number}. {} {}", step.title, step.text))
        .collect();
    let next = if steps.is_empty() {
        String::new()
    } else {
        format!("\n\nNext:{steps}")
    };
    format!(
        "{}{sub}{}{next}",
        sentence(summary.verdict, &summary.headline, colour),
        targets(&summary.judgements, colour)
    )
}

/// The policy's targets whose scenario was run, and those that no run judges yet.
fn targets(judgements: &[Judgement], colour: bool) -> String {
    let has_row = |j: &&Judgement| {
        j.verdict != Verdict::NotJudged
            || j.scenario_title.is_some()
            || j.criterion.not_judged_because.is_some()
    };
    let mut table = Table::new();
    table
        .load_style(NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled);
    table.set_header([
        "",
        "Target",
        "Baseline",
        "Candidate",
        "Change",
        "95 % interval",
        "Limit",
    ]);
    table.add_rows(judgements.iter().filter(has_row).map(row));
    for column in 2..=4 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    if table.is_empty() {
        return String::new();
    }
    format!("\n\n{}", paint_verdicts(&table.trim_fmt(), colour))
}

fn row(judgement: &Judgement) -> Vec<Cell> {
    let comparison = judgement.comparison.as_ref();
    let unit = comparison.map_or(Unit::Count, |c| c.unit);
    let value = |estimate: Option<&Estimate>| {
        estimate.map_or_else(|| "–".to_owned(), |e| format_value(e.value, unit))
    };
    let change = comparison.and_then(|c| c.change.as_ref());
    let measured_unit = match judgement.criterion.target.of {
        Measure::Change => Unit::Growth,
        Measure::Candidate | Measure::Difference => unit,
    };
    let interval = judgement.measured().and_then(|e| e.interval);
    let interval = interval
        .and_then(|i| format_interval(i.low, i.high, measured_unit))
        .unwrap_or_else(|| judgement.reason.clone());
    // Without a figure its unit is unknown, but a change is always in percent.
    let limit = if comparison.is_some() || measured_unit == Unit::Growth {
        format_value(judgement.criterion.target.pass, measured_unit)
    } else {
        "–".to_owned()
    };
    let word = format!("{} {}", mark(judgement.verdict), judgement.verdict.word());
    vec![
        Cell::new(word),
        Cell::new(&judgement.criterion.title),
        Cell::new(value(comparison.and_then(|c| c.baseline.as_ref()))),
        Cell::new(value(comparison.and_then(|c| c.candidate.as_ref()))),
        Cell::new(change.map_or_else(|| "–".to_owned(), |e| format_change(e.value))),
        Cell::new(interval),
        Cell::new(limit),
    ]
}
