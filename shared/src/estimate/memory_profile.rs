//! What a cached entry and a save take of memory, from the scenario's profile of it.

use super::memory::of_one_process;
use super::sampled::confidence;
use super::sums::blocks;
use super::{Comparison, Unavailable, counted};
use crate::arms::{ArmRole, Arms};
use crate::metric::{Metric, Plain};
use crate::report::{FillStep, MemoryProfile, Mode, SaveMemory, Scenario};

/// A figure of the candidate's profile. It is one of one process, so it has no interval.
pub(super) fn figure(
    metric: Metric,
    plain: Plain,
    scenario: &Scenario,
) -> Result<Comparison, Unavailable> {
    let missing = |what: &str| Unavailable::NotMeasured(what.to_owned());
    let profile = scenario
        .memory_profile
        .as_ref()
        .ok_or_else(|| missing("the scenario has no memory profile, or the candidate no cache"))?;
    let entries = profile.fill.last().map_or(0, |step| step.entries);
    let (value, samples) = match plain {
        Plain::EntryMemory => (mean(&profile.fill), entries),
        Plain::LeastEntryMemory => (steps(profile).reduce(f64::min), entries),
        Plain::MostEntryMemory => (steps(profile).reduce(f64::max), entries),
        Plain::CacheGrowth => (growth(scenario, profile), entries),
        _ => (of_saves(plain, &profile.saves), profile.saves.len() as u64),
    };
    let value = value.filter(|v| v.is_finite()).ok_or_else(|| {
        missing(match plain {
            Plain::CacheGrowth => "the cache evicts before the first block ends",
            _ => "the profile holds no such step",
        })
    })?;
    let values = Arms {
        baseline: None,
        candidate: Some(value),
    };
    let samples = Arms {
        baseline: 0,
        candidate: samples,
    };
    let comparison = counted(metric, metric.unit(), values, samples, confidence(scenario));
    Ok(of_one_process(comparison, values))
}

/// Bytes of an entry between two sizes of the cache.
fn each(from: &FillStep, to: &FillStep) -> Option<f64> {
    let entries = to.entries.checked_sub(from.entries).filter(|n| *n > 0)?;
    Some((to.allocated_bytes as f64 - from.allocated_bytes as f64) / entries as f64)
}

fn mean(fill: &[FillStep]) -> Option<f64> {
    each(fill.first()?, fill.last()?)
}

/// The same within each step of the fill.
fn steps(profile: &MemoryProfile) -> impl Iterator<Item = f64> {
    let pairs = profile.fill.iter().zip(profile.fill.iter().skip(1));
    pairs.filter_map(|(from, to)| each(from, to))
}

/// What the entries take that came in before the first eviction, over the length of the blocks until then.
fn growth(scenario: &Scenario, profile: &MemoryProfile) -> Option<f64> {
    let open = blocks(scenario, ArmRole::Candidate).filter(|b| b.mode == Mode::Open);
    let filling = open.map_while(|block| {
        let cache = block.cache.filter(|cache| cache.evictions == 0)?;
        Some((cache.entries as f64, block.duration_ns as f64 / 1e9))
    });
    let (entries, seconds) = filling.fold((0.0, 0.0), |(_, seconds), (entries, length)| {
        (entries, seconds + length)
    });
    (seconds > 0.0).then(|| mean(&profile.fill).map(|each| each * entries / seconds))?
}

fn of_saves(plain: Plain, saves: &[SaveMemory]) -> Option<f64> {
    let sum = |of: fn(&SaveMemory) -> u64| saves.iter().map(|s| of(s) as f64).sum::<f64>();
    let (bytes, of) = match plain {
        Plain::LeftMemory => return saves.iter().map(|s| s.left_bytes as f64).reduce(f64::max),
        Plain::SerializeMemory => (sum(|s| s.serialize.allocated_bytes), sum(|s| s.state_bytes)),
        Plain::HashMemory => (sum(|s| s.hash.allocated_bytes), saves.len() as f64),
        _ => (sum(|s| s.queue.allocated_bytes), saves.len() as f64),
    };
    (of > 0.0).then(|| bytes / of)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estimate::estimate;
    use crate::report::CacheActivity;
    use crate::testing::{Synthetic, memory_profile};

    fn candidate(name: &str, scenario: &Scenario) -> Result<f64, String> {
        let figure = estimate(name.parse().unwrap(), scenario).map_err(|e| e.to_string())?;
        assert_eq!(figure.baseline, None, "{name}");
        let estimate = figure.candidate.unwrap();
        assert!(estimate.no_interval.is_some(), "{name}");
        Ok(estimate.value)
    }

    #[test]
    fn an_entry_takes_what_the_cache_grew_by_and_each_step_its_own() {
        let mut scenario = Synthetic::default().scenario();
        let missing = candidate("memory.entry", &scenario).unwrap_err();
        assert!(missing.contains("no memory profile"), "{missing}");
        scenario.memory_profile = Some(memory_profile());
        for (name, expected) in [
            ("memory.entry", 500.0),
            ("memory.entry_min", 400.0),
            ("memory.entry_max", 600.0),
            ("memory.serialize", 2.0),
            ("memory.hash", 0.0),
            ("memory.copy", 400.0),
            ("memory.left", 0.0),
        ] {
            assert_eq!(candidate(name, &scenario), Ok(expected), "{name}");
        }
    }

    #[test]
    fn the_cache_grows_until_it_evicts() {
        let mut scenario = Synthetic::default().scenario();
        scenario.memory_profile = Some(memory_profile());
        let mut entries = 0;
        for block in &mut scenario.blocks {
            if block.arm == ArmRole::Candidate && block.mode == Mode::Open {
                entries += 100;
                block.duration_ns = 2_000_000_000;
                block.cache = Some(CacheActivity {
                    entries,
                    evictions: u64::from(block.pair >= 3),
                    ..CacheActivity::default()
                });
            }
        }
        // 300 entries of 500 bytes in 6 seconds.
        let growth = candidate("memory.cache_growth", &scenario);
        assert_eq!(growth, Ok(25_000.0));
        for block in &mut scenario.blocks {
            block.cache.iter_mut().for_each(|c| c.evictions = 1);
        }
        let full = candidate("memory.cache_growth", &scenario).unwrap_err();
        assert!(full.contains("evicts before"), "{full}");
    }
}
