//! Mean, median and standard deviation over the blocks of each arm, as the strategy asks for repeated runs.

use shared::arms::ArmRole;
use shared::estimate::estimate;
use shared::metric::Metric;
use shared::report::Scenario;
use shared::units::{MINUS, format_value};

use super::work::ArmsRow;

/// What is told, by the metrics' names.
const FIGURES: [(&str, &str); 5] = [
    ("P50 response", "response.p50"),
    ("P95 response", "response.p95"),
    ("P99 response", "response.p99"),
    ("Throughput, closed model", "throughput.closed"),
    ("Processor time per save", "cpu"),
];

/// One row a figure; those that the scenario does not have are left out.
pub(crate) fn rows(scenario: &Scenario) -> Vec<ArmsRow> {
    let row = |(name, metric): &(&str, &str)| {
        let metric: Metric = metric.parse().ok()?;
        let found = estimate(metric, scenario).ok()?;
        let [mean, median] = [true, false].map(|is_mean| {
            ArmRole::ALL.map(|role| match found.spread.get(role) {
                None => MINUS.to_string(),
                Some(spread) if is_mean => format!(
                    "{} ± {}",
                    format_value(spread.mean, found.unit),
                    format_value(spread.standard_deviation, found.unit)
                ),
                Some(spread) => format_value(spread.median, found.unit),
            })
        });
        found.spread.candidate.as_ref()?;
        let [baseline, candidate] = mean;
        Some(ArmsRow {
            name: (*name).to_owned(),
            baseline,
            candidate,
            change: median.join(" → "),
            total: false,
        })
    };
    FIGURES.iter().filter_map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view_model::fixture;

    #[test]
    fn every_figure_of_the_blocks_has_its_spread() {
        let rows = rows(&fixture::scenario());
        assert_eq!(rows.len(), FIGURES.len());
        assert!(rows[1].baseline.contains(" ± "), "{:?}", rows[1]);
        assert!(rows[1].change.contains(" → "), "{:?}", rows[1]);
    }

    #[test]
    fn no_blocks_no_rows() {
        assert_eq!(super::rows(&fixture::without_blocks()), []);
    }
}
