//! Traffic that is split between two live arms: each save of the plan goes to one or the other at random.

use std::collections::HashMap;

use rand::RngExt;
use shared::arms::{ArmRole, Class};

use super::Plan;
use crate::scenario::Spec;
use crate::seeded::seeded;

impl Plan {
    /// The saves that one arm gets: all of them, or, where the scenario splits its traffic, those that fall to it.
    /// The users keep their order, and each save its place in the plan, so the two parts never share one.
    ///
    /// A save of a split plan repeats a state only if this arm got that state last: what went to the other arm is not in
    /// this one's database.
    pub(crate) fn for_arm(mut self, role: ArmRole, spec: &Spec, seed: u64) -> Self {
        if !spec.split {
            return self;
        }
        let mut rng = seeded(&format!("split/{}", spec.name), seed);
        let mut last_states = HashMap::new();
        for block in &mut self.blocks {
            block.saves.retain_mut(|save| {
                // Drawn for every save, whosever it is: both arms draw the same.
                let candidate = rng.random::<bool>();
                if candidate != (role == ArmRole::Candidate) {
                    return false;
                }
                let same = last_states.insert(save.run, save.state) == Some(save.state);
                save.class = if same && save.may_be_skipped() {
                    Class::Duplicate
                } else {
                    Class::Unique
                };
                true
            });
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use shared::arms::Arms;

    use super::*;
    use crate::dataset::Dataset;
    use crate::plan::PlannedSave;
    use crate::scenario::{Profile, load};

    fn split(split: bool, seed: u64) -> (Plan, Arms<Plan>) {
        let scenario = load("medium-load").unwrap();
        let mut spec = scenario.resolve(Profile::Quick, None).unwrap();
        spec.split = split;
        let plan = || Plan::new(&spec, seed, &Dataset::new(seed, 300)).unwrap();
        let arm = |role| plan().for_arm(role, &spec, seed);
        let arms = Arms {
            baseline: arm(ArmRole::Baseline),
            candidate: arm(ArmRole::Candidate),
        };
        (plan(), arms)
    }

    fn saves(plan: &Plan) -> impl Iterator<Item = &PlannedSave> {
        plan.blocks.iter().flat_map(|block| &block.saves)
    }

    #[test]
    fn every_save_goes_to_one_arm_and_about_half_to_each() {
        let (whole, arms) = split(true, 5);
        for (number, block) in whole.blocks.iter().enumerate() {
            let part = |role| arms.get(role).blocks[number].saves.iter().map(|s| s.index);
            let mut indices: Vec<u64> = part(ArmRole::Baseline)
                .chain(part(ArmRole::Candidate))
                .collect();
            indices.sort_unstable();
            assert!(indices.into_iter().eq(block.saves.iter().map(|s| s.index)));
        }
        let share = saves(&arms.candidate).count() as f64 / saves(&whole).count() as f64;
        assert!((share - 0.5).abs() < 0.015, "{share}");
    }

    #[test]
    fn nothing_but_the_class_of_a_save_changes_and_its_order_stays() {
        let (whole, arms) = split(true, 5);
        let by_index: HashMap<u64, &PlannedSave> = saves(&whole).map(|s| (s.index, s)).collect();
        for role in ArmRole::ALL {
            let mut before = 0;
            for save in saves(arms.get(role)) {
                let planned = by_index[&save.index];
                assert_eq!(
                    &PlannedSave {
                        class: save.class,
                        ..*planned
                    },
                    save
                );
                assert!(save.index > before);
                before = save.index;
            }
        }
    }

    /// Against a search backwards through what the arm got.
    #[test]
    fn a_duplicate_repeats_what_the_same_arm_got_last() {
        let (_, arms) = split(true, 6);
        for role in ArmRole::ALL {
            let got: Vec<&PlannedSave> = saves(arms.get(role)).collect();
            let mut duplicates = 0;
            for (place, save) in got.iter().enumerate() {
                let last = got[..place].iter().rev().find(|s| s.run == save.run);
                let repeats = last.is_some_and(|last| last.state == save.state);
                let duplicate = repeats && save.checkpoint.may_be_skipped();
                assert_eq!(save.class == Class::Duplicate, duplicate, "{save:?}");
                duplicates += usize::from(duplicate);
            }
            // Half of the plan's saves are duplicates; of these some follow a save that went to the other arm.
            let share = duplicates as f64 / got.len() as f64;
            assert!((0.2..0.5).contains(&share), "{share}");
        }
    }

    #[test]
    fn the_split_follows_from_the_seed() {
        assert_eq!(split(true, 5).1, split(true, 5).1);
        assert_ne!(split(true, 5).1, split(true, 6).1);
    }

    #[test]
    fn without_a_split_each_arm_gets_the_whole_plan() {
        let (whole, arms) = split(false, 5);
        assert_eq!(arms.baseline, whole);
        assert_eq!(arms.candidate, whole);
    }
}
