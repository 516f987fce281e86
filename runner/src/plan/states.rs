//! Which states of the dataset a scenario saves.

use rand::RngExt;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use shared::report::BytesRange;

use crate::dataset::Dataset;

/// Why a scenario cannot be planned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PlanError {
    /// The dataset has too few states of the right sizes.
    #[error(
        "scenario `{scenario}` needs {needed} different states of {min} to {max} bytes, the dataset of {states} states has \
         {found}: widen `state_size` or use a larger dataset"
    )]
    TooFew {
        /// The scenario.
        scenario: String,
        /// States that it needs at least.
        needed: u64,
        /// States of these sizes that there are.
        found: u64,
        /// Smallest size asked for, bytes.
        min: u64,
        /// Largest size asked for, bytes.
        max: u64,
        /// States of all sizes.
        states: u64,
    },
    /// A file is to be replayed, and none was named.
    #[error("scenario `{scenario}` replays a file of states: name it with --dataset")]
    NoImport {
        /// The scenario.
        scenario: String,
    },
}

/// The states of the right size, at least two. A scenario uses [`Self::fresh`] alone or not at all.
#[derive(Debug)]
pub(super) struct States {
    eligible: Vec<u32>,
    /// States handed out by [`Self::fresh`].
    used: usize,
}

impl States {
    /// The states of `range`, at least `needed` of them.
    pub(super) fn new(
        scenario: &str,
        range: BytesRange,
        needed: u64,
        dataset: &Dataset,
    ) -> Result<Self, PlanError> {
        let eligible = dataset.states_of_size(range);
        if (eligible.len() as u64) < needed {
            return Err(PlanError::TooFew {
                scenario: scenario.to_owned(),
                needed,
                found: eligible.len() as u64,
                min: range.min,
                max: range.max,
                states: dataset.len() as u64,
            });
        }
        Ok(Self { eligible, used: 0 })
    }

    /// Where the states come from elsewhere.
    pub(super) fn none() -> Self {
        Self {
            eligible: Vec::new(),
            used: 0,
        }
    }

    /// Any state but `last`.
    pub(super) fn other_than(&self, last: Option<u32>, rng: &mut ChaCha8Rng) -> u32 {
        let place = last.and_then(|last| self.eligible.binary_search(&last).ok());
        match place {
            // The last one stands in for the one left out.
            Some(place) => {
                let drawn = rng.random_range(0..self.eligible.len() - 1);
                self.eligible[if drawn == place {
                    self.eligible.len() - 1
                } else {
                    drawn
                }]
            }
            None => self.eligible[rng.random_range(0..self.eligible.len())],
        }
    }

    /// A state that this method has not handed out before, in random order, as long as there are any.
    pub(super) fn fresh(&mut self, rng: &mut ChaCha8Rng) -> u32 {
        if self.used == 0 {
            self.eligible.shuffle(rng);
        }
        self.used += 1;
        self.eligible[(self.used - 1) % self.eligible.len()]
    }
}
