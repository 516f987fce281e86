//! Resident memory of the arms' processes.

use super::pairs::open_pairs;
use super::sampled::{Change, Sampled, confidence, resampling};
use super::sums::{acknowledged, blocks, open_saves, ratio};
use super::{Comparison, Estimate, Figures, Unavailable, change, counted, difference};
use crate::arms::{ArmRole, Arms};
use crate::metric::Metric;
use crate::report::Scenario;
use crate::units::Unit;

/// Why memory has no interval. An arm is one process, whose allocator settles early and stays: its blocks are no
/// independent measurements, and two runs differ by more than any interval over blocks would show.
const ONE_PROCESS: &str =
    "each arm is one process, whose growth differs from run to run: one run cannot settle it";

fn unreadable() -> Unavailable {
    Unavailable::NotMeasured("memory could not be read on this machine".to_owned())
}

/// The highest resident memory over the idle baseline, divided by the saves of all open blocks.
pub(super) fn per_save(metric: Metric, scenario: &Scenario) -> Result<Comparison, Unavailable> {
    let growth = growth(metric, scenario)?;
    let per_save = |growth: Option<&Estimate>, saves: u64| {
        growth
            .filter(|_| saves > 0)
            .map(|growth| growth.value / saves as f64)
    };
    let values = Arms {
        baseline: per_save(growth.baseline.as_ref(), growth.samples.baseline),
        candidate: per_save(growth.candidate.as_ref(), growth.samples.candidate),
    };
    Ok(of_one_process(growth, values))
}

/// The same comparison with other figures, of which one process is one sample.
pub(super) fn of_one_process(comparison: Comparison, values: Arms<Option<f64>>) -> Comparison {
    let open = |value: Option<f64>| {
        value.map(|value| Estimate {
            value,
            interval: None,
            no_interval: Some(ONE_PROCESS.to_owned()),
        })
    };
    Comparison {
        change: open(change(values.baseline, values.candidate)),
        difference: open(difference(values.baseline, values.candidate)),
        baseline: open(values.baseline),
        candidate: open(values.candidate),
        ..comparison
    }
}

/// What lies in pages in use without being allocated, as a share of these pages, over the samples of the open blocks.
pub(super) fn fragmentation(
    metric: Metric,
    scenario: &Scenario,
) -> Result<Comparison, Unavailable> {
    let share = |role| {
        let samples = scenario.series.get(role).iter();
        let (unused, active) = samples
            .filter_map(|sample| sample.allocator)
            .map(|a| {
                let unused = a.active_bytes.saturating_sub(a.allocated_bytes);
                (unused as f64, a.active_bytes as f64)
            })
            .fold((0.0, 0.0), |sums, each| (sums.0 + each.0, sums.1 + each.1));
        (active > 0.0).then(|| unused / active)
    };
    let values = Arms {
        baseline: share(ArmRole::Baseline),
        candidate: share(ArmRole::Candidate),
    };
    if values.candidate.is_none() {
        return Err(Unavailable::NotMeasured(
            "no sample holds the allocator's statistics".to_owned(),
        ));
    }
    let samples = open_saves(scenario);
    let comparison = counted(metric, Unit::Share, values, samples, confidence(scenario));
    Ok(of_one_process(comparison, values))
}

/// Resident memory before the first block.
pub(super) fn idle(metric: Metric, scenario: &Scenario) -> Result<Comparison, Unavailable> {
    let bytes = scenario.idle_resident_bytes;
    let values = Arms {
        baseline: bytes.baseline.map(|b| b as f64),
        candidate: bytes.candidate.map(|b| b as f64),
    };
    if values.candidate.is_none() {
        return Err(unreadable());
    }
    let samples = open_saves(scenario);
    let comparison = counted(metric, Unit::Bytes, values, samples, confidence(scenario));
    Ok(of_one_process(comparison, values))
}

/// The highest resident memory over the idle baseline: observed, not estimated.
pub(super) fn growth(metric: Metric, scenario: &Scenario) -> Result<Comparison, Unavailable> {
    let growth = |role: ArmRole| {
        let idle = (*scenario.idle_resident_bytes.get(role))?;
        Some(highest(scenario, role)?.saturating_sub(idle) as f64)
    };
    let values = Arms {
        baseline: growth(ArmRole::Baseline),
        candidate: growth(ArmRole::Candidate),
    };
    if values.candidate.is_none() {
        return Err(unreadable());
    }
    let confidence = confidence(scenario);
    Ok(counted(
        metric,
        Unit::Bytes,
        values,
        open_saves(scenario),
        confidence,
    ))
}

fn highest(scenario: &Scenario, role: ArmRole) -> Option<u64> {
    blocks(scenario, role)
        .filter_map(|b| b.resident)
        .map(|r| r.peak_bytes)
        .max()
}

/// The highest resident memory of an arm's process: that of each pair and their mean where each had a process of its
/// own, otherwise the highest of all without an interval.
pub(super) fn peak(metric: Metric, scenario: &Scenario) -> Result<Figures, Unavailable> {
    if !scenario.load.fresh_arms {
        let values = Arms {
            baseline: highest(scenario, ArmRole::Baseline).map(|b| b as f64),
            candidate: highest(scenario, ArmRole::Candidate).map(|b| b as f64),
        };
        if values.candidate.is_none() {
            return Err(unreadable());
        }
        let saves = open_saves(scenario);
        let comparison = counted(metric, Unit::Bytes, values, saves, confidence(scenario));
        return Ok(Figures::counted(of_one_process(comparison, values)));
    }
    let pairs = open_pairs(scenario);
    if pairs.is_empty() {
        return Err(Unavailable::NotMeasured(
            "the scenario has no pair of open blocks".to_owned(),
        ));
    }
    let peaks = |role: ArmRole| -> Option<Vec<(f64, f64)>> {
        let peak =
            |p: &super::Pair<'_>| Some((p.blocks.get(role).resident?.peak_bytes as f64, 1.0));
        pairs.iter().map(peak).collect()
    };
    let peaks = Arms {
        baseline: peaks(ArmRole::Baseline).ok_or_else(unreadable)?,
        candidate: peaks(ArmRole::Candidate).ok_or_else(unreadable)?,
    };
    Ok(Figures::sampled(Sampled::new(
        metric,
        Unit::Bytes,
        acknowledged(&pairs),
        resampling(scenario, pairs.len()),
        Change::MedianOfPairs,
        move |role, weights| ratio(peaks.get(role), weights),
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estimate::estimate;
    use crate::report::Allocator;
    use crate::testing::{IDLE_BYTES, Synthetic};

    fn figure(name: &str, scenario: &Scenario) -> Result<Comparison, Unavailable> {
        estimate(name.parse().unwrap(), scenario)
    }

    #[test]
    fn memory_growth_is_the_highest_peak_over_the_idle_baseline() {
        let mut scenario = Synthetic::default().scenario();
        scenario.blocks[6].resident.as_mut().unwrap().peak_bytes = IDLE_BYTES + (20 << 20);
        let growth = figure("memory.growth", &scenario).unwrap();
        assert_eq!(scenario.blocks[6].arm, ArmRole::Baseline);
        assert_eq!(growth.baseline, Some(Estimate::exact(20.0 * 1_048_576.0)));
        assert_eq!(growth.candidate, Some(Estimate::exact(9.0 * 1_048_576.0)));
        let per_save = figure("memory.per_save", &scenario).unwrap();
        let saves = per_save.samples.candidate as f64;
        let candidate = per_save.candidate.unwrap();
        assert_eq!(candidate.value, f64::from(9 << 20) / saves);
        assert_eq!(candidate.interval, None, "one process is no sample");

        scenario.idle_resident_bytes.candidate = None;
        for name in ["memory.growth", "memory.per_save"] {
            assert_eq!(
                figure(name, &scenario).unwrap_err().to_string(),
                "not measured: memory could not be read on this machine"
            );
        }
    }

    #[test]
    fn fragmentation_is_what_the_pages_in_use_hold_in_vain() {
        let mut scenario = Synthetic::default().scenario();
        let missing = figure("memory.fragmentation", &scenario).unwrap_err();
        assert!(missing.to_string().contains("allocator"), "{missing}");
        for sample in &mut scenario.series.candidate {
            sample.allocator = Some(Allocator {
                allocated_bytes: 60,
                active_bytes: 80,
                resident_bytes: 100,
                retained_bytes: 0,
            });
        }
        let fragmentation = figure("memory.fragmentation", &scenario).unwrap();
        assert_eq!(fragmentation.baseline, None);
        let candidate = fragmentation.candidate.unwrap();
        assert_eq!((candidate.value, candidate.interval), (0.25, None));
    }

    #[test]
    fn the_idle_baseline_is_what_growth_counts_from() {
        let mut scenario = Synthetic::default().scenario();
        let idle = figure("memory.idle", &scenario).unwrap();
        assert_eq!(idle.candidate.unwrap().value, IDLE_BYTES as f64);
        scenario.idle_resident_bytes.candidate = None;
        assert!(figure("memory.idle", &scenario).is_err());
    }

    #[test]
    fn the_peak_of_one_process_has_no_interval() {
        let scenario = Synthetic::default().scenario();
        let peak = figure("memory.peak", &scenario).unwrap();
        let change = peak.change.unwrap();
        assert!((change.value - (49.0 / 48.0 - 1.0)).abs() < 1e-12);
        assert_eq!(change.interval, None);
        assert!(change.no_interval.unwrap().contains("one process"));
        assert_eq!(peak.p_value, None);
    }

    #[test]
    fn processes_of_their_own_are_samples() {
        let mut scenario = Synthetic::default().scenario();
        scenario.load.fresh_arms = true;
        for (i, block) in scenario.blocks.iter_mut().enumerate() {
            block.resident.as_mut().unwrap().peak_bytes += i as u64 * 1_000;
        }
        let peak = figure("memory.peak", &scenario).unwrap();
        let interval = peak.change.as_ref().unwrap().interval.unwrap();
        assert!(interval.low > 0.02 && interval.high < 0.022, "{interval:?}");
        assert_eq!(peak.log_ratios.len(), 10);
        assert!(peak.p_value.unwrap() < 0.01);
        scenario.blocks[3].resident = None;
        assert!(figure("memory.peak", &scenario).is_err());
    }
}
