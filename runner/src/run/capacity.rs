//! Searching for the highest load that each arm sustains: pair by pair, one arm after the other in random order.

use anyhow::{Context, bail};
use rand::seq::SliceRandom;
use shared::arms::{ArmRole, Arms};
use shared::estimate::{found, meets};
use shared::report::{Block, Capacity, CapacityOf, CapacitySearch, Mode, Status};

use super::bracket::{Bracket, MOST_STEPS};
use super::course::{Course, DISK_FULL};
use super::events::Event;
use super::side::Side;
use crate::arm::{Ack, ArmError, Tried};
use crate::plan::{PlannedSave, Step};
use crate::scenario::CapacitySpec;
use crate::seeded::seeded;

/// The first rate of the first search, saves a second: a slow service on a slow disk sustains it.
const FIRST_RATE: f64 = 250.0;
/// The highest rate that is tried, saves a second: a third of what the generator must reach.
const HIGHEST_RATE: f64 = 100_000.0;
/// The first number of users where no rate is known to derive one from.
const FIRST_USERS: f64 = 16.0;
/// The largest number of users that is tried.
const MOST_USERS: f64 = 20_000.0;
/// Saves of each user in a step, at least. All users begin at once, so that the first saves wait less than all later ones;
/// their part must not decide the 95th percentile.
const SAVES_OF_A_USER: f64 = 4.0;
/// Saves of a step, at least: fewer have no 95th percentile.
const FEWEST_SAVES: f64 = 40.0;
/// Saves of a step at the most: what an arm that does not keep up has to work off before the next step.
const MOST_SAVES: f64 = 50_000.0;

/// What is searched for, in this order: the rates tell where to look for the users.
const KINDS: [CapacityOf; 2] = [CapacityOf::Rate, CapacityOf::Users];

/// One search to be made.
#[derive(Clone, Copy)]
struct Task {
    of: CapacityOf,
    pair: u32,
    role: ArmRole,
    /// Its number among the searches of this arm.
    number: u32,
}

impl Course<'_> {
    /// All searches of the scenario, unless asked to stop.
    pub(super) async fn searches(&mut self, sides: &mut Arms<Side>) -> anyhow::Result<Status> {
        let Some(asked) = self.spec.capacity else {
            return Ok(Status::Complete);
        };
        self.scenario.capacity = Some(Capacity {
            target_ns: asked.target_ns,
            searches: Vec::new(),
        });
        let tasks = tasks(asked.pairs, self.bench.seed);
        for (done, task) in tasks.iter().enumerate() {
            let side = sides.get_mut(task.role);
            let search = self.search(side, asked, *task).await;
            let (search, status) = search.with_context(|| task.place())?;
            if status.is_complete() {
                self.listener.hear(&Event::SearchDone {
                    spec: self.spec,
                    search: &search,
                    found: found(&search, asked.target_ns),
                    done: done + 1,
                    searches: tasks.len(),
                });
            }
            if let Some(capacity) = &mut self.scenario.capacity {
                capacity.searches.push(search);
            }
            if !status.is_complete() {
                return Ok(status);
            }
        }
        Ok(Status::Complete)
    }

    /// One search, and whether it was interrupted: its steps are evidence all the same, since the ledger holds their saves.
    async fn search(
        &self,
        side: &mut Side,
        asked: CapacitySpec,
        task: Task,
    ) -> anyhow::Result<(CapacitySearch, Status)> {
        let mut search = CapacitySearch {
            pair: task.pair,
            arm: task.role,
            of: task.of,
            steps: Vec::new(),
        };
        let mut bracket = self.bracket(asked, task);
        while let Some(level) = bracket.next() {
            if self.bench.interrupt.is_asked() {
                return Ok((search, Status::Interrupted));
            }
            let step = Step {
                number: task.number * MOST_STEPS + search.steps.len() as u32,
                of: task.of,
                level,
                operations: self.operations(asked, task, level),
            };
            let planned = step.plan(self.spec, self.bench.seed, self.bench.dataset)?;
            let tried = attempt(side, step, &planned.saves).await?;
            if tried.errors.contains_key(DISK_FULL) {
                bail!("the disk is full: the database has no space left");
            }
            bracket.learn(level, meets(&tried.step, asked.target_ns));
            search.steps.push(tried.step);
        }
        Ok((search, Status::Complete))
    }

    /// Where a search begins: around what this arm was found to sustain before; the first rate around that of the closed
    /// blocks, the first users by Little's law (L = λW: as many as there are saves under way at the rate that was found,
    /// each for as long as the target allows). Where nothing is known, wide.
    fn bracket(&self, asked: CapacitySpec, task: Task) -> Bracket {
        let before = self.known(task.role, task.of);
        match task.of {
            CapacityOf::Rate => {
                let limits = 1.0..=HIGHEST_RATE;
                match before.or_else(|| self.closed_rate(task.role)) {
                    Some(rate) => Bracket::around(rate, limits, false),
                    None => Bracket::from(FIRST_RATE, limits, false),
                }
            }
            CapacityOf::Users => {
                let limits = 1.0..=MOST_USERS;
                // The queue of writes is what grows with the users.
                let target_seconds = asked.target_ns.unique as f64 / 1e9;
                let implied = self.known(task.role, CapacityOf::Rate);
                match before.or(implied.map(|rate| rate * target_seconds)) {
                    Some(users) => Bracket::around(users, limits, true),
                    None => Bracket::from(FIRST_USERS, limits, true),
                }
            }
        }
    }

    /// What an arm answered a second in the closed blocks before the searches.
    fn closed_rate(&self, role: ArmRole) -> Option<f64> {
        let closed = |b: &&Block| b.arm == role && b.mode == Mode::Closed && b.duration_ns > 0;
        let blocks = self.scenario.blocks.iter().filter(closed);
        median(blocks.map(|b| b.outcomes.acknowledged() as f64 * 1e9 / b.duration_ns as f64))
    }

    /// How many saves a step makes. In the closed model the service sets the pace, so its length follows from the rate that
    /// was found.
    fn operations(&self, asked: CapacitySpec, task: Task, level: f64) -> u64 {
        let seconds = asked.step_ns as f64 / 1e9;
        let saves = match task.of {
            CapacityOf::Rate => level * seconds,
            CapacityOf::Users => {
                let rate = self.known(task.role, CapacityOf::Rate).unwrap_or(0.0);
                (level * SAVES_OF_A_USER).max(rate * seconds)
            }
        };
        saves.round().clamp(FEWEST_SAVES, MOST_SAVES) as u64
    }

    /// The median of what earlier searches of this kind found on an arm.
    fn known(&self, role: ArmRole, of: CapacityOf) -> Option<f64> {
        let capacity = self.scenario.capacity.as_ref()?;
        let alike = |search: &&CapacitySearch| search.arm == role && search.of == of;
        let searches = capacity.searches.iter().filter(alike);
        median(searches.filter_map(|search| found(search, capacity.target_ns)))
    }
}

/// Where to look next needs no more than the upper median.
fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.filter(|value| *value > 0.0).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

impl Task {
    fn place(self) -> String {
        let (role, pair) = (self.role, self.pair + 1);
        let what = match self.of {
            CapacityOf::Rate => "rate",
            CapacityOf::Users => "number of users",
        };
        format!("the {role} arm in search {pair} for the highest {what}")
    }
}

/// All searches in order. Each arm comes first in half of the pairs of a kind, in random order; where the number of pairs
/// is odd, chance decides the last one.
fn tasks(pairs: u32, seed: u64) -> Vec<Task> {
    let mut rng = seeded("search-order", seed);
    let mut tasks = Vec::new();
    for (kind, of) in (0..).zip(KINDS) {
        let mut first: Vec<ArmRole> = ArmRole::ALL
            .into_iter()
            .cycle()
            .take(pairs.next_multiple_of(2) as usize)
            .collect();
        first.shuffle(&mut rng);
        for (pair, first) in (0..pairs).zip(first) {
            let number = kind * pairs + pair;
            let task = |role| Task {
                of,
                pair,
                role,
                number,
            };
            tasks.extend(match first {
                ArmRole::Baseline => ArmRole::ALL.map(task),
                ArmRole::Candidate => [ArmRole::Candidate, ArmRole::Baseline].map(task),
            });
        }
    }
    tasks
}

/// Tries a step and keeps the ledger.
async fn attempt(side: &mut Side, step: Step, saves: &[PlannedSave]) -> Result<Tried, ArmError> {
    let ledger = &mut side.ledger;
    let mut acknowledge =
        |Ack(index, snapshot, written): Ack| ledger.record(index, snapshot, written);
    let result = side.arm.attempt(step, &mut acknowledge).await;
    let failed = result.as_ref().ok().map(|tried| tried.failed.as_slice());
    side.settle(saves, failed);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_arm_is_searched_once_in_each_pair_and_first_as_often_as_the_other() {
        let tasks = tasks(6, 3);
        assert_eq!(tasks.len(), 24);
        for of in KINDS {
            let firsts = tasks.chunks(2).filter(|pair| {
                assert_eq!(
                    (pair[0].pair, pair[0].number),
                    (pair[1].pair, pair[1].number)
                );
                assert_ne!(pair[0].role, pair[1].role);
                pair[0].of == of && pair[0].role == ArmRole::Baseline
            });
            assert_eq!(firsts.count(), 3);
        }
        let mut numbers: Vec<u32> = tasks.iter().step_by(2).map(|task| task.number).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (0..12).collect::<Vec<u32>>());
    }
}
