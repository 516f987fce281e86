//! The table that is watched.

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, ContentArrangement, Table};
use shared::arms::ArmRole;
use shared::units::{Unit, format_value};

use super::scrape::Series;

/// What stands where nothing was measured.
const ABSENT: &str = "–";
const HEADER: [&str; 12] = [
    "Scenario",
    "Arm",
    "Blocks",
    "Saves",
    "Failed",
    "P50",
    "P95",
    "P99",
    "Hits",
    "Rows a save",
    "Memory",
    "Lost or wrong",
];

/// All scenarios so far, a line for each arm. On a terminal that takes colour, lost saves are red.
pub(super) fn view(series: &Series, colour: bool) -> String {
    let mut table = Table::new();
    table
        .load_style(NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(HEADER);
    for scenario in begun(series) {
        for arm in ArmRole::ALL {
            table.add_row(row(series, scenario, arm));
        }
    }
    for column in table.column_iter_mut().skip(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let lost = series.sum("statebench_ledger_violations", &[]);
    let lost = match lost.filter(|lost| *lost > 0.0) {
        Some(lost) => {
            let text = format!("{} SAVES LOST OR WRONG", format_value(lost, Unit::Count));
            if colour {
                format!("\n\u{1b}[31;1m{text}\u{1b}[0m")
            } else {
                format!("\n{text}")
            }
        }
        None => String::new(),
    };
    format!("{}\n{}{lost}", title(series), table.trim_fmt())
}

/// `run 2026…: standard against optimized, 3 of 10 scenarios done`.
fn title(series: &Series) -> String {
    let info = |label| {
        let values = series.values("statebench_run_info", label);
        values.first().map_or(ABSENT, |value| *value).to_owned()
    };
    let count = |name| {
        let count = series.sum(name, &[]);
        count.map_or_else(|| ABSENT.to_owned(), |n| format_value(n, Unit::Count))
    };
    format!(
        "run {}: {} against {}, {} of {} scenarios done",
        info("run"),
        info("baseline"),
        info("candidate"),
        count("statebench_scenarios_done_total"),
        count("statebench_scenarios_planned")
    )
}

/// The scenarios that have blocks, in alphabetical order: the order of the text is none.
fn begun(series: &Series) -> Vec<&str> {
    let mut names = series.values("statebench_blocks_planned", "scenario");
    names.sort_unstable();
    names
}

fn row(series: &Series, scenario: &str, arm: ArmRole) -> [String; HEADER.len()] {
    let own = [("scenario", scenario), ("arm", arm.as_str())];
    let sum = |name: &str, more: &[(&str, &str)]| series.sum(name, &[&own, more].concat());
    let shown = |value: Option<f64>, unit| {
        value.map_or_else(|| ABSENT.to_owned(), |value| format_value(value, unit))
    };
    let quantile = |quantile| {
        let labels = [("class", "all"), ("quantile", quantile)];
        let seconds = sum("statebench_save_response_quantile_seconds", &labels);
        shown(seconds.map(|seconds| seconds * 1e9), Unit::Nanoseconds)
    };
    let saves = sum("statebench_saves_total", &[]);
    let hits = sum("statebench_cache_hits_total", &[]);
    let misses = sum("statebench_cache_misses_total", &[]);
    let lookups = hits.zip(misses).map(|(hits, misses)| hits + misses);
    let share = |part: Option<f64>, whole: Option<f64>| {
        let both = part.zip(whole).filter(|(_, whole)| *whole > 0.0);
        both.map(|(part, whole)| part / whole)
    };
    let rows = share(sum("statebench_rows_written_total", &[]), saves);
    let rows = rows.map_or_else(|| ABSENT.to_owned(), |rows| format!("{rows:.2}"));
    let broken: Vec<f64> = ["lost", "wrong", "stale_runs"]
        .iter()
        .filter_map(|result| sum("statebench_ledger_saves", &[("result", result)]))
        .collect();
    let broken = (!broken.is_empty()).then(|| broken.iter().sum());
    [
        scenario.to_owned(),
        arm.as_str().to_owned(),
        shown(sum("statebench_blocks_total", &[]), Unit::Count),
        shown(saves, Unit::Count),
        shown(
            sum("statebench_saves_total", &[("result", "failed")]),
            Unit::Count,
        ),
        quantile("0.5"),
        quantile("0.95"),
        quantile("0.99"),
        shown(share(hits, lookups), Unit::Share),
        rows,
        shown(sum("statebench_resident_bytes", &[]), Unit::Bytes),
        shown(broken, Unit::Count),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
statebench_run_info{run="R",profile="ci",baseline="standard",candidate="optimized"} 1.0
statebench_scenarios_done_total 0.0
statebench_scenarios_planned 2.0
statebench_blocks_planned{scenario="small"} 4.0
statebench_blocks_total{arm="candidate",scenario="small",mode="open"} 1.0
statebench_saves_total{arm="candidate",scenario="small",mode="open",result="written"} 150.0
statebench_saves_total{arm="candidate",scenario="small",mode="open",result="failed"} 50.0
statebench_rows_written_total{arm="candidate",scenario="small"} 300.0
statebench_save_response_quantile_seconds{arm="candidate",scenario="small",class="all",quantile="0.5"} 0.002
statebench_cache_hits_total{arm="candidate",scenario="small"} 3.0
statebench_cache_misses_total{arm="candidate",scenario="small"} 1.0
"#;

    #[test]
    fn figures_stand_in_their_columns_and_what_is_absent_is_no_zero() {
        let shown = view(&Series::of(TEXT), false);
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(
            lines[0],
            "run R: standard against optimized, 0 of 2 scenarios done"
        );
        let cells = |line: &str| -> Vec<String> {
            let cells = line.split("  ").map(str::trim);
            cells
                .filter(|cell| !cell.is_empty())
                .map(str::to_owned)
                .collect()
        };
        let absent = [ABSENT; 10];
        assert_eq!(cells(lines[2])[2..], absent);
        let candidate = cells(lines[3]);
        assert_eq!(candidate[..5], ["small", "candidate", "1", "200", "50"]);
        assert_eq!(candidate[5], format_value(2e6, Unit::Nanoseconds));
        assert_eq!(candidate[8], format_value(0.75, Unit::Share));
        assert_eq!(candidate[9..], ["1.50", ABSENT, ABSENT]);
    }

    #[test]
    fn lost_saves_are_said_aloud_and_red_only_where_colour_is_wanted() {
        let text = format!(
            "{TEXT}statebench_ledger_violations{{arm=\"candidate\",scenario=\"small\"}} 2.0\n"
        );
        let series = Series::of(&text);
        assert!(view(&series, false).ends_with("\n2 SAVES LOST OR WRONG"));
        assert!(view(&series, true).contains("\u{1b}[31;1m2 SAVES"));
        assert!(!view(&Series::of(TEXT), true).contains('\u{1b}'));
    }
}
