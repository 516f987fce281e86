//! What a perfect cache would do with a plan.

use std::collections::HashMap;

use shared::report::ImpliedHits;

use super::{PlannedBlock, PlannedSave};
use crate::lru_model::LruModel;

/// Look-ups and hits of a perfect LRU of `cache_entries` runs, block by block. It starts empty and keeps its
/// entries from block to block; the warm-up does not touch it. Every save that is written refreshes its run's entry.
pub(crate) fn implied_hits(blocks: &[PlannedBlock], cache_entries: u64) -> Vec<ImpliedHits> {
    let mut cache = LruModel::new(usize::try_from(cache_entries).unwrap_or(usize::MAX));
    let mut last_states = HashMap::new();
    let mut block_hits = |saves: &[PlannedSave]| {
        let mut implied = ImpliedHits::default();
        for save in saves {
            if save.rejected {
                // It changes nothing, and its state is never the run's last one.
                implied.lookups += u64::from(save.may_be_skipped());
                continue;
            }
            let cached = cache.get(&save.run);
            cache.insert(save.run);
            let same = last_states.insert(save.run, save.state) == Some(save.state);
            if save.may_be_skipped() {
                implied.lookups += 1;
                implied.hits += u64::from(cached && same);
            }
        }
        implied
    };
    blocks
        .iter()
        .map(|block| block_hits(&block.saves))
        .collect()
}
