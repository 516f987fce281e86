//! Runs, targets and calibration around synthetic scenarios.

use std::collections::BTreeMap;

use super::{OPTIMIZED, STANDARD, Service, Synthetic, histogram};
use crate::arms::{ArmRole, Arms, ByClass};
use crate::calibration::{GENERATOR, NOISE, SAMPLING};
use crate::criteria::{Better, Criterion, Measure, Policy, Target};
use crate::metric::Metric;
use crate::report::{
    ArmIdentity, Build, Capacity, CapacityOf, CapacitySearch, CapacityStep, DatabaseWork, Dataset,
    Environment, EvictionProbe, EvictionRun, Fault, FillStep, Incident, LedgerCheck, MemoryProfile,
    NO_DATABASE, Resources, Run, SaveMemory, Scenario, ScenarioEntry, Seal, StageMemory, Status,
    Variant, VariantRound,
};

/// Searches for the highest rate that found these, candidate and baseline of each pair; the target is 200 ms.
pub(crate) fn searches(found: &[(f64, f64)]) -> Capacity {
    let step = |level: f64, ms: u64| CapacityStep {
        level,
        planned: 100,
        acknowledged: 100,
        duration_ns: 1_000_000_000,
        latency: ByClass {
            duplicate: histogram([]),
            unique: histogram([ms * 1_000_000]),
        },
        backlog: None,
    };
    let search = |pair: usize, arm, level: f64| CapacitySearch {
        pair: pair as u32,
        arm,
        of: CapacityOf::Rate,
        steps: vec![
            step(level / 2.0, 20),
            step(level, 150),
            step(level * 1.1, 600),
        ],
    };
    let of_pair = |(pair, found): (usize, &(f64, f64))| {
        [
            search(pair, ArmRole::Candidate, found.0),
            search(pair, ArmRole::Baseline, found.1),
        ]
    };
    Capacity {
        target_ns: ByClass {
            duplicate: 200_000_000,
            unique: 500_000_000,
        },
        searches: found.iter().enumerate().flat_map(of_pair).collect(),
    }
}

/// A fault after which normal service came back within so many milliseconds.
pub(crate) fn incident(fault: Fault, arm: ArmRole, recovery_ms: u64) -> Incident {
    Incident {
        fault,
        arm,
        number: 0,
        at_ns: 1_000_000_000,
        length_ns: 0,
        acknowledged: 100,
        errors: BTreeMap::new(),
        meant_to_fail: 0,
        unanswered: 0,
        violations: None,
        recovery_ns: Some(recovery_ms * 1_000_000),
    }
}

/// A variant that answers about so many saves a second, at so many rows a save.
pub(crate) fn variant(label: &str, rounds: u32, rate: f64, rows: u64) -> Variant {
    const SAVES: u64 = 500;
    let round = |round: u32| VariantRound {
        round,
        acknowledged: SAVES,
        deduplicated: 0,
        failed: 0,
        // The rounds' weather differs, and with it the variant's own figure by a percent or two.
        duration_ns: (SAVES as f64 / rate * 1e9 * (1.0 + 0.01 * f64::from(round % 3))) as u64,
        cpu_ns: Some(SAVES * 100_000),
        database: DatabaseWork {
            rows_written: SAVES * rows,
            ..DatabaseWork::default()
        },
    };
    Variant {
        service: format!("optimized:{}", label.to_lowercase()),
        label: label.to_owned(),
        rounds: (0..rounds).map(round).collect(),
        ledger: Some(LedgerCheck {
            acknowledged: SAVES * u64::from(rounds),
            found: SAVES * u64::from(rounds),
            runs: 10,
            ..LedgerCheck::default()
        }),
    }
}

/// A probe whose cache is a perfect LRU when its maintenance is forced.
pub(crate) fn memory_profile() -> MemoryProfile {
    let step = |(entries, allocated_bytes)| FillStep {
        entries,
        allocated_bytes,
    };
    let stage = |allocations, allocated_bytes| StageMemory {
        allocations,
        allocated_bytes,
        freed_bytes: 0,
    };
    let save = |state_bytes| SaveMemory {
        state_bytes,
        serialize: stage(2, 2 * state_bytes),
        hash: StageMemory::default(),
        queue: stage(3, 400),
        left_bytes: 0,
    };
    MemoryProfile {
        capacity: 1_000,
        run_id_bytes: 10,
        fill: [(0, 10_000), (500, 310_000), (1_000, 510_000)]
            .map(step)
            .into(),
        saves: [1_000, 10_000].map(save).into(),
    }
}

pub(crate) fn perfect_eviction() -> EvictionProbe {
    let pass = EvictionRun {
        operations: 1_500,
        expected_evictions: 500,
        evictions: 500,
        exact: 500,
        largest_displacement: 0,
        highest_entries: 1_000,
        settled_entries: 1_000,
        resident_before_bytes: Some(40_000_000),
        resident_peak_bytes: Some(46_000_000),
        resident_after_bytes: Some(44_000_000),
    };
    EvictionProbe {
        capacity: 1_000,
        maintained: pass.clone(),
        unmaintained: pass,
    }
}

/// A target for the scenario that [`Synthetic::scenario`] makes.
pub(crate) fn criterion(metric: &str, of: Measure, better: Better, pass: f64) -> Criterion {
    Criterion {
        id: metric.to_owned(),
        title: metric.to_owned(),
        source: "§6.1".to_owned(),
        quote: format!("{metric} as promised"),
        scenario: Some("medium".to_owned()),
        metric: metric.parse::<Metric>().unwrap(),
        target: Target {
            of,
            better,
            pass,
            fail: None,
            warn_only: false,
        },
        needs_full_length: false,
        not_judged_because: None,
    }
}

/// The promised gains in latency, throughput and database work.
pub(crate) fn promised_gains() -> Vec<Criterion> {
    vec![
        criterion("response.p95", Measure::Change, Better::Lower, -0.25),
        criterion("throughput.closed", Measure::Change, Better::Higher, 0.4),
        criterion("database.rows", Measure::Change, Better::Lower, -0.4),
        criterion("lost", Measure::Candidate, Better::Lower, 0.0),
    ]
}

/// One service in both arms of a scenario of its own.
fn twice(service: &str, label: &str) -> Arms<ArmIdentity> {
    let arm = |side: &str| ArmIdentity {
        service: service.to_owned(),
        label: format!("{label} ({side})"),
        build: None,
    };
    Arms {
        baseline: arm("baseline"),
        candidate: arm("candidate"),
    }
}

/// The standard service against itself.
pub(crate) fn noise_scenario(seed: u64) -> Scenario {
    let synthetic = Synthetic {
        seed,
        ..Synthetic::same(STANDARD)
    };
    Scenario {
        name: NOISE.to_owned(),
        title: "Noise".to_owned(),
        arms: Some(twice("standard", "Standard")),
        ..synthetic.scenario()
    }
}

/// A service that does nothing: 400 000 saves a second at most, measured at 10 000 a second.
pub(crate) fn generator_scenario() -> Scenario {
    const NULL: Service = Service {
        median_ns: 1_000.0,
        duplicate_factor: 1.0,
        rows_per_write: 0,
        saves_per_second: 400_000.0,
        cpu_ns: 2_000,
        growth_bytes: 1 << 20,
        cached: false,
    };
    let synthetic = Synthetic {
        pairs: 3,
        ..Synthetic::same(NULL)
    };
    let mut scenario = Scenario {
        name: GENERATOR.to_owned(),
        title: "Generator".to_owned(),
        arms: Some(twice("null", "Null")),
        ledger: None,
        ..synthetic.scenario()
    };
    scenario.load.offered.operations_per_second = 10_000.0;
    scenario.load.full = scenario.load.offered;
    let promises = BTreeMap::from([("database".to_owned(), NO_DATABASE.to_owned())]);
    scenario.promises = Arms {
        baseline: promises.clone(),
        candidate: promises,
    };
    scenario
}

/// The same service, not sampled and sampled, which takes a two-hundredth of the processor time.
pub(crate) fn sampling_scenario() -> Scenario {
    let mut arms = twice("optimized:sampling=off", "Optimized");
    arms.candidate.service = "optimized:sampling=on".to_owned();
    let mut scenario = Scenario {
        name: SAMPLING.to_owned(),
        title: "Sampling".to_owned(),
        arms: Some(arms),
        ..Synthetic::same(OPTIMIZED).scenario()
    };
    for block in &mut scenario.blocks {
        let sampled = block.arm == ArmRole::Candidate;
        block.resources = Some(Resources {
            instruments_ns: block.cpu_ns.map(|ns| if sampled { ns / 200 } else { 0 }),
            ..Resources::default()
        });
    }
    scenario
}

/// The same service with every latency longer by a factor.
pub(crate) fn slower(service: Service, factor: f64) -> Service {
    Service {
        median_ns: service.median_ns * factor,
        ..service
    }
}

/// A gate like the built-in one: latency warns from +10 % and fails from +20 %, memory only warns, errors may not rise.
pub(crate) fn ci_policy() -> Policy {
    let latency = |metric: &str| {
        let mut target = criterion(metric, Measure::Change, Better::Lower, 0.1);
        target.target.fail = Some(0.2);
        target
    };
    Policy {
        name: "ci".to_owned(),
        gate: true,
        criteria: vec![
            latency("response.p50.duplicate"),
            latency("response.p50.unique"),
            latency("response.p95"),
            criterion("errors", Measure::Difference, Better::Lower, 0.0),
            criterion("lost", Measure::Candidate, Better::Lower, 0.0),
        ],
    }
}

/// A complete run of these scenarios in full length.
pub(crate) fn run_of(scenarios: &[Scenario], criteria: Vec<Criterion>) -> Run {
    let entry = |s: &Scenario| ScenarioEntry {
        name: s.name.clone(),
        title: s.title.clone(),
        file: format!("{}.json", s.name),
        status: s.status.clone(),
        digest: None,
        bytes: None,
    };
    let arm = |service: &str, label: &str| ArmIdentity {
        service: service.to_owned(),
        label: label.to_owned(),
        build: None,
    };
    Run {
        format: 1,
        id: "r1".to_owned(),
        title: "A run".to_owned(),
        started_at: "2026-01-05T09:00:00Z".to_owned(),
        finished_at: Some("2026-01-05T09:05:00Z".to_owned()),
        status: Status::Complete,
        build: Build {
            version: "0.1.0".to_owned(),
            revision: String::new(),
            profile: "release".to_owned(),
            target: Some("x86_64-unknown-linux-gnu".to_owned()),
        },
        environment: Environment {
            system: "Linux".to_owned(),
            processor: None,
            cores: 2,
            memory_bytes: None,
            file_system: None,
            fingerprint: "0".repeat(16),
        },
        dataset: Dataset {
            source: "generated".to_owned(),
            states: 10_000,
            bytes: 100_000_000,
            blake3: "0".repeat(64),
            size_classes: Vec::new(),
            checkpoint_types: BTreeMap::from([("auto".to_owned(), 1.0)]),
        },
        profile: "full".to_owned(),
        seed: 1,
        arms: Arms {
            baseline: arm("standard", "Standard"),
            candidate: arm("optimized", "Optimized"),
        },
        policy: Policy {
            name: "release".to_owned(),
            gate: false,
            criteria,
        },
        scenarios: scenarios.iter().map(entry).collect(),
        seal: Seal::default(),
    }
}
