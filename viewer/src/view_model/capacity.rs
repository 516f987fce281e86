//! Searches for the highest load that each arm sustains.

use shared::arms::Arms;
use shared::estimate::{Comparison, Estimate, Interval, estimate, meets, target_in_words};
use shared::metric::{Metric, Plain};
use shared::report::{Capacity, CapacityOf, Scenario};
use shared::units::{Unit, format_interval, format_value};

use super::chart::Chart;
use super::data::{Cell, Data};
use super::work::ArmsRow;
use crate::charts::capacity::{SearchLine, capacity_chart};

/// What is searched: its kind, its metric, and its unit in words.
const KINDS: [(CapacityOf, Plain, &str); 2] = [
    (CapacityOf::Rate, Plain::CapacityRate, "saves a second"),
    (CapacityOf::Users, Plain::ConcurrentCapacity, "users"),
];

/// The chart of each kind of search that the scenario made.
pub(crate) fn charts(scenario: &Scenario, labels: &Arms<String>) -> Vec<Chart> {
    let Some(capacity) = &scenario.capacity else {
        return Vec::new();
    };
    let kinds = KINDS.iter().map(|(of, plain, what)| {
        let found = estimate(Metric::Plain(*plain), scenario);
        chart(capacity, *of, what, found.ok().as_ref(), labels)
    });
    kinds.flatten().collect()
}

fn chart(
    capacity: &Capacity,
    of: CapacityOf,
    what: &str,
    found: Option<&Comparison>,
    labels: &Arms<String>,
) -> Option<Chart> {
    let searches: Vec<SearchLine> = capacity
        .searches
        .iter()
        .filter(|search| search.of == of)
        .map(|search| SearchLine {
            role: search.arm,
            steps: search
                .steps
                .iter()
                .map(|step| (step.level, meets(step, capacity.target_ns)))
                .collect(),
        })
        .collect();
    if searches.is_empty() {
        return None;
    }
    let shown = |estimate: Option<&Estimate>| {
        estimate.map_or_else(|| "no".to_owned(), |e| format_value(e.value, Unit::Count))
    };
    let target = target_in_words(capacity.target_ns);
    let title = match found {
        Some(found) => format!(
            "{target} up to {} {what} for {}, {} for {}",
            shown(found.candidate.as_ref()),
            labels.candidate,
            shown(found.baseline.as_ref()),
            labels.baseline
        ),
        None => format!("No highest number of {what} was found"),
    };
    let aria = format!("{title}. {} searches.", searches.len());
    let drawing = capacity_chart(&searches, what, &aria);
    let note = "Each search brackets: dots met the target, crosses missed it.".to_owned();
    let mut data = Data::named(&[("arm", ""), ("step", ""), (what, ""), ("target", "")]);
    for search in &searches {
        let label = Cell::Text(labels.get(search.role));
        for (step, (level, met)) in search.steps.iter().enumerate() {
            let met = Cell::Text(if *met { "met" } else { "missed" });
            let step = Cell::Number((step + 1) as f64);
            data.row(&[label, step, Cell::Number(*level), met]);
        }
    }
    Some(Chart {
        title,
        note,
        data: drawing.is_some().then_some(data),
        drawing,
    })
}

fn with_interval(value: f64, interval: Option<Interval>, unit: Unit) -> String {
    let value = format_value(value, unit);
    match interval.and_then(|i| format_interval(i.low, i.high, unit)) {
        Some(ends) => format!("{value} ({ends})"),
        None => value,
    }
}

/// What the searches found, with intervals.
pub(crate) fn rows(scenario: &Scenario) -> Vec<ArmsRow> {
    let row = |(_, plain, what): &(CapacityOf, Plain, &str)| {
        let found = estimate(Metric::Plain(*plain), scenario).ok()?;
        let shown = |estimate: &Option<Estimate>| match estimate {
            Some(e) => with_interval(e.value, e.interval, found.unit),
            None => "–".to_owned(),
        };
        let factor = found.change.as_ref().map(|change| {
            let interval = change.interval.map(|i| Interval {
                low: 1.0 + i.low,
                high: 1.0 + i.high,
            });
            with_interval(1.0 + change.value, interval, Unit::Factor)
        });
        Some(ArmsRow {
            name: format!("Most {what}"),
            baseline: shown(&found.baseline),
            candidate: shown(&found.candidate),
            change: factor.unwrap_or_else(|| "–".to_owned()),
            total: false,
        })
    };
    KINDS.iter().filter_map(row).collect()
}
