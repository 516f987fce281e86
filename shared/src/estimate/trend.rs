//! Growth from the beginning to the end of a scenario.

use super::pairs::open_pairs;
use super::sums::ratio;
use super::{Comparison, Unavailable, compare};
use crate::arms::{ArmRole, Arms, Class};
use crate::histogram::Histogram;
use crate::metric::Metric;
use crate::report::Scenario;
use crate::stats::BlockQuantiles;
use crate::units::Unit;

/// The part of a scenario that counts as its beginning, and as its end.
const TENTH: usize = 10;

/// Mean resident memory of the last tenth of the samples over that of the first tenth, as growth.
pub(super) fn memory(metric: Metric, scenario: &Scenario) -> Result<Comparison, Unavailable> {
    let resident = scenario.series.map(|_, series| {
        series
            .iter()
            .filter_map(|s| s.resident_bytes)
            .map(|b| (b as f64, 1.0))
            .collect::<Vec<_>>()
    });
    let length = resident.baseline.len().min(resident.candidate.len());
    let part = (length / TENTH).max(1);
    if length < 2 * part {
        return Err(Unavailable::NotMeasured(
            "there are too few memory samples".to_owned(),
        ));
    }
    let samples = resident.map(|_, r| r.len() as u64);
    compare(metric, Unit::Growth, part, samples, |role, weights| {
        let series = resident.get(role);
        let first = ratio(&series[..part], weights)?;
        let last = ratio(&series[series.len() - part..], weights)?;
        (first > 0.0).then(|| last / first - 1.0)
    })
}

/// Median response of the last tenth of the pairs over that of the first tenth, as growth.
pub(super) fn latency(metric: Metric, scenario: &Scenario) -> Result<Comparison, Unavailable> {
    let pairs = open_pairs(scenario);
    let part = (pairs.len() / TENTH).max(1);
    if pairs.len() < 2 * part {
        return Err(Unavailable::NotMeasured(
            "there are too few pairs".to_owned(),
        ));
    }
    let quantiles = |role: ArmRole| {
        let histograms: Vec<Histogram> = pairs
            .iter()
            .map(|p| {
                Histogram::merged(Class::ALL.map(|c| &p.blocks.get(role).latencies.get(c).response))
            })
            .collect();
        let (first, last) = (&histograms[..part], &histograms[histograms.len() - part..]);
        (BlockQuantiles::new(first), BlockQuantiles::new(last))
    };
    let both = Arms {
        baseline: quantiles(ArmRole::Baseline),
        candidate: quantiles(ArmRole::Candidate),
    };
    let samples = super::sums::acknowledged(&pairs);
    compare(metric, Unit::Growth, part, samples, |role, weights| {
        let (first, last) = both.get(role);
        Some(last.value_at(0.5, weights)? / first.value_at(0.5, weights)? - 1.0)
    })
}
