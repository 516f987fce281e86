//! Arms that compute their evidence from the plan instead of measuring it: whole runs become deterministic.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use shared::arms::{ArmRole, Class};
use shared::histogram::{Histogram, recording};
use shared::report::{
    Backlog, Block, CacheActivity, CapacityOf, CapacityStep, DatabaseWork, EvictionProbe,
    MemoryProfile, Mode, Outcomes, Resident,
};

use super::messages::CacheFailed;
use super::{
    Ack, Acknowledge, Arm, ArmError, BlockDone, CacheFailure, Kill, LEAD, Open, Opened, StartArms,
    Tried,
};
use crate::dataset::Dataset;
use crate::plan::{Plan, PlannedBlock, Step, Stretch, Texts, digest};

/// Starts simulated arms.
#[derive(Default)]
pub(crate) struct SimulatedArms {
    /// How many were started.
    pub(crate) started: AtomicUsize,
    /// Whether they plan another load than the controller, as another build may.
    pub(crate) plan_otherwise: bool,
}

#[async_trait]
impl StartArms for SimulatedArms {
    async fn start(&self, _binary: &Path) -> Result<Box<dyn Arm>, ArmError> {
        self.started.fetch_add(1, Ordering::Relaxed);
        Ok(Box::new(Simulated {
            plan_otherwise: self.plan_otherwise,
            role: ArmRole::Baseline,
            blocks: Vec::new(),
        }))
    }
}

struct Simulated {
    plan_otherwise: bool,
    role: ArmRole,
    blocks: Vec<PlannedBlock>,
}

impl Simulated {
    /// The candidate answers duplicates in a tenth of the baseline's time, unique states in three quarters.
    fn service_ns(&self, class: Class, index: u64) -> u64 {
        let spread = 1_000_000 + index % 10 * 100_000;
        match (self.role, class) {
            (ArmRole::Baseline, _) => spread,
            (ArmRole::Candidate, Class::Duplicate) => spread / 10,
            (ArmRole::Candidate, Class::Unique) => spread / 4 * 3,
        }
    }

    /// Saves a second that are answered in time.
    fn sustained_rate(&self) -> f64 {
        match self.role {
            ArmRole::Baseline => 1_700.0,
            ArmRole::Candidate => 3_100.0,
        }
    }

    fn block(&self, planned: &PlannedBlock) -> Block {
        let mut latencies = shared::arms::ByClass::default();
        let mut outcomes = Outcomes::default();
        for class in Class::ALL {
            let mut service = recording();
            for save in planned.saves.iter().filter(|s| s.class == class) {
                service.saturating_record(self.service_ns(class, save.index));
                if self.deduplicates(class) {
                    outcomes.deduplicated += 1;
                } else {
                    outcomes.written += 1;
                }
            }
            let service = Histogram::from_recording(&service).unwrap();
            let latencies: &mut shared::report::Latencies = latencies.get_mut(class);
            if planned.mode == Mode::Open {
                latencies.response = service.clone();
            }
            latencies.service = service;
        }
        let candidate = self.role == ArmRole::Candidate;
        Block {
            pair: planned.pair,
            arm: self.role,
            mode: planned.mode,
            pattern: planned.pattern.clone(),
            started_ns: 0,
            duration_ns: planned.length_ns.max(1_000_000),
            planned: planned.saves.len() as u64,
            latencies,
            dispatch_lag: Histogram::default(),
            phases: shared::arms::ByClass::default(),
            database: DatabaseWork {
                rows_written: 3 * outcomes.written,
                ..DatabaseWork::default()
            },
            cpu_ns: Some(planned.saves.len() as u64 * if candidate { 200_000 } else { 300_000 }),
            resident: Some(Resident {
                start_bytes: 10_000_000,
                peak_bytes: 12_000_000,
                end_bytes: 11_000_000,
            }),
            cache: candidate.then(|| CacheActivity {
                hits: outcomes.deduplicated,
                ..CacheActivity::default()
            }),
            outcomes,
            implied: None,
            backlog: Some(Backlog::default()),
            resources: None,
        }
    }

    fn deduplicates(&self, class: Class) -> bool {
        self.role == ArmRole::Candidate && class == Class::Duplicate
    }
}

#[async_trait]
impl Arm for Simulated {
    async fn open(&mut self, open: Open) -> Result<Opened, ArmError> {
        self.role = open.role;
        let dataset = Dataset::new(open.seed, open.states);
        let plan = Plan::new(&open.spec, open.seed, &dataset)
            .map_err(|e| ArmError::Failed(e.to_string()))?
            .for_arm(open.role, &open.spec, open.seed);
        let texts = Texts::new(&plan, open.pair, &dataset);
        let hash = |state| match self.plan_otherwise {
            true => blake3::hash(b"another state"),
            false => texts.hash(state),
        };
        let digest = digest(&plan, open.pair, hash);
        self.blocks = plan.blocks;
        Ok(Opened {
            promises: [("database".to_owned(), "simulated".to_owned())].into(),
            stores: false,
            plan: digest,
            caches: open.role == ArmRole::Candidate,
            idle_resident_bytes: Some(10_000_000),
            open_ns: 0,
            unmeasured: Vec::new(),
        })
    }

    async fn run(
        &mut self,
        block: usize,
        stretch: Option<Stretch>,
        failure: Option<CacheFailure>,
        acknowledge: Acknowledge<'_>,
    ) -> Result<BlockDone, ArmError> {
        let whole = &self.blocks[block];
        let planned = &stretch.map_or_else(|| whole.clone(), |stretch| whole.part(stretch));
        for save in &planned.saves {
            acknowledge(Ack(save.index, 1, !self.deduplicates(save.class)));
        }
        Ok(BlockDone {
            block: self.block(planned),
            samples: Vec::new(),
            failed: Vec::new(),
            failure: failure.map(|failure| CacheFailed {
                at_ns: failure.at_ns,
                length_ns: failure.length_ns,
                recovery_ns: Some(1_000_000),
            }),
        })
    }

    /// Everything that was due is acknowledged, but for the last save.
    async fn run_and_kill(
        &mut self,
        block: usize,
        kill: Kill,
        acknowledge: Acknowledge<'_>,
    ) -> Result<Duration, ArmError> {
        let due = |at_ns| LEAD + Duration::from_nanos(at_ns) <= kill.after;
        let saves = &self.blocks[block].saves;
        let due = saves.iter().take_while(|save| due(save.at_ns)).count();
        for save in &saves[..due.saturating_sub(1)] {
            acknowledge(Ack(save.index, 1, !self.deduplicates(save.class)));
        }
        Ok(kill.after)
    }

    async fn attempt(
        &mut self,
        step: Step,
        _acknowledge: Acknowledge<'_>,
    ) -> Result<Tried, ArmError> {
        let sustained = match step.of {
            CapacityOf::Rate => self.sustained_rate(),
            CapacityOf::Users => self.sustained_rate() / 2.0,
        };
        let mut latency = recording();
        let ns = if step.level <= sustained { 50 } else { 600 } * 1_000_000;
        latency.record_n(ns, step.operations).unwrap();
        Ok(Tried {
            step: CapacityStep {
                level: step.level,
                planned: step.operations,
                acknowledged: step.operations,
                duration_ns: 1_000_000_000,
                latency: shared::arms::ByClass {
                    duplicate: Histogram::default(),
                    unique: Histogram::from_recording(&latency).unwrap(),
                },
                backlog: None,
            },
            errors: std::collections::BTreeMap::new(),
            failed: Vec::new(),
        })
    }

    async fn probe_eviction(&mut self) -> Result<Option<EvictionProbe>, ArmError> {
        Ok(None)
    }

    async fn profile_memory(&mut self) -> Result<Option<MemoryProfile>, ArmError> {
        Ok(None)
    }

    async fn close(&mut self) -> Result<(), ArmError> {
        Ok(())
    }
}
