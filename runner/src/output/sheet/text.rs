//! A verdict for people at a terminal: the sentence, the table, what is left to say.

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, ContentArrangement, Table};
use shared::verdict::Verdict;

use super::{Row, STAR, Sheet};
use crate::console::{mark, paint_verdicts, sentence};

pub(super) fn render(sheet: &Sheet, colour: bool) -> String {
    let mut text = sentence(sheet.verdict, &sheet.headline, colour) + "\n";
    if !sheet.sub.is_empty() {
        text += &format!("{}\n", sheet.sub);
    }
    if !sheet.targets.is_empty() {
        text += &format!("\n{}\n", paint_verdicts(&table(sheet), colour));
    }
    if sheet.targets.iter().any(Row::is_widened) {
        text += &format!("{STAR}\n");
    }
    for section in [remarks(sheet), checks(sheet), left_out(sheet), facts(sheet)] {
        if !section.is_empty() {
            text += &format!("\n{section}");
        }
    }
    text
}

fn table(sheet: &Sheet) -> String {
    let scenarios = sheet.has_scenarios();
    let mut table = Table::new();
    table
        .load_style(NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled);
    let mut header = vec![""];
    header.extend(scenarios.then_some("Scenario"));
    header.extend([
        "Target",
        "Baseline",
        "Candidate",
        "Change",
        "95 % interval",
        "Passes",
        "Fails",
    ]);
    let columns = header.len();
    table.set_header(header);
    for row in &sheet.targets {
        let mut cells = vec![format!("{} {}", mark(row.verdict), row.verdict.word())];
        cells.extend(scenarios.then(|| row.scenario.clone()));
        cells.push(row.title.clone());
        cells.extend(row.figures());
        cells.push(row.change());
        cells.push(row.interval());
        cells.extend(row.limits());
        table.add_row(cells);
    }
    for column in columns - 6..columns {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let lines: Vec<String> = table
        .lines()
        .map(|line| line.trim_end().to_owned())
        .collect();
    lines.join("\n")
}

fn remarks(sheet: &Sheet) -> String {
    let remarks = sheet.remarks().into_iter();
    remarks
        .map(|(titles, remark)| format!("{}: {remark}\n", titles.join("; ")))
        .collect()
}

/// The checks that did not pass.
fn checks(sheet: &Sheet) -> String {
    sheet
        .checks
        .iter()
        .filter(|check| check.verdict != Verdict::Pass)
        .map(|check| {
            format!(
                "{} {}: {} ({})\n",
                mark(check.verdict),
                check.title,
                check.value,
                check.detail
            )
        })
        .collect()
}

fn left_out(sheet: &Sheet) -> String {
    sheet
        .left_out
        .iter()
        .map(|left| format!("left out: {}, {}\n", left.scenario, left.reason))
        .collect()
}

fn facts(sheet: &Sheet) -> String {
    sheet
        .facts
        .iter()
        .map(|fact| format!("{}: {}\n", fact.name, fact.text))
        .collect()
}
