use std::collections::{BTreeMap, BTreeSet, HashMap};

use proptest::prelude::*;
use shared::report::{Arrivals, BytesRange, LoadFigures};

use super::*;
use crate::scenario::Closed;

pub(super) fn spec(pattern: Pattern) -> Spec {
    let figures = LoadFigures {
        operations_per_second: 400.0,
        operations: 2_000,
        seconds: 5.0,
    };
    Spec {
        name: "test".to_owned(),
        title: String::new(),
        source: String::new(),
        why: String::new(),
        users: 20,
        arrivals: Arrivals::Poisson,
        state_bytes: BytesRange {
            min: 1_000,
            max: 50_000,
        },
        duplicate_share: match pattern {
            Pattern::Mixed | Pattern::Append | Pattern::Edit | Pattern::Replay => 0.6,
            Pattern::Overflow | Pattern::Unique => 0.0,
            Pattern::Thrashing => 0.5,
        },
        pattern,
        cache_entries: 200,
        runs: if pattern == Pattern::Overflow {
            2_000
        } else {
            300
        },
        key_skew: 0.9,
        full: figures,
        offered: figures,
        pairs: 10,
        samples: 120,
        warm_up_operations: 100,
        closed: None,
        arms: None,
        looks: 1,
        fresh_arms: false,
        split: false,
        overload: false,
        capacity: None,
        eviction_probe: None,
        memory_profile: false,
        ablation: None,
        faults: None,
        criteria: Vec::new(),
    }
}

pub(super) fn dataset() -> Dataset {
    Dataset::new(1, 3_000)
}

fn plan(spec: &Spec, seed: u64) -> Plan {
    Plan::new(spec, seed, &dataset()).unwrap()
}

pub(super) fn plan_of(pattern: Pattern) -> Plan {
    plan(&spec(pattern), 7)
}

pub(super) fn saves(plan: &Plan) -> impl Iterator<Item = &PlannedSave> {
    plan.blocks.iter().flat_map(|block| &block.saves)
}

/// What holds for every plan, whatever the scenario.
fn check_invariants(plan: &Plan, dataset: &Dataset, spec: &Spec) {
    let eligible: BTreeSet<u32> = dataset
        .states_of_size(spec.state_bytes)
        .into_iter()
        .collect();
    for part in [
        plan.warm_up.iter().collect::<Vec<_>>(),
        saves(plan).collect(),
    ] {
        let mut last_states = HashMap::new();
        let mut owners = HashMap::new();
        for save in part {
            assert!(eligible.contains(&save.state));
            let repeats = last_states.insert(save.run, save.state) == Some(save.state);
            assert_eq!(
                repeats,
                save.class == Class::Duplicate,
                "save {}",
                save.index
            );
            assert!(save.class == Class::Unique || save.checkpoint.may_be_skipped());
            assert_eq!(save.recovery_point, save.checkpoint.is_recovery_point());
            assert!(save.user < spec.users);
            assert_eq!(
                *owners.entry(("run", save.run)).or_insert(save.thread),
                save.thread
            );
            assert_eq!(
                *owners.entry(("thread", save.thread)).or_insert(save.user),
                save.user
            );
        }
    }
    let indices: Vec<u64> = plan
        .warm_up
        .iter()
        .chain(saves(plan))
        .map(|save| save.index)
        .collect();
    assert_eq!(indices, (0..indices.len() as u64).collect::<Vec<_>>());
    for block in &plan.blocks {
        assert!(block.saves.is_sorted_by_key(|save| save.at_ns));
        match block.mode {
            Mode::Open => assert!(block.saves.iter().all(|save| save.at_ns < block.length_ns)),
            Mode::Closed => assert!(block.saves.iter().all(|save| save.at_ns == 0)),
        }
    }
}

pub(super) fn duplicates(block: &PlannedBlock) -> usize {
    block
        .saves
        .iter()
        .filter(|save| save.class == Class::Duplicate)
        .count()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn mixed_plans_keep_their_promises(
        seed in any::<u64>(), share in 0.0..0.95, users in 1_u32..300, runs_of_user in 1_u32..40, operations in 200_u64..3_000,
        pairs in 1_u32..30, skew in 0.0..2.0, poisson in any::<bool>(), closed in prop::option::of((1_u32..4, 1_u64..500)),
    ) {
        let mut spec = spec(Pattern::Mixed);
        spec.duplicate_share = share;
        spec.users = users;
        spec.runs = users * runs_of_user;
        spec.offered.operations = operations;
        spec.pairs = pairs;
        spec.key_skew = skew;
        spec.arrivals = if poisson { Arrivals::Poisson } else { Arrivals::Uniform };
        spec.closed = closed.map(|(pairs, operations)| Closed { pairs, operations });
        let dataset = dataset();
        let plan = Plan::new(&spec, seed, &dataset).unwrap();

        check_invariants(&plan, &dataset, &spec);
        let open = plan.blocks.iter().filter(|b| b.mode == Mode::Open);
        prop_assert_eq!(open.clone().count(), pairs as usize);
        prop_assert_eq!(open.map(|b| b.saves.len() as u64).sum::<u64>(), operations);
        for block in &plan.blocks[1..] {
            let expected = block.saves.len() as f64 * share;
            prop_assert!((duplicates(block) as f64 - expected).abs() <= 2.0, "{} for {expected}", duplicates(block));
        }
        let all = saves(&plan).count() as f64;
        let repeated = plan.blocks.iter().map(duplicates).sum::<usize>() as f64;
        prop_assert!((repeated - all * share).abs() <= 1.0, "{repeated} of {all}");
    }

    #[test]
    fn the_seed_decides(seed in any::<u64>(), pattern in prop::sample::select(vec![Pattern::Mixed, Pattern::Overflow, Pattern::Thrashing])) {
        let spec = spec(pattern);
        let first = plan(&spec, seed);
        prop_assert_eq!(&first, &plan(&spec, seed));
        prop_assert_ne!(&first, &plan(&spec, seed.wrapping_add(1)));
        prop_assert_eq!(order(seed, &first), order(seed, &first));
    }
}

#[test]
fn overflow_never_repeats_a_run_or_a_state() {
    let (spec, dataset) = (spec(Pattern::Overflow), dataset());
    let plan = Plan::new(&spec, 7, &dataset).unwrap();
    check_invariants(&plan, &dataset, &spec);
    assert_eq!(saves(&plan).count(), 2_000);
    assert_eq!(
        saves(&plan)
            .map(|save| save.run)
            .collect::<BTreeSet<_>>()
            .len(),
        2_000
    );
    assert_eq!(
        saves(&plan)
            .map(|save| save.state)
            .collect::<BTreeSet<_>>()
            .len(),
        2_000
    );
    assert!(
        implied_hits(&plan.blocks, 200)
            .iter()
            .all(|implied| implied.hits == 0 && implied.lookups > 0)
    );
}

#[test]
fn overflow_says_when_the_dataset_is_too_small() {
    let refused = Plan::new(&spec(Pattern::Overflow), 7, &Dataset::new(1, 500)).unwrap_err();
    assert!(matches!(
        refused,
        PlanError::TooFew {
            needed: 2_000,
            states: 500,
            ..
        }
    ));
    assert!(
        refused
            .to_string()
            .contains("needs 2000 different states of 1000 to 50000 bytes"),
        "{refused}"
    );
}

#[test]
fn both_patterns_have_the_same_hits_in_another_order() {
    let (spec, dataset) = (spec(Pattern::Thrashing), dataset());
    let plan = Plan::new(&spec, 7, &dataset).unwrap();
    check_invariants(&plan, &dataset, &spec);
    assert_eq!(plan.blocks.len(), 20);
    for (block, implied) in plan
        .blocks
        .iter()
        .zip(implied_hits(&plan.blocks, spec.cache_entries))
    {
        assert_eq!(
            (implied.lookups, implied.hits),
            (100, 50),
            "pair {}",
            block.pair
        );
        let classes: Vec<Class> = block.saves.iter().map(|save| save.class).collect();
        match block.pattern.as_deref() {
            Some("alternating") => assert!(
                classes
                    .chunks(2)
                    .all(|two| two == [Class::Unique, Class::Duplicate])
            ),
            Some("sequential") => {
                assert!(classes.is_sorted_by_key(|class| *class == Class::Duplicate))
            }
            other => panic!("pattern {other:?}"),
        }
    }
    let firsts: Vec<_> = plan
        .blocks
        .chunks(2)
        .map(|pair| pair[0].pattern.clone().unwrap())
        .collect();
    assert_eq!(
        firsts
            .iter()
            .filter(|first| *first == "alternating")
            .count(),
        5
    );
}

#[test]
fn a_long_block_of_misses_leaves_the_hot_runs_in_the_cache() {
    let mut spec = spec(Pattern::Thrashing);
    spec.pairs = 1;
    let plan = plan(&spec, 3);
    for implied in implied_hits(&plan.blocks, spec.cache_entries) {
        assert_eq!((implied.lookups, implied.hits), (1_000, 500));
    }
}

#[test]
fn a_cache_that_holds_all_runs_hits_every_duplicate() {
    let plan = plan(&spec(Pattern::Mixed), 7);
    let hits: u64 = implied_hits(&plan.blocks, 300)
        .iter()
        .map(|implied| implied.hits)
        .sum();
    assert_eq!(
        hits,
        plan.blocks.iter().map(duplicates).sum::<usize>() as u64
    );
    let fewer: u64 = implied_hits(&plan.blocks, 30)
        .iter()
        .map(|implied| implied.hits)
        .sum();
    assert!(fewer < hits && fewer > 0, "{fewer} of {hits}");
}

#[test]
fn closed_blocks_give_each_user_as_much_as_any_other() {
    let mut spec = spec(Pattern::Mixed);
    spec.closed = Some(Closed {
        pairs: 2,
        operations: 200,
    });
    let plan = plan(&spec, 5);
    for block in plan
        .blocks
        .iter()
        .filter(|block| block.mode == Mode::Closed)
    {
        let mut by_user = BTreeMap::<u32, u32>::new();
        for save in &block.saves {
            *by_user.entry(save.user).or_default() += 1;
        }
        assert_eq!(by_user.len(), 20);
        assert!(by_user.values().all(|count| *count == 10), "{by_user:?}");
    }
}

#[test]
fn each_arm_is_first_as_often_as_the_other() {
    let mut spec = spec(Pattern::Thrashing);
    spec.pairs = 9;
    let plan = plan(&spec, 5);
    let mut seen = BTreeSet::new();
    for seed in 0..50 {
        let order = order(seed, &plan);
        for pattern in ["alternating", "sequential"] {
            let candidate_first = plan
                .blocks
                .iter()
                .zip(&order)
                .filter(|(block, first)| {
                    block.pattern.as_deref() == Some(pattern) && **first == ArmRole::Candidate
                })
                .count();
            assert!((4..=5).contains(&candidate_first));
        }
        seen.insert(order);
    }
    assert!(seen.len() > 40, "{} different orders", seen.len());
}

/// Turnover by new states must not lower the hits as the scenario goes on: duplicates stay among the recent runs.
#[test]
fn the_hit_ratio_settles() {
    let mut spec = spec(Pattern::Mixed);
    spec.offered.operations = 30_000;
    spec.runs = 2_000;
    spec.cache_entries = 800;
    let plan = plan(&spec, 5);
    let implied = implied_hits(&plan.blocks, spec.cache_entries);
    let ratio = |block: usize| implied[block].hits as f64 / implied[block].lookups as f64;
    assert!(
        (ratio(2) - ratio(9)).abs() < 0.03,
        "{} and {}",
        ratio(2),
        ratio(9)
    );
}

#[test]
fn popularity_falls_off_like_zipf() {
    let mut spec = spec(Pattern::Mixed);
    spec.offered.operations = 40_000;
    spec.runs = 200;
    spec.key_skew = 1.0;
    let plan = plan(&spec, 5);
    let mut by_run = vec![0_u32; 200];
    for save in saves(&plan).filter(|save| save.class == Class::Unique) {
        by_run[save.run as usize] += 1;
    }
    // A user's runs lie `users` apart; its first run is saved about twice as often as its second.
    let rank = |rank: usize| f64::from(by_run[rank * 20..(rank + 1) * 20].iter().sum::<u32>());
    assert!(
        (rank(0) / rank(1) - 2.0).abs() < 0.2,
        "{}",
        rank(0) / rank(1)
    );
    assert!(
        (rank(0) / rank(4) - 5.0).abs() < 0.7,
        "{}",
        rank(0) / rank(4)
    );
}

#[test]
fn names_are_readable_and_stable() {
    let mut save = plan(&spec(Pattern::Mixed), 1).warm_up[0];
    (save.run, save.thread, save.user, save.phase) = (123, 45, 6, 2);
    assert_eq!(
        (save.run_id().as_str(), save.thread_id().as_str()),
        ("run-000123", "thread-000045")
    );
    assert_eq!(
        (save.user_id().as_str(), save.agent_phase()),
        ("user-00006", "execution")
    );
}

#[test]
fn the_first_save_is_never_rejected_whatever_the_seed() {
    let dataset = Dataset::new(7, 100);
    let mut spec = spec(Pattern::Mixed);
    spec.faults = Some(crate::scenario::FaultSpec::Errors { share: 0.4 });
    spec.offered.operations = 10;
    spec.pairs = 1;
    for seed in 0..50 {
        let plan = Plan::new(&spec, seed, &dataset).unwrap();
        let mut saves = plan
            .warm_up
            .iter()
            .chain(plan.blocks.iter().flat_map(|b| &b.saves));
        assert!(!saves.next().unwrap().rejected, "seed {seed}");
    }
}

#[test]
fn rejected_saves_are_marked_and_leave_their_runs_where_they_were() {
    let mut spec = crate::scenario::load("errors")
        .unwrap()
        .resolve(crate::scenario::Profile::Quick, None)
        .unwrap();
    let dataset = Dataset::new(3, 500);
    let plan = Plan::new(&spec, 3, &dataset).unwrap();
    let mut last_states = std::collections::HashMap::new();
    let (mut rejected, mut saves) = (0, 0);
    for save in plan.blocks.iter().flat_map(|block| &block.saves) {
        saves += 1;
        if save.rejected {
            rejected += 1;
            assert_eq!(
                (save.class, save.agent_phase()),
                (Class::Unique, "rejected")
            );
            assert_ne!(last_states.get(&save.run), Some(&save.state));
            continue;
        }
        assert_ne!(save.agent_phase(), "rejected");
        let before = last_states.insert(save.run, save.state);
        assert_eq!(before == Some(save.state), save.class == Class::Duplicate);
    }
    let share = f64::from(rejected) / f64::from(saves);
    assert!((0.012..0.028).contains(&share), "{share}");
    spec.faults = None;
    let without = Plan::new(&spec, 3, &dataset).unwrap();
    assert!(
        without
            .blocks
            .iter()
            .flat_map(|b| &b.saves)
            .all(|s| !s.rejected)
    );
}
