//! The order of saves: who saves which state, regardless of when.

use std::collections::HashMap;

use rand::RngExt;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use shared::arms::Class;

use super::derived::Derived;
use super::population::{Population, Zipf};
use super::states::States;
use super::{AGENT_PHASES, Checkpoint, PlanError, PlannedSave};
use crate::dataset::Dataset;
use crate::scenario::{Pattern, Spec};

/// A user's duplicates come from this many of the runs that the user saved last, the latest most often: agents that
/// checkpoint without progress do so right after their last save. Thus the hits of a cache depend on its size and on how
/// fast it turns over, not on the length of the scenario.
const RECENT_RUNS: usize = 32;

/// Zipf exponent of a run's place among the recent ones.
const RECENCY_SKEW: f64 = 1.0;

/// How saves are spread over the users.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Users {
    /// Some are busier than others, as independent users are.
    ByShare,
    /// In turn: in the closed model a busy user would still be saving when all others are done.
    Evenly,
}

/// Where a run stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Progress {
    pub(super) last_state: u32,
    phase: u8,
    pub(super) origin: Origin,
}

/// The number of a run, and how its states came about: a run of the population may end and go on as a new one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Origin {
    /// Number of the run.
    pub(super) run: u32,
    /// The state that the run began with, where the others are derived from it.
    pub(super) base: u32,
    /// States derived since.
    pub(super) steps: u32,
    /// Length of the last state, bytes; counted where states grow.
    pub(super) bytes: u64,
}

/// Extends a scenario's sequence of saves, block after block.
#[derive(Debug)]
pub(super) struct Sequence<'a> {
    pub(super) spec: &'a Spec,
    pub(super) population: Population,
    pub(super) thrashing: super::thrashing::Position,
    pub(super) dataset: &'a Dataset,
    pub(super) rng: ChaCha8Rng,
    pub(super) states: States,
    /// States that follow from others.
    pub(super) derived: Derived,
    /// Lines of the imported file replayed so far.
    pub(super) replayed: u64,
    /// The last state of each run that was replayed.
    pub(super) last_imported: HashMap<u32, u32>,
    /// By number of the run in the population; `None` before its first save.
    pub(super) progress: Vec<Option<Progress>>,
    /// By number of the user: the runs saved last, the latest first.
    recent: Vec<Vec<u32>>,
    by_recency: Zipf,
    /// Runs that were saved, in the order of their first save.
    known: Vec<u32>,
    /// Mixed saves so far, and the duplicates among them.
    mixed: u64,
    duplicates: u64,
    /// Whose turn it is next, for unique states and for duplicates.
    turns: [u32; 2],
    /// Runs so far, those that ended included.
    pub(super) runs: u32,
}

impl<'a> Sequence<'a> {
    pub(super) fn new(
        spec: &'a Spec,
        runs: u32,
        dataset: &'a Dataset,
        rng: ChaCha8Rng,
    ) -> Result<Self, PlanError> {
        // A run never saves the same state twice in a row as a unique one, so two are the least.
        let needed = if spec.pattern == Pattern::Overflow {
            u64::from(runs).max(2)
        } else {
            2
        };
        if spec.pattern == Pattern::Replay && dataset.import().is_none() {
            return Err(PlanError::NoImport {
                scenario: spec.name.clone(),
            });
        }
        let population = Population::new(spec.users, runs, spec.key_skew);
        Ok(Self {
            spec,
            recent: vec![Vec::new(); population.users() as usize],
            by_recency: Zipf::new(RECENT_RUNS as u32, RECENCY_SKEW),
            population,
            thrashing: super::thrashing::Position::default(),
            rng,
            states: Self::states(spec, needed, dataset)?,
            dataset,
            derived: Derived::default(),
            replayed: 0,
            last_imported: HashMap::new(),
            runs,
            progress: vec![None; runs as usize],
            known: Vec::new(),
            mixed: 0,
            duplicates: 0,
            turns: [0; 2],
        })
    }

    /// `count` saves, duplicates and unique states at random. The share of duplicates is met exactly over all calls, to
    /// the nearest save; only the very first save of the scenario cannot be one.
    pub(super) fn mixed(&mut self, count: usize, users: Users) -> Vec<PlannedSave> {
        if self.spec.pattern == Pattern::Replay {
            return self.replay(count);
        }
        let first = usize::from(self.known.is_empty()).min(count);
        let mut duplicate = vec![false; count];
        let duplicates = self.duplicates_due(count).min(count - first);
        self.duplicates += duplicates as u64;
        duplicate[first..first + duplicates].fill(true);
        duplicate[first..].shuffle(&mut self.rng);
        duplicate
            .into_iter()
            .map(|duplicate| self.mixed_save(duplicate, users))
            .collect()
    }

    fn duplicates_due(&mut self, count: usize) -> usize {
        self.mixed += count as u64;
        let due = (self.mixed as f64 * self.spec.duplicate_share).round() as u64;
        due.saturating_sub(self.duplicates) as usize
    }

    fn mixed_save(&mut self, duplicate: bool, users: Users) -> PlannedSave {
        let user = match users {
            Users::ByShare => self.population.draw_user(&mut self.rng),
            Users::Evenly => self.in_turn(duplicate),
        };
        if duplicate {
            let run = self.known_run(user);
            self.duplicate(run)
        } else {
            let run = self.population.draw_run(&mut self.rng, user);
            let checkpoint = Checkpoint::draw(&mut self.rng);
            // The first one is stored, so that there is something to repeat.
            if self.is_rejected() && !self.known.is_empty() {
                self.rejected(run, checkpoint)
            } else {
                self.unique(run, checkpoint)
            }
        }
    }

    /// Whether the next unique state is one that the database will reject. Duplicates never are: a service that skips them
    /// does not ask the database.
    fn is_rejected(&mut self) -> bool {
        let share = self.spec.rejected_share();
        let of_unique = share / (1.0 - self.spec.duplicate_share);
        // Other plans draw nothing for it.
        share > 0.0 && self.rng.random_bool(of_unique.min(1.0))
    }

    /// A save that will be rejected: its run stays where it was.
    fn rejected(&mut self, run: u32, checkpoint: Checkpoint) -> PlannedSave {
        let before = self.progress[run as usize];
        let state = self
            .states
            .other_than(before.map(|progress| progress.last_state), &mut self.rng);
        PlannedSave {
            rejected: true,
            ..self.planned(run, state, Class::Unique, checkpoint, 0)
        }
    }

    /// The next user in turn. Duplicates have turns of their own, so that one that comes before its user's first state goes
    /// to a user who can repeat something, and nobody ends up with many more saves than others.
    fn in_turn(&mut self, duplicate: bool) -> u32 {
        let mut user = self.turns[usize::from(duplicate)];
        if duplicate && self.recent[user as usize].is_empty() {
            user = 0;
        }
        self.turns[usize::from(duplicate)] = (user + 1) % self.population.users();
        user
    }

    /// A run that this user saved lately; any run that was saved where the user has none.
    fn known_run(&mut self, user: u32) -> u32 {
        let recent = &self.recent[user as usize];
        if recent.is_empty() {
            return self.known[self.rng.random_range(0..self.known.len())];
        }
        recent[self.by_recency.draw(&mut self.rng, recent.len() as u32) as usize]
    }

    fn remember(&mut self, user: u32, run: u32) {
        let recent = &mut self.recent[user as usize];
        recent.retain(|known| *known != run);
        recent.insert(0, run);
        recent.truncate(RECENT_RUNS);
    }

    /// `count` saves, each a state never used before and the first of a new run; at most as many in all as there are runs.
    pub(super) fn overflow(&mut self, count: usize) -> Vec<PlannedSave> {
        let new_runs = self.known.len() as u32..self.population.runs();
        new_runs
            .take(count)
            .map(|run| {
                let (state, checkpoint) = (
                    self.states.fresh(&mut self.rng),
                    Checkpoint::draw(&mut self.rng),
                );
                let origin = self.unchanging(run);
                self.save(run, origin, state, Class::Unique, checkpoint)
            })
            .collect()
    }

    /// A state that differs from the run's last one.
    pub(super) fn unique(&mut self, run: u32, checkpoint: Checkpoint) -> PlannedSave {
        let (origin, state) = match self.spec.pattern {
            Pattern::Append => self.append(run),
            Pattern::Edit => self.edit(run),
            _ => {
                let last = self.progress[run as usize].map(|progress| progress.last_state);
                let state = self.states.other_than(last, &mut self.rng);
                (self.unchanging(run), state)
            }
        };
        self.save(run, origin, state, Class::Unique, checkpoint)
    }

    /// Like [`Self::unique`], at a checkpoint that may be skipped: a look-up that misses.
    pub(super) fn unique_skippable(&mut self, run: u32) -> PlannedSave {
        let checkpoint = Checkpoint::draw_skippable(&mut self.rng);
        self.unique(run, checkpoint)
    }

    /// The state of the run's last save once more, at a checkpoint that may be skipped. A run that was never saved
    /// gets its first state.
    pub(super) fn duplicate(&mut self, run: u32) -> PlannedSave {
        let checkpoint = Checkpoint::draw_skippable(&mut self.rng);
        match self.progress[run as usize] {
            Some(Progress {
                last_state, origin, ..
            }) => self.save(run, origin, last_state, Class::Duplicate, checkpoint),
            None => self.unique(run, checkpoint),
        }
    }

    /// Of a run whose states do not follow from each other.
    fn unchanging(&self, run: u32) -> Origin {
        Origin {
            run,
            base: 0,
            steps: 0,
            bytes: 0,
        }
    }

    fn save(
        &mut self,
        run: u32,
        origin: Origin,
        state: u32,
        class: Class,
        checkpoint: Checkpoint,
    ) -> PlannedSave {
        let before = self.progress[run as usize];
        if before.is_none() {
            self.known.push(run);
        }
        let phase = before.map_or(0, |progress| progress.phase);
        let phase = if checkpoint == Checkpoint::PhaseTransition {
            (phase + 1) % AGENT_PHASES.len() as u8
        } else {
            phase
        };
        self.progress[run as usize] = Some(Progress {
            last_state: state,
            phase,
            origin,
        });
        self.remember(self.population.user_of(run), run);
        PlannedSave {
            run: origin.run,
            ..self.planned(run, state, class, checkpoint, phase)
        }
    }

    /// A save whose place and instant are still to be set.
    fn planned(
        &self,
        run: u32,
        state: u32,
        class: Class,
        checkpoint: Checkpoint,
        phase: u8,
    ) -> PlannedSave {
        PlannedSave {
            index: 0,
            at_ns: 0,
            user: self.population.user_of(run),
            thread: self.population.thread_of(run),
            run,
            state,
            class,
            checkpoint,
            recovery_point: checkpoint.is_recovery_point(),
            rejected: false,
            line: None,
            phase,
        }
    }
}
