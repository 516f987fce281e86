//! Where the time goes, and what the database is asked to do.

use shared::arms::{ArmRole, Arms};
use shared::estimate::estimate;
use shared::metric::{Metric, Plain};
use shared::report::{Block, Mode, Phases, Scenario};
use shared::units::{
    THIN, Unit, format_bytes, format_change, format_change_interval, format_interval, format_time,
    format_value,
};

use super::chart::Chart;
use super::data::Data;
use super::latency::capital;
use crate::charts::phases::{PhaseBars, phases_chart};
use crate::charts::work::{WorkRow, work_chart};

const PHASES: [&str; 5] = ["Serialise", "Hash", "Cache look-up", "Wait", "Database"];
/// The pattern in which each state is the last one with a message more.
const APPEND: &str = "append";
/// Database figures are given for so many acknowledged saves.
const PER_SAVES: f64 = 1000.0;

/// A row of a table of both arms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ArmsRow {
    pub(crate) name: String,
    pub(crate) baseline: String,
    pub(crate) candidate: String,
    pub(crate) change: String,
    /// Set for the line that sums the others up.
    pub(crate) total: bool,
}

fn open_blocks(scenario: &Scenario, role: ArmRole) -> impl Iterator<Item = &Block> {
    scenario
        .blocks
        .iter()
        .filter(move |b| b.mode == Mode::Open && b.arm == role)
}

fn phase_means(scenario: &Scenario, role: ArmRole) -> Vec<f64> {
    let all: Vec<&Phases> = open_blocks(scenario, role)
        .flat_map(|b| [&b.phases.duplicate, &b.phases.unique])
        .collect();
    let operations: u64 = all.iter().map(|p| p.operations).sum();
    let mean = |of: fn(&Phases) -> u64| {
        let sum: u64 = all.iter().map(|p| of(p)).sum();
        if operations == 0 {
            0.0
        } else {
            sum as f64 / operations as f64
        }
    };
    vec![
        mean(|p| p.serialize_ns),
        mean(|p| p.hash_ns),
        mean(|p| p.lookup_ns),
        mean(|p| p.wait_ns),
        mean(|p| p.write_ns),
    ]
}

fn both<T>(of: impl Fn(ArmRole) -> T) -> Arms<T> {
    Arms {
        baseline: of(ArmRole::Baseline),
        candidate: of(ArmRole::Candidate),
    }
}

/// Mean time of a save by phase: the chart, and the table below it.
pub(crate) fn phases(scenario: &Scenario, labels: &Arms<String>) -> (Chart, Vec<ArmsRow>) {
    let means = both(|role| phase_means(scenario, role));
    let title = phases_title(&means, labels);
    let words = |role| {
        let parts: Vec<String> = PHASES
            .iter()
            .zip(means.get(role))
            .map(|(n, ns)| format!("{} {}", n.to_ascii_lowercase(), format_time(*ns)))
            .collect();
        format!("{}: {}", labels.get(role), parts.join(", "))
    };
    let aria = format!(
        "{title}. {}; {}.",
        words(ArmRole::Baseline),
        words(ArmRole::Candidate)
    );
    let bars = PhaseBars {
        names: PHASES.to_vec(),
        labels: labels.clone(),
        means: means.clone(),
    };
    let rows = phase_rows(&means);
    match phases_chart(&bars, &aria) {
        Some(drawing) => {
            let pairs = means.baseline.iter().zip(&means.candidate);
            let mut phases =
                (PHASES.iter().zip(pairs)).map(|(name, (b, c))| (*name, b / 1e6, c / 1e6));
            let data = Data::of_arms("phase", labels, "ms", &mut phases);
            let note =
                "Mean service time of a save by phase; dotted lines join equal phases.".to_owned();
            (
                Chart {
                    title,
                    note,
                    drawing: Some(drawing),
                    data: Some(data),
                },
                rows,
            )
        }
        None => (
            Chart::missing(
                "No phases were recorded",
                "No save of an open block was acknowledged.",
            ),
            Vec::new(),
        ),
    }
}

fn phases_title(means: &Arms<Vec<f64>>, labels: &Arms<String>) -> String {
    let total = means.map(|_, m| m.iter().sum::<f64>());
    let saved = total.baseline - total.candidate;
    let largest = PHASES
        .iter()
        .zip(
            means
                .baseline
                .iter()
                .zip(&means.candidate)
                .map(|(b, c)| b - c),
        )
        .max_by(|a, b| (a.1 * saved.signum()).total_cmp(&(b.1 * saved.signum())));
    let Some((phase, of_phase)) = largest else {
        return "Where the time goes".to_owned();
    };
    let phase = phase.to_ascii_lowercase();
    if saved > 0.0 {
        let share = (of_phase / saved).min(1.0);
        if share > 0.5 {
            format!(
                "Less time for {phase} makes most of the {} saved",
                format_time(saved)
            )
        } else {
            format!("{} saves {} a save", labels.candidate, format_time(saved))
        }
    } else {
        format!(
            "{} spends {} more a save, most of it for {phase}",
            labels.candidate,
            format_time(-saved)
        )
    }
}

fn phase_rows(means: &Arms<Vec<f64>>) -> Vec<ArmsRow> {
    let row = |name: &str, b: f64, c: f64, total| ArmsRow {
        name: name.to_owned(),
        baseline: if b > 0.0 {
            format_time(b)
        } else {
            "none".to_owned()
        },
        candidate: if c > 0.0 {
            format_time(c)
        } else {
            "none".to_owned()
        },
        change: match (b > 0.0, c > 0.0) {
            (true, _) => format_change(c / b - 1.0),
            (false, true) => format!("new: +{}", format_time(c)),
            (false, false) => "–".to_owned(),
        },
        total,
    };
    let mut rows: Vec<ArmsRow> = PHASES
        .iter()
        .zip(means.baseline.iter().zip(&means.candidate))
        .map(|(name, (b, c))| row(name, *b, *c, false))
        .collect();
    rows.push(row(
        "Total",
        means.baseline.iter().sum(),
        means.candidate.iter().sum(),
        true,
    ));
    rows
}

/// What the database is asked to do per 1000 saves: the chart, and the table below it.
pub(crate) fn database(scenario: &Scenario, labels: &Arms<String>) -> (Chart, Vec<ArmsRow>) {
    let rows = database_rows(scenario);
    let title = database_title(&rows, labels);
    let words = |r: &WorkRow| {
        format!(
            "{} {} to {}",
            r.name.to_ascii_lowercase(),
            r.shown.baseline,
            r.shown.candidate
        )
    };
    let aria = format!(
        "{title}. {}.",
        rows.iter().map(words).collect::<Vec<_>>().join("; ")
    );
    let Some(drawing) = work_chart(&rows, &aria) else {
        let reason = "No save of an open block was acknowledged by both arms.";
        return (
            Chart::missing("No database work was recorded", reason),
            Vec::new(),
        );
    };
    let unit = format!("per 1{THIN}000 saves");
    let mut figures =
        (rows.iter()).map(|row| (row.name, row.values.baseline, row.values.candidate));
    let data = Data::of_arms("work", labels, &unit, &mut figures);
    let pattern = &scenario.load.pattern;
    let whole_states = if pattern == APPEND {
        " Each state repeats the last one and adds to it: no two are equal, so whole states are written again."
    } else {
        ""
    };
    let note = format!(
        "Database work per 1{THIN}000 saves, pattern “{pattern}”; each pair on its own scale.{whole_states}"
    );
    (
        Chart {
            title,
            note,
            drawing: Some(drawing),
            data: Some(data),
        },
        database_table(scenario, &rows),
    )
}

fn database_rows(scenario: &Scenario) -> Vec<WorkRow> {
    let saves = both(|role| {
        open_blocks(scenario, role)
            .map(|b| b.outcomes.acknowledged())
            .sum::<u64>() as f64
    });
    if saves.baseline == 0.0 || saves.candidate == 0.0 {
        return Vec::new();
    }
    let row = |name, of: fn(&Block) -> u64, show: fn(f64) -> String| {
        let values = both(|role| {
            open_blocks(scenario, role).map(of).sum::<u64>() as f64 / saves.get(role) * PER_SAVES
        });
        let change = if values.baseline > 0.0 {
            format_change(values.candidate / values.baseline - 1.0)
        } else {
            String::new()
        };
        WorkRow {
            name,
            values,
            shown: values.map(|_, v| show(*v)),
            change,
        }
    };
    let count = |v: f64| format_value(v, Unit::Count);
    vec![
        row("Statements", |b| b.database.statements, count),
        row(
            "Rows changed",
            |b| b.database.rows_written + b.database.rows_deleted,
            count,
        ),
        row("Commits", |b| b.database.commits, count),
        row(
            "State bytes written",
            |b| b.database.state_bytes,
            format_bytes,
        ),
        row("Connection held", |b| b.database.connection_ns, format_time),
    ]
}

fn database_title(rows: &[WorkRow], labels: &Arms<String>) -> String {
    let change = |name: &str| {
        let row = rows.iter().find(|r| r.name == name)?;
        (row.values.baseline > 0.0).then(|| row.values.candidate / row.values.baseline - 1.0)
    };
    let words = |ratio: f64, what: &str| match format_change(ratio) {
        same if same.starts_with('0') => format!("as many {what}"),
        more if ratio > 0.0 => format!("{} more {what}", more.trim_start_matches('+')),
        fewer => format!(
            "{} fewer {what}",
            fewer.trim_start_matches(shared::units::MINUS)
        ),
    };
    match (change("Rows changed"), change("Commits")) {
        (Some(rows), Some(commits)) => {
            format!(
                "{} needs {} and {}",
                labels.candidate,
                words(rows, "rows"),
                words(commits, "commits")
            )
        }
        _ => "Database work".to_owned(),
    }
}

fn database_table(scenario: &Scenario, rows: &[WorkRow]) -> Vec<ArmsRow> {
    let interval = |plain| {
        let change = estimate(Metric::Plain(plain), scenario).ok()?.change?;
        change
            .interval
            .and_then(|i| format_change_interval(i.low, i.high))
            .map(|ends| format!(" ({ends})"))
    };
    let mut table: Vec<ArmsRow> = rows
        .iter()
        .map(|row| {
            let of_pairs = match row.name {
                "Rows changed" => interval(Plain::RowsPerSave),
                "Connection held" => interval(Plain::ConnectionPerSave),
                _ => None,
            };
            ArmsRow {
                name: row.name.to_owned(),
                baseline: row.shown.baseline.clone(),
                candidate: row.shown.candidate.clone(),
                change: format!("{}{}", row.change, of_pairs.unwrap_or_default()),
                total: false,
            }
        })
        .collect();
    table.extend(cpu_row(scenario));
    table
}

/// Processor time belongs beside the database's work: what one saves may cost the other.
fn cpu_row(scenario: &Scenario) -> Option<ArmsRow> {
    let cpu = estimate(Metric::Plain(Plain::CpuPerSave), scenario).ok()?;
    let shown =
        |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |v| format_time(v * PER_SAVES));
    let change = cpu.change.as_ref();
    let interval = change
        .and_then(|c| c.interval)
        .and_then(|i| format_change_interval(i.low, i.high))
        .map(|ends| format!(" ({ends})"));
    Some(ArmsRow {
        name: "Processor time".to_owned(),
        baseline: shown(cpu.baseline.map(|e| e.value)),
        candidate: shown(cpu.candidate.map(|e| e.value)),
        change: format!(
            "{}{}",
            change.map_or_else(String::new, |c| format_change(c.value)),
            interval.unwrap_or_default()
        ),
        total: false,
    })
}

/// What each arm sustains in the closed model, where it was measured: a sentence, and a table.
pub(crate) fn closed(scenario: &Scenario, labels: &Arms<String>) -> Option<(String, Vec<ArmsRow>)> {
    let closed = estimate(Metric::Plain(Plain::ClosedThroughput), scenario).ok()?;
    let shown = |value: Option<f64>| {
        value.map_or_else(|| "–".to_owned(), |v| format_value(v, Unit::PerSecond))
    };
    let (b, c) = (
        closed.baseline.as_ref().map(|e| e.value),
        closed.candidate.as_ref().map(|e| e.value),
    );
    let factor = closed.change.as_ref().map(|change| {
        let ends = change
            .interval
            .and_then(|i| format_interval(i.low + 1.0, i.high + 1.0, Unit::Factor));
        let interval = ends.map_or_else(String::new, |ends| format!(" ({ends})"));
        format!(
            "{}{interval}",
            format_value(change.value + 1.0, Unit::Factor)
        )
    });
    let sentence = match factor.as_deref() {
        Some(factor) => {
            let first = factor.split(' ').next().unwrap_or(factor);
            format!(
                "Without a pause, {} answers {first} the saves of {}",
                labels.candidate, labels.baseline
            )
        }
        None => format!("{} without a pause", capital("throughput")),
    };
    let row = ArmsRow {
        name: "Throughput, closed model".to_owned(),
        baseline: shown(b),
        candidate: shown(c),
        change: factor.unwrap_or_else(|| "–".to_owned()),
        total: false,
    };
    Some((sentence, vec![row]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view_model::fixture;

    #[test]
    fn phases_sum_to_their_total_and_name_what_saves_most() {
        let (chart, rows) = phases(&fixture::scenario(), &fixture::labels());
        assert_eq!(rows.len(), PHASES.len() + 1);
        assert!(rows[5].total);
        assert_eq!(rows[1].baseline, "none");
        assert!(
            chart
                .title
                .starts_with("Less time for database makes most of the"),
            "{}",
            chart.title
        );
    }

    #[test]
    fn database_work_is_per_thousand_saves() {
        let mut scenario = fixture::scenario();
        let (chart, rows) = database(&scenario, &fixture::labels());
        assert_eq!(rows[2].name, "Commits");
        assert_eq!(rows[2].baseline, "1\u{202f}000");
        assert!(chart.title.contains("fewer rows"), "{}", chart.title);
        let change = &rows[1].change;
        assert!(!change.contains('('), "all pairs are equal: {change}");
        for (i, block) in scenario.blocks.iter_mut().enumerate() {
            block.database.rows_written += i as u64 * 10;
        }
        let change = &database(&scenario, &fixture::labels()).1[1].change;
        assert!(change.contains('('), "an interval over pairs: {change}");
    }

    #[test]
    fn a_scenario_without_blocks_has_neither() {
        let scenario = fixture::without_blocks();
        assert!(phases(&scenario, &fixture::labels()).1.is_empty());
        assert!(database(&scenario, &fixture::labels()).0.drawing.is_none());
        assert_eq!(closed(&scenario, &fixture::labels()), None);
    }
}
