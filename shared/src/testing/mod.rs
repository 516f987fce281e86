//! Synthetic evidence for tests: scenarios and runs of services whose true figures are known.

mod runs;

use std::collections::BTreeMap;

pub(crate) use self::runs::{
    ci_policy, criterion, generator_scenario, incident, memory_profile, noise_scenario,
    perfect_eviction, promised_gains, run_of, sampling_scenario, searches, slower, variant,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::arms::{ArmRole, Arms, ByClass};
use crate::histogram::{Histogram, recording};
use crate::report::{
    Arrivals, Backlog, Block, BytesRange, CacheActivity, DatabaseWork, ImpliedHits, Latencies,
    LedgerCheck, Load, LoadFigures, Mode, Outcomes, Resident, Sample, Scenario, Seal, Status,
};
use crate::units::THIN;

/// Resident memory of either arm before the first block.
pub(crate) const IDLE_BYTES: u64 = 40 << 20;
/// Samples in each arm's series.
const SAMPLES: u64 = 20;

/// What is true of a simulated service.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Service {
    /// Median latency of unique saves, nanoseconds; latencies are log-normal.
    pub(crate) median_ns: f64,
    /// Median latency of duplicates over that of unique saves.
    pub(crate) duplicate_factor: f64,
    /// Rows written for each save that is not deduplicated.
    pub(crate) rows_per_write: u64,
    /// Saves a second in the closed model.
    pub(crate) saves_per_second: f64,
    /// Processor time of a save, nanoseconds.
    pub(crate) cpu_ns: u64,
    /// Resident memory gained over the idle baseline.
    pub(crate) growth_bytes: u64,
    /// Whether duplicates are answered from a cache.
    pub(crate) cached: bool,
}

pub(crate) const STANDARD: Service = Service {
    median_ns: 3e6,
    duplicate_factor: 1.0,
    rows_per_write: 4,
    saves_per_second: 300.0,
    cpu_ns: 400_000,
    growth_bytes: 8 << 20,
    cached: false,
};

pub(crate) const OPTIMIZED: Service = Service {
    median_ns: 1.5e6,
    duplicate_factor: 0.1,
    rows_per_write: 3,
    saves_per_second: 600.0,
    cpu_ns: 200_000,
    growth_bytes: 9 << 20,
    cached: true,
};

/// How a scenario is simulated.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Synthetic {
    pub(crate) seed: u64,
    /// Pairs of each mode.
    pub(crate) pairs: u32,
    /// Saves of each block.
    pub(crate) saves: u64,
    /// One save in so many is a duplicate; 0 for none.
    pub(crate) duplicate_every: u64,
    /// Log standard deviation of what a pair's two blocks share, and of each block's own disturbance.
    pub(crate) weather: f64,
    pub(crate) arms: Arms<Service>,
}

impl Default for Synthetic {
    fn default() -> Self {
        Self {
            seed: 1,
            pairs: 10,
            saves: 250,
            duplicate_every: 2,
            weather: 0.05,
            arms: Arms {
                baseline: STANDARD,
                candidate: OPTIMIZED,
            },
        }
    }
}

impl Synthetic {
    /// Both arms are the same service.
    pub(crate) fn same(service: Service) -> Self {
        Self {
            arms: Arms {
                baseline: service,
                candidate: service,
            },
            ..Self::default()
        }
    }

    pub(crate) fn scenario(&self) -> Scenario {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        let mut blocks = Vec::new();
        for mode in [Mode::Open, Mode::Closed] {
            for pair in 0..self.pairs {
                let shared = (self.weather * normal(&mut rng)).exp();
                for role in ArmRole::ALL {
                    let own = (self.weather * normal(&mut rng)).exp();
                    blocks.push(self.block(&mut rng, role, mode, pair, shared * own));
                }
            }
        }
        let acknowledged = self.saves * u64::from(self.pairs);
        let checked = LedgerCheck {
            acknowledged,
            found: acknowledged,
            runs: 50,
            ..LedgerCheck::default()
        };
        let promises = BTreeMap::from([
            ("journal_mode".to_owned(), "wal".to_owned()),
            ("synchronous".to_owned(), "full".to_owned()),
        ]);
        Scenario {
            format: 1,
            run: "r1".to_owned(),
            name: "medium".to_owned(),
            title: "Medium load".to_owned(),
            why: "The load of an ordinary day.".to_owned(),
            source: "§2.1".to_owned(),
            started_at: "2026-01-05T09:00:00Z".to_owned(),
            finished_at: Some("2026-01-05T09:01:00Z".to_owned()),
            status: Status::Complete,
            arms: None,
            load: self.load(),
            promises: Arms {
                baseline: promises.clone(),
                candidate: promises,
            },
            idle_resident_bytes: Arms {
                baseline: Some(IDLE_BYTES),
                candidate: Some(IDLE_BYTES),
            },
            blocks,
            series: self.arms.map(|_, service| series(service)),
            ledger: Some(Arms {
                baseline: checked.clone(),
                candidate: checked,
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

    fn load(&self) -> Load {
        let figures = LoadFigures {
            operations_per_second: 50.0,
            operations: self.saves * u64::from(self.pairs),
            seconds: (self.saves * u64::from(self.pairs)) as f64 / 50.0,
        };
        Load {
            users: 50,
            full: figures,
            offered: figures,
            arrivals: Arrivals::Poisson,
            state_bytes: BytesRange {
                min: 1_000,
                max: 50_000,
            },
            duplicate_share: share_of_duplicates(self.duplicate_every),
            pattern: "mixed".to_owned(),
            cache_entries: 1_000,
            pairs: self.pairs,
            looks: 1,
            fresh_arms: false,
            split: false,
            overload: false,
            warm_up_operations: 100,
        }
    }

    fn block(
        &self,
        rng: &mut ChaCha8Rng,
        arm: ArmRole,
        mode: Mode,
        pair: u32,
        disturbance: f64,
    ) -> Block {
        let service = self.arms.get(arm);
        let saves = self.saves;
        let duplicates = saves.checked_div(self.duplicate_every).unwrap_or(0);
        let deduplicated = if service.cached { duplicates } else { 0 };
        let written = saves - deduplicated;
        let seconds = match mode {
            Mode::Open => saves as f64 / 50.0,
            Mode::Closed => saves as f64 / service.saves_per_second * disturbance,
        };
        let mut latencies = |count, median: f64| match mode {
            Mode::Open => latencies(rng, count, median * disturbance),
            Mode::Closed => Latencies::default(),
        };
        Block {
            pair,
            arm,
            mode,
            pattern: None,
            started_ns: 0,
            duration_ns: (seconds * 1e9) as u64,
            planned: saves,
            latencies: ByClass {
                duplicate: latencies(duplicates, service.median_ns * service.duplicate_factor),
                unique: latencies(saves - duplicates, service.median_ns),
            },
            dispatch_lag: histogram([60_000]),
            outcomes: Outcomes {
                written,
                deduplicated,
                errors: BTreeMap::new(),
            },
            phases: ByClass::default(),
            database: DatabaseWork {
                rows_written: written * service.rows_per_write,
                connection_ns: written * (service.median_ns as u64),
                ..DatabaseWork::default()
            },
            cpu_ns: Some(((saves * service.cpu_ns) as f64 * disturbance) as u64),
            resident: Some(Resident {
                start_bytes: IDLE_BYTES,
                peak_bytes: IDLE_BYTES + service.growth_bytes,
                end_bytes: IDLE_BYTES + service.growth_bytes,
            }),
            cache: service.cached.then_some(CacheActivity {
                entries: 50,
                hits: duplicates,
                misses: saves - duplicates,
                insertions: saves - duplicates,
                evictions: 0,
            }),
            implied: service.cached.then_some(ImpliedHits {
                lookups: saves,
                hits: duplicates,
            }),
            backlog: (mode == Mode::Open).then_some(Backlog {
                at_half: 1,
                at_end: 1,
            }),
            resources: None,
        }
    }
}

fn share_of_duplicates(every: u64) -> f64 {
    if every == 0 { 0.0 } else { 1.0 / every as f64 }
}

/// Response is service plus a tenth of a millisecond; a save waits no longer than that.
fn latencies(rng: &mut ChaCha8Rng, count: u64, median: f64) -> Latencies {
    const WAIT_NS: u64 = 100_000;
    let service: Vec<u64> = (0..count)
        .map(|_| (median * (0.4 * normal(rng)).exp()) as u64)
        .collect();
    Latencies {
        response: histogram(service.iter().map(|ns| ns + WAIT_NS)),
        service: histogram(service),
        schedule_lag: histogram((count > 0).then_some(WAIT_NS)),
    }
}

fn series(service: &Service) -> Vec<Sample> {
    let sample = |i| Sample {
        at_ns: i * 1_000_000_000,
        length_ns: 1_000_000_000,
        pair: 0,
        acknowledged: 50,
        failed: 0,
        response: Histogram::default(),
        resident_bytes: Some(IDLE_BYTES + service.growth_bytes * i / SAMPLES),
        cpu_ns: None,
        cache: None,
        connections_in_use: None,
        database_bytes: None,
        wal_bytes: None,
        allocator: None,
        threads: None,
        connections_idle: None,
        connections_waited_for: None,
    };
    (0..SAMPLES).map(sample).collect()
}

/// A standard normal value (Box and Muller, 1958).
pub(crate) fn normal(rng: &mut ChaCha8Rng) -> f64 {
    let (u, v): (f64, f64) = (rng.random(), rng.random());
    (-2.0 * (1.0 - u).ln()).sqrt() * (std::f64::consts::TAU * v).cos()
}

/// A finished histogram of these values.
pub(crate) fn histogram(values: impl IntoIterator<Item = u64>) -> Histogram {
    let mut open = recording();
    for value in values {
        open.saturating_record(value);
    }
    Histogram::from_recording(&open).unwrap()
}

/// A text with ordinary spaces in place of thin ones, to be compared with what a test spells out.
pub(crate) fn spaced(text: &str) -> String {
    text.replace(THIN, " ")
}
