//! What a save costs each arm, for the executive summary.

use shared::arms::Arms;
use shared::criteria::Criterion;
use shared::estimate::{Comparison, estimate};
use shared::metric::{Metric, Plain};
use shared::report::Scenario;
use shared::units::{
    THIN, Unit, format_bytes, format_change, format_change_interval, format_time, format_value,
    significant,
};

use super::work::ArmsRow;

/// The block of a run: one scenario stands for it.
#[derive(Debug, PartialEq)]
pub(crate) struct Usage {
    /// The finding.
    pub(crate) title: String,
    /// The scenario that the figures are of: its name, and its name for people.
    pub(crate) scenario: (String, String),
    pub(crate) rows: Vec<ArmsRow>,
}

/// A figure of the table: its name, and how it is written.
type Figure = (&'static str, Plain, fn(f64) -> String);

const FIGURES: [Figure; 5] = [
    ("Highest resident memory", Plain::MemoryPeak, format_bytes),
    ("Processor time per save", Plain::CpuPerSave, format_time),
    (
        "Connection held per save",
        Plain::ConnectionPerSave,
        format_time,
    ),
    ("Rows changed per save", Plain::RowsPerSave, |rows| {
        significant(rows, 3, 2)
    }),
    (
        "Database log written per save",
        Plain::LogPerSave,
        format_bytes,
    ),
];
/// Rows saved are said for so many saves.
const PER_SAVES: f64 = 1000.0;

/// Of the scenario that the policy judges rows by, or else of the first that has them; absent where none has.
pub(crate) fn usage(
    policy: &[Criterion],
    scenarios: &[Scenario],
    labels: &Arms<String>,
) -> Option<Usage> {
    let metric = Metric::Plain(Plain::RowsPerSave);
    let judged = policy.iter().find(|c| c.metric == metric);
    let judged = judged.and_then(|c| {
        scenarios
            .iter()
            .find(|s| Some(&s.name) == c.scenario.as_ref())
    });
    let of_both_services = scenarios.iter().filter(|s| s.arms.is_none());
    let mut candidates = judged.into_iter().chain(of_both_services);
    let (scenario, rows) = candidates.find_map(|s| Some((s, estimate(metric, s).ok()?)))?;
    Some(Usage {
        title: title(&rows, labels)?,
        scenario: (scenario.name.clone(), scenario.title.clone()),
        rows: FIGURES
            .iter()
            .map(|figure| row(figure, scenario))
            .chain([connections(scenario)])
            .collect(),
    })
}

/// How many writes the candidate saves.
fn title(rows: &Comparison, labels: &Arms<String>) -> Option<String> {
    let (from, to) = (
        rows.baseline.as_ref()?.value,
        rows.candidate.as_ref()?.value,
    );
    let count = |rows: f64| format_value(rows * PER_SAVES, Unit::Count);
    let of = format!("per 1{THIN}000 saves");
    Some(if to < from {
        format!(
            "{} saves {} of {} rows changed {of}",
            labels.candidate,
            count(from - to),
            count(from)
        )
    } else {
        format!(
            "{} saves no writes: {} rows changed {of}, {} by {}",
            labels.candidate,
            count(to),
            count(from),
            labels.baseline
        )
    })
}

fn row((name, plain, show): &Figure, scenario: &Scenario) -> ArmsRow {
    let found = estimate(Metric::Plain(*plain), scenario).ok();
    let value = |value: Option<f64>| value.map_or_else(|| "not measured".to_owned(), show);
    let change = found.as_ref().and_then(|f| f.change.as_ref());
    let interval = change.and_then(|c| c.interval);
    let interval = interval.map(|i| format!(" ({})", format_change_interval(i.low, i.high)));
    let change = change.map_or_else(|| "–".to_owned(), |c| format_change(c.value));
    ArmsRow {
        name: (*name).to_owned(),
        baseline: value(
            found
                .as_ref()
                .and_then(|f| Some(f.baseline.as_ref()?.value)),
        ),
        candidate: value(
            found
                .as_ref()
                .and_then(|f| Some(f.candidate.as_ref()?.value)),
        ),
        change: format!("{change}{}", interval.unwrap_or_default()),
        total: false,
    }
}

/// Counted at the samples' instants: a peak between two of them is not seen.
fn connections(scenario: &Scenario) -> ArmsRow {
    let most = scenario.series.map(|_, samples| {
        let used = samples.iter().filter_map(|s| s.connections_in_use);
        used.max().map(f64::from)
    });
    let shown = most.map(|_, most| {
        most.map_or_else(
            || "not measured".to_owned(),
            |n| format_value(n, Unit::Count),
        )
    });
    let change = match (most.baseline, most.candidate) {
        (Some(from), Some(to)) if from > 0.0 => format_change(to / from - 1.0),
        _ => "–".to_owned(),
    };
    ArmsRow {
        name: "Most connections in use".to_owned(),
        baseline: shown.baseline,
        candidate: shown.candidate,
        change,
        total: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view_model::fixture;

    #[test]
    fn the_title_says_how_many_writes_are_saved() {
        let usage = usage(&[], &[fixture::scenario()], &fixture::labels()).unwrap();
        assert_eq!(usage.rows.len(), FIGURES.len() + 1);
        let plain = |text: &str| text.replace('\u{202f}', " ");
        assert_eq!(
            plain(&usage.title),
            "Optimized saves 1 127 of 2 250 rows changed per 1 000 saves"
        );
        let row = |name: &str| {
            let row = usage.rows.iter().find(|r| r.name == name).unwrap();
            plain(&format!(
                "{} {} {}",
                row.baseline, row.candidate, row.change
            ))
        };
        let cpu = row("Processor time per save");
        assert_eq!(cpu, "0.30 ms 0.15 ms −50 % (−50 … −50)");
        let log = row("Database log written per save");
        assert_eq!(log, "not measured not measured –");
        assert_eq!(row("Most connections in use"), "1 1 0 %");
    }

    #[test]
    fn more_writes_are_said_as_they_are() {
        let mut scenario = fixture::scenario();
        for block in &mut scenario.blocks {
            block.database.rows_written = 600;
            block.database.rows_deleted = 0;
        }
        let usage = usage(&[], &[scenario], &fixture::labels()).unwrap();
        assert!(
            usage.title.starts_with("Optimized saves no writes: "),
            "{}",
            usage.title
        );
    }

    #[test]
    fn a_run_without_a_measured_scenario_has_no_such_block() {
        assert_eq!(usage(&[], &[], &fixture::labels()), None);
    }
}
