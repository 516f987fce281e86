//! What the doctor finds, and how it is written.

use std::collections::BTreeMap;
use std::fmt::Display;

use comfy_table::presets::NOTHING;
use comfy_table::{ContentArrangement, Table};
use serde::Serialize;

/// Columns of a terminal that everybody has.
const WIDTH: u16 = 80;

/// What a finding means for a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Mark {
    /// Nothing to do.
    Ok,
    /// A run goes on, with what the finding says.
    Note,
    /// No run can be made.
    Trouble,
}

impl Mark {
    const ALL: [Self; 3] = [Self::Ok, Self::Note, Self::Trouble];

    const fn text(self) -> &'static str {
        match self {
            Self::Ok => "✓ ok",
            Self::Note => "▲ note",
            Self::Trouble => "✗ trouble",
        }
    }

    /// Green, yellow, red.
    const fn colour(self) -> u8 {
        match self {
            Self::Ok => 32,
            Self::Note => 33,
            Self::Trouble => 31,
        }
    }
}

/// Something that the machine allows or does not.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Finding {
    /// What it is about, in a word or two; scripts find it by this.
    pub(super) name: &'static str,
    /// What it means, in a word.
    pub(super) mark: Mark,
    /// What was found.
    pub(super) found: String,
    /// What that means for a run, and what to do.
    pub(super) means: String,
    /// The figures in `found`; each name tells the unit.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) figures: BTreeMap<&'static str, u64>,
}

impl Finding {
    /// A finding without figures.
    pub(super) fn new(
        name: &'static str,
        mark: Mark,
        found: impl Display,
        means: impl Display,
    ) -> Self {
        Self {
            name,
            mark,
            found: found.to_string(),
            means: means.to_string(),
            figures: BTreeMap::new(),
        }
    }

    /// With a figure; nothing where it is not known.
    pub(super) fn with(mut self, name: &'static str, value: Option<u64>) -> Self {
        self.figures.extend(value.map(|value| (name, value)));
        self
    }
}

/// The findings for people: each begins a line with its mark, and what it means stands below it.
pub(super) fn text(findings: &[Finding], colour: bool) -> String {
    let mut table = Table::new();
    table
        .load_style(NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(WIDTH);
    table.add_rows(findings.iter().map(|finding| {
        let Finding {
            name, found, means, ..
        } = finding;
        [
            finding.mark.text().to_owned(),
            (*name).to_owned(),
            format!("{found}\n{means}"),
        ]
    }));
    // Painted when all is laid out: escapes would count as width.
    let lines = table.trim_fmt();
    let painted = lines.lines().map(|line| painted(line, colour) + "\n");
    painted.collect()
}

/// A line with its mark, if it begins with one, in colour.
fn painted(line: &str, colour: bool) -> String {
    let begun = |mark: &Mark| line.trim_start().starts_with(mark.text());
    match Mark::ALL.into_iter().find(begun) {
        Some(mark) if colour => {
            let text = mark.text();
            line.replacen(
                text,
                &format!("\u{1b}[{};1m{text}\u{1b}[0m", mark.colour()),
                1,
            )
        }
        _ => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings() -> [Finding; 3] {
        [
            Finding::new("clock", Mark::Ok, "tsc, 1 ns", "steady"),
            Finding::new(
                "cores",
                Mark::Note,
                "1 core",
                "the load generator and the service share it, so that each waits for the other and \
                 latencies hold that waiting",
            ),
            Finding::new("reports", Mark::Trouble, "no space", "free some")
                .with("free_bytes", Some(0))
                .with("size_bytes", None),
        ]
    }

    #[test]
    fn each_finding_has_its_mark_and_fits_into_80_columns() {
        insta::assert_snapshot!(text(&findings(), false), @"
        ✓ ok       clock    tsc, 1 ns
                            steady
        ▲ note     cores    1 core
                            the load generator and the service share it, so that each
                            waits for the other and latencies hold that waiting
        ✗ trouble  reports  no space
                            free some
        ");
        let widest = text(&findings(), false)
            .lines()
            .map(|line| line.chars().count())
            .max();
        assert!(widest.unwrap() <= 80, "{widest:?}");
    }

    #[test]
    fn only_marks_are_coloured_and_only_on_request() {
        let coloured = text(&findings(), true);
        assert_eq!(coloured.matches("\u{1b}[").count(), 6);
        assert!(
            coloured.contains("\u{1b}[31;1m✗ trouble\u{1b}[0m"),
            "{coloured}"
        );
        assert!(!text(&findings(), false).contains('\u{1b}'));
    }

    #[test]
    fn scripts_get_the_figures_that_are_known() {
        let json = serde_json::to_value(findings()).unwrap();
        assert_eq!(json[2]["figures"], serde_json::json!({"free_bytes": 0}));
        assert_eq!(json[2]["mark"], "trouble");
        assert_eq!(json[0].get("figures"), None);
    }
}
