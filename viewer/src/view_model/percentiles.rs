//! The percentile table of a scenario.

use shared::arms::ArmRole;
use shared::estimate::{Comparison, Estimate, estimate};
use shared::metric::Metric;
use shared::report::Scenario;
use shared::units::{
    THIN, Unit, format_change, format_change_interval, format_count, format_value, percentile_name,
};

use crate::route::LatencyView;

const PERCENTILES: [f64; 5] = [50.0, 90.0, 95.0, 99.0, 99.9];

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PercentileRow {
    pub(crate) name: String,
    pub(crate) baseline: String,
    pub(crate) candidate: String,
    pub(crate) change: String,
    /// The interval, or why there is none.
    pub(crate) interval: String,
    /// Change and its interval, to draw.
    pub(crate) bar: Option<ChangeBar>,
    /// Values of the candidate beyond the percentile.
    pub(crate) beyond: String,
}

/// A change with its interval, as ratios: −0.68.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct ChangeBar {
    pub(crate) value: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

/// The rows; an error says why there are none.
pub(crate) fn percentile_rows(
    scenario: &Scenario,
    view: LatencyView,
) -> Result<Vec<PercentileRow>, String> {
    PERCENTILES
        .iter()
        .map(|percentile| {
            let metric = Metric::Latency {
                kind: view.kind,
                percentile: *percentile,
                class: view.class,
            };
            estimate(metric, scenario)
                .map(|c| row(*percentile, &c))
                .map_err(|e| e.to_string())
        })
        .collect()
}

fn row(percentile: f64, comparison: &Comparison) -> PercentileRow {
    let value = |role| {
        let estimate = match role {
            ArmRole::Baseline => &comparison.baseline,
            ArmRole::Candidate => &comparison.candidate,
        };
        estimate.as_ref().map_or_else(
            || "–".to_owned(),
            |e| format_value(e.value, Unit::Nanoseconds),
        )
    };
    let samples = comparison.samples.candidate;
    let beyond = (samples as f64 * (1.0 - percentile / 100.0)).round() as u64;
    PercentileRow {
        name: percentile_name(percentile),
        baseline: value(ArmRole::Baseline),
        candidate: value(ArmRole::Candidate),
        change: comparison
            .change
            .as_ref()
            .map_or_else(|| "–".to_owned(), |c| format_change(c.value)),
        interval: comparison
            .change
            .as_ref()
            .map_or_else(String::new, interval),
        bar: comparison.change.as_ref().and_then(bar),
        beyond: format!("{} of {}", format_count(beyond), format_count(samples)),
    }
}

fn interval(change: &Estimate) -> String {
    match change.interval {
        Some(i) => format!("{}{THIN}%", format_change_interval(i.low, i.high)),
        None => "too few saves".to_owned(),
    }
}

fn bar(change: &Estimate) -> Option<ChangeBar> {
    let interval = change.interval?;
    Some(ChangeBar {
        value: change.value,
        low: interval.low,
        high: interval.high,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view_model::fixture;

    #[test]
    fn rows_hold_what_the_histograms_hold() {
        let rows = percentile_rows(&fixture::scenario(), LatencyView::default()).unwrap();
        assert_eq!(rows.len(), PERCENTILES.len());
        let p95 = &rows[2];
        assert_eq!(p95.name, "P95");
        assert!(p95.change.starts_with('−'), "{p95:?}");
        assert!(
            p95.bar
                .is_some_and(|b| b.low <= b.value && b.value <= b.high),
            "{p95:?}"
        );
    }

    #[test]
    fn a_percentile_with_few_values_beyond_has_no_interval() {
        let rows = percentile_rows(&fixture::scenario(), LatencyView::default()).unwrap();
        let last = &rows[4];
        assert_eq!((last.interval.as_str(), last.bar), ("too few saves", None));
    }

    #[test]
    fn no_blocks_give_a_reason() {
        let reason =
            percentile_rows(&fixture::without_blocks(), LatencyView::default()).unwrap_err();
        assert!(reason.contains("not measured"), "{reason}");
    }
}
