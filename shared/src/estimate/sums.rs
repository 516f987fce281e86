//! Figures that are sums over blocks divided by sums over blocks, and figures that are simply counted.

use super::pairs::{Pair, closed_pairs, open_pairs};
use super::{Comparison, Estimate, Unavailable, change, compare, counted, difference};
use crate::arms::{ArmRole, Arms};
use crate::metric::{Metric, Plain};
use crate::report::{Block, Mode, Scenario};
use crate::stats::wilson;
use crate::units::Unit;

/// A numerator and a denominator for each pair, for one arm.
type Fractions = Vec<(f64, f64)>;

pub(super) fn per_pair(
    metric: Metric,
    plain: Plain,
    scenario: &Scenario,
) -> Result<Comparison, Unavailable> {
    let pairs = match plain {
        Plain::ClosedThroughput => closed_pairs(scenario),
        _ => open_pairs(scenario),
    };
    if pairs.is_empty() {
        return Err(Unavailable::NotMeasured(
            "the scenario has no pair of such blocks".to_owned(),
        ));
    }
    let unit = match plain {
        Plain::ClosedThroughput | Plain::OpenThroughput => Unit::PerSecond,
        Plain::MemoryPerSave => Unit::Bytes,
        Plain::RowsPerSave => Unit::PerSave,
        _ => Unit::Nanoseconds,
    };
    let of = |role| -> Result<Fractions, Unavailable> {
        pairs
            .iter()
            .map(|pair| fraction(plain, scenario, role, pair))
            .collect()
    };
    let fractions = Arms {
        baseline: of(ArmRole::Baseline)?,
        candidate: of(ArmRole::Candidate)?,
    };
    let samples = acknowledged(&pairs);
    compare(metric, unit, pairs.len(), samples, |role, weights| {
        ratio(fractions.get(role), weights)
    })
}

fn fraction(
    plain: Plain,
    scenario: &Scenario,
    role: ArmRole,
    pair: &Pair<'_>,
) -> Result<(f64, f64), Unavailable> {
    let block = *pair.blocks.get(role);
    let saves = block.outcomes.acknowledged() as f64;
    let missing =
        |what: &str| Unavailable::NotMeasured(format!("{what} could not be read on this machine"));
    Ok(match plain {
        Plain::ClosedThroughput | Plain::OpenThroughput => (saves, block.duration_ns as f64 / 1e9),
        Plain::RowsPerSave => (
            (block.database.rows_written + block.database.rows_deleted) as f64,
            saves,
        ),
        Plain::ConnectionPerSave => (block.database.connection_ns as f64, saves),
        Plain::MemoryPerSave => {
            let idle = scenario
                .idle_resident_bytes
                .get(role)
                .ok_or_else(|| missing("memory"))?;
            let peak = block.resident.ok_or_else(|| missing("memory"))?.peak_bytes;
            (peak.saturating_sub(idle) as f64, saves)
        }
        _ => (
            block.cpu_ns.ok_or_else(|| missing("processor time"))? as f64,
            saves,
        ),
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
        pairs
            .iter()
            .map(|p| p.blocks.get(role).outcomes.acknowledged())
            .sum()
    };
    Arms {
        baseline: of(ArmRole::Baseline),
        candidate: of(ArmRole::Candidate),
    }
}

/// The highest resident memory over the idle baseline: observed, not estimated.
pub(super) fn memory_growth(
    metric: Metric,
    scenario: &Scenario,
) -> Result<Comparison, Unavailable> {
    let growth = |role: ArmRole| {
        let idle = (*scenario.idle_resident_bytes.get(role))?;
        let peak = blocks(scenario, role)
            .filter_map(|b| b.resident)
            .map(|r| r.peak_bytes)
            .max()?;
        Some(peak.saturating_sub(idle) as f64)
    };
    let values = Arms {
        baseline: growth(ArmRole::Baseline),
        candidate: growth(ArmRole::Candidate),
    };
    if values.candidate.is_none() {
        return Err(Unavailable::NotMeasured(
            "memory could not be read on this machine".to_owned(),
        ));
    }
    Ok(counted(metric, Unit::Bytes, values, saves(scenario)))
}

/// Shares of planned saves, with Wilson's interval: zero failures still have an upper bound.
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
            (events + event, planned + block.planned)
        })
    };
    let estimate = |role| {
        let (events, planned) = events(role);
        (planned > 0).then(|| Estimate {
            value: events as f64 / planned as f64,
            interval: wilson(events, planned),
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
        pairs: 0,
        samples: saves(scenario),
    })
}

fn counted_plain(plain: Plain, scenario: &Scenario, role: ArmRole) -> Option<f64> {
    Some(match plain {
        Plain::ErrorCount => blocks(scenario, role)
            .map(|b| b.outcomes.failed())
            .sum::<u64>(),
        Plain::PoolTimeouts => blocks(scenario, role)
            .filter_map(|b| b.outcomes.errors.get(POOL_TIMEOUT))
            .sum::<u64>(),
        _ => scenario.ledger.as_ref()?.get(role).violations(),
    } as f64)
}

/// The kind under which services report that no connection came free in time.
const POOL_TIMEOUT: &str = "pool_timeout";

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
    Ok(counted(metric, Unit::Count, values, saves(scenario)))
}

fn blocks(scenario: &Scenario, role: ArmRole) -> impl Iterator<Item = &Block> {
    scenario.blocks.iter().filter(move |b| b.arm == role)
}

fn saves(scenario: &Scenario) -> Arms<u64> {
    let of = |role| {
        blocks(scenario, role)
            .filter(|b| b.mode == Mode::Open)
            .map(|b| b.outcomes.acknowledged())
            .sum()
    };
    Arms {
        baseline: of(ArmRole::Baseline),
        candidate: of(ArmRole::Candidate),
    }
}
