//! The saves of one step of a search for the highest load: beyond the plan, and of runs that no other step touches.

use serde::{Deserialize, Serialize};
use shared::report::{Arrivals, CapacityOf, Mode};

use super::sequence::{Sequence, Users};
use super::{PlanError, PlannedBlock, arrivals};
use crate::dataset::Dataset;
use crate::scenario::Spec;
use crate::seeded::seeded;

/// Users of a step in the open model, at least: a rate is the sum of many independent users. Few users' own saves would
/// queue behind each other, and the search would find the limit of the users, not of the service.
const USERS_OF_A_RATE: u32 = 1000;
/// Runs that one step may have; 20 000 users with ten runs each are well below.
const RUNS_OF_A_STEP: u32 = 1 << 18;
/// Saves that one step may have.
const SAVES_OF_A_STEP: u64 = 1 << 24;
/// Steps start their places here: no plan is that long.
const FIRST_INDEX: u64 = 1 << 40;

/// One load that is tried on an arm.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Step {
    /// Its number among all steps of the scenario on this arm; two steps of one arm never share one. Below 16 000.
    pub(crate) number: u32,
    /// What is raised.
    pub(crate) of: CapacityOf,
    /// Saves a second, or users: above 0.
    pub(crate) level: f64,
    /// Saves to make.
    pub(crate) operations: u64,
}

impl Step {
    /// The saves: a pure function of step, scenario, seed and dataset, so controller and arm agree on them.
    ///
    /// # Errors
    /// As for [`super::Plan::new`].
    pub(crate) fn plan(
        &self,
        spec: &Spec,
        seed: u64,
        dataset: &Dataset,
    ) -> Result<PlannedBlock, PlanError> {
        let (users, mode, shares) = match self.of {
            CapacityOf::Rate => (spec.users.max(USERS_OF_A_RATE), Mode::Open, Users::ByShare),
            CapacityOf::Users => (
                self.level.round().max(1.0) as u32,
                Mode::Closed,
                Users::Evenly,
            ),
        };
        let runs = runs(spec, users);
        let spec = Spec {
            users,
            runs,
            ..spec.clone()
        };
        let rng = seeded(&format!("step/{}/{}", spec.name, self.number), seed);
        let mut sequence = Sequence::new(&spec, runs, dataset, rng)?;
        let operations = self.operations.clamp(1, SAVES_OF_A_STEP);
        let mut saves = sequence.mixed(operations as usize, shares);
        let first_run = spec.runs + self.number * RUNS_OF_A_STEP;
        let first_index = FIRST_INDEX + u64::from(self.number) * SAVES_OF_A_STEP;
        for (save, index) in saves.iter_mut().zip(first_index..) {
            save.index = index;
            save.run += first_run;
            save.thread += first_run;
        }
        let mut length_ns = 0;
        if mode == Mode::Open {
            length_ns = (operations as f64 / self.level * 1e9).round() as u64;
            let mut rng = seeded(
                &format!("step-instants/{}/{}", spec.name, self.number),
                seed,
            );
            let instants = arrivals::instants(&mut rng, Arrivals::Poisson, saves.len(), length_ns);
            for (save, at_ns) in saves.iter_mut().zip(instants) {
                save.at_ns = at_ns;
            }
        }
        Ok(PlannedBlock {
            pair: 0,
            mode,
            pattern: None,
            saves,
            length_ns,
        })
    }
}

/// As many runs for each user as the scenario has.
fn runs(spec: &Spec, users: u32) -> u32 {
    let of_a_user = (spec.runs / spec.users.max(1)).max(1);
    of_a_user
        .saturating_mul(users)
        .min(RUNS_OF_A_STEP)
        .max(users)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::plan::{Plan, PlannedSave};
    use crate::scenario::{Profile, load};

    fn spec() -> Spec {
        let scenario = load("medium-load").unwrap();
        scenario.resolve(Profile::Ci, None).unwrap()
    }

    fn planned(number: u32, of: CapacityOf, level: f64, operations: u64) -> PlannedBlock {
        let step = Step {
            number,
            of,
            level,
            operations,
        };
        step.plan(&spec(), 7, &Dataset::new(7, 300)).unwrap()
    }

    #[test]
    fn a_step_is_the_same_on_both_sides() {
        let rate = || planned(3, CapacityOf::Rate, 900.0, 450);
        assert_eq!(rate(), rate());
        assert_ne!(rate(), planned(4, CapacityOf::Rate, 900.0, 450));
    }

    #[test]
    fn a_rate_is_spread_over_its_length() {
        let block = planned(0, CapacityOf::Rate, 900.0, 450);
        assert_eq!((block.mode, block.length_ns), (Mode::Open, 500_000_000));
        assert!(block.saves.is_sorted_by_key(|s| (s.at_ns, s.index)));
        assert!(block.saves.iter().all(|s| s.at_ns < block.length_ns));
        let users: HashSet<u32> = block.saves.iter().map(|s| s.user).collect();
        assert!(users.len() > 150, "{}", users.len());
    }

    #[test]
    fn users_share_the_saves_of_a_closed_step() {
        let block = planned(0, CapacityOf::Users, 300.0, 1200);
        assert_eq!((block.mode, block.length_ns), (Mode::Closed, 0));
        let mut of_user = vec![0; 300];
        for save in &block.saves {
            of_user[save.user as usize] += 1;
        }
        let (least, most) = (of_user.iter().min(), of_user.iter().max());
        assert!(
            least >= Some(&3) && most <= Some(&8),
            "{least:?} to {most:?}"
        );
    }

    #[test]
    fn no_two_steps_share_a_run_a_thread_or_a_place() {
        let plan = Plan::new(&spec(), 7, &Dataset::new(7, 300)).unwrap();
        let steps = [
            planned(0, CapacityOf::Rate, 900.0, 450),
            planned(1, CapacityOf::Rate, 900.0, 450),
            planned(2, CapacityOf::Users, 20_000.0, 500),
            planned(15_999, CapacityOf::Users, 3.0, 500),
        ];
        type Key = fn(&PlannedSave) -> u64;
        let keys: [Key; 3] = [|s| s.index, |s| u64::from(s.run), |s| u64::from(s.thread)];
        for key in keys {
            let mut seen: HashSet<u64> =
                plan.blocks.iter().flat_map(|b| &b.saves).map(key).collect();
            for step in &steps {
                let own: HashSet<u64> = step.saves.iter().map(key).collect();
                assert!(own.is_disjoint(&seen));
                seen.extend(own);
            }
        }
    }
}
