//! A verdict for a comment of a pull request: what matters in a line and a table, the rest folded away.

use std::fmt::Write;

use shared::markdown::escaped;
use shared::verdict::Verdict;

use super::{Row, STAR, Sheet};
use crate::console::{mark, says_verdict};

/// Tells a comment of this kind from others, so that a workflow can replace its own.
const MARKER: &str = "<!-- statebench -->";

pub(super) fn render(sheet: &Sheet) -> String {
    let mut text = format!(
        "{MARKER}\n### {} {}\n",
        mark(sheet.verdict),
        escaped(&headline(sheet))
    );
    if !sheet.sub.is_empty() {
        text += &format!("\n{}\n", escaped(&sheet.sub));
    }
    if !sheet.targets.is_empty() {
        text += &format!("\n{}", table(sheet));
    }
    if sheet.targets.iter().any(Row::is_widened) {
        text += &format!("\n\\{STAR}\n");
    }
    text += &list(sheet.remarks().into_iter().map(|(titles, remark)| {
        format!("**{}**: {}", escaped(&titles.join("; ")), escaped(&remark))
    }));
    let details = details(sheet);
    if !details.is_empty() {
        let _ = write!(
            text,
            "\n<details><summary>How this was measured</summary>\n{details}\n</details>\n"
        );
    }
    text
}

fn headline(sheet: &Sheet) -> String {
    if says_verdict(&sheet.headline) {
        sheet.headline.clone()
    } else {
        format!("{}: {}", sheet.verdict.word(), sheet.headline)
    }
}

fn table(sheet: &Sheet) -> String {
    let scenarios = sheet.has_scenarios();
    let mut header = vec!["Verdict"];
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
    let rule: Vec<&str> = (0..header.len())
        .map(|column| {
            if column + 6 < header.len() {
                "---"
            } else {
                "---:"
            }
        })
        .collect();
    let mut text = line(&header) + &line(&rule);
    for row in &sheet.targets {
        let mut cells = vec![format!("{} {}", mark(row.verdict), row.verdict.word())];
        cells.extend(scenarios.then(|| row.scenario.clone()));
        cells.push(row.title.clone());
        cells.extend(row.figures());
        cells.push(row.change());
        cells.push(row.interval());
        cells.extend(row.limits());
        let cells: Vec<String> = cells.iter().map(|cell| escaped(cell)).collect();
        text += &line(&cells);
    }
    text
}

fn line<T: AsRef<str>>(cells: &[T]) -> String {
    let cells: Vec<&str> = cells.iter().map(AsRef::as_ref).collect();
    format!("| {} |\n", cells.join(" | "))
}

fn details(sheet: &Sheet) -> String {
    let facts = list(
        sheet
            .facts
            .iter()
            .map(|fact| format!("{}: {}", fact.name, escaped(&fact.text))),
    );
    let checks = list(sheet.checks.iter().map(|check| {
        let detail = if check.verdict == Verdict::Pass || check.detail.is_empty() {
            String::new()
        } else {
            format!(" ({})", escaped(&check.detail))
        };
        format!(
            "{} {}: {}{detail}",
            mark(check.verdict),
            check.title,
            escaped(&check.value)
        )
    }));
    let left_out = list(
        sheet
            .left_out
            .iter()
            .map(|left| format!("left out: `{}`, {}", left.scenario, escaped(&left.reason))),
    );
    facts + &checks + &left_out
}

/// A list with an empty line before it, or nothing.
fn list(items: impl Iterator<Item = String>) -> String {
    let items: String = items.map(|item| format!("- {item}\n")).collect();
    if items.is_empty() {
        items
    } else {
        format!("\n{items}")
    }
}
