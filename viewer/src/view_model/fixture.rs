//! A scenario as a run would leave it, for tests: twelve pairs, half of the saves duplicates, a candidate that
//! skips them.

use std::collections::BTreeMap;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use shared::arms::{ArmRole, Arms, ByClass};
use shared::criteria::{Better, Criterion, Measure, Target};
use shared::estimate::Interval;
use shared::histogram::{Histogram, recording};
use shared::report::*;
use shared::verdict::Verdict;

pub(crate) const PAIRS: usize = 12;
const SAVES: u64 = 300;
const BLOCK_NS: u64 = 2_000_000_000;

pub(crate) fn labels() -> Arms<String> {
    Arms {
        baseline: "Standard".to_owned(),
        candidate: "Optimized".to_owned(),
    }
}

pub(crate) fn histogram(values: impl IntoIterator<Item = u64>) -> Histogram {
    let mut recorded = recording();
    values
        .into_iter()
        .for_each(|v| recorded.saturating_record(v));
    Histogram::from_recording(&recorded).unwrap()
}

/// About `median` nanoseconds, spread as latencies are: a product of uniform factors.
fn latencies(rng: &mut ChaCha8Rng, median: f64, count: u64) -> Vec<u64> {
    (0..count)
        .map(|_| {
            let noise: f64 = (0..6).map(|_| rng.random_range(-0.35..0.35)).sum();
            (median * noise.exp()) as u64
        })
        .collect()
}

fn block(rng: &mut ChaCha8Rng, pair: u32, arm: ArmRole, mode: Mode) -> Block {
    let is_candidate = arm == ArmRole::Candidate;
    let medians = if is_candidate {
        (22_000.0, 1_150_000.0)
    } else {
        (1_250_000.0, 1_350_000.0)
    };
    let mut class = |median: f64| {
        let response = latencies(rng, median, SAVES / 2);
        let service: Vec<u64> = response.iter().map(|ns| ns * 9 / 10).collect();
        let lag: Vec<u64> = response.iter().map(|ns| ns / 10).collect();
        Latencies {
            response: histogram(response),
            service: histogram(service),
            schedule_lag: histogram(lag),
        }
    };
    let latencies = ByClass {
        duplicate: class(medians.0),
        unique: class(medians.1),
    };
    let written = if is_candidate { SAVES / 2 } else { SAVES };
    let phases = |write: u64| Phases {
        operations: SAVES / 2,
        serialize_ns: 12_000 * SAVES,
        hash_ns: if is_candidate { 3_000 * SAVES } else { 0 },
        lookup_ns: if is_candidate { 400 * SAVES } else { 0 },
        wait_ns: 20_000 * SAVES,
        write_ns: write * SAVES / 2,
    };
    Block {
        pair,
        arm,
        mode,
        pattern: None,
        started_ns: u64::from(pair) * 2 * BLOCK_NS,
        duration_ns: if is_candidate && mode == Mode::Closed {
            BLOCK_NS / 2
        } else {
            BLOCK_NS
        },
        planned: SAVES,
        latencies,
        dispatch_lag: histogram((0..SAVES).map(|i| 20_000 + i * 100)),
        outcomes: Outcomes {
            written,
            deduplicated: SAVES - written,
            errors: BTreeMap::new(),
        },
        phases: ByClass {
            duplicate: phases(if is_candidate { 0 } else { 1_100_000 }),
            unique: phases(1_000_000),
        },
        database: DatabaseWork {
            rows_written: written * 2,
            rows_deleted: written / 4,
            statements: written * 5,
            commits: written,
            state_bytes: written * 20_000,
            connection_ns: written * 1_000_000 + u64::from(pair) * 1000,
        },
        cpu_ns: Some(written * 300_000 + u64::from(pair) * 5000),
        resident: Some(Resident {
            start_bytes: 30 << 20,
            peak_bytes: 34 << 20,
            end_bytes: 33 << 20,
        }),
        cache: is_candidate.then_some(CacheActivity {
            entries: 800,
            hits: 148,
            misses: 152,
            insertions: 150,
            evictions: 0,
        }),
        implied: is_candidate.then_some(ImpliedHits {
            lookups: 300,
            hits: 150,
        }),
        backlog: (mode == Mode::Open).then_some(Backlog {
            at_half: 1,
            at_end: 0,
        }),
        resources: None,
    }
}

fn samples(rng: &mut ChaCha8Rng, arm: ArmRole) -> Vec<Sample> {
    let is_candidate = arm == ArmRole::Candidate;
    (0..PAIRS as u64 * 4)
        .map(|i| Sample {
            at_ns: i * BLOCK_NS / 4,
            length_ns: BLOCK_NS / 4,
            pair: (i / 4) as u32,
            acknowledged: 75,
            failed: 0,
            response: histogram(latencies(
                rng,
                if is_candidate { 700_000.0 } else { 1_300_000.0 },
                75,
            )),
            resident_bytes: Some((31 << 20) + i * 20_000 + if is_candidate { 400_000 } else { 0 }),
            cpu_ns: Some(20_000_000),
            cache: is_candidate.then_some(CacheActivity {
                entries: (i * 40).min(800),
                hits: 37,
                misses: 38,
                insertions: 38,
                evictions: 0,
            }),
            connections_in_use: Some(1),
            database_bytes: Some(i * 1_000_000),
            wal_bytes: Some(4_000_000),
            allocator: None,
            threads: None,
            connections_idle: None,
            connections_waited_for: None,
        })
        .collect()
}

fn criterion(id: &str, metric: &str, pass: f64) -> Criterion {
    Criterion {
        id: id.to_owned(),
        title: format!("Latency {id}"),
        source: "§2.1".to_owned(),
        quote: "<50ms P95 latency for cache hits".to_owned(),
        scenario: None,
        metric: metric.parse().unwrap(),
        target: Target {
            of: Measure::Candidate,
            better: Better::Lower,
            pass,
            fail: None,
            warn_only: false,
        },
        needs_full_length: false,
        not_judged_because: None,
    }
}

pub(crate) fn scenario() -> Scenario {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let mut blocks = Vec::new();
    for pair in 0..PAIRS as u32 {
        for arm in ArmRole::ALL {
            blocks.push(block(&mut rng, pair, arm, Mode::Open));
        }
    }
    for pair in 0..6 {
        for arm in ArmRole::ALL {
            blocks.push(block(&mut rng, pair, arm, Mode::Closed));
        }
    }
    let promises = BTreeMap::from([
        ("journal_mode".to_owned(), "wal".to_owned()),
        ("synchronous".to_owned(), "FULL".to_owned()),
    ]);
    let acknowledged = SAVES * PAIRS as u64;
    let ledger = LedgerCheck {
        acknowledged,
        found: acknowledged - 200,
        retired: 200,
        runs: 90,
        ..LedgerCheck::default()
    };
    Scenario {
        format: FORMAT_VERSION,
        run: "20251120-0942".to_owned(),
        name: "medium-load".to_owned(),
        title: "Medium load".to_owned(),
        why: "Shows what an ordinary day looks like.".to_owned(),
        source: "§2.1, scenario 2".to_owned(),
        started_at: "2025-11-20T09:44:00Z".to_owned(),
        finished_at: Some("2025-11-20T09:45:00Z".to_owned()),
        status: Status::Complete,
        arms: None,
        load: Load {
            users: 50,
            full: LoadFigures {
                operations_per_second: 1000.0 / 60.0,
                operations: 20_000,
                seconds: 1200.0,
            },
            offered: LoadFigures {
                operations_per_second: 150.0,
                operations: 3600,
                seconds: 24.0,
            },
            arrivals: Arrivals::Poisson,
            state_bytes: BytesRange {
                min: 1024,
                max: 51_200,
            },
            duplicate_share: 0.5,
            pattern: "mixed".to_owned(),
            cache_entries: 1000,
            pairs: PAIRS as u32,
            looks: 1,
            fresh_arms: false,
            split: false,
            overload: false,
            warm_up_operations: 200,
        },
        promises: Arms {
            baseline: promises.clone(),
            candidate: promises,
        },
        idle_resident_bytes: Arms {
            baseline: Some(30 << 20),
            candidate: Some(30 << 20),
        },
        series: Arms {
            baseline: samples(&mut rng, ArmRole::Baseline),
            candidate: samples(&mut rng, ArmRole::Candidate),
        },
        blocks,
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
        criteria: vec![
            criterion("P95, duplicates", "response.p95.duplicate", 5.0e7),
            criterion("P95, unique states", "response.p95.unique", 3.0e8),
        ],
        seal: Seal::default(),
    }
}

/// Killed 25 times on each arm, then its database stopped, its cache altered and some saves rejected.
pub(crate) fn broken() -> Scenario {
    let incident = |fault, arm, number: u32, recovery_ms: u64| Incident {
        fault,
        arm,
        number,
        at_ns: u64::from(number) * 800_000_000 + 400_000_000,
        length_ns: 0,
        acknowledged: 200,
        errors: BTreeMap::new(),
        meant_to_fail: 0,
        unanswered: 0,
        violations: None,
        recovery_ns: Some(recovery_ms * 1_000_000),
    };
    let mut faults = Vec::new();
    for number in 0..25 {
        for (arm, base) in [(ArmRole::Baseline, 60), (ArmRole::Candidate, 75)] {
            faults.push(Incident {
                unanswered: u64::from(number % 4),
                violations: Some(0),
                ..incident(
                    Fault::ProcessKilled,
                    arm,
                    number,
                    base + u64::from(number) * 3,
                )
            });
        }
    }
    faults.push(Incident {
        length_ns: 1_500_000_000,
        errors: [("unavailable".to_owned(), 1_204)].into(),
        ..incident(Fault::ServerStopped, ArmRole::Candidate, 26, 412)
    });
    faults.push(incident(Fault::CachePoisoned, ArmRole::Candidate, 27, 2));
    faults.push(Incident {
        errors: [("rejected".to_owned(), 41), ("busy".to_owned(), 1)].into(),
        meant_to_fail: 41,
        recovery_ns: None,
        ..incident(Fault::SavesRejected, ArmRole::Candidate, 28, 0)
    });
    Scenario {
        faults,
        ..scenario()
    }
}

/// A whole service, and what it is without two of its parts.
pub(crate) fn ablated() -> Scenario {
    let variant = |label: &str, rate: f64, rows: u64| Variant {
        service: "optimized".to_owned(),
        label: label.to_owned(),
        rounds: (0..8)
            .map(|round| VariantRound {
                round,
                acknowledged: 500,
                deduplicated: 300,
                failed: 0,
                duration_ns: (5e11 / rate * (1.0 + f64::from(round % 3) * 0.02 * rows as f64))
                    as u64,
                cpu_ns: Some(20_000_000 + u64::from(round) * 100_000 * rows),
                database: DatabaseWork {
                    rows_written: 500 * rows,
                    ..DatabaseWork::default()
                },
            })
            .collect(),
        ledger: None,
    };
    Scenario {
        ablation: vec![
            variant("Whole", 20_000.0, 1),
            variant("Without batching", 4_900.0, 2),
            variant("Without deduplication", 9_000.0, 2),
        ],
        ..scenario()
    }
}

pub(crate) fn without_blocks() -> Scenario {
    Scenario {
        blocks: Vec::new(),
        ..scenario()
    }
}

fn entry(id: &str, started_at: &str, verdict: Verdict, p95: f64, revision: &str) -> IndexEntry {
    IndexEntry {
        id: id.to_owned(),
        title: "Standard vs Optimized".to_owned(),
        started_at: started_at.to_owned(),
        profile: "quick".to_owned(),
        gate: false,
        revision: revision.to_owned(),
        status: Status::Complete,
        headline: Headline {
            verdict,
            sentence: "Optimized is faster and lost nothing.".to_owned(),
            passed: 11,
            judged: 12,
            p95_change: Some(p95),
            p99_change: Some(p95 - 0.03),
            throughput_factor: Some(6.4),
            rows_change: Some(-0.61),
            saves_lost: Some(0),
        },
        review: None,
    }
}

/// A weekly run for each change of the P99, oldest first; the newest began in the week 2025-W45 and so many.
pub(crate) fn reviewed(p99: &[f64]) -> Index {
    let figure = |metric: &str, baseline: Option<f64>, candidate: f64, spread: f64| {
        let change = baseline.map(|b| candidate / b - 1.0);
        let middle = change.unwrap_or(candidate);
        Figure {
            metric: metric.to_owned(),
            scenario: 0,
            arms: Arms {
                baseline,
                candidate: Some(candidate),
            },
            change,
            interval: Some(Interval {
                low: middle - spread,
                high: middle + spread,
            }),
        }
    };
    let run = |(week, change): (usize, &f64)| {
        // Thursdays from 13 November 2025 on.
        let day = 13 + 7 * week;
        let (month, day) = if day > 30 { (12, day - 30) } else { (11, day) };
        let date = format!("2025-{month:02}-{day:02}T09:42:00Z");
        let mut run = entry(
            &format!("run-{week}"),
            &date,
            Verdict::Pass,
            *change,
            "9f3c1ab",
        );
        run.review = Some(Review {
            machine: "machine".to_owned(),
            dataset: "states".to_owned(),
            demand: Some(100.0),
            scenarios: vec!["medium-load".to_owned()],
            figures: vec![
                figure("response.p99", Some(1e7), 1e7 * (1.0 + change), 0.04),
                figure("capacity.rate", None, 12_000.0, 500.0),
                figure("cache.hit_ratio", None, 0.6, 0.01),
            ],
            ..Review::default()
        });
        run
    };
    let mut runs: Vec<IndexEntry> = p99.iter().enumerate().map(run).collect();
    runs.reverse();
    Index {
        format: FORMAT_VERSION,
        runs,
        unreadable: Vec::new(),
    }
}

pub(crate) fn index() -> Index {
    Index {
        format: FORMAT_VERSION,
        runs: vec![
            entry(
                "20251120-0942",
                "2025-11-20T09:42:00Z",
                Verdict::Pass,
                -0.68,
                "9f3c1ab",
            ),
            entry(
                "20251119-1610",
                "2025-11-19T16:10:00Z",
                Verdict::Fail,
                -0.59,
                "b07de92",
            ),
            entry(
                "20251113-0940",
                "2025-11-13T09:40:00Z",
                Verdict::Pass,
                -0.67,
                "4c1d7e2",
            ),
        ],
        unreadable: Vec::new(),
    }
}
