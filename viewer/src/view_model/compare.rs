//! What the comparison page says and draws.

use shared::arms::{ArmRole, Arms};
use shared::criteria::{Better, Criterion, Measure, Policy};
use shared::estimate::merged_latency;
use shared::metric::{LatencyKind, Metric, Plain};
use shared::report::Scenario;
use shared::sort::sort_by;
use shared::units::{THIN, format_change, format_value, percentile_name};
use shared::verdict::Verdict;

use super::chart::Chart;
use super::data::{Cell, Data};
use super::forest::{Forest, ForestInput, change_text, forest};
use super::latency::{curve, curve_data};
use crate::charts::change::{ChangePoint, Changes, change_chart};
use crate::charts::percentile::percentile_chart;
use shared::comparison::{DifferenceRow, RunComparison, ScenarioDifference};

/// The scenario that was asked for, or else the one with the gravest verdict, the first of these.
pub(crate) fn chosen<'a>(
    found: &'a RunComparison,
    name: Option<&str>,
) -> Option<&'a ScenarioDifference> {
    let asked = found
        .scenarios
        .iter()
        .find(|s| Some(s.name.as_str()) == name);
    let gravest = || {
        let rank = |s: &&ScenarioDifference| std::cmp::Reverse(rank(s.verdict));
        found.scenarios.iter().min_by_key(rank)
    };
    asked.or_else(gravest)
}

/// The forest of a scenario's differences.
pub(crate) fn differences(scenario: &ScenarioDifference) -> Forest {
    let inputs: Vec<_> = scenario.rows.iter().map(input).collect();
    forest(&inputs)
}

fn input(row: &DifferenceRow) -> ForestInput<'_> {
    ForestInput {
        title: &row.title,
        change: row.change.as_ref(),
        more_is_better: row.better == Better::Higher,
        floor: row.floor,
        warn: row.warn,
        fail: row.fail,
        verdict: row.verdict,
        id: &row.id,
    }
}

/// What the forest shows, as a sentence.
pub(crate) fn forest_title(scenario: &ScenarioDifference) -> String {
    let named = |verdict| {
        let titles = scenario.rows.iter().filter(|row| row.verdict == verdict);
        titles.map(|row| row.title.as_str()).collect::<Vec<_>>()
    };
    let moved: Vec<&str> = [named(Verdict::Fail), named(Verdict::Warn)].concat();
    let noise = scenario.rows.iter().filter_map(|row| {
        let change = row.change.as_ref()?.interval?.measured()?;
        Some(change.low <= 0.0 && change.high >= 0.0)
    });
    let (quiet, all) = noise.fold((0, 0), |(quiet, all), is_quiet| {
        (quiet + usize::from(is_quiet), all + 1)
    });
    match (moved.as_slice(), all) {
        ([], 0) => "No figure has an interval".to_owned(),
        ([], all) if quiet == all => "No figure differs beyond chance".to_owned(),
        ([], all) => {
            format!("No figure moved past a limit; {quiet} of {all} intervals hold no change")
        }
        ([one], _) => format!("Only {one} moved past a limit"),
        (several, _) => format!("{} moved past a limit", several.join(", ")),
    }
}

/// A row of the table of all differences.
#[derive(Debug)]
pub(crate) struct CompareRow<'a> {
    pub(crate) row: &'a DifferenceRow,
    pub(crate) reference: String,
    pub(crate) candidate: String,
    pub(crate) change: String,
    pub(crate) limits: String,
}

/// The rows of the table of all differences.
pub(crate) fn table(scenario: &ScenarioDifference) -> Vec<CompareRow<'_>> {
    let figure = |row: &DifferenceRow, value: Option<f64>| {
        value.map_or_else(|| "–".to_owned(), |value| format_value(value, row.unit))
    };
    let rows = scenario.rows.iter().map(|row| CompareRow {
        reference: figure(row, row.reference),
        candidate: figure(row, row.candidate),
        change: change_text(row.change.as_ref()),
        limits: limits(row),
        row,
    });
    rows.collect()
}

/// The limits that a row was held against: `+10 / +20 %`.
fn limits(row: &DifferenceRow) -> String {
    let Some(target) = row.target else {
        return "no limit".to_owned();
    };
    if target.of != Measure::Change {
        return super::criteria::target_text(&target, row.unit);
    }
    let worse = |limit: f64| match row.better {
        Better::Lower => format_change(limit),
        Better::Higher => format_change(-limit),
    };
    let is_noise = |limit: f64| row.floor.is_some_and(|floor| (limit - floor).abs() < 1e-12);
    let widened = |limit: f64| if is_noise(limit) { " (noise)" } else { "" };
    match (row.warn, row.fail) {
        (Some(warn), Some(fail)) if warn != fail => format!(
            "{}{} / {}{}",
            worse(warn),
            widened(warn),
            worse(fail),
            widened(fail)
        ),
        (_, Some(fail)) => format!("fails past {}{}", worse(fail), widened(fail)),
        (Some(warn), None) => format!("{}{} / –", worse(warn), widened(warn)),
        (None, None) => "no limit".to_owned(),
    }
}

/// The overlaid percentile curves of both sides, response time of all saves.
pub(crate) fn curves(
    scenarios: [Option<&Scenario>; 2],
    arms: [Option<ArmRole>; 2],
    labels: &Arms<String>,
    scenario_title: &str,
) -> Chart {
    let side = |at: usize, label: &str| {
        let role = arms[at].unwrap_or(ArmRole::Candidate);
        let found = scenarios[at].map(|s| merged_latency(s, role, LatencyKind::Response, None));
        curve(label, &found.unwrap_or_default(), 99.0)
    };
    let curves = Arms {
        baseline: side(0, &labels.baseline),
        candidate: side(1, &labels.candidate),
    };
    let title = format!("Response time, {scenario_title}");
    let aria = format!(
        "{title}: percentile curves of {} and {}.",
        labels.baseline, labels.candidate
    );
    match percentile_chart(&curves, None, false, &aria) {
        Some(drawing) => Chart {
            title,
            note: "All saves; ms, log scale. Not divided by a baseline.".to_owned(),
            drawing: Some(drawing),
            data: Some(curve_data(&curves, labels)),
        },
        None => Chart::missing(&title, "Too few saves to draw."),
    }
}

/// The change by percentile.
pub(crate) fn change_by_percentile(scenario: &ScenarioDifference) -> Chart {
    let mut rows: Vec<(f64, &DifferenceRow)> = scenario
        .rows
        .iter()
        .filter_map(|row| match row.metric {
            Metric::Latency {
                kind: LatencyKind::Response,
                percentile,
                class: None,
            } => Some((percentile, row)),
            _ => None,
        })
        .collect();
    sort_by(&mut rows, |a, b| a.0.total_cmp(&b.0));
    let points = rows.iter().filter_map(|(percentile, row)| {
        let change = row.change.as_ref()?;
        Some(ChangePoint {
            name: percentile_name(*percentile),
            nines: -(1.0 - percentile / 100.0).log10(),
            change: change.value,
            interval: change.interval.map(|i| (i.low, i.high)),
        })
    });
    let changes = Changes {
        points: points.collect(),
        warn: rows.iter().find_map(|(_, row)| row.warn),
        fail: rows.iter().find_map(|(_, row)| row.fail),
    };
    let title = change_title(&changes.points);
    let figures: Vec<String> = changes
        .points
        .iter()
        .map(|p| format!("{} {}", p.name, format_change(p.change)))
        .collect();
    let aria = format!("{title}. {}.", figures.join(", "));
    match change_chart(&changes, &aria) {
        Some(drawing) => Chart {
            title,
            note: format!("Change by percentile, response time. Band: 95{THIN}% CI."),
            drawing: Some(drawing),
            data: Some(change_data(&changes.points)),
        },
        None => Chart::missing(
            "No change by percentile",
            "No two percentiles can be compared.",
        ),
    }
}

fn change_data(points: &[ChangePoint]) -> Data {
    let columns = [
        ("percentile", ""),
        ("change", "%"),
        ("low", "%"),
        ("high", "%"),
    ];
    let mut data = Data::named(&columns);
    for point in points {
        let (low, high) = point.interval.unwrap_or((f64::NAN, f64::NAN));
        let percents = [point.change, low, high].map(|ratio| Cell::Number(ratio * 100.0));
        data.row(&[
            Cell::Text(&point.name),
            percents[0],
            percents[1],
            percents[2],
        ]);
    }
    data
}

fn change_title(points: &[ChangePoint]) -> String {
    let sure = |worse: bool| {
        points.iter().filter(move |p| match p.interval {
            Some((low, high)) => (worse && low > 0.0) || (!worse && high < 0.0),
            None => false,
        })
    };
    let by_size = |a: &&ChangePoint, b: &&ChangePoint| a.change.abs().total_cmp(&b.change.abs());
    match (sure(true).max_by(by_size), sure(false).max_by(by_size)) {
        (Some(slow), None) => format!(
            "Slower, most of all at {}: {}",
            slow.name,
            format_change(slow.change)
        ),
        (None, Some(fast)) => format!(
            "Faster, most of all at {}: {}",
            fast.name,
            format_change(fast.change)
        ),
        (Some(slow), Some(fast)) => format!(
            "Slower at {}: {}; faster at {}: {}",
            slow.name,
            format_change(slow.change),
            fast.name,
            format_change(fast.change)
        ),
        (None, None) => "No percentile differs beyond chance".to_owned(),
    }
}

/// A line of the policy: what it applies to, its limits, and what came of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PolicyLine {
    pub(crate) applies_to: &'static str,
    pub(crate) warn: String,
    pub(crate) fail: String,
    pub(crate) verdict: Verdict,
    /// The verdict, and which figures made it.
    pub(crate) word: String,
}

/// The kinds of figures that a policy has limits for, with the same limits in each.
pub(crate) fn policy_lines(policy: &Policy, scenario: &ScenarioDifference) -> Vec<PolicyLine> {
    let mut lines: Vec<PolicyLine> = Vec::new();
    for criterion in &policy.criteria {
        let (warn, fail) = limits_in_words(criterion);
        let applies_to = kind(criterion.metric);
        let row = scenario
            .rows
            .iter()
            .find(|row| row.metric == criterion.metric);
        let verdict = row.map_or(Verdict::NotJudged, |row| row.verdict);
        let title = row.map_or(criterion.title.as_str(), |row| row.title.as_str());
        let same = |line: &&mut PolicyLine| {
            line.applies_to == applies_to && line.warn == warn && line.fail == fail
        };
        match lines.iter_mut().find(same) {
            Some(line) if rank(verdict) > rank(line.verdict) => {
                line.verdict = verdict;
                line.word = word(verdict, title);
            }
            Some(line) if verdict == line.verdict && rank(verdict) > rank(Verdict::Pass) => {
                line.word = format!("{}, {title}", line.word);
            }
            Some(_) => {}
            None => lines.push(PolicyLine {
                applies_to,
                warn,
                fail,
                verdict,
                word: word(verdict, title),
            }),
        }
    }
    lines
}

/// What matters more, for one word on several figures.
const fn rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::NotJudged => 0,
        Verdict::Pass => 1,
        Verdict::Inconclusive => 2,
        Verdict::Warn => 3,
        Verdict::Fail => 4,
    }
}

fn word(verdict: Verdict, title: &str) -> String {
    match verdict {
        Verdict::Pass | Verdict::NotJudged => verdict.word().to_owned(),
        _ => format!("{}: {title}", verdict.word()),
    }
}

const fn kind(metric: Metric) -> &'static str {
    match metric {
        Metric::Latency { .. } => "Latency",
        Metric::Plain(plain) => match plain {
            Plain::MemoryGrowth
            | Plain::MemoryPerSave
            | Plain::MemoryPeak
            | Plain::MemoryTrend
            | Plain::MemoryLeak => "Memory",
            Plain::ErrorRate | Plain::SuccessRate | Plain::ErrorCount | Plain::PoolTimeouts => {
                "Errors"
            }
            Plain::LostSaves => "Lost saves",
            _ => "Other figures",
        },
    }
}

/// A criterion's own limits: past which change it warns, and fails.
fn limits_in_words(criterion: &Criterion) -> (String, String) {
    let target = &criterion.target;
    let over = |limit: f64| match (target.of, target.better) {
        (Measure::Change, Better::Lower) => format!("over {}", format_change(limit)),
        (Measure::Change, Better::Higher) => format!("under {}", format_change(limit)),
        _ if limit == 0.0 => "any".to_owned(),
        _ => format_value(limit, criterion.metric.unit()),
    };
    let no_limit = || "no limit".to_owned();
    match target.fail {
        _ if target.warn_only => (over(target.pass), no_limit()),
        Some(fail) if fail != target.pass => (over(target.pass), over(fail)),
        _ => (no_limit(), over(target.pass)),
    }
}
