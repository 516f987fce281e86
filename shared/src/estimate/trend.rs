//! Growth from the beginning to the end of a scenario.

use super::Unavailable;
use super::latency::sound_pairs;
use super::pairs::open_pairs;
use super::sampled::{Change, Sampled, resampling};
use super::sums::{acknowledged, ratio};
use super::unbroken::unbroken;
use crate::arms::{ArmRole, Arms, Class};
use crate::histogram::Histogram;
use crate::metric::Metric;
use crate::report::Scenario;
use crate::stats::{BlockQuantiles, FEWEST_PAIRS};
use crate::units::{Unit, format_count};

/// The part of a scenario that counts as its beginning, and as its end.
const TENTH: usize = 10;

/// Mean resident memory of the last tenth of the samples over that of the first tenth, as growth.
pub(super) fn memory(metric: Metric, scenario: &Scenario) -> Result<Sampled, Unavailable> {
    let resident = scenario.series.map(|role, _| {
        unbroken(scenario, role)
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
    let pairs = open_pairs(scenario);
    let samples = acknowledged(&pairs);
    let drawn = resampling(scenario, part);
    let figure = move |role: ArmRole, weights: &[u32]| {
        let series = resident.get(role);
        let first = ratio(&series[..part], weights)?;
        let last = ratio(&series[series.len() - part..], weights)?;
        (first > 0.0).then(|| last / first - 1.0)
    };
    let trend = Sampled::new(metric, Unit::Growth, samples, drawn, Change::None, figure);
    Ok(over(trend, pairs.len(), length, "memory samples"))
}

/// Median response of the last tenth of the pairs over that of the first tenth, as growth.
pub(super) fn latency(metric: Metric, scenario: &Scenario) -> Result<Sampled, Unavailable> {
    let pairs = sound_pairs(scenario)?;
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
    let samples = acknowledged(&pairs);
    let drawn = resampling(scenario, part);
    let figure = move |role: ArmRole, weights: &[u32]| {
        let (first, last) = both.get(role);
        Some(last.value_at(0.5, weights)? / first.value_at(0.5, weights)? - 1.0)
    };
    let trend = Sampled::new(metric, Unit::Growth, samples, drawn, Change::None, figure);
    Ok(over(trend, pairs.len(), pairs.len(), "pairs"))
}

/// Says what stands behind a trend: it was resampled over a tenth of what there is.
fn over(mut trend: Sampled, pairs: usize, length: usize, what: &str) -> Sampled {
    trend.set_pairs(pairs);
    let needed = FEWEST_PAIRS * TENTH;
    if length < needed {
        for role in ArmRole::ALL {
            let reason = format!(
                "the interval of a trend needs at least {} {what}, there are {}",
                format_count(needed as u64),
                format_count(length as u64)
            );
            trend.withhold(role, reason);
        }
    }
    trend
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estimate::{Comparison, estimate};
    use crate::report::{Backlog, Mode};
    use crate::testing::{STANDARD, Synthetic, histogram};

    fn figure(name: &str, scenario: &Scenario) -> Result<Comparison, Unavailable> {
        estimate(name.parse().unwrap(), scenario)
    }

    /// So many pairs, of which the last tenth answers in twice the time in the candidate.
    fn slowing(pairs: u32) -> Scenario {
        let mut scenario = Synthetic {
            pairs,
            saves: 1,
            ..Synthetic::same(STANDARD)
        }
        .scenario();
        for block in &mut scenario.blocks {
            let late = block.arm == ArmRole::Candidate && block.pair * 10 >= pairs * 9;
            let time = if late { 2_000_000 } else { 1_000_000 };
            block.latencies.unique.response = histogram([time; 3]);
        }
        scenario
    }

    #[test]
    fn latency_grows_from_the_first_to_the_last_tenth() {
        let trend = figure("response.trend", &slowing(50)).unwrap();
        assert!((trend.candidate.as_ref().unwrap().value - 1.0).abs() < 0.01);
        assert_eq!(trend.baseline.unwrap().value, 0.0);
        assert_eq!(trend.change, None, "growths have a difference, no ratio");
        assert!(trend.difference.unwrap().interval.is_some());
        let interval = trend.candidate.unwrap().interval.unwrap();
        assert!(interval.low > 0.9, "{interval:?}");
        assert_eq!(trend.pairs, 50);
    }

    #[test]
    fn a_trend_over_few_pairs_has_no_interval_and_says_what_it_needs() {
        let trend = figure("response.trend", &slowing(10)).unwrap();
        let candidate = trend.candidate.unwrap();
        assert!((candidate.value - 1.0).abs() < 0.01);
        assert_eq!(
            candidate.no_interval.unwrap(),
            "the interval of a trend needs at least 50 pairs, there are 10"
        );
        assert!(figure("response.trend", &slowing(1)).is_err());
    }

    #[test]
    fn saturated_pairs_are_no_trend() {
        let mut scenario = slowing(20);
        for block in &mut scenario.blocks {
            if block.mode == Mode::Open && block.pair >= 18 {
                block.backlog = Some(Backlog {
                    at_half: 60,
                    at_end: 600,
                });
            }
        }
        let trend = figure("response.trend", &scenario).unwrap();
        assert_eq!(trend.candidate.unwrap().value, 0.0);
        assert_eq!(trend.pairs, 18);
    }

    #[test]
    fn memory_grows_from_the_first_to_the_last_samples() {
        let mut scenario = Synthetic::same(STANDARD).scenario();
        for arm in ArmRole::ALL {
            for (i, sample) in scenario.series.get_mut(arm).iter_mut().enumerate() {
                let grown = arm == ArmRole::Candidate && i >= 18;
                sample.resident_bytes = Some(if grown { 1_500 } else { 1_000 });
            }
        }
        let trend = figure("memory.trend", &scenario).unwrap();
        let candidate = trend.candidate.unwrap();
        assert_eq!(candidate.value, 0.5);
        assert_eq!(trend.baseline.unwrap().value, 0.0);
        assert_eq!(
            candidate.no_interval.unwrap(),
            "the interval of a trend needs at least 50 memory samples, there are 20"
        );

        scenario.series.candidate.truncate(1);
        assert!(matches!(
            figure("memory.trend", &scenario),
            Err(Unavailable::NotMeasured(_))
        ));
    }
}
