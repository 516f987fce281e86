//! Figures that are sums over blocks divided by sums over blocks, and figures that are simply counted.

use super::pairs::{Pair, closed_pairs, open_pairs};
use super::sampled::{Change, Sampled, confidence, resampling};
use super::{Comparison, Estimate, Unavailable, change, counted, difference};
use crate::arms::{ArmRole, Arms, Class};
use crate::metric::{Metric, Plain};
use crate::report::{Allocations, Block, DatabaseCounters, Mode, Phases, Scenario};
use crate::stats::wilson;
use crate::units::{Unit, saturating_sum};

/// A numerator and a denominator for each pair, for one arm.
type Fractions = Vec<(f64, f64)>;

pub(super) fn per_pair(
    metric: Metric,
    plain: Plain,
    scenario: &Scenario,
) -> Result<Sampled, Unavailable> {
    let pairs = match plain {
        Plain::ClosedThroughput | Plain::SamplingShare => closed_pairs(scenario),
        _ => open_pairs(scenario),
    };
    if pairs.is_empty() {
        return Err(Unavailable::NotMeasured(
            "the scenario has no pair of such blocks".to_owned(),
        ));
    }
    let connections = Arms {
        baseline: connections(scenario, ArmRole::Baseline),
        candidate: connections(scenario, ArmRole::Candidate),
    };
    let counted = |pair: &Pair<'_>| {
        let of = |role| fraction(plain, role, pair, *connections.get(role));
        Ok::<_, Unavailable>((of(ArmRole::Baseline)?, of(ArmRole::Candidate)?))
    };
    let (pairs, fractions) = most_of(pairs, counted)?;
    let (baseline, candidate): (Fractions, Fractions) = fractions.into_iter().unzip();
    let fractions = Arms {
        baseline,
        candidate,
    };
    let samples = acknowledged(&pairs);
    Ok(Sampled::new(
        metric,
        metric.unit(),
        samples,
        resampling(scenario, pairs.len()),
        Change::MedianOfPairs,
        move |role, weights| ratio(fractions.get(role), weights),
    ))
}

/// The pairs that something could be counted in, and what was counted. A pair that an instrument missed is left out as one in
/// which the generator was late is; where most of them are, there is no figure, for the first reason.
fn most_of<'a, T>(
    pairs: Vec<Pair<'a>>,
    counted: impl Fn(&Pair<'a>) -> Result<T, Unavailable>,
) -> Result<(Vec<Pair<'a>>, Vec<T>), Unavailable> {
    let all = pairs.len();
    let mut reason = None;
    let mut measured = Vec::new();
    for pair in pairs {
        match counted(&pair) {
            Ok(count) => measured.push((pair, count)),
            Err(why) => reason = reason.or(Some(why)),
        }
    }
    match reason {
        Some(why) if measured.len() * 2 <= all => Err(why),
        _ => Ok(measured.into_iter().unzip()),
    }
}

/// The largest number of connections, by the service's own word.
fn connections(scenario: &Scenario, role: ArmRole) -> Option<u32> {
    let size = scenario.promises.get(role).get("pool_size")?;
    size.parse().ok().filter(|size| *size > 0)
}

/// The time of all its saves that a block spent in a phase.
fn phase(block: &Block, of: fn(&Phases) -> u64) -> f64 {
    Class::ALL
        .map(|class| of(block.phases.get(class)) as f64)
        .iter()
        .sum()
}

/// `connections` is the size of the arm's pool, where it has one.
fn fraction(
    plain: Plain,
    role: ArmRole,
    pair: &Pair<'_>,
    connections: Option<u32>,
) -> Result<(f64, f64), Unavailable> {
    let block = *pair.blocks.get(role);
    let seconds = block.duration_ns as f64 / 1e9;
    let saves = block.outcomes.acknowledged() as f64;
    let missing =
        |what: &str| Unavailable::NotMeasured(format!("{what} could not be read on this machine"));
    Ok(match plain {
        Plain::ClosedThroughput | Plain::OpenThroughput => (saves, seconds),
        // A service that does not hash has no time of it, so no figure.
        Plain::HashTime => match phase(block, |p| p.hash_ns) {
            time if time > 0.0 => (time, saves),
            _ => (0.0, 0.0),
        },
        Plain::WriteTime => (phase(block, |p| p.write_ns), block.outcomes.written as f64),
        // An arm without a cache has no look-ups, so no figure.
        Plain::LookupTime => (
            phase(block, |p| p.lookup_ns),
            block.cache.map_or(0.0, |c| c.hits as f64 + c.misses as f64),
        ),
        Plain::CacheOperations => block.cache.map_or((0.0, 0.0), |c| {
            (
                c.hits as f64 + c.misses as f64 + c.insertions as f64,
                seconds,
            )
        }),
        Plain::Deduplication => (block.outcomes.deduplicated as f64, saves),
        Plain::PoolUtilization => {
            let connections = connections.ok_or_else(|| {
                Unavailable::NotMeasured("the service has no pool of connections".to_owned())
            })?;
            let held = block.database.connection_ns as f64 / 1e9;
            (held, f64::from(connections) * seconds)
        }
        Plain::CpuUtilization => (
            block.cpu_ns.ok_or_else(|| missing("processor time"))? as f64 / 1e9,
            seconds,
        ),
        Plain::RowsPerSave => (
            block.database.rows_written as f64 + block.database.rows_deleted as f64,
            saves,
        ),
        Plain::ConnectionPerSave => (block.database.connection_ns as f64, saves),
        Plain::LogPerSave => (log_bytes(block)? as f64, saves),
        Plain::TransactionsPerSave => (
            (counters(block).and_then(|d| d.transactions)).ok_or_else(|| missing("transactions"))?
                as f64,
            saves,
        ),
        Plain::NetworkPerSave => {
            let network = block.resources.and_then(|r| r.network);
            let bytes = network.map(|n| n.sent_bytes.saturating_add(n.received_bytes));
            (bytes.ok_or_else(no_network)? as f64, saves)
        }
        Plain::SamplingShare => (
            (block.resources.and_then(|r| r.instruments_ns))
                .ok_or_else(|| missing("processor time"))? as f64,
            block.cpu_ns.ok_or_else(|| missing("processor time"))? as f64,
        ),
        Plain::AllocationsPerSave => (allocations(block)?.count as f64, saves),
        Plain::AllocatedPerSave => (allocations(block)?.bytes as f64, saves),
        _ => (
            block.cpu_ns.ok_or_else(|| missing("processor time"))? as f64,
            saves,
        ),
    })
}

fn allocations(block: &Block) -> Result<Allocations, Unavailable> {
    let counted = block.resources.and_then(|r| r.allocations);
    counted.ok_or_else(|| {
        Unavailable::NotMeasured(
            "allocations are counted only where threads keep no freed memory, which makes each of them slower: run with \
             MALLOC_CONF=tcache:false in the environment"
                .to_owned(),
        )
    })
}

fn counters(block: &Block) -> Option<DatabaseCounters> {
    block.resources.and_then(|r| r.database)
}

fn log_bytes(block: &Block) -> Result<u64, Unavailable> {
    counters(block).and_then(|d| d.wal_bytes).ok_or_else(|| {
        Unavailable::NotMeasured(
            "the database's write-ahead log could not be read, or began anew faster than it could be followed".to_owned(),
        )
    })
}

/// Weighted sum of numerators over weighted sum of denominators.
pub(super) fn ratio(fractions: &[(f64, f64)], weights: &[u32]) -> Option<f64> {
    let (mut numerator, mut denominator) = (0.0, 0.0);
    for ((n, d), weight) in fractions.iter().zip(weights) {
        numerator += n * f64::from(*weight);
        denominator += d * f64::from(*weight);
    }
    (denominator > 0.0).then(|| numerator / denominator)
}

pub(super) fn acknowledged(pairs: &[Pair<'_>]) -> Arms<u64> {
    let of = |role| {
        saturating_sum(
            pairs
                .iter()
                .map(|p| p.blocks.get(role).outcomes.acknowledged()),
        )
    };
    Arms {
        baseline: of(ArmRole::Baseline),
        candidate: of(ArmRole::Candidate),
    }
}

/// Shares of planned saves, with Wilson's interval: zero failures still have an upper bound. Change and difference are
/// those of the shares as counted, since "any increase" is what the targets on them forbid.
pub(super) fn share_of_saves(
    metric: Metric,
    plain: Plain,
    scenario: &Scenario,
) -> Result<Comparison, Unavailable> {
    let events = |role| -> (u64, u64) {
        blocks(scenario, role).fold((0, 0), |(events, planned), block| {
            let event = match plain {
                Plain::SuccessRate => block.outcomes.acknowledged(),
                _ => block.outcomes.failed(),
            };
            (
                events.saturating_add(event),
                planned.saturating_add(block.planned),
            )
        })
    };
    let confidence = confidence(scenario);
    let estimate = |role| {
        let (events, planned) = events(role);
        // More events than saves is a damaged report, not a share.
        (planned > 0 && events <= planned).then(|| Estimate {
            value: events as f64 / planned as f64,
            interval: wilson(events, planned, confidence),
            no_interval: None,
        })
    };
    let (baseline, candidate) = (estimate(ArmRole::Baseline), estimate(ArmRole::Candidate));
    if candidate.is_none() {
        return Err(Unavailable::NoSamples);
    }
    let value = |e: &Option<Estimate>| e.as_ref().map(|e| e.value);
    let exact = |v: Option<f64>| v.map(Estimate::exact);
    Ok(Comparison {
        metric,
        unit: Unit::Share,
        change: exact(change(value(&baseline), value(&candidate))),
        difference: exact(difference(value(&baseline), value(&candidate))),
        baseline,
        candidate,
        log_ratios: Vec::new(),
        p_value: None,
        confidence,
        spread: Arms::default(),
        pairs: 0,
        samples: Arms {
            baseline: planned(scenario, ArmRole::Baseline),
            candidate: planned(scenario, ArmRole::Candidate),
        },
    })
}

fn counted_plain(plain: Plain, scenario: &Scenario, role: ArmRole) -> Option<f64> {
    let counts = |of: fn(&Block) -> u64| saturating_sum(blocks(scenario, role).map(of));
    Some(match plain {
        Plain::ErrorCount => counts(|b| b.outcomes.failed()),
        Plain::PoolTimeouts => counts(|b| b.outcomes.errors.get(BUSY).copied().unwrap_or(0)),
        _ => scenario.violations(role)?,
    } as f64)
}

/// Whether there was anything that could have gone wrong: counting zero faults of nothing is no evidence.
fn has_evidence(plain: Plain, scenario: &Scenario) -> bool {
    match plain {
        Plain::LostSaves => {
            let ledgers = scenario.ledger.iter().map(|l| &l.candidate);
            let of_variants = scenario.ablation.iter().filter_map(|v| v.ledger.as_ref());
            let mut all = ledgers.chain(of_variants);
            all.any(|l| l.acknowledged > 0)
                || scenario
                    .violations(ArmRole::Candidate)
                    .is_some_and(|v| v > 0)
        }
        _ => planned(scenario, ArmRole::Candidate) > 0,
    }
}

/// The kind under which services report that no connection came free in time.
const BUSY: &str = "busy";

/// Counts over the whole scenario.
pub(super) fn counted_figure(
    metric: Metric,
    plain: Plain,
    scenario: &Scenario,
) -> Result<Comparison, Unavailable> {
    let of = |role| counted_plain(plain, scenario, role);
    let values = Arms {
        baseline: of(ArmRole::Baseline),
        candidate: of(ArmRole::Candidate),
    };
    if values.candidate.is_none() {
        return Err(Unavailable::NotMeasured(
            "the database was not checked".to_owned(),
        ));
    }
    if !has_evidence(plain, scenario) {
        return Err(Unavailable::NoSamples);
    }
    let (saves, confidence) = (open_saves(scenario), confidence(scenario));
    Ok(counted(metric, Unit::Count, values, saves, confidence))
}

fn planned(scenario: &Scenario, role: ArmRole) -> u64 {
    saturating_sum(blocks(scenario, role).map(|b| b.planned))
}

pub(super) fn blocks(scenario: &Scenario, role: ArmRole) -> impl Iterator<Item = &Block> {
    scenario.blocks.iter().filter(move |b| b.arm == role)
}

/// Saves acknowledged in open blocks.
pub(super) fn open_saves(scenario: &Scenario) -> Arms<u64> {
    let of = |role| {
        let open = blocks(scenario, role).filter(|b| b.mode == Mode::Open);
        saturating_sum(open.map(|b| b.outcomes.acknowledged()))
    };
    Arms {
        baseline: of(ArmRole::Baseline),
        candidate: of(ArmRole::Candidate),
    }
}

fn no_network() -> Unavailable {
    Unavailable::NotMeasured(
        "no bytes to the database went over a network that counts them".to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estimate::estimate;
    use crate::report::{CacheActivity, Network, Resources};
    use crate::stats::{CONFIDENCE, Interval};
    use crate::testing::{OPTIMIZED, STANDARD, Synthetic};

    fn figure(name: &str, scenario: &Scenario) -> Result<Comparison, Unavailable> {
        estimate(name.parse().unwrap(), scenario)
    }

    fn value(estimate: Option<Estimate>) -> f64 {
        estimate.unwrap().value
    }

    #[test]
    fn rows_per_save_are_all_rows_over_all_saves() {
        let mut scenario = Synthetic::default().scenario();
        // A long block counts by its saves, not as one of ten.
        scenario.blocks[0].outcomes.written = 2_000;
        scenario.blocks[0].database.rows_written = 16_000;
        scenario.blocks[0].database.rows_deleted = 4_000;
        let rows = figure("database.rows", &scenario).unwrap();
        let expected = (20_000 + 9 * 1_000) as f64 / (2_000 + 9 * 250) as f64;
        assert!((value(rows.baseline) - expected).abs() < 1e-12);
        assert_eq!(value(rows.candidate), 1.5);
        assert_eq!(rows.unit, Unit::PerSave);
        assert_eq!(rows.samples.baseline, 4_250);
    }

    #[test]
    fn times_and_shares_are_those_of_what_they_are_about() {
        let mut scenario = Synthetic::default().scenario();
        for (role, promises) in [
            (ArmRole::Baseline, &mut scenario.promises.baseline),
            (ArmRole::Candidate, &mut scenario.promises.candidate),
        ] {
            promises.insert("pool_size".to_owned(), "5".to_owned());
            for block in scenario.blocks.iter_mut().filter(|b| b.arm == role) {
                block.duration_ns = 2_000_000_000;
                block.cpu_ns = Some(1_000_000_000);
                block.database.connection_ns = 1_000_000_000;
                block.outcomes.written = 30;
                block.outcomes.deduplicated = 70;
                if role == ArmRole::Candidate {
                    block.phases.duplicate.hash_ns = 40_000;
                    block.phases.unique.hash_ns = 60_000;
                }
                block.phases.duplicate.lookup_ns = 0;
                block.phases.unique.lookup_ns = 8_000;
                block.phases.duplicate.write_ns = 0;
                block.phases.unique.write_ns = 60_000_000;
                block.cache = (role == ArmRole::Candidate).then_some(CacheActivity {
                    entries: 10,
                    hits: 70,
                    misses: 10,
                    insertions: 30,
                    evictions: 0,
                });
            }
        }
        for (name, baseline, candidate) in [
            ("hash.time", None, 1_000.0),
            ("cache.lookup_time", None, 100.0),
            ("cache.operations", None, 55.0),
            ("database.write_time", Some(2_000_000.0), 2_000_000.0),
            ("deduplication", Some(0.7), 0.7),
            ("pool.utilization", Some(0.1), 0.1),
            ("cpu.utilization", Some(0.5), 0.5),
        ] {
            let figures = figure(name, &scenario).unwrap();
            let near = |estimate: Option<Estimate>, expected: f64| {
                (value(estimate) - expected).abs() < expected * 1e-9
            };
            assert!(near(figures.candidate, candidate), "{name}");
            match baseline {
                Some(baseline) => assert!(near(figures.baseline, baseline), "{name}"),
                None => assert_eq!(figures.baseline, None, "{name}"),
            }
        }
        scenario.promises = Arms::default();
        assert!(figure("pool.utilization", &scenario).is_err());
        assert!(figure("hash.time", &scenario).is_ok());
    }

    #[test]
    fn what_only_counters_tell_is_figured_where_every_block_has_them() {
        let mut scenario = Synthetic::default().scenario();
        for name in [
            "allocations",
            "allocated_bytes",
            "database.wal_bytes",
            "database.transactions",
            "network.bytes",
        ] {
            assert!(matches!(
                figure(name, &scenario),
                Err(Unavailable::NotMeasured(_))
            ));
        }
        for block in &mut scenario.blocks {
            let saves = block.outcomes.acknowledged();
            let each = if block.arm == ArmRole::Baseline { 2 } else { 1 };
            block.resources = Some(Resources {
                allocations: Some(Allocations {
                    count: 100 * each * saves,
                    bytes: 6_400 * each * saves,
                }),
                database: Some(DatabaseCounters {
                    wal_bytes: Some(4_096 * each * saves),
                    transactions: Some(each * saves),
                    ..DatabaseCounters::default()
                }),
                network: Some(Network {
                    sent_bytes: 500 * each * saves,
                    received_bytes: 12 * each * saves,
                }),
                ..Resources::default()
            });
        }
        for (name, unit, expected) in [
            ("allocations", Unit::PerSave, 200.0),
            ("allocated_bytes", Unit::Bytes, 12_800.0),
            ("database.wal_bytes", Unit::Bytes, 8_192.0),
            ("database.transactions", Unit::PerSave, 2.0),
            ("network.bytes", Unit::Bytes, 1_024.0),
        ] {
            let figures = figure(name, &scenario).unwrap();
            assert_eq!(figures.unit, unit, "{name}");
            assert_eq!(value(figures.baseline), expected, "{name}");
            assert_eq!(figures.change.unwrap().value, -0.5, "{name}");
        }
        for block in scenario.blocks.iter_mut().filter(|b| b.mode == Mode::Open) {
            block.resources.as_mut().unwrap().database = None;
        }
        assert!(figure("database.wal_bytes", &scenario).is_err());
        assert!(figure("allocations", &scenario).is_ok());
    }

    #[test]
    fn a_pair_that_could_not_be_counted_is_left_out_while_most_could() {
        let mut scenario = Synthetic::default().scenario();
        for block in &mut scenario.blocks {
            let each = if block.arm == ArmRole::Baseline { 2 } else { 1 };
            block.resources = Some(Resources {
                database: Some(DatabaseCounters {
                    wal_bytes: Some(4_096 * each * block.outcomes.acknowledged()),
                    ..DatabaseCounters::default()
                }),
                ..Resources::default()
            });
        }
        let pairs = open_pairs(&scenario).len();
        let forget = |scenario: &mut Scenario, last: usize| {
            for block in &mut scenario.blocks {
                if block.mode == Mode::Open && (block.pair as usize) < last {
                    block.resources.as_mut().unwrap().database = None;
                }
            }
        };
        forget(&mut scenario, 1);
        let figures = figure("database.wal_bytes", &scenario).unwrap();
        assert_eq!(value(figures.baseline), 8_192.0);
        assert_eq!(figures.change.unwrap().value, -0.5);
        assert_eq!(figures.log_ratios.len(), pairs - 1);
        forget(&mut scenario, pairs.div_ceil(2));
        let missing = figure("database.wal_bytes", &scenario).unwrap_err();
        assert!(
            missing.to_string().starts_with("not measured: "),
            "{missing}"
        );
    }

    #[test]
    fn the_instruments_share_is_that_of_the_processor_time() {
        let mut scenario = Synthetic::default().scenario();
        assert!(figure("sampling.cpu", &scenario).is_err());
        for block in &mut scenario.blocks {
            block.resources = Some(Resources {
                instruments_ns: block.cpu_ns.map(|ns| ns / 200),
                ..Resources::default()
            });
        }
        let share = figure("sampling.cpu", &scenario).unwrap();
        assert!((value(share.candidate) - 0.005).abs() < 1e-5);
        assert_eq!(share.unit, Unit::Share);
    }

    #[test]
    fn resampled_sums_cover_the_true_ratio() {
        let scenario = Synthetic::default().scenario();
        for (name, truth) in [("cpu", -0.5), ("throughput.closed", 1.0)] {
            let change = figure(name, &scenario).unwrap().change.unwrap();
            let interval = change.interval.unwrap();
            assert!(
                interval.low <= truth && truth <= interval.high,
                "{name}: {change:?}"
            );
            assert!(interval.high - interval.low < 0.5, "{name}: {change:?}");
        }
    }

    #[test]
    fn open_and_closed_throughput_come_from_their_own_blocks() {
        let scenario = Synthetic::default().scenario();
        let open = figure("throughput.open", &scenario).unwrap();
        assert!((value(open.baseline) - 50.0).abs() < 1e-9);
        let closed = figure("throughput.closed", &scenario).unwrap();
        assert!((value(closed.candidate) / 600.0 - 1.0).abs() < 0.1);
        let mut open_only = scenario;
        open_only.blocks.retain(|b| b.mode == Mode::Open);
        assert!(matches!(
            figure("throughput.closed", &open_only),
            Err(Unavailable::NotMeasured(_))
        ));
    }

    #[test]
    fn shares_have_wilsons_interval_and_counts_are_exact() {
        let mut scenario = Synthetic::same(STANDARD).scenario();
        for block in scenario
            .blocks
            .iter_mut()
            .filter(|b| b.arm == ArmRole::Candidate)
            .take(2)
        {
            block.outcomes.written -= 5;
            block.outcomes.errors = [("busy".to_owned(), 2), ("refused".to_owned(), 3)].into();
        }
        let errors = figure("errors", &scenario).unwrap();
        // Open and closed blocks: 20 × 250 saves.
        let candidate = errors.candidate.unwrap();
        assert_eq!(candidate.value, 10.0 / 5_000.0);
        assert_eq!(candidate.interval, wilson(10, 5_000, CONFIDENCE));
        let baseline = errors.baseline.unwrap();
        assert_eq!(baseline.interval, wilson(0, 5_000, CONFIDENCE));
        assert!(baseline.interval.unwrap().high > 0.0);
        // No interval: any increase that was seen is an increase.
        assert_eq!(errors.difference, Some(Estimate::exact(0.002)));
        assert_eq!(errors.change, None, "no ratio over a share of zero");
        assert_eq!(
            value(figure("success", &scenario).unwrap().candidate),
            0.998
        );
        let counted = |name| figure(name, &scenario).unwrap().candidate.unwrap();
        assert_eq!(counted("errors.count"), Estimate::exact(10.0));
        assert_eq!(counted("pool.timeouts"), Estimate::exact(4.0));
    }

    #[test]
    fn lost_saves_are_what_the_ledger_says() {
        let mut scenario = Synthetic::default().scenario();
        let ledger = scenario.ledger.as_mut().unwrap();
        ledger.candidate.lost = 2;
        ledger.candidate.stale_runs = 1;
        let lost = figure("lost", &scenario).unwrap();
        assert_eq!(lost.baseline.unwrap().interval, Some(Interval::exact(0.0)));
        assert_eq!(value(lost.candidate), 3.0);
        scenario.ledger = None;
        assert_eq!(
            figure("lost", &scenario).unwrap_err().to_string(),
            "not measured: the database was not checked"
        );
    }

    #[test]
    fn counting_nothing_is_no_evidence_of_zero() {
        let mut scenario = Synthetic::default().scenario();
        scenario.blocks.clear();
        let ledger = scenario.ledger.as_mut().unwrap();
        ledger.candidate = crate::report::LedgerCheck::default();
        for name in ["errors", "errors.count", "pool.timeouts", "lost"] {
            assert_eq!(
                figure(name, &scenario),
                Err(Unavailable::NoSamples),
                "{name}"
            );
        }
    }

    #[test]
    fn blocks_without_their_twin_are_left_out() {
        let mut scenario = Synthetic::same(OPTIMIZED).scenario();
        scenario
            .blocks
            .retain(|b| b.arm == ArmRole::Baseline || b.pair < 7);
        let cpu = figure("cpu", &scenario).unwrap();
        assert_eq!(cpu.pairs, 7);
        assert_eq!(cpu.samples.baseline, 7 * 250);
    }
}
