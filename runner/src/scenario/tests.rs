use std::collections::BTreeSet;

use shared::criteria::{Better, Measure};

use super::*;
use crate::dataset::{DEFAULT_STATES, Dataset};
use crate::plan::{Plan, implied_hits};

fn spec(name: &str, profile: Profile) -> Spec {
    load(name).unwrap().resolve(profile, None).unwrap()
}

/// What calibrates has no targets, and those of gate and capacity are a policy's.
const WITHOUT_TARGETS: [&str; 5] = ["generator", "noise", "gate", "capacity", "ablation"];

#[test]
fn the_built_in_scenarios_are_sound() {
    let names: Vec<String> = builtin()
        .iter()
        .map(|file| file.name().to_owned())
        .collect();
    assert_eq!(names, BUILTIN.map(|(name, _)| name));
    for file in builtin() {
        assert!(
            !file.title().is_empty() && file.why().ends_with('.') && !file.why().contains('\n'),
            "{}",
            file.name()
        );
        for profile in Profile::ALL {
            let spec = file.resolve(profile, None).unwrap();
            // Faults are counted, not compared pair by pair.
            let counted = spec.faults.is_some();
            assert!(
                (counted || spec.pairs >= 10)
                    && spec.criteria.is_empty() == WITHOUT_TARGETS.contains(&file.name()),
                "{} {profile}",
                spec.name
            );
            assert!(counted || spec.offered.operations >= 1_000);
        }
    }
}

#[test]
fn full_profiles_have_the_strategys_own_figures() {
    for (name, users, per_minute, minutes) in [
        ("low-load", 10, 100.0, 10.0),
        ("medium-load", 50, 1000.0, 20.0),
        ("high-load", 200, 5000.0, 30.0),
        ("stability", 25, 500.0, 1440.0),
    ] {
        let spec = spec(name, Profile::Full);
        assert_eq!(spec.users, users, "{name}");
        assert!(
            (spec.full.operations_per_second * 60.0 - per_minute).abs() < 1e-9,
            "{name}"
        );
        assert!((spec.full.seconds - minutes * 60.0).abs() < 1e-6, "{name}");
        assert_eq!(spec.full.operations as f64, per_minute * minutes, "{name}");
        assert_eq!(spec.full, spec.offered, "{name}");
    }
}

#[test]
fn the_quick_profile_offers_less_than_three_minutes_of_load_to_an_arm() {
    let specs: Vec<Spec> = builtin()
        .iter()
        .filter(|file| is_in_all(file.name()))
        .map(|file| file.resolve(Profile::Quick, None).unwrap())
        .collect();
    assert!(specs.iter().map(|spec| spec.offered.seconds).sum::<f64>() < 180.0);
    for spec in specs {
        assert!(spec.offered.seconds <= 30.0, "{}", spec.name);
    }
}

#[test]
fn quick_samples_suffice_for_the_percentiles_that_are_judged() {
    /// Samples that a percentile needs beyond it.
    const BEYOND: f64 = 100.0;
    let policy = release_policy();
    for file in builtin() {
        let spec = file.resolve(Profile::Quick, None).unwrap();
        let judged = spec.criteria.iter().chain(
            policy
                .criteria
                .iter()
                .filter(|c| c.scenario.as_deref() == Some(file.name())),
        );
        for criterion in judged {
            let shared::metric::Metric::Latency {
                percentile, class, ..
            } = criterion.metric
            else {
                continue;
            };
            let share = match class {
                None => 1.0,
                Some(shared::arms::Class::Duplicate) => spec.duplicate_share,
                Some(shared::arms::Class::Unique) => 1.0 - spec.duplicate_share,
            };
            let beyond = spec.offered.operations as f64 * share * (1.0 - percentile / 100.0);
            assert!(beyond >= BEYOND, "{} {}: {beyond}", spec.name, criterion.id);
        }
    }
}

#[test]
fn every_built_in_scenario_can_be_planned_from_the_default_dataset() {
    let dataset = Dataset::new(42, DEFAULT_STATES);
    for file in builtin() {
        for profile in [Profile::Quick, Profile::Ci] {
            let spec = file.resolve(profile, None).unwrap();
            let plan = Plan::new(&spec, 42, &dataset).unwrap();
            let open: u64 = plan
                .blocks
                .iter()
                .filter(|b| b.length_ns > 0)
                .map(|b| b.saves.len() as u64)
                .sum();
            assert_eq!(open, spec.offered.operations, "{} {profile}", spec.name);
            let load = spec.load();
            let arms = if spec.split { 2 } else { 1 };
            assert_eq!(load.pairs, spec.pairs);
            assert_eq!(load.offered.operations * arms, spec.offered.operations);
        }
    }
}

#[test]
fn the_stability_scenario_turns_its_cache_over_and_still_hits() {
    let spec = spec("stability", Profile::Quick);
    let plan = Plan::new(&spec, 42, &Dataset::new(42, DEFAULT_STATES)).unwrap();
    let runs: BTreeSet<u32> = plan
        .blocks
        .iter()
        .flat_map(|block| &block.saves)
        .map(|save| save.run)
        .collect();
    assert!(
        runs.len() as u64 > spec.cache_entries,
        "{} runs",
        runs.len()
    );
    let implied = implied_hits(&plan.blocks, spec.cache_entries);
    let ratio = implied.iter().map(|i| i.hits).sum::<u64>() as f64
        / implied.iter().map(|i| i.lookups).sum::<u64>() as f64;
    assert!(ratio > 0.62, "{ratio}");
}

#[test]
fn what_calibrates_has_services_of_its_own_and_runs_first() {
    let order: Vec<String> = builtin()
        .iter()
        .map(|file| file.name().to_owned())
        .collect();
    assert_eq!(order[..2], ["generator", "noise"]);
    let arms = |name| spec(name, Profile::Quick).arms.unwrap();
    assert_eq!(arms("generator").candidate, "null");
    assert_eq!(arms("noise").baseline, "baseline");
    assert_eq!(arms("noise").candidate, "baseline");
    let (noise, medium) = (
        spec("noise", Profile::Quick),
        spec("medium-load", Profile::Quick),
    );
    assert_eq!(
        noise.offered.operations_per_second,
        medium.offered.operations_per_second
    );
    assert_eq!(
        (noise.users, noise.state_bytes, noise.runs),
        (medium.users, medium.state_bytes, medium.runs)
    );
}

#[test]
fn overload_is_twice_the_high_load() {
    for profile in Profile::ALL {
        let (over, high) = (spec("overload", profile), spec("high-load", profile));
        assert_eq!(
            over.offered.operations_per_second,
            2.0 * high.offered.operations_per_second
        );
        assert_eq!((over.users, over.runs), (high.users, high.runs));
    }
}

#[test]
fn leak_scenarios_take_minutes_and_speak_for_the_same_day() {
    let day = |spec: &Spec| spec.full.operations_per_second * 86_400.0;
    let of_stability = day(&spec("stability", Profile::Full));
    for name in ["leak-cyclic", "leak-overflow", "leak-errors"] {
        assert!(!is_in_all(name));
        let quick = spec(name, Profile::Quick);
        assert!((day(&quick) - of_stability).abs() < 1e-6, "{name}");
        // A fifth is warm-up; what is left may be extended to fifty times as many saves.
        assert!(quick.offered.operations as f64 * 0.8 * 50.0 > of_stability);
        assert!(
            2.0 * quick.offered.seconds < 180.0,
            "both arms in three minutes"
        );
        let full = spec(name, Profile::Full).offered.seconds;
        assert!((full - 4.0 * 3600.0).abs() < 1e-6, "{name}");
    }
}

#[test]
fn a_gate_makes_a_thousand_saves_in_each_pair_and_looks_three_times() {
    assert!(!is_in_all("gate"));
    for profile in Profile::ALL {
        let gate = spec("gate", profile);
        assert_eq!((gate.pairs, gate.looks, gate.fresh_arms), (33, 3, true));
        assert_eq!(gate.offered.operations, 1000 * u64::from(gate.pairs));
        let load = gate.load();
        assert_eq!((load.looks, load.fresh_arms), (3, true));
    }
    let refused = load("gate")
        .unwrap()
        .resolve(Profile::Ci, Some(10))
        .unwrap_err()
        .to_string();
    assert!(refused.contains("use a multiple of 3"), "{refused}");
}

#[test]
fn noise_can_be_measured_with_the_schedule_of_a_gate() {
    let gate = spec("gate", Profile::Ci);
    let noise = gate.as_noise(10);
    assert_eq!(noise.name, "noise");
    assert_eq!((noise.pairs, noise.looks, noise.fresh_arms), (10, 1, true));
    assert_eq!(noise.offered.operations, 10_000);
    assert_eq!(noise.arms.unwrap().candidate, "baseline");
    assert!(noise.criteria.is_empty());
}

#[test]
fn fresh_arms_plan_each_pair_from_the_begin() {
    let dataset = Dataset::new(42, DEFAULT_STATES);
    let plan = Plan::new(&spec("gate", Profile::Ci), 42, &dataset).unwrap();
    for block in &plan.blocks {
        let mut last = std::collections::HashMap::new();
        for save in &block.saves {
            let same = last.insert(save.run, save.state) == Some(save.state);
            assert_eq!(same, save.class == shared::arms::Class::Duplicate);
        }
    }
    let states: Vec<u32> = plan.blocks[0].saves.iter().map(|save| save.state).collect();
    let others: Vec<u32> = plan.blocks[1].saves.iter().map(|save| save.state).collect();
    assert_ne!(states, others);
}

#[test]
fn the_release_policy_covers_section_6() {
    let policy = release_policy();
    for section in ["§6.1", "§6.2", "§6.3"] {
        assert!(
            policy
                .criteria
                .iter()
                .any(|criterion| criterion.source == section)
        );
    }
    let throughput = policy
        .criteria
        .iter()
        .find(|criterion| criterion.id == "throughput")
        .unwrap();
    assert_eq!(
        (
            throughput.target.of,
            throughput.target.better,
            throughput.target.pass
        ),
        (Measure::Change, Better::Higher, 0.4)
    );
    let measured_in = policy
        .criteria
        .iter()
        .find(|criterion| criterion.metric.to_string() == "throughput.closed")
        .unwrap();
    let scenario = measured_in.scenario.as_deref().unwrap();
    assert!(spec(scenario, Profile::Quick).closed.is_some());
}

#[test]
fn limits_become_base_units() {
    let criteria = spec("low-load", Profile::Quick).criteria;
    let limits: Vec<f64> = criteria
        .iter()
        .map(|criterion| criterion.target.pass)
        .collect();
    assert_eq!(limits, [50e6, 200e6, 10e6, 0.0]);
}

#[test]
fn another_number_of_pairs_may_be_asked_for() {
    let file = load("cache-thrashing").unwrap();
    let spec = file.resolve(Profile::Quick, Some(7)).unwrap();
    assert_eq!(
        (spec.pairs, spec.offered.operations),
        (7, 3_976),
        "a multiple of 4 saves for each pair"
    );
    for pairs in [0, 1_001] {
        let refused = file
            .resolve(Profile::Quick, Some(pairs))
            .unwrap_err()
            .to_string();
        assert!(refused.contains("1 to 1000"), "{refused}");
    }
}
