//! The exact sequence of saves of a scenario, with their planned instants.
//!
//! A plan is a pure function of the scenario, the seed and the dataset, so both arms compute the same one. A run belongs
//! to one thread and one user, and a user has one save at a time, so the saves of a run happen in the order of the plan.
//! Runs go on from block to block.

mod arrivals;
mod capacity;
mod checkpoint;
mod derived;
mod digest;
mod evolve;
mod implied;
mod population;
mod replay;
mod sequence;
mod split;
mod states;
mod stretch;
mod texts;
mod thrashing;

pub(crate) use capacity::Step;
pub(crate) use checkpoint::Checkpoint;
pub(crate) use derived::Derived;
pub(crate) use digest::digest;
pub(crate) use implied::implied_hits;
pub(crate) use states::PlanError;
pub(crate) use stretch::Stretch;
pub(crate) use texts::Texts;

use std::sync::Arc;

use rand::RngExt;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use shared::arms::{ArmRole, Class};
use shared::report::Mode;

use crate::dataset::Dataset;
use crate::scenario::{Pattern, Spec};
use crate::seeded::seeded;
use sequence::{Sequence, Users};

/// The phases that an agent goes through; each phase transition leads to the next one.
const AGENT_PHASES: [&str; 5] = ["planning", "research", "execution", "review", "reporting"];

/// The phase of saves that the database is made to reject.
pub(crate) const REJECTED_PHASE: &str = "rejected";

/// One save of the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PlannedSave {
    /// Unique within the scenario, ascending in the order of the plan.
    pub(crate) index: u64,
    /// Planned instant, nanoseconds from the begin of the block; 0 in closed blocks.
    pub(crate) at_ns: u64,
    /// Number of the user.
    pub(crate) user: u32,
    /// Number of the thread; it has one user.
    pub(crate) thread: u32,
    /// Number of the run; it belongs to one thread.
    pub(crate) run: u32,
    /// Number of the state: in the dataset, or of one that the plan derives from others.
    pub(crate) state: u32,
    /// Whether the state repeats the run's last one.
    pub(crate) class: Class,
    /// Why it is saved.
    pub(crate) checkpoint: Checkpoint,
    /// Whether a recovery may start here.
    pub(crate) recovery_point: bool,
    /// Whether the database is made to reject it: nothing of it may be stored.
    pub(crate) rejected: bool,
    /// Place of the line in an imported file that it replays: phase and context are the line's.
    pub(crate) line: Option<u32>,
    /// Index of the agent's phase.
    phase: u8,
}

impl PlannedSave {
    /// Whether a service may skip it when the run's latest state is the same.
    pub(crate) fn may_be_skipped(&self) -> bool {
        self.checkpoint.may_be_skipped() && !self.recovery_point
    }

    /// The run's name.
    pub(crate) fn run_id(&self) -> String {
        format!("run-{:06}", self.run)
    }

    /// The thread's name.
    pub(crate) fn thread_id(&self) -> String {
        format!("thread-{:06}", self.thread)
    }

    /// The user's name.
    pub(crate) fn user_id(&self) -> String {
        format!("user-{:05}", self.user)
    }

    /// The phase that the agent of a generated save is in; of a save that is to be rejected, the mark by which the database knows it.
    pub(crate) fn agent_phase(&self) -> &'static str {
        if self.rejected {
            return REJECTED_PHASE;
        }
        AGENT_PHASES[usize::from(self.phase) % AGENT_PHASES.len()]
    }
}

/// A slice of the plan; each arm runs it once, and the two runs are compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PlannedBlock {
    /// Number of the pair, from 0, counted apart for each mode. A pair has a block for each pattern.
    pub(crate) pair: u32,
    /// Open or closed model.
    pub(crate) mode: Mode,
    /// The pattern, where the scenario compares patterns.
    pub(crate) pattern: Option<String>,
    /// Its saves, by planned instant.
    pub(crate) saves: Vec<PlannedSave>,
    /// Planned length, nanoseconds; 0 in closed blocks.
    pub(crate) length_ns: u64,
}

/// All saves of a scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Plan {
    /// Saves before the first block, for a database and a cache of their own; planned at the offered rate.
    pub(crate) warm_up: Vec<PlannedSave>,
    /// The blocks in the order in which each arm runs them: open ones first, then closed ones.
    pub(crate) blocks: Vec<PlannedBlock>,
    /// The states that follow from others, by [`crate::dataset::FIRST_DERIVED`].
    pub(crate) derived: Arc<Derived>,
    /// Digest of the imported file, where one is replayed.
    imported: Option<blake3::Hash>,
}

impl Plan {
    /// Plans a scenario.
    ///
    /// # Errors
    /// The dataset has too few states of the sizes that the scenario asks for.
    pub(crate) fn new(spec: &Spec, seed: u64, dataset: &Dataset) -> Result<Self, PlanError> {
        let (warm_up, derived) = Self::warm_up(spec, seed, dataset)?;
        let mut planner = Planner {
            spec,
            sequence: Sequence::new(
                spec,
                spec.runs,
                dataset,
                seeded(&format!("saves/{}", spec.name), seed),
            )?,
            instants: seeded(&format!("instants/{}", spec.name), seed),
            next_index: warm_up.len() as u64,
        };
        planner.sequence.derived = derived;
        let mut blocks = Vec::new();
        for pair in 0..spec.pairs {
            if spec.fresh_arms {
                // Clean databases know no run, so nothing of an earlier pair can be repeated.
                let rng = seeded(&format!("saves/{}/{pair}", spec.name), seed);
                let fresh = Sequence::new(spec, spec.runs, dataset, rng)?;
                let before = std::mem::replace(&mut planner.sequence, fresh);
                planner.sequence.go_on_from(before);
            }
            planner.open_blocks(pair, &mut blocks);
        }
        if let Some(closed) = spec.closed {
            for pair in 0..closed.pairs {
                let saves = planner
                    .sequence
                    .mixed(closed.operations as usize, Users::Evenly);
                let saves = planner.number(saves);
                blocks.push(PlannedBlock {
                    pair,
                    mode: Mode::Closed,
                    pattern: None,
                    saves,
                    length_ns: 0,
                });
            }
        }
        let replayed = dataset.import().filter(|_| spec.pattern == Pattern::Replay);
        Ok(Self {
            warm_up,
            blocks,
            derived: Arc::new(planner.sequence.derived),
            imported: replayed.map(|import| import.fingerprint()),
        })
    }

    fn warm_up(
        spec: &Spec,
        seed: u64,
        dataset: &Dataset,
    ) -> Result<(Vec<PlannedSave>, Derived), PlanError> {
        let count = spec.warm_up_operations as usize;
        let runs = if spec.pattern == Pattern::Overflow {
            count.max(1) as u32
        } else {
            spec.runs
        };
        let mut planner = Planner {
            spec,
            sequence: Sequence::new(
                spec,
                runs,
                dataset,
                seeded(&format!("warm-up/{}", spec.name), seed),
            )?,
            instants: seeded(&format!("warm-up-instants/{}", spec.name), seed),
            next_index: 0,
        };
        let mut saves = match spec.pattern {
            Pattern::Overflow => planner.sequence.overflow(count),
            Pattern::Thrashing => planner.sequence.alternating(count),
            Pattern::Mixed
            | Pattern::Append
            | Pattern::Edit
            | Pattern::Unique
            | Pattern::Replay => planner.sequence.mixed(count, Users::ByShare),
        };
        planner.schedule(&mut saves);
        Ok((planner.number(saves), planner.sequence.derived))
    }
}

struct Planner<'a> {
    spec: &'a Spec,
    sequence: Sequence<'a>,
    instants: ChaCha8Rng,
    next_index: u64,
}

impl Planner<'_> {
    fn open_blocks(&mut self, pair: u32, blocks: &mut Vec<PlannedBlock>) {
        let count = self.operations_of_pair(pair);
        let mut add = |planner: &mut Self, pattern: Option<&str>, mut saves: Vec<PlannedSave>| {
            let length_ns = planner.schedule(&mut saves);
            let saves = planner.number(saves);
            blocks.push(PlannedBlock {
                pair,
                mode: Mode::Open,
                pattern: pattern.map(str::to_owned),
                saves,
                length_ns,
            });
        };
        match self.spec.pattern {
            Pattern::Mixed
            | Pattern::Append
            | Pattern::Edit
            | Pattern::Unique
            | Pattern::Replay => {
                let saves = self.sequence.mixed(count, Users::ByShare);
                add(self, None, saves);
            }
            Pattern::Overflow => {
                let saves = self.sequence.overflow(count);
                add(self, None, saves);
            }
            Pattern::Thrashing => {
                // Each pattern comes first in every second pair, so that what drifts over the scenario favours neither.
                for alternating in [pair.is_multiple_of(2), !pair.is_multiple_of(2)] {
                    if alternating {
                        let saves = self.sequence.alternating(count / 2);
                        add(self, Some("alternating"), saves);
                    } else {
                        let saves = self.sequence.sequential(count / 2);
                        add(self, Some("sequential"), saves);
                    }
                }
            }
        }
    }

    /// The pairs share the operations evenly: their counts differ by at most 1.
    fn operations_of_pair(&self, pair: u32) -> usize {
        let (operations, pairs, pair) = (
            self.spec.offered.operations,
            u64::from(self.spec.pairs),
            u64::from(pair),
        );
        (operations * (pair + 1) / pairs - operations * pair / pairs) as usize
    }

    /// Sets the planned instants; returns the length of the block, nanoseconds.
    fn schedule(&mut self, saves: &mut [PlannedSave]) -> u64 {
        let length_ns =
            (saves.len() as f64 / self.spec.offered.operations_per_second * 1e9).round() as u64;
        let instants = arrivals::instants(
            &mut self.instants,
            self.spec.arrivals,
            saves.len(),
            length_ns,
        );
        for (save, at_ns) in saves.iter_mut().zip(instants) {
            save.at_ns = at_ns;
        }
        length_ns
    }

    fn number(&mut self, mut saves: Vec<PlannedSave>) -> Vec<PlannedSave> {
        for (save, index) in saves.iter_mut().zip(self.next_index..) {
            save.index = index;
        }
        self.next_index += saves.len() as u64;
        saves
    }
}

/// Which arm runs each block first: at random, but each arm as often as the other within each mode and pattern
/// (where the number of pairs is odd, chance decides the last one), so that whatever drifts favours neither.
pub(crate) fn order(seed: u64, plan: &Plan) -> Vec<ArmRole> {
    let mut rng = seeded("order", seed);
    let mut first = vec![ArmRole::Baseline; plan.blocks.len()];
    let mut left: Vec<usize> = (0..plan.blocks.len()).collect();
    while let Some(begin) = left.first().map(|block| &plan.blocks[*block]) {
        let alike =
            |block: &PlannedBlock| block.mode == begin.mode && block.pattern == begin.pattern;
        let (group, rest): (Vec<usize>, Vec<usize>) =
            left.iter().partition(|block| alike(&plan.blocks[**block]));
        let candidate_first =
            group.len() / 2 + usize::from(group.len() % 2 == 1 && rng.random::<bool>());
        let mut shuffled = group;
        shuffled.shuffle(&mut rng);
        for block in &shuffled[..candidate_first] {
            first[*block] = ArmRole::Candidate;
        }
        left = rest;
    }
    first
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod workload_tests;
