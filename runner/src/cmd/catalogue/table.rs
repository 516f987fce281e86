//! A run's figures for the lines of the strategy.

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, ContentArrangement, Table};
use shared::catalogue::{WANTED, Wanted, key_figures};
use shared::report::{Run, Scenario};

/// One table for each heading, and below it why something was not measured.
pub(super) fn figures(run: &Run, scenarios: &[Scenario]) -> String {
    let mut text = String::new();
    for group in WANTED.chunk_by(|a, b| a.heading == b.heading) {
        if let Some(first) = group.first() {
            text += &format!("{} ({})\n", first.heading, first.section);
        }
        text += &section(group, run, scenarios);
        text += "\n";
    }
    text
}

fn section(group: &[Wanted], run: &Run, scenarios: &[Scenario]) -> String {
    let mut table = Table::new();
    table
        .load_style(NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header([
            "Metric",
            run.arms.baseline.label.as_str(),
            run.arms.candidate.label.as_str(),
            "Change",
            "Scenario",
        ]);
    let mut remarks = String::new();
    for wanted in group {
        if let Some(why) = wanted.not_measured {
            remarks += &format!("{}: not measured: {why}\n", wanted.words);
        }
        for figure in key_figures(wanted, &run.policy, scenarios) {
            match figure {
                Ok(figure) => {
                    let [baseline, candidate, change] = figure.in_words();
                    table.add_row([
                        figure.metric.to_string(),
                        baseline,
                        candidate,
                        change,
                        figure.scenario.name.clone(),
                    ]);
                }
                Err((metric, why)) => remarks += &format!("{metric}: {why}\n"),
            }
        }
    }
    for column in 1..4 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let mut text = String::new();
    if table.row_count() > 0 {
        for line in table.lines() {
            text += &format!("{}\n", line.trim_end());
        }
    }
    text + &remarks
}
