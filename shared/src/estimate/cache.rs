//! What the cache did, against what it should have done.

use super::pairs::{Pair, open_pairs};
use super::sums::{acknowledged, ratio};
use super::{Comparison, Unavailable, compare, counted};
use crate::arms::{ArmRole, Arms, Class};
use crate::histogram::Histogram;
use crate::metric::{Metric, Plain};
use crate::report::{Block, CacheActivity, EvictionProbe, ImpliedHits, Scenario};
use crate::stats::BlockQuantiles;
use crate::units::Unit;

/// Figures of the eviction probe: counted.
pub(super) fn from_probe(
    metric: Metric,
    plain: Plain,
    scenario: &Scenario,
) -> Result<Comparison, Unavailable> {
    let missing = || Unavailable::NotMeasured("the scenario has no eviction probe".to_owned());
    let probe = scenario.eviction.as_ref().ok_or_else(missing)?;
    let unit = match plain {
        Plain::CacheOverLimit => Unit::Count,
        Plain::EvictionExact => Unit::Share,
        _ => Unit::Growth,
    };
    let value = probe_figure(plain, probe).ok_or_else(|| {
        Unavailable::NotMeasured("memory could not be read on this machine".to_owned())
    })?;
    let operations = probe.maintained.operations + probe.unmaintained.operations;
    let values = Arms {
        baseline: None,
        candidate: Some(value),
    };
    Ok(counted(
        metric,
        unit,
        values,
        Arms {
            baseline: 0,
            candidate: operations,
        },
    ))
}

fn probe_figure(plain: Plain, probe: &EvictionProbe) -> Option<f64> {
    Some(match plain {
        Plain::CacheOverLimit => {
            let settled = probe
                .maintained
                .settled_entries
                .max(probe.unmaintained.settled_entries);
            settled.saturating_sub(probe.capacity) as f64
        }
        Plain::EvictionExact => {
            // Evictions too few or too many are as wrong as the wrong entries.
            let made = probe
                .maintained
                .evictions
                .max(probe.maintained.expected_evictions);
            if made == 0 {
                0.0
            } else {
                probe.maintained.exact as f64 / made as f64
            }
        }
        _ => {
            let before = probe.unmaintained.resident_before_bytes? as f64;
            probe.unmaintained.resident_after_bytes? as f64 / before - 1.0
        }
    })
}

/// Hit ratios of the candidate over its open blocks.
pub(super) fn from_blocks(
    metric: Metric,
    plain: Plain,
    scenario: &Scenario,
) -> Result<Comparison, Unavailable> {
    let pairs = open_pairs(scenario);
    let activity: Vec<(CacheActivity, ImpliedHits, u64)> = pairs
        .iter()
        .filter_map(|p| {
            let block = p.blocks.candidate;
            Some((block.cache?, block.implied?, block.outcomes.deduplicated))
        })
        .collect();
    if activity.is_empty() {
        return Err(Unavailable::NotMeasured(
            "the candidate has no cache".to_owned(),
        ));
    }
    let lookups = activity
        .iter()
        .map(|(cache, ..)| cache.hits + cache.misses)
        .sum();
    let samples = Arms {
        baseline: 0,
        candidate: lookups,
    };
    if plain == Plain::StatisticsError {
        let wrong = activity
            .iter()
            .map(|(cache, _, deduplicated)| cache.hits.abs_diff(*deduplicated));
        let values = Arms {
            baseline: None,
            candidate: Some(wrong.sum::<u64>() as f64),
        };
        return Ok(counted(metric, Unit::Count, values, samples));
    }
    let measured: Vec<_> = activity
        .iter()
        .map(|(c, ..)| (c.hits as f64, (c.hits + c.misses) as f64))
        .collect();
    let implied: Vec<_> = activity
        .iter()
        .map(|(_, i, _)| (i.hits as f64, i.lookups as f64))
        .collect();
    compare(
        metric,
        Unit::Share,
        activity.len(),
        samples,
        |role, weights| {
            let hit_ratio = (role == ArmRole::Candidate).then(|| ratio(&measured, weights))??;
            match plain {
                Plain::HitRatio => Some(hit_ratio),
                _ => Some((hit_ratio - ratio(&implied, weights)?).abs()),
            }
        },
    )
}

/// Median service time of unique saves in the pairs in which the candidate evicted, over those in which its cache
/// still filled. The baseline's figure is over the same pairs: what the growing database alone costs.
pub(super) fn eviction_penalty(
    metric: Metric,
    scenario: &Scenario,
) -> Result<Comparison, Unavailable> {
    let pairs = open_pairs(scenario);
    let evicting = |p: &Pair<'_>| p.blocks.candidate.cache.is_some_and(|c| c.evictions > 0);
    let masks = pairs.iter().map(evicting).collect::<Vec<bool>>();
    if masks.iter().all(|m| *m) || masks.iter().all(|m| !*m) {
        return Err(Unavailable::NotMeasured(
            "the cache must fill in some blocks and evict in others".to_owned(),
        ));
    }
    let samples = acknowledged(&pairs);
    let quantiles = Arms {
        baseline: service_of_unique(&pairs, ArmRole::Baseline),
        candidate: service_of_unique(&pairs, ArmRole::Candidate),
    };
    compare(
        metric,
        Unit::Factor,
        pairs.len(),
        samples,
        |role, weights| {
            let median = |evicting: bool| {
                let chosen: Vec<u32> = weights
                    .iter()
                    .zip(&masks)
                    .map(|(w, mask)| if *mask == evicting { *w } else { 0 })
                    .collect();
                quantiles.get(role).value_at(0.5, &chosen)
            };
            Some(median(true)? / median(false)?)
        },
    )
}

fn service_of_unique(pairs: &[Pair<'_>], role: ArmRole) -> BlockQuantiles {
    let histograms: Vec<Histogram> = pairs
        .iter()
        .map(|p| p.blocks.get(role).latencies.unique.service.clone())
        .collect();
    BlockQuantiles::new(&histograms)
}

/// Mean service time in the alternating pattern over that in the sequential one; a unit is a pair with both patterns.
pub(super) fn pattern_penalty(
    metric: Metric,
    scenario: &Scenario,
) -> Result<Comparison, Unavailable> {
    let pairs = open_pairs(scenario);
    let of_pattern = |name: &str| -> Vec<&Pair<'_>> {
        pairs
            .iter()
            .filter(|p| p.blocks.candidate.pattern.as_deref() == Some(name))
            .collect()
    };
    let (alternating, sequential) = (of_pattern("alternating"), of_pattern("sequential"));
    if alternating.is_empty() || alternating.len() != sequential.len() {
        return Err(Unavailable::NotMeasured(
            "the scenario does not compare patterns".to_owned(),
        ));
    }
    let fractions = |pairs: &[&Pair<'_>], role| -> Vec<(f64, f64)> {
        pairs
            .iter()
            .map(|p| service_sum(p.blocks.get(role)))
            .collect()
    };
    let both = |role| (fractions(&alternating, role), fractions(&sequential, role));
    let sums = Arms {
        baseline: both(ArmRole::Baseline),
        candidate: both(ArmRole::Candidate),
    };
    compare(
        metric,
        Unit::Factor,
        alternating.len(),
        acknowledged(&pairs),
        |role, weights| {
            let (alternating, sequential) = sums.get(role);
            Some(ratio(alternating, weights)? / ratio(sequential, weights)?)
        },
    )
}

/// Sum of the service times of a block, and how many there are.
fn service_sum(block: &Block) -> (f64, f64) {
    Class::ALL
        .into_iter()
        .fold((0.0, 0.0), |(sum, count), class| {
            let service = &block.latencies.get(class).service;
            let n = service.count() as f64;
            (sum + service.mean().unwrap_or(0.0) * n, count + n)
        })
}
