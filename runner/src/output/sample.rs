//! A small run that is right in every respect, for tests.

use std::path::{Path, PathBuf};

use shared::arms::{ArmRole, Arms, ByClass};
use shared::criteria::Policy;
use shared::histogram::{Histogram, recording};
use shared::report::{
    ArmIdentity, Arrivals, Backlog, Block, Build, BytesRange, Dataset, Environment, Latencies,
    LedgerCheck, Load, LoadFigures, Mode, Outcomes, Phases, Run, Sample, Scenario, ScenarioEntry,
    Seal, Status,
};
use tempfile::TempDir;

/// Duplicates and unique states of a block.
const PER_CLASS: u64 = 2;

pub(crate) fn histogram(values: &[u64]) -> Histogram {
    let mut recording = recording();
    for value in values {
        recording.record(*value).unwrap();
    }
    Histogram::from_recording(&recording).unwrap()
}

pub(crate) fn run(id: &str) -> Run {
    let service = |service: &str, label: &str| ArmIdentity {
        service: service.into(),
        label: label.into(),
        build: None,
    };
    Run {
        format: 1,
        id: id.into(),
        title: "Sample".into(),
        started_at: "2026-11-23T03:15:00Z".into(),
        finished_at: Some("2026-11-23T03:16:00Z".into()),
        status: Status::Complete,
        build: Build {
            version: "0.1.0".into(),
            revision: "0123456789ab".into(),
            profile: "release".into(),
            target: Some("x86_64-unknown-linux-gnu".into()),
        },
        environment: Environment {
            system: "Linux 6.1".into(),
            processor: Some("Sample CPU".into()),
            cores: 2,
            memory_bytes: Some(8_000_000_000),
            file_system: Some("ext4".into()),
            fingerprint: "00112233".into(),
        },
        dataset: Dataset {
            source: "generated".into(),
            states: 10,
            bytes: 20_000,
            blake3: "ab".repeat(32),
            size_classes: Vec::new(),
            checkpoint_types: [("auto".to_owned(), 1.0)].into(),
        },
        profile: "ci".into(),
        seed: 7,
        arms: Arms {
            baseline: service("standard", "Standard"),
            candidate: service("optimized", "Optimized"),
        },
        policy: Policy {
            name: "release".into(),
            gate: false,
            criteria: Vec::new(),
        },
        scenarios: vec![entry("low-load")],
        seal: Seal::default(),
    }
}

pub(crate) fn entry(name: &str) -> ScenarioEntry {
    ScenarioEntry {
        name: name.into(),
        title: name.into(),
        file: format!("{name}.json"),
        status: Status::Pending,
        digest: None,
        bytes: None,
    }
}

pub(crate) fn scenario(run: &str, name: &str) -> Scenario {
    let figures = LoadFigures {
        operations_per_second: 10.0,
        operations: 8,
        seconds: 0.8,
    };
    let blocks: Vec<Block> = [(0, Mode::Open), (1, Mode::Open), (0, Mode::Closed)]
        .into_iter()
        .flat_map(|(pair, mode)| ArmRole::ALL.map(|arm| block(pair, arm, mode)))
        .collect();
    let acknowledged = 3 * 2 * PER_CLASS;
    let ledger = LedgerCheck {
        acknowledged,
        found: acknowledged,
        runs: 2,
        ..LedgerCheck::default()
    };
    Scenario {
        format: 1,
        run: run.into(),
        name: name.into(),
        title: name.into(),
        why: "For tests.".into(),
        source: "§2".into(),
        started_at: "2026-11-23T03:15:00Z".into(),
        finished_at: Some("2026-11-23T03:15:30Z".into()),
        status: Status::Complete,
        arms: None,
        load: Load {
            users: 2,
            full: figures,
            offered: figures,
            arrivals: Arrivals::Poisson,
            state_bytes: BytesRange {
                min: 1000,
                max: 10_000,
            },
            duplicate_share: 0.5,
            pattern: "mixed".into(),
            cache_entries: 1000,
            pairs: 2,
            looks: 1,
            fresh_arms: false,
            split: false,
            overload: false,
            warm_up_operations: 0,
        },
        promises: Arms::default(),
        idle_resident_bytes: Arms {
            baseline: Some(10_000_000),
            candidate: Some(10_000_000),
        },
        blocks,
        series: Arms {
            baseline: series(),
            candidate: series(),
        },
        ledger: Some(Arms {
            baseline: ledger.clone(),
            candidate: ledger,
        }),
        eviction: None,
        memory_profile: None,
        capacity: None,
        faults: Vec::new(),
        ablation: Vec::new(),
        gaps: Vec::new(),
        criteria: Vec::new(),
        seal: Seal::default(),
    }
}

fn block(pair: u32, arm: ArmRole, mode: Mode) -> Block {
    let open = mode == Mode::Open;
    let latencies = Latencies {
        response: if open {
            histogram(&[1_500_000, 2_500_000])
        } else {
            Histogram::default()
        },
        service: histogram(&[1_000_000, 2_000_000]),
        schedule_lag: if open {
            histogram(&[500_000, 500_000])
        } else {
            Histogram::default()
        },
    };
    let phases = Phases {
        operations: PER_CLASS,
        write_ns: 1_000_000,
        ..Phases::default()
    };
    Block {
        pair,
        arm,
        mode,
        pattern: None,
        started_ns: 0,
        duration_ns: 400_000_000,
        planned: 2 * PER_CLASS,
        latencies: ByClass {
            duplicate: latencies.clone(),
            unique: latencies,
        },
        dispatch_lag: if open {
            histogram(&[1000; 4])
        } else {
            Histogram::default()
        },
        outcomes: Outcomes {
            written: 3,
            deduplicated: 1,
            errors: Default::default(),
        },
        phases: ByClass {
            duplicate: phases,
            unique: phases,
        },
        database: Default::default(),
        cpu_ns: Some(3_000_000),
        resident: None,
        cache: None,
        implied: None,
        backlog: open.then(Backlog::default),
        resources: None,
    }
}

/// One sample a pair.
fn series() -> Vec<Sample> {
    (0..2_u32)
        .map(|pair| Sample {
            at_ns: u64::from(pair) * 400_000_000,
            length_ns: 400_000_000,
            pair,
            acknowledged: 2 * PER_CLASS,
            failed: 0,
            response: histogram(&[1_500_000, 2_500_000, 1_500_000, 2_500_000]),
            resident_bytes: Some(11_000_000),
            cpu_ns: None,
            cache: None,
            connections_in_use: None,
            database_bytes: None,
            wal_bytes: None,
            allocator: None,
            threads: None,
            connections_idle: None,
            connections_waited_for: None,
        })
        .collect()
}

/// A run on disk that goes away with this value.
pub(crate) struct Written {
    _out: TempDir,
    folder: PathBuf,
}

impl Written {
    pub(crate) fn path(&self) -> &Path {
        &self.folder
    }
}

/// A run with these scenarios.
pub(crate) fn written(names: &[&str]) -> Written {
    let out = tempfile::tempdir().unwrap();
    let folder = written_into(out.path(), names, "2026-11-23T03:15:00Z");
    Written { _out: out, folder }
}

/// Writes a run with these scenarios into a reports folder; says where.
pub(crate) fn written_into(out: &Path, names: &[&str], started: &str) -> PathBuf {
    let folder = super::RunFolder::create(out, "ci", started.parse().unwrap()).unwrap();
    let mut run = run(folder.id());
    run.started_at = started.into();
    run.scenarios = names.iter().map(|name| entry(name)).collect();
    for name in names {
        folder
            .write_scenario(&mut run, &scenario(folder.id(), name))
            .unwrap();
    }
    folder.path().to_path_buf()
}
