//! Digests of the states of a dataset, each made once.

use std::collections::HashMap;

use crate::dataset::Dataset;

/// BLAKE3 of states, by their numbers.
pub(super) struct StateHashes<'a> {
    dataset: &'a Dataset,
    known: HashMap<u32, blake3::Hash>,
}

impl<'a> StateHashes<'a> {
    /// None known yet.
    pub(super) fn new(dataset: &'a Dataset) -> Self {
        Self {
            dataset,
            known: HashMap::new(),
        }
    }

    /// Makes those that are missing.
    pub(super) fn learn(&mut self, states: impl Iterator<Item = u32>) {
        for state in states {
            self.known
                .entry(state)
                .or_insert_with(|| blake3::hash(&self.dataset.state(state)));
        }
    }

    /// The digest of a state; made on the spot where it was not learnt.
    pub(super) fn get(&self, state: u32) -> blake3::Hash {
        self.known
            .get(&state)
            .copied()
            .unwrap_or_else(|| blake3::hash(&self.dataset.state(state)))
    }
}
