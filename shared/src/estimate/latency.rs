//! Percentiles of merged histograms.

use super::pairs::{Pair, is_saturated, open_pairs};
use super::{Comparison, Estimate, Unavailable, compare};
use crate::arms::{ArmRole, Arms, Class};
use crate::histogram::Histogram;
use crate::metric::{LatencyKind, Metric};
use crate::report::{Block, Scenario};
use crate::stats::{BlockQuantiles, samples_needed};
use crate::units::{Unit, format_count, percentile_name};

/// One latency of a block, of one class or of all saves.
fn of_block(block: &Block, kind: LatencyKind, class: Option<Class>) -> Histogram {
    let of = |class| {
        let latencies = block.latencies.get(class);
        match kind {
            LatencyKind::Response => &latencies.response,
            LatencyKind::Service => &latencies.service,
            LatencyKind::ScheduleLag => &latencies.schedule_lag,
        }
    };
    match class {
        Some(class) => of(class).clone(),
        None => Histogram::merged(Class::ALL.map(of)),
    }
}

/// All open blocks of an arm merged, saturated ones aside, as charts draw them.
#[must_use]
pub fn merged_latency(
    scenario: &Scenario,
    role: ArmRole,
    kind: LatencyKind,
    class: Option<Class>,
) -> Histogram {
    let parts: Vec<Histogram> = sound_pairs(scenario)
        .map(|pairs| {
            pairs
                .iter()
                .map(|p| of_block(p.blocks.get(role), kind, class))
                .collect()
        })
        .unwrap_or_default();
    Histogram::merged(&parts)
}

/// The change of a percentile in each pair: pair number, candidate / baseline − 1.
#[must_use]
pub fn pair_changes(
    scenario: &Scenario,
    kind: LatencyKind,
    percentile: f64,
    class: Option<Class>,
) -> Vec<(u32, f64)> {
    let at = |block| of_block(block, kind, class).value_at_quantile(percentile / 100.0);
    sound_pairs(scenario)
        .unwrap_or_default()
        .iter()
        .filter_map(|pair| {
            let (b, c) = (at(pair.blocks.baseline)?, at(pair.blocks.candidate)?);
            (b > 0).then(|| (pair.index, c as f64 / b as f64 - 1.0))
        })
        .collect()
}

/// The pairs in which neither arm fell behind.
fn sound_pairs(scenario: &Scenario) -> Result<Vec<Pair<'_>>, Unavailable> {
    let all = open_pairs(scenario);
    let saturated = all
        .iter()
        .flat_map(|p| [p.blocks.baseline, p.blocks.candidate])
        .filter(|b| is_saturated(b))
        .count();
    let blocks = all.len() * 2;
    let sound: Vec<Pair<'_>> = all
        .into_iter()
        .filter(|p| !is_saturated(p.blocks.baseline) && !is_saturated(p.blocks.candidate))
        .collect();
    // With half of the pairs gone, what is left is the lucky half.
    if saturated > 0 && sound.len() * 4 < blocks {
        return Err(Unavailable::Saturated { saturated, blocks });
    }
    Ok(sound)
}

pub(super) fn percentile(
    metric: Metric,
    scenario: &Scenario,
    kind: LatencyKind,
    percentile: f64,
    class: Option<Class>,
) -> Result<Comparison, Unavailable> {
    let pairs = sound_pairs(scenario)?;
    if pairs.is_empty() {
        return Err(Unavailable::NotMeasured(
            "the scenario has no pair of open blocks".to_owned(),
        ));
    }
    let arm = |role| {
        let histograms: Vec<Histogram> = pairs
            .iter()
            .map(|p| of_block(p.blocks.get(role), kind, class))
            .collect();
        let count = histograms.iter().map(Histogram::count).sum::<u64>();
        (BlockQuantiles::new(&histograms), count)
    };
    let (baseline, baseline_count) = arm(ArmRole::Baseline);
    let (candidate, candidate_count) = arm(ArmRole::Candidate);
    let quantiles = Arms {
        baseline,
        candidate,
    };
    let samples = Arms {
        baseline: baseline_count,
        candidate: candidate_count,
    };
    let mut comparison = compare(
        metric,
        Unit::Nanoseconds,
        pairs.len(),
        samples,
        |role, weights| quantiles.get(role).value_at(percentile / 100.0, weights),
    )?;
    withhold_thin_intervals(&mut comparison, percentile);
    Ok(comparison)
}

/// Takes intervals away that too few values stand behind, and says how many it needs.
fn withhold_thin_intervals(comparison: &mut Comparison, percentile: f64) {
    let needed = samples_needed(percentile);
    let withhold = |estimate: &mut Option<Estimate>, count: u64| {
        if let Some(estimate) = estimate.as_mut().filter(|_| count < needed) {
            estimate.interval = None;
            estimate.no_interval = Some(format!(
                "{} needs {} saves of this kind, there are {}",
                percentile_name(percentile),
                format_count(needed),
                format_count(count)
            ));
        }
    };
    let Arms {
        baseline,
        candidate,
    } = comparison.samples;
    withhold(&mut comparison.baseline, baseline);
    withhold(&mut comparison.candidate, candidate);
    withhold(&mut comparison.change, baseline.min(candidate));
    withhold(&mut comparison.difference, baseline.min(candidate));
}
