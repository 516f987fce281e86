//! Whole runs on simulated arms: what people see, and what an interruption leaves.

use std::io::Write;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use shared::arms::ArmRole;
use shared::report::CapacityOf;

use super::*;
use crate::arm::simulated::SimulatedArms;
use crate::scenario::{Profile, load, release_policy};

/// A log that can be read afterwards.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

struct Simulation {
    finished: Finished,
    said: String,
    _folder: tempfile::TempDir,
}

async fn simulate(names: &[&str], interrupt: &Interrupt) -> Simulation {
    simulate_on(
        &SimulatedArms::default(),
        specs(names),
        interrupt,
        &|_, _| false,
    )
    .await
}

fn specs(names: &[&str]) -> Vec<Spec> {
    names
        .iter()
        .map(|name| load(name).unwrap().resolve(Profile::Ci, None).unwrap())
        .collect()
}

async fn simulate_on(
    arms: &SimulatedArms,
    specs: Vec<Spec>,
    interrupt: &Interrupt,
    enough: Enough<'_>,
) -> Simulation {
    let folder = tempfile::tempdir().unwrap();
    let order = Order {
        title: "Simulated".to_owned(),
        profile: "ci".to_owned(),
        seed: 7,
        states: 2000,
        imported: None,
        sources: Arms {
            baseline: ArmSource::of_this_binary("standard").unwrap(),
            candidate: ArmSource::of_this_binary("optimized").unwrap(),
        },
        specs,
        policy: release_policy(),
        databases: Databases::in_folder(folder.path().join("databases")),
        server_control: None,
        evidence_every: EVIDENCE_EVERY,
        paths: Paths::Stderr,
    };
    let reports =
        RunFolder::create(&folder.path().join("reports"), "ci", Timestamp::now()).unwrap();
    let log = Log::default();
    let mut listener = progress::lines(log.clone());
    let keeping = Keeping::default();
    let finished = conduct(
        &order,
        &reports,
        arms,
        interrupt,
        &mut listener,
        enough,
        keeping,
    )
    .await
    .unwrap();
    let said = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let said = said.replace(reports.id(), "RUN-ID");
    Simulation {
        finished,
        said,
        _folder: folder,
    }
}

#[tokio::test]
async fn a_run_is_told_in_plain_lines() {
    let simulation = simulate(&["low-load", "medium-load"], &Interrupt::default()).await;
    assert_eq!(simulation.finished.run.status, Status::Complete);
    insta::assert_snapshot!(simulation.said);
}

#[tokio::test]
async fn an_interrupted_run_keeps_its_scenarios_as_pending() {
    let interrupt = Interrupt::default();
    interrupt.ask();
    let simulation = simulate(&["low-load"], &interrupt).await;
    assert_eq!(simulation.finished.run.status, Status::Interrupted);
    assert_eq!(simulation.finished.run.scenarios[0].status, Status::Pending);
    assert!(simulation.finished.summary.scenarios.is_empty());
}

/// The gate's arrangement with few saves: six pairs, three looks.
fn small_gate() -> Spec {
    let gate = specs(&["gate"]).remove(0);
    let offered = shared::report::LoadFigures {
        operations: 600,
        seconds: 600.0 / gate.offered.operations_per_second,
        ..gate.offered
    };
    Spec {
        pairs: 6,
        offered,
        ..gate
    }
}

#[tokio::test]
async fn each_pair_has_arms_of_its_own_where_the_scenario_says_so() {
    let arms = SimulatedArms::default();
    let never: Enough<'_> = &|_, _| false;
    let simulation = simulate_on(&arms, vec![small_gate()], &Interrupt::default(), never).await;
    assert_eq!(arms.started.load(std::sync::atomic::Ordering::Relaxed), 12);
    let scenario = &simulation.finished.scenarios[0];
    let pairs: Vec<u32> = scenario.blocks.iter().map(|block| block.pair).collect();
    assert_eq!(pairs, [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]);
    assert_eq!(scenario.status, Status::Complete);
    assert!(scenario.load.fresh_arms);
    assert!(!simulation.said.contains("decided"), "{}", simulation.said);
}

#[tokio::test]
async fn measuring_ends_at_the_first_look_that_suffices() {
    let looked_at = std::cell::RefCell::new(Vec::new());
    let enough = |run: &Run, scenarios: &[Scenario]| {
        let scenario = scenarios.last().unwrap();
        assert_eq!(
            (run.status.clone(), scenario.status.clone()),
            (Status::Running, Status::Complete)
        );
        looked_at.borrow_mut().push(scenario.blocks.len() / 2);
        scenario.blocks.len() >= 8
    };
    let arms = SimulatedArms::default();
    let simulation = simulate_on(&arms, vec![small_gate()], &Interrupt::default(), &enough).await;
    assert_eq!(looked_at.into_inner(), [2, 4], "after two pairs each");
    let scenario = &simulation.finished.scenarios[0];
    assert_eq!(scenario.status, Status::Complete);
    assert_eq!(
        (
            scenario.blocks.len(),
            scenario.load.pairs,
            scenario.load.looks
        ),
        (8, 6, 3)
    );
    let said = &simulation.said;
    assert!(
        said.contains("gate: decided after 4 of at most 6 pairs"),
        "{said}"
    );
}

#[tokio::test]
async fn the_last_look_is_the_end_and_asks_nobody() {
    let looks = std::cell::Cell::new(0);
    let enough = |_: &Run, _: &[Scenario]| {
        looks.set(looks.get() + 1);
        false
    };
    let arms = SimulatedArms::default();
    simulate_on(&arms, vec![small_gate()], &Interrupt::default(), &enough).await;
    assert_eq!(looks.get(), 2);
}

#[tokio::test]
async fn a_scenario_says_which_services_of_its_own_it_has() {
    let simulation = simulate(&["noise", "low-load"], &Interrupt::default()).await;
    let arms = simulation.finished.scenarios[0].arms.as_ref().unwrap();
    assert_eq!(arms.baseline.label, "Standard (baseline)");
    assert_eq!(arms.candidate.label, "Standard (candidate)");
    assert_eq!(arms.candidate.service, "standard");
    assert_eq!(simulation.finished.scenarios[1].arms, None);
}

#[tokio::test]
async fn a_build_that_plans_another_load_is_not_compared() {
    let arms = SimulatedArms {
        plan_otherwise: true,
        ..SimulatedArms::default()
    };
    let never: Enough<'_> = &|_, _| false;
    let simulation = simulate_on(&arms, specs(&["low-load"]), &Interrupt::default(), never).await;
    let Status::Broken { cause } = &simulation.finished.run.status else {
        panic!("{:?}", simulation.finished.run.status)
    };
    assert!(
        cause.contains("plans other saves for scenario low-load than this one"),
        "{cause}"
    );
    assert!(simulation.finished.scenarios[0].blocks.is_empty());
}

/// On simulated arms that sustain 1700 and 3100 saves a second, and half of that in users.
#[tokio::test]
async fn searches_close_in_on_what_each_arm_sustains() {
    let mut spec = load("capacity")
        .unwrap()
        .resolve(Profile::Quick, None)
        .unwrap();
    spec.capacity.as_mut().unwrap().pairs = 2;
    let arms = SimulatedArms::default();
    let never: Enough<'_> = &|_, _| false;
    let simulation = simulate_on(&arms, vec![spec], &Interrupt::default(), never).await;
    let capacity = simulation.finished.scenarios[0].capacity.as_ref().unwrap();
    assert_eq!(capacity.searches.len(), 8);
    for search in &capacity.searches {
        let rate = match search.arm {
            ArmRole::Baseline => 1_700.0,
            ArmRole::Candidate => 3_100.0,
        };
        let sustained = match search.of {
            CapacityOf::Rate => rate,
            CapacityOf::Users => rate / 2.0,
        };
        let found = shared::estimate::found(search, capacity.target_ns).unwrap();
        assert!(
            (0.95..=1.0).contains(&(found / sustained)),
            "{found} of {sustained}"
        );
        // A guess that holds costs five steps, with whole numbers of users perhaps six. The first rate is guessed from
        // closed blocks, which simulated arms run in no time.
        let guessed = search.pair > 0 || search.of == CapacityOf::Users;
        assert!(!guessed || search.steps.len() <= 6, "{search:?}");
    }
    let said = &simulation.said;
    assert!(said.contains("capacity: search 8 of 8, "), "{said}");
}

/// Simulated arms acknowledge all but the last save that was due when they were killed, the first at once.
#[tokio::test]
async fn each_block_but_the_last_ends_with_a_kill_and_the_next_shows_how_soon_service_was_back() {
    let arms = SimulatedArms::default();
    let never: Enough<'_> = &|_, _| false;
    let interrupt = Interrupt::default();
    let simulation = simulate_on(&arms, specs(&["crash"]), &interrupt, never).await;
    // Both arms, and again after each of three kills.
    assert_eq!(arms.started.load(std::sync::atomic::Ordering::Relaxed), 8);
    let scenario = &simulation.finished.scenarios[0];
    assert_eq!(scenario.status, Status::Complete);
    assert_eq!(scenario.blocks.len(), 2, "one whole block of each arm");
    for role in ArmRole::ALL {
        let kills: Vec<_> = scenario.faults.iter().filter(|i| i.arm == role).collect();
        let numbers: Vec<u32> = kills.iter().map(|kill| kill.number).collect();
        assert_eq!(numbers, [0, 1, 2]);
        for kill in kills {
            assert_eq!(kill.unanswered, 1, "what was not due was never asked for");
            assert!((10..120).contains(&kill.acknowledged), "{kill:?}");
            assert!(kill.recovery_ns.is_some(), "{kill:?}");
        }
    }
    let said = &simulation.said;
    assert!(said.contains("crash: 3 of 6 kills"), "{said}");
}

#[tokio::test]
async fn the_instants_of_kills_follow_from_the_seed() {
    let acknowledged = async || {
        let simulation = simulate(&["crash"], &Interrupt::default()).await;
        let faults = &simulation.finished.scenarios[0].faults;
        faults
            .iter()
            .map(|kill| kill.acknowledged)
            .collect::<Vec<u64>>()
    };
    let first = acknowledged().await;
    assert_eq!(first, acknowledged().await);
    assert!(first.iter().any(|count| *count != first[0]), "{first:?}");
}

#[tokio::test]
async fn only_an_arm_with_a_cache_has_its_cache_broken() {
    let simulation = simulate(&["cache-failure"], &Interrupt::default()).await;
    let scenario = &simulation.finished.scenarios[0];
    assert_eq!((scenario.faults.len(), scenario.blocks.len()), (3, 6));
    for (number, incident) in scenario.faults.iter().enumerate() {
        let block = scenario
            .blocks
            .iter()
            .filter(|b| b.arm == ArmRole::Candidate);
        let block = block.into_iter().nth(number).unwrap();
        assert_eq!((incident.arm, incident.number), (ArmRole::Candidate, 0));
        assert_eq!(incident.at_ns, block.started_ns + 300_000_000);
        assert_eq!(incident.acknowledged, block.outcomes.acknowledged());
    }
    let said = &simulation.said;
    assert!(
        said.contains("cache-failure: cache emptied, candidate: 1\u{202f}020 acknowledged, 0 failed; normal service after"),
        "{said}"
    );
}

#[tokio::test]
async fn the_windows_of_split_traffic_are_of_both_arms_at_once() {
    let simulation = simulate(&["split-traffic"], &Interrupt::default()).await;
    let scenario = &simulation.finished.scenarios[0];
    assert!(scenario.load.split);
    assert_eq!(scenario.load.offered.operations, 1_000, "half of 2000");
    for (number, window) in scenario.blocks.chunks(2).enumerate() {
        let arms: Vec<ArmRole> = window.iter().map(|block| block.arm).collect();
        assert_eq!(arms, ArmRole::ALL);
        assert!(window.iter().all(|block| block.pair == number as u32));
        assert_eq!(window[0].started_ns, window[1].started_ns);
        assert_eq!(window[0].planned + window[1].planned, 200);
    }
}

#[tokio::test]
async fn all_variants_serve_every_slice() {
    let scenario = load("ablation").unwrap();
    let spec = scenario.resolve(Profile::Quick, None).unwrap();
    let asked = spec.ablation.clone().unwrap();
    let arms = SimulatedArms::default();
    let simulation = simulate_on(&arms, vec![spec], &Interrupt::default(), &|_, _| false).await;
    let scenario = &simulation.finished.scenarios[0];
    assert_eq!(scenario.status, Status::Complete);
    assert_eq!(scenario.blocks.len(), 20);
    let services: Vec<&str> = scenario
        .ablation
        .iter()
        .map(|v| v.service.as_str())
        .collect();
    assert_eq!(services, asked.variants);
    for variant in &scenario.ablation {
        assert_eq!(variant.rounds.len(), asked.rounds as usize);
        assert!(
            variant
                .rounds
                .iter()
                .all(|r| r.acknowledged == asked.operations)
        );
        assert_eq!(variant.ledger, None, "simulated arms store nothing");
    }
    let last = format!("ablation: round {0} of {0} of all variants", asked.rounds);
    assert!(simulation.said.contains(&last), "{}", simulation.said);
}
