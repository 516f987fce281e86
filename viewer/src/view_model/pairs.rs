//! Whether the gain is the same in every pair of blocks.

use shared::arms::Arms;
use shared::estimate::{estimate, pair_changes};
use shared::metric::{LatencyKind, Metric};
use shared::report::Scenario;
use shared::units::{Unit, format_factor, format_interval};

use super::chart::Chart;
use super::data::{Cell, Data};
use super::latency::capital;
use crate::charts::pairs::{PairRatios, pairs_chart};

const PERCENTILE: f64 = 95.0;

/// The P95 ratio of each pair.
pub(crate) fn chart(scenario: &Scenario, labels: &Arms<String>) -> Chart {
    let metric = Metric::Latency {
        kind: LatencyKind::Response,
        percentile: PERCENTILE,
        class: None,
    };
    let change = match estimate(metric, scenario) {
        Ok(comparison) => comparison.change,
        Err(reason) => {
            return Chart::missing(
                "No pair to compare",
                &format!("{}.", capital(&reason.to_string())),
            );
        }
    };
    let pairs: Vec<(u32, f64)> = pair_changes(scenario, LatencyKind::Response, PERCENTILE, None)
        .into_iter()
        .zip(1..)
        .map(|((_, change), number)| (number, change + 1.0))
        .collect();
    let Some(change) = change.filter(|_| !pairs.is_empty()) else {
        return Chart::missing("No pair to compare", "In no pair both arms answered saves.");
    };
    let all = change.value + 1.0;
    let interval = change.interval.map(|i| (i.low + 1.0, i.high + 1.0));
    let title = title(&pairs, labels);
    let ends = interval.and_then(|(low, high)| format_interval(low, high, Unit::Factor));
    let shown = ends.map_or_else(String::new, |ends| format!(", 95 % interval {ends}"));
    let note = format!(
        "One dot per pair of blocks, in run order. All together {}{shown}.",
        format_factor(all)
    );
    let ratios: Vec<String> = pairs
        .iter()
        .map(|(_, ratio)| format_factor(*ratio))
        .collect();
    let aria = format!(
        "{title}. P95 ratio of each pair: {}. {note}",
        ratios.join(", ")
    );
    let what = format!("P95, {} ÷ {}", labels.candidate, labels.baseline);
    let mut data = Data::named(&[("pair", ""), (&what, "")]);
    for (number, ratio) in &pairs {
        data.row(&[Cell::Number(f64::from(*number)), Cell::Number(*ratio)]);
    }
    data.row(&[Cell::Text("all"), Cell::Number(all)]);
    Chart {
        title,
        note,
        data: Some(data),
        drawing: pairs_chart(
            &PairRatios {
                pairs,
                all,
                interval,
                what,
            },
            &aria,
        ),
    }
}

fn title(pairs: &[(u32, f64)], labels: &Arms<String>) -> String {
    let won = pairs.iter().filter(|(_, ratio)| *ratio < 1.0).count();
    let all = pairs.len();
    match won {
        w if w == all => format!(
            "{} is faster in all {all} pairs of blocks",
            labels.candidate
        ),
        0 => format!(
            "{} is faster in none of {all} pairs of blocks",
            labels.candidate
        ),
        w => format!(
            "{} is faster in {w} of {all} pairs of blocks",
            labels.candidate
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view_model::fixture;

    #[test]
    fn every_pair_is_counted() {
        let chart = chart(&fixture::scenario(), &fixture::labels());
        assert_eq!(
            chart.title,
            format!(
                "Optimized is faster in all {} pairs of blocks",
                fixture::PAIRS
            )
        );
        assert!(chart.note.contains("95 % interval ×0."), "{}", chart.note);
    }

    #[test]
    fn lost_pairs_are_not_hidden() {
        assert_eq!(
            title(&[(1, 0.9), (2, 1.1)], &fixture::labels()),
            "Optimized is faster in 1 of 2 pairs of blocks"
        );
    }
}
