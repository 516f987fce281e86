//! Whatever a report lacks or overstates, its summary is made: no panic, no figure that is no number.

use proptest::prelude::*;

use super::tests::said;
use super::*;
use crate::arms::{ArmRole, Arms, ByClass};
use crate::criteria::Better;
use crate::estimate::{Comparison, Estimate, estimate, pair_changes};
use crate::histogram::Histogram;
use crate::metric::{LatencyKind, Plain};
use crate::report::{
    Backlog, Block, CacheActivity, DatabaseWork, EvictionProbe, EvictionRun, FillStep, ImpliedHits,
    Latencies, LedgerCheck, LoadFigures, MemoryProfile, Outcomes, Resident, SaveMemory,
    StageMemory,
};
use crate::testing::{Synthetic, criterion, histogram, memory_profile, perfect_eviction, run_of};

/// One way in which evidence is missing, empty or out of all proportion. `count` is 0 or the largest number.
type Damage = fn(&mut Scenario, count: u64);

const DAMAGES: &[Damage] = &[
    |s, _| s.blocks.clear(),
    |s, _| s.blocks.retain(|b| b.arm == ArmRole::Baseline),
    |s, _| s.blocks.retain(|b| b.arm == ArmRole::Candidate),
    |s, _| s.blocks.retain(|b| b.pair != 0),
    |s, count| blocks(s, |b| b.pair = count as u32),
    |s, count| blocks(s, |b| b.duration_ns = count),
    |s, count| blocks(s, |b| b.planned = count),
    |s, count| {
        blocks(s, |b| {
            b.outcomes = Outcomes {
                written: count,
                deduplicated: count,
                errors: [("busy".to_owned(), count), ("other".to_owned(), count)].into(),
            };
        });
    },
    |s, _| blocks(s, |b| b.latencies = ByClass::default()),
    |s, count| {
        blocks(s, |b| {
            let all = histogram([count]);
            let latencies = Latencies {
                response: all.clone(),
                service: all.clone(),
                schedule_lag: all,
            };
            b.latencies = ByClass {
                duplicate: latencies.clone(),
                unique: latencies,
            };
        });
    },
    |s, _| {
        let candidate = s.blocks.iter_mut().find(|b| b.arm == ArmRole::Candidate);
        candidate
            .into_iter()
            .for_each(|b| b.latencies = ByClass::default());
    },
    |s, _| blocks(s, |b| b.dispatch_lag = Histogram::default()),
    |s, count| {
        blocks(s, |b| {
            b.database = DatabaseWork {
                rows_written: count,
                rows_deleted: count,
                connection_ns: count,
                ..DatabaseWork::default()
            };
        });
    },
    |s, count| blocks(s, |b| b.cpu_ns = (count > 0).then_some(count)),
    |s, count| {
        blocks(s, |b| {
            b.resident = (count > 0).then_some(Resident {
                start_bytes: 0,
                peak_bytes: count,
                end_bytes: 0,
            });
        });
    },
    |s, count| s.idle_resident_bytes.candidate = (count > 0).then_some(count),
    |s, count| {
        blocks(s, |b| {
            b.cache = Some(CacheActivity {
                entries: count,
                hits: count,
                misses: count,
                insertions: count,
                evictions: count,
            });
            b.implied = Some(ImpliedHits {
                lookups: count,
                hits: count,
            });
        });
    },
    |s, _| {
        blocks(s, |b| {
            let evictions = u64::from(b.pair);
            b.cache.iter_mut().for_each(|c| c.evictions = evictions);
        });
    },
    |s, _| blocks(s, |b| (b.cache, b.implied) = (None, None)),
    |s, _| {
        blocks(s, |b| {
            b.pattern = Some(["alternating", "sequential"][b.pair as usize % 2].into())
        })
    },
    |s, _| {
        let mut second = s.blocks.clone();
        second
            .iter_mut()
            .for_each(|b| b.pattern = Some("sequential".to_owned()));
        blocks(s, |b| b.pattern = Some("alternating".to_owned()));
        s.blocks.extend(second);
    },
    |s, count| {
        blocks(s, |b| {
            b.backlog = Some(Backlog {
                at_half: 0,
                at_end: count,
            });
        });
    },
    |s, _| s.series = Arms::default(),
    |s, count| {
        for role in ArmRole::ALL {
            let series = s.series.get_mut(role);
            series
                .iter_mut()
                .for_each(|sample| sample.resident_bytes = Some(count));
        }
    },
    |s, _| {
        s.series
            .candidate
            .iter_mut()
            .for_each(|sample| sample.resident_bytes = None)
    },
    |s, _| s.ledger = None,
    |s, count| {
        let check = LedgerCheck {
            acknowledged: count,
            found: count,
            retired: count,
            lost: count,
            wrong: count,
            runs: count,
            stale_runs: count,
            overfull_runs: count,
            findings: Vec::new(),
        };
        s.ledger = Some(Arms {
            baseline: check.clone(),
            candidate: check,
        });
    },
    |s, count| {
        let pass = EvictionRun {
            operations: count,
            expected_evictions: count,
            evictions: count,
            exact: count,
            largest_displacement: count,
            highest_entries: count,
            settled_entries: count,
            resident_before_bytes: Some(count),
            resident_peak_bytes: Some(count),
            resident_after_bytes: Some(count),
        };
        s.eviction = Some(EvictionProbe {
            capacity: 0,
            maintained: pass.clone(),
            unmaintained: pass,
        });
    },
    |s, _| s.eviction = Some(perfect_eviction()),
    |s, _| s.memory_profile = Some(memory_profile()),
    |s, count| {
        let stage = StageMemory {
            allocations: count,
            allocated_bytes: count,
            freed_bytes: count,
        };
        let step = |entries| FillStep {
            entries,
            allocated_bytes: count,
        };
        s.memory_profile = Some(MemoryProfile {
            capacity: count,
            run_id_bytes: count,
            fill: vec![step(count), step(0), step(count)],
            saves: vec![SaveMemory {
                state_bytes: count,
                serialize: stage,
                hash: stage,
                queue: stage,
                left_bytes: count,
            }],
        });
    },
    |s, _| s.promises = Arms::default(),
    |s, count| {
        s.load.full = LoadFigures {
            operations_per_second: count as f64,
            operations: count,
            seconds: count as f64,
        };
    },
    |s, _| {
        s.load.offered.operations_per_second = 0.0;
        s.load.offered.seconds = 0.0;
        s.load.full = s.load.offered;
    },
    |s, _| s.status = Status::Interrupted,
    |s, _| {
        s.status = Status::Broken {
            cause: String::new(),
        };
    },
];

fn blocks(scenario: &mut Scenario, change: impl FnMut(&mut Block)) {
    scenario.blocks.iter_mut().for_each(change);
}

fn metrics() -> Vec<Metric> {
    let latencies = [
        "response.p95",
        "service.p50.duplicate",
        "schedule_lag.p99.9.unique",
    ];
    let latencies = latencies.into_iter().map(|name| name.parse().unwrap());
    latencies
        .chain(Plain::ALL.iter().map(|p| Metric::Plain(*p)))
        .collect()
}

fn assert_finite(comparison: &Comparison, of: &str) {
    let figures = [
        &comparison.baseline,
        &comparison.candidate,
        &comparison.change,
        &comparison.difference,
    ];
    for Estimate {
        value,
        interval,
        no_interval,
    } in figures.into_iter().flatten()
    {
        assert!(value.is_finite(), "{of}: {comparison:?}");
        match interval {
            Some(i) => assert!(
                i.low.is_finite() && i.high.is_finite() && i.low <= i.high,
                "{of}: {comparison:?}"
            ),
            None => assert!(no_interval.is_some(), "{of}: {comparison:?}"),
        }
    }
}

/// Everything that is computed from a scenario, looked through for figures that are no numbers.
fn check(scenario: &Scenario) {
    for metric in metrics() {
        if let Ok(comparison) = estimate(metric, scenario) {
            assert_finite(&comparison, &metric.to_string());
        }
    }
    let changes = pair_changes(scenario, LatencyKind::Response, 95.0, None);
    assert!(
        changes.iter().all(|(_, change)| change.is_finite()),
        "{changes:?}"
    );

    let measures = [Measure::Candidate, Measure::Change, Measure::Difference];
    let mut criteria = Vec::new();
    for (i, metric) in metrics().into_iter().enumerate() {
        let mut target = criterion(&metric.to_string(), measures[i % 3], Better::Lower, 0.0);
        target.needs_full_length = i % 5 == 0;
        criteria.push(target);
    }
    let run = run_of(std::slice::from_ref(scenario), criteria);
    let text = said(&summarize(&run, std::slice::from_ref(scenario)));
    let label = scenario.load.label().unwrap_or_default();
    for word in ["NaN", "inf ", "inf%", "×inf", "..", " ,", "  "] {
        assert!(
            !text.contains(word) && !label.contains(word),
            "{word:?} in {label:?} {text}"
        );
    }
}

fn damaged(pairs: u32, saves: u64, damages: &[(usize, bool)]) -> Scenario {
    let mut scenario = Synthetic {
        pairs,
        saves,
        ..Synthetic::default()
    }
    .scenario();
    for (damage, overstated) in damages {
        DAMAGES[*damage](&mut scenario, if *overstated { u64::MAX } else { 0 });
    }
    scenario
}

/// Up to four kinds of damage, each empty or overstated.
fn any_damage() -> impl Strategy<Value = Vec<(usize, bool)>> {
    prop::collection::vec((0..DAMAGES.len(), any::<bool>()), 0..=4)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_evidence_is_summarized(
        pairs in 0_u32..5, saves in prop::sample::select(vec![0_u64, 1, 20]), damages in any_damage(),
    ) {
        check(&damaged(pairs, saves, &damages));
    }
}

proptest! {
    // Resampling takes most of a second a case.
    #![proptest_config(ProptestConfig { cases: 5, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_evidence_is_resampled(damages in any_damage()) {
        check(&damaged(5, 8, &damages));
    }
}

#[test]
fn each_damage_alone_is_summarized() {
    for damage in 0..DAMAGES.len() {
        for overstated in [false, true] {
            check(&damaged(2, 10, &[(damage, overstated)]));
        }
    }
}

#[test]
fn a_run_without_any_scenario_is_summarized() {
    let run = run_of(&[], crate::testing::promised_gains());
    let summary = summarize(&run, &[]);
    assert_eq!(summary.verdict, Verdict::NotJudged);
    assert_eq!(summary.headline, "Nothing was measured.");
    assert_eq!(summary.headline_figures().saves_lost, None);
}
