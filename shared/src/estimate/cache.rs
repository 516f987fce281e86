//! What the cache did, against what it should have done.

use super::latency::sound_pairs;
use super::pairs::{Pair, open_pairs};
use super::sampled::{Change, Sampled, confidence, resampling};
use super::sums::{acknowledged, ratio};
use super::{Comparison, Figures, Unavailable, counted};
use crate::arms::{ArmRole, Arms, Class};
use crate::histogram::Histogram;
use crate::metric::{Metric, Plain};
use crate::report::{Block, CacheActivity, EvictionProbe, ImpliedHits, Scenario};
use crate::stats::BlockQuantiles;
use crate::units::{Unit, saturating_sum};

/// Figures of the eviction probe: counted.
pub(super) fn from_probe(
    metric: Metric,
    plain: Plain,
    scenario: &Scenario,
) -> Result<Comparison, Unavailable> {
    let missing = |what: &str| Unavailable::NotMeasured(what.to_owned());
    let probe = scenario
        .eviction
        .as_ref()
        .ok_or_else(|| missing("the scenario has no eviction probe"))?;
    let unit = match plain {
        Plain::CacheOverLimit => Unit::Count,
        Plain::EvictionExact => Unit::Share,
        _ => Unit::Growth,
    };
    let value = probe_figure(plain, probe).ok_or_else(|| {
        missing(match plain {
            Plain::EvictionExact => "the probe's cache had nothing to evict",
            _ => "memory could not be read on this machine",
        })
    })?;
    let operations = saturating_sum([probe.maintained.operations, probe.unmaintained.operations]);
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
        confidence(scenario),
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
            (made > 0).then(|| probe.maintained.exact as f64 / made as f64)?
        }
        _ => {
            let before = probe.unmaintained.resident_before_bytes? as f64;
            if before == 0.0 {
                return None;
            }
            probe.unmaintained.resident_after_bytes? as f64 / before - 1.0
        }
    })
}

/// Hit ratios of the candidate over its open blocks.
pub(super) fn from_blocks(
    metric: Metric,
    plain: Plain,
    scenario: &Scenario,
) -> Result<Figures, Unavailable> {
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
    let lookups = saturating_sum(activity.iter().flat_map(|(c, ..)| [c.hits, c.misses]));
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
            candidate: Some(saturating_sum(wrong) as f64),
        };
        let confidence = confidence(scenario);
        let comparison = counted(metric, Unit::Count, values, samples, confidence);
        return Ok(Figures::counted(comparison));
    }
    let measured: Vec<_> = activity
        .iter()
        .map(|(c, ..)| (c.hits as f64, c.hits as f64 + c.misses as f64))
        .collect();
    let implied: Vec<_> = activity
        .iter()
        .map(|(_, i, _)| (i.hits as f64, i.lookups as f64))
        .collect();
    Ok(Figures::sampled(Sampled::new(
        metric,
        Unit::Share,
        samples,
        resampling(scenario, activity.len()),
        Change::Merged,
        move |role, weights| {
            let hit_ratio = (role == ArmRole::Candidate).then(|| ratio(&measured, weights))??;
            match plain {
                Plain::HitRatio => Some(hit_ratio),
                _ => Some((hit_ratio - ratio(&implied, weights)?).abs()),
            }
        },
    )))
}

/// Median service time of unique saves in the pairs in which the candidate evicted, over those in which its cache
/// still filled. The baseline's figure is over the same pairs: what the growing database alone costs.
pub(super) fn eviction_penalty(
    metric: Metric,
    scenario: &Scenario,
) -> Result<Sampled, Unavailable> {
    let pairs = sound_pairs(scenario)?;
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
    Ok(Sampled::new(
        metric,
        Unit::Factor,
        samples,
        resampling(scenario, pairs.len()),
        Change::Merged,
        move |role, weights| {
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
    ))
}

fn service_of_unique(pairs: &[Pair<'_>], role: ArmRole) -> BlockQuantiles {
    let histograms: Vec<Histogram> = pairs
        .iter()
        .map(|p| p.blocks.get(role).latencies.unique.service.clone())
        .collect();
    BlockQuantiles::new(&histograms)
}

/// Mean service time in the alternating pattern over that in the sequential one; a unit is a pair with both patterns.
pub(super) fn pattern_penalty(metric: Metric, scenario: &Scenario) -> Result<Sampled, Unavailable> {
    let pairs = sound_pairs(scenario)?;
    let of_pattern = |name: &'static str| {
        pairs
            .iter()
            .filter(move |p| p.blocks.candidate.pattern.as_deref() == Some(name))
    };
    let (alternating, sequential): (Vec<&Pair<'_>>, Vec<&Pair<'_>>) = of_pattern("alternating")
        .filter_map(|a| Some((a, of_pattern("sequential").find(|s| s.index == a.index)?)))
        .unzip();
    if alternating.is_empty() {
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
    Ok(Sampled::new(
        metric,
        Unit::Factor,
        acknowledged(&pairs),
        resampling(scenario, alternating.len()),
        Change::Merged,
        move |role, weights| {
            let (alternating, sequential) = sums.get(role);
            Some(ratio(alternating, weights)? / ratio(sequential, weights)?)
        },
    ))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estimate::{Estimate, estimate};
    use crate::report::Mode;
    use crate::testing::{Synthetic, histogram, perfect_eviction};

    fn figure(name: &str, scenario: &Scenario) -> Result<Comparison, Unavailable> {
        estimate(name.parse().unwrap(), scenario)
    }

    fn candidate(name: &str, scenario: &Scenario) -> Estimate {
        figure(name, scenario).unwrap().candidate.unwrap()
    }

    fn open_of(scenario: &mut Scenario, arm: ArmRole) -> impl Iterator<Item = &mut Block> {
        scenario
            .blocks
            .iter_mut()
            .filter(move |b| b.arm == arm && b.mode == Mode::Open)
    }

    #[test]
    fn the_hit_ratio_is_held_against_what_a_perfect_cache_hits() {
        let mut scenario = Synthetic::default().scenario();
        for block in open_of(&mut scenario, ArmRole::Candidate) {
            let cache = block.cache.as_mut().unwrap();
            (cache.hits, cache.misses) = (100, 150);
        }
        let hits = candidate("cache.hit_ratio", &scenario);
        assert_eq!(hits.value, 0.4);
        assert_eq!(hits.interval.map(|i| (i.low, i.high)), Some((0.4, 0.4)));
        let error = candidate("cache.hit_ratio_error", &scenario);
        assert!((error.value - 0.1).abs() < 1e-12, "{error:?}");
        assert_eq!(figure("cache.hit_ratio", &scenario).unwrap().baseline, None);
    }

    #[test]
    fn statistics_are_wrong_by_each_hit_that_was_no_deduplicated_answer() {
        let mut scenario = Synthetic::default().scenario();
        assert_eq!(
            candidate("cache.statistics_error", &scenario),
            Estimate::exact(0.0)
        );
        // One too many in a block and one too few in another do not cancel out.
        for (block, hits) in open_of(&mut scenario, ArmRole::Candidate).zip([126, 124]) {
            block.cache.as_mut().unwrap().hits = hits;
        }
        assert_eq!(
            candidate("cache.statistics_error", &scenario),
            Estimate::exact(2.0)
        );
    }

    #[test]
    fn a_candidate_without_a_cache_has_no_cache_figures() {
        let mut scenario = Synthetic::default().scenario();
        open_of(&mut scenario, ArmRole::Candidate).for_each(|b| b.cache = None);
        for name in ["cache.hit_ratio", "cache.statistics_error"] {
            assert_eq!(
                figure(name, &scenario).unwrap_err().to_string(),
                "not measured: the candidate has no cache"
            );
        }
    }

    #[test]
    fn the_eviction_penalty_compares_filling_with_evicting_pairs() {
        let mut scenario = Synthetic::default().scenario();
        assert!(matches!(
            figure("penalty.eviction", &scenario),
            Err(Unavailable::NotMeasured(_))
        ));
        for arm in ArmRole::ALL {
            for block in open_of(&mut scenario, arm) {
                let evicts = block.pair >= 5;
                let slower = if evicts && arm == ArmRole::Candidate {
                    2
                } else {
                    1
                };
                block.latencies.unique.service = histogram([1_000_000 * slower; 20]);
                if let Some(cache) = &mut block.cache {
                    cache.evictions = if evicts { 7 } else { 0 };
                }
            }
        }
        let penalty = figure("penalty.eviction", &scenario).unwrap();
        assert!((penalty.candidate.unwrap().value - 2.0).abs() < 0.01);
        assert_eq!(penalty.baseline.unwrap().value, 1.0);
        assert!((penalty.change.unwrap().value - 1.0).abs() < 0.01);
    }

    #[test]
    fn a_penalty_over_zero_time_is_no_figure() {
        let mut scenario = Synthetic::default().scenario();
        for arm in ArmRole::ALL {
            for block in open_of(&mut scenario, arm) {
                let filling_baseline = arm == ArmRole::Baseline && block.pair < 5;
                let time = if filling_baseline { 0 } else { 1_000_000 };
                block.latencies.unique.service = histogram([time; 20]);
                if let Some(cache) = &mut block.cache {
                    cache.evictions = u64::from(block.pair >= 5);
                }
            }
        }
        let penalty = figure("penalty.eviction", &scenario).unwrap();
        assert_eq!(penalty.baseline, None);
        assert_eq!(penalty.change, None, "there is nothing to hold it against");
        assert_eq!(penalty.candidate.unwrap().value, 1.0);
    }

    /// The same pairs in both patterns, the alternating one this much slower for the candidate.
    fn patterns(slower: u64) -> Scenario {
        let mut scenario = Synthetic::default().scenario();
        scenario.blocks.retain(|b| b.mode == Mode::Open);
        let mut second = scenario.blocks.clone();
        for (blocks, pattern) in [
            (&mut scenario.blocks, "alternating"),
            (&mut second, "sequential"),
        ] {
            for block in blocks {
                block.pattern = Some(pattern.to_owned());
                let factor = match (pattern, block.arm) {
                    ("alternating", ArmRole::Candidate) => slower,
                    _ => 1,
                };
                block.latencies.unique.service = histogram([1_000_000 * factor; 30]);
                block.latencies.duplicate.service = histogram([1_000_000 * factor; 10]);
            }
        }
        // Run in another order than the first pattern was.
        scenario.blocks.extend(second.into_iter().rev());
        scenario
    }

    #[test]
    fn the_pattern_penalty_is_a_ratio_of_mean_service_times() {
        let penalty = figure("penalty.pattern", &patterns(3)).unwrap();
        assert!((penalty.candidate.unwrap().value - 3.0).abs() < 0.01);
        assert!((penalty.baseline.unwrap().value - 1.0).abs() < 1e-9);
        assert_eq!(penalty.pairs, 10);
    }

    #[test]
    fn a_pattern_that_lost_its_twin_is_left_out() {
        let mut scenario = patterns(3);
        scenario
            .blocks
            .retain(|b| b.pair != 4 || b.pattern.as_deref() == Some("sequential"));
        assert_eq!(figure("penalty.pattern", &scenario).unwrap().pairs, 9);
        assert!(matches!(
            figure("penalty.pattern", &Synthetic::default().scenario()),
            Err(Unavailable::NotMeasured(_))
        ));
    }

    #[test]
    fn the_probe_counts_entries_over_the_limit_and_exact_evictions() {
        let mut scenario = Synthetic::default().scenario();
        assert!(figure("cache.over_limit", &scenario).is_err());
        let mut probe = perfect_eviction();
        scenario.eviction = Some(probe.clone());
        assert_eq!(
            candidate("cache.over_limit", &scenario),
            Estimate::exact(0.0)
        );
        assert_eq!(
            candidate("cache.eviction_exact", &scenario),
            Estimate::exact(1.0)
        );
        assert!((candidate("memory.eviction", &scenario).value - 0.1).abs() < 1e-12);

        probe.unmaintained.settled_entries = 1_003;
        probe.maintained.evictions = 1_000;
        scenario.eviction = Some(probe);
        assert_eq!(
            candidate("cache.over_limit", &scenario),
            Estimate::exact(3.0)
        );
        assert_eq!(
            candidate("cache.eviction_exact", &scenario).value,
            0.5,
            "evictions that no perfect cache makes count as wrong"
        );
    }

    #[test]
    fn a_probe_without_evictions_or_memory_gives_no_figure() {
        let mut scenario = Synthetic::default().scenario();
        let mut probe = perfect_eviction();
        (
            probe.maintained.evictions,
            probe.maintained.expected_evictions,
        ) = (0, 0);
        probe.unmaintained.resident_before_bytes = Some(0);
        scenario.eviction = Some(probe);
        for name in ["cache.eviction_exact", "memory.eviction"] {
            let result = figure(name, &scenario);
            assert!(
                matches!(result, Err(Unavailable::NotMeasured(_))),
                "{name}: {result:?}"
            );
        }
    }
}
