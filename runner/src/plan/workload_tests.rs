//! States that follow from others, and files that are replayed.

use std::collections::{BTreeMap, HashMap};
use std::io::Write;

use proptest::prelude::*;
use serde_json::Value;

use super::tests::{dataset, duplicates, saves, spec};
use super::*;
use crate::dataset::{FIRST_IMPORTED, Import};

/// The texts of all saves, run by run, in the order of the plan.
fn by_run(plan: &Plan, dataset: &Dataset) -> BTreeMap<u32, Vec<Value>> {
    let texts = Texts::new(plan, None, dataset);
    let mut runs = BTreeMap::<u32, Vec<Value>>::new();
    for save in saves(plan) {
        let text = texts.state(save.state);
        let value: Value = serde_json::from_slice(&text).unwrap();
        assert_eq!(serde_json::to_vec(&value).unwrap(), text, "canonical JSON");
        runs.entry(save.run).or_default().push(value);
    }
    runs
}

/// Digests as the controller has them, held against the texts as an arm has them.
fn check_digests(plan: &Plan, dataset: &Dataset) {
    let (texts, hashes) = (
        Texts::new(plan, None, dataset),
        plan.derived.hashes(dataset),
    );
    let derived = plan.warm_up.iter().chain(saves(plan));
    let derived = derived.filter_map(|s| Some((s.state, s.state.checked_sub(1 << 31)?)));
    let mut seen = 0;
    for (state, place) in derived {
        assert_eq!(hashes[place as usize], texts.hash(state));
        seen += 1;
    }
    assert!(seen > 0);
}

fn share_is_exact(plan: &Plan, spec: &Spec) {
    let all = saves(plan).count() as f64;
    let repeated = plan.blocks.iter().map(duplicates).sum::<usize>() as f64;
    assert!(
        (repeated - all * spec.duplicate_share).abs() <= 1.0,
        "{repeated} of {all}"
    );
}

/// Without the last message.
fn parent(state: &Value) -> Value {
    let mut parent = state.clone();
    parent["messages"].as_array_mut().unwrap().pop();
    parent
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn a_conversation_grows_by_one_message_at_each_new_state(
        seed in any::<u64>(), share in 0.0..0.9, skew in 0.0..2.0, users in 1_u32..30, max in 12_000_u64..40_000,
    ) {
        let mut spec = spec(Pattern::Append);
        (spec.duplicate_share, spec.key_skew, spec.users) = (share, skew, users);
        spec.runs = users * 2;
        spec.state_bytes.max = max;
        spec.offered.operations = 600;
        let dataset = dataset();
        let plan = Plan::new(&spec, seed, &dataset).unwrap();
        share_is_exact(&plan, &spec);
        check_digests(&plan, &dataset);
        for states in by_run(&plan, &dataset).values() {
            for pair in states.windows(2) {
                prop_assert!(pair[0] == pair[1] || pair[0] == parent(&pair[1]));
            }
            for state in states {
                prop_assert!(state.to_string().len() as u64 <= max);
            }
        }
    }

    #[test]
    fn an_edit_changes_few_values_of_the_runs_first_state(seed in any::<u64>(), share in 0.0..0.9, skew in 0.0..2.0) {
        let mut spec = spec(Pattern::Edit);
        (spec.duplicate_share, spec.key_skew) = (share, skew);
        spec.offered.operations = 600;
        let dataset = dataset();
        let plan = Plan::new(&spec, seed, &dataset).unwrap();
        share_is_exact(&plan, &spec);
        check_digests(&plan, &dataset);
        for states in by_run(&plan, &dataset).into_values() {
            let sizes = spec.state_bytes.min..=spec.state_bytes.max;
            prop_assert!(states.iter().all(|s| sizes.contains(&(s.to_string().len() as u64))));
            for pair in states.windows(2) {
                let (mut before, after) = (pair[0].clone(), &pair[1]);
                for place in ["/checkpoint/sequence", "/metrics", "/plan/current"] {
                    *before.pointer_mut(place).unwrap() = after.pointer(place).unwrap().clone();
                }
                prop_assert_eq!(&before, after);
            }
        }
    }

    #[test]
    fn a_repeated_state_is_the_runs_last_one(seed in any::<u64>(), pattern in prop::sample::select(vec![Pattern::Append, Pattern::Edit, Pattern::Unique])) {
        let plan = Plan::new(&spec(pattern), seed, &dataset()).unwrap();
        for part in [plan.warm_up.iter().collect::<Vec<_>>(), saves(&plan).collect()] {
            let mut last = HashMap::new();
            for save in part {
                let repeats = last.insert(save.run, save.state) == Some(save.state);
                prop_assert_eq!(repeats, save.class == Class::Duplicate);
                prop_assert!(!repeats || save.may_be_skipped());
            }
        }
    }

    #[test]
    fn the_seed_decides_what_follows(seed in any::<u64>(), pattern in prop::sample::select(vec![Pattern::Append, Pattern::Edit, Pattern::Unique])) {
        let (spec, dataset) = (spec(pattern), dataset());
        let plan = |seed| Plan::new(&spec, seed, &dataset).unwrap();
        prop_assert_eq!(plan(seed), plan(seed));
        prop_assert_ne!(plan(seed), plan(seed.wrapping_add(1)));
    }
}

#[test]
fn a_full_conversation_ends_and_its_thread_goes_on_in_another_run() {
    let mut spec = spec(Pattern::Append);
    (spec.users, spec.runs, spec.state_bytes.max) = (2, 2, 12_000);
    let (dataset, mut threads) = (dataset(), BTreeMap::<u32, Vec<u32>>::new());
    let plan = Plan::new(&spec, 5, &dataset).unwrap();
    for save in saves(&plan) {
        let runs = threads.entry(save.thread).or_default();
        if runs.last() != Some(&save.run) {
            assert!(!runs.contains(&save.run), "a run that ended goes on");
            runs.push(save.run);
        }
    }
    assert!(threads.values().all(|runs| runs.len() > 10), "{threads:?}");
    let longest = by_run(&plan, &dataset).into_values().filter_map(|states| {
        let last = states.last()?;
        Some(last["messages"].as_array()?.len())
    });
    assert!(longest.max().unwrap() >= 8);
}

#[test]
fn fresh_databases_know_no_conversation_of_an_earlier_pair() {
    let mut spec = spec(Pattern::Append);
    spec.fresh_arms = true;
    let dataset = dataset();
    let plan = Plan::new(&spec, 5, &dataset).unwrap();
    check_digests(&plan, &dataset);
    for block in &plan.blocks {
        let mut seen = HashMap::new();
        for save in &block.saves {
            let first = seen.insert(save.run, save.state).is_none();
            assert!(
                !first || save.state < (1 << 31),
                "a run begins in the middle"
            );
        }
    }
}

#[test]
fn memory_grows_with_the_messages_and_not_with_their_square() {
    let mut spec = spec(Pattern::Append);
    (spec.users, spec.runs, spec.duplicate_share) = (1, 1, 0.0);
    spec.state_bytes.max = 1_000_000;
    spec.offered.operations = 1_000;
    let dataset = dataset();
    let plan = Plan::new(&spec, 5, &dataset).unwrap();
    let texts = Texts::new(&plan, None, &dataset);
    let written: usize = saves(&plan).map(|s| texts.state(s.state).len()).sum();
    let kept = plan.derived.bytes();
    assert!(kept < 1_100_000, "{kept} bytes");
    assert!(written > 200 * kept, "{written} bytes of {kept}");
}

/// Three runs of two users; a duplicate, and a critical checkpoint that repeats its state.
const FILE: [&str; 6] = [
    r#"{"run_id":"b","thread_id":"t","user_id":"v","state":{"n":1}}"#,
    r#"{"run_id":"b","thread_id":"t","user_id":"v","state":{"n":1},"checkpoint_type":"intermediate","agent_phase":"x"}"#,
    r#"{"run_id":"a","thread_id":"s","user_id":"u","state":{"n":2},"execution_context":{"k":1}}"#,
    r#"{"run_id":"b","thread_id":"t","user_id":"v","state":{"n":1},"checkpoint_type":"critical"}"#,
    r#"{"run_id":"a","thread_id":"s","user_id":"u","state":{"n":2},"is_recovery_point":true}"#,
    r#"{"run_id":"c","thread_id":"s","user_id":"u","state":{"n":1}}"#,
];

fn imported() -> Dataset {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(FILE.join("\n").as_bytes()).unwrap();
    dataset().with(Some(Arc::new(Import::read(file.path()).unwrap())))
}

#[test]
fn a_file_is_replayed_as_it_is() {
    let (spec, dataset) = (spec(Pattern::Replay), imported());
    let plan = Plan::new(&spec, 5, &dataset).unwrap();
    let texts = Texts::new(&plan, None, &dataset);
    assert_eq!(saves(&plan).count(), 2_000);
    for (place, save) in saves(&plan).enumerate() {
        let (round, number) = ((place / 6) as u32, place % 6);
        let line: Value = serde_json::from_str(FILE[number]).unwrap();
        let state: Value = serde_json::from_slice(&texts.state(save.state)).unwrap();
        assert_eq!(state, line["state"]);
        assert!(save.state >= FIRST_IMPORTED);
        let expected = [
            (0, 0, 0),
            (0, 0, 0),
            (1, 1, 1),
            (0, 0, 0),
            (1, 1, 1),
            (2, 1, 1),
        ][number];
        let base = (round * 3, round * 2, 0);
        assert_eq!(
            (save.run - base.0, save.thread - base.1, save.user - base.2),
            expected
        );
        let class = if number == 1 {
            Class::Duplicate
        } else {
            Class::Unique
        };
        assert_eq!(save.class, class);
        let phase = line["agent_phase"].as_str().map(str::to_owned);
        assert_eq!(texts.agent_phase(save), phase);
        let context = texts.execution_context(save);
        let context = context.map(|c| serde_json::from_slice::<Value>(&c).unwrap());
        assert_eq!(context.as_ref(), line.get("execution_context"));
        assert_eq!(save.recovery_point, number == 4);
    }
}

#[test]
fn a_pair_on_a_fresh_database_goes_on_in_the_file_and_repeats_nothing_of_before() {
    let mut spec = spec(Pattern::Replay);
    (spec.fresh_arms, spec.offered.operations) = (true, 10);
    let plan = Plan::new(&spec, 5, &imported()).unwrap();
    let lines: Vec<u32> = saves(&plan).map(|save| save.line.unwrap()).collect();
    assert_eq!(lines, [0, 1, 2, 3, 4, 5, 0, 1, 2, 3]);
    assert!(
        saves(&plan).all(|save| save.class == Class::Unique),
        "one save in each block"
    );
}

#[test]
fn without_a_file_nothing_can_be_replayed() {
    let refused = Plan::new(&spec(Pattern::Replay), 5, &dataset()).unwrap_err();
    assert!(refused.to_string().contains("--dataset"), "{refused}");
}

#[test]
fn a_digest_sees_the_file() {
    let dataset = imported();
    let plan = Plan::new(&spec(Pattern::Replay), 5, &dataset).unwrap();
    let mut other = plan.clone();
    other.imported = Some(blake3::hash(b"another file"));
    let hash = |state| dataset.hash(state);
    assert_eq!(digest(&plan, None, hash), digest(&plan.clone(), None, hash));
    assert_ne!(digest(&plan, None, hash), digest(&other, None, hash));
}
