//! What the saves of a plan say: states, phases and contexts.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use blake3::Hash;
use bytes::Bytes;

use super::digest::used_states;
use super::{Derived, Plan, PlannedSave};
use crate::dataset::{Base, Dataset, FIRST_DERIVED, Import};

/// The texts of a plan's saves.
#[derive(Debug, Clone, Default)]
pub(crate) struct Texts {
    /// States of the dataset, by number.
    states: HashMap<u32, Bytes>,
    /// Those from which others are derived.
    bases: HashMap<u32, Base>,
    derived: Arc<Derived>,
    import: Option<Arc<Import>>,
}

impl Texts {
    /// What a plan saves, in one pair or in all.
    pub(crate) fn new(plan: &Plan, pair: Option<u32>, dataset: &Dataset) -> Self {
        let mut texts = Self {
            derived: Arc::clone(&plan.derived),
            import: dataset.import().cloned(),
            ..Self::default()
        };
        texts.add(used_states(plan, pair), dataset);
        texts
    }

    /// Adds states beyond the plan.
    pub(crate) fn add(&mut self, states: impl Iterator<Item = u32>, dataset: &Dataset) {
        for state in states {
            if state < FIRST_DERIVED {
                self.states
                    .entry(state)
                    .or_insert_with(|| dataset.state(state));
                continue;
            }
            let number = self.derived.base_of(state);
            if let Entry::Vacant(missing) = self.bases.entry(number)
                && let Some(base) = Base::new(dataset.state(number))
            {
                missing.insert(base);
            }
        }
    }

    /// The text of a state; empty where there is none, which a service refuses as no JSON object.
    pub(crate) fn state(&self, state: u32) -> Bytes {
        if state < FIRST_DERIVED {
            return self.states.get(&state).cloned().unwrap_or_default();
        }
        let base = self.bases.get(&self.derived.base_of(state));
        base.map(|base| self.derived.text(state, base))
            .unwrap_or_default()
    }

    /// The digest of a state.
    pub(crate) fn hash(&self, state: u32) -> Hash {
        blake3::hash(&self.state(state))
    }

    /// The phase that the agent is in.
    pub(crate) fn agent_phase(&self, save: &PlannedSave) -> Option<String> {
        match save.line {
            None => Some(save.agent_phase().to_owned()),
            Some(line) => {
                let line = self.import.as_ref()?.lines().get(line as usize)?;
                line.agent_phase.as_deref().map(str::to_owned)
            }
        }
    }

    /// What the agent runs in; generated saves have none.
    pub(crate) fn execution_context(&self, save: &PlannedSave) -> Option<Bytes> {
        let line = self.import.as_ref()?.lines().get(save.line? as usize)?;
        line.execution_context.clone()
    }
}
