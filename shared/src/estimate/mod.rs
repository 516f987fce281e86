//! Estimates: figures computed from evidence, with their confidence intervals over pairs.

mod cache;
mod latency;
mod pairs;
mod sums;
mod trend;

pub use latency::{merged_latency, pair_changes};
pub use pairs::{Pair, closed_pairs, is_saturated, open_pairs};

use crate::arms::{ArmRole, Arms};
use crate::criteria::Measure;
use crate::metric::{Metric, Plain};
use crate::report::Scenario;
pub use crate::stats::Interval;
use crate::stats::{CONFIDENCE, FEWEST_PAIRS, Resampling, bootstrap};
use crate::units::{Unit, format_count};

/// A figure with its 95 % interval.
#[derive(Debug, Clone, PartialEq)]
pub struct Estimate {
    /// The figure, from all evidence.
    pub value: f64,
    /// Its interval, where the evidence is enough for one.
    pub interval: Option<Interval>,
    /// Why there is no interval, and what would give one.
    pub no_interval: Option<String>,
}

impl Estimate {
    /// Something counted: the interval is the figure itself.
    #[must_use]
    pub const fn exact(value: f64) -> Self {
        Self {
            value,
            interval: Some(Interval::exact(value)),
            no_interval: None,
        }
    }
}

/// One metric on both arms.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// The metric.
    pub metric: Metric,
    /// Unit of `baseline`, `candidate` and `difference`.
    pub unit: Unit,
    /// The baseline's figure; absent where it has none (a service without a cache).
    pub baseline: Option<Estimate>,
    /// The candidate's figure.
    pub candidate: Option<Estimate>,
    /// Candidate / baseline − 1; absent without a baseline above zero.
    pub change: Option<Estimate>,
    /// Candidate − baseline.
    pub difference: Option<Estimate>,
    /// Pairs behind it; zero where saves are counted without regard to pairs.
    pub pairs: usize,
    /// Saves behind it.
    pub samples: Arms<u64>,
}

impl Comparison {
    /// What a target of this measure is held against.
    #[must_use]
    pub const fn measured(&self, of: Measure) -> Option<&Estimate> {
        match of {
            Measure::Candidate => self.candidate.as_ref(),
            Measure::Change => self.change.as_ref(),
            Measure::Difference => self.difference.as_ref(),
        }
    }
}

/// Why a metric has no figure at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unavailable {
    /// The evidence does not hold it.
    #[error("not measured: {0}")]
    NotMeasured(String),
    /// There is evidence of its kind, but not one value.
    #[error("no save of this kind was acknowledged")]
    NoSamples,
    /// The offered rate was beyond what an arm sustains, so latency means nothing.
    #[error("saturated: the backlog grew in {saturated} of {blocks} blocks; offer a lower rate")]
    Saturated {
        /// Blocks whose backlog grew.
        saturated: usize,
        /// Blocks measured.
        blocks: usize,
    },
}

/// Computes a metric from the evidence of a scenario.
///
/// # Errors
/// [`Unavailable`], where the evidence cannot give the figure.
pub fn estimate(metric: Metric, scenario: &Scenario) -> Result<Comparison, Unavailable> {
    match metric {
        Metric::Latency {
            kind,
            percentile,
            class,
        } => latency::percentile(metric, scenario, kind, percentile, class),
        Metric::Plain(plain) => estimate_plain(metric, plain, scenario),
    }
}

fn estimate_plain(
    metric: Metric,
    plain: Plain,
    scenario: &Scenario,
) -> Result<Comparison, Unavailable> {
    match plain {
        Plain::ClosedThroughput
        | Plain::OpenThroughput
        | Plain::RowsPerSave
        | Plain::ConnectionPerSave
        | Plain::CpuPerSave => sums::per_pair(metric, plain, scenario),
        Plain::MemoryPerSave => sums::memory_per_save(metric, scenario),
        Plain::MemoryGrowth => sums::memory_growth(metric, scenario),
        Plain::ErrorRate | Plain::SuccessRate => sums::share_of_saves(metric, plain, scenario),
        Plain::ErrorCount | Plain::PoolTimeouts | Plain::LostSaves => {
            sums::counted_figure(metric, plain, scenario)
        }
        Plain::CacheOverLimit | Plain::EvictionExact | Plain::EvictionMemory => {
            cache::from_probe(metric, plain, scenario)
        }
        Plain::HitRatio | Plain::HitRatioError | Plain::StatisticsError => {
            cache::from_blocks(metric, plain, scenario)
        }
        Plain::EvictionPenalty => cache::eviction_penalty(metric, scenario),
        Plain::PatternPenalty => cache::pattern_penalty(metric, scenario),
        Plain::MemoryTrend => trend::memory(metric, scenario),
        Plain::LatencyTrend => trend::latency(metric, scenario),
        Plain::MemoryPeak
        | Plain::CapacityRate
        | Plain::ConcurrentCapacity
        | Plain::CacheRecovery => Err(Unavailable::NotMeasured(
            "no scenario of this run looks for it".to_owned(),
        )),
    }
}

/// Compares the arms by a figure that follows from how often each unit (pair, block, sample) was drawn.
fn compare(
    metric: Metric,
    unit: Unit,
    units: usize,
    samples: Arms<u64>,
    figure: impl Fn(ArmRole, &[u32]) -> Option<f64>,
) -> Result<Comparison, Unavailable> {
    // A ratio over zero is no figure; kept as infinity it would make the change −100 %.
    let figure = |role, weights: &[u32]| figure(role, weights).filter(|v| v.is_finite());
    let all = vec![1; units];
    let values = Arms {
        baseline: figure(ArmRole::Baseline, &all),
        candidate: figure(ArmRole::Candidate, &all),
    };
    if values.baseline.is_none() && values.candidate.is_none() {
        return Err(Unavailable::NoSamples);
    }
    let resampling = Resampling {
        units,
        run_length: 1,
        confidence: CONFIDENCE,
    };
    let intervals = bootstrap(&resampling, |weights| {
        let b = figure(ArmRole::Baseline, weights);
        let c = figure(ArmRole::Candidate, weights);
        [b, c, change(b, c), difference(b, c)]
    });
    let estimate = |value: Option<f64>, interval: Option<Interval>| {
        value.map(|value| Estimate {
            value,
            interval,
            no_interval: interval.is_none().then(|| few_units(units)),
        })
    };
    Ok(Comparison {
        metric,
        unit,
        baseline: estimate(values.baseline, intervals[0]),
        candidate: estimate(values.candidate, intervals[1]),
        change: estimate(change(values.baseline, values.candidate), intervals[2]),
        difference: estimate(difference(values.baseline, values.candidate), intervals[3]),
        pairs: units,
        samples,
    })
}

/// A comparison of counts: nothing is estimated, so the figures are their own intervals.
fn counted(
    metric: Metric,
    unit: Unit,
    values: Arms<Option<f64>>,
    samples: Arms<u64>,
) -> Comparison {
    let exact = |v: Option<f64>| v.filter(|v| v.is_finite()).map(Estimate::exact);
    Comparison {
        metric,
        unit,
        baseline: exact(values.baseline),
        candidate: exact(values.candidate),
        change: exact(change(values.baseline, values.candidate)),
        difference: exact(difference(values.baseline, values.candidate)),
        pairs: 0,
        samples,
    }
}

fn change(baseline: Option<f64>, candidate: Option<f64>) -> Option<f64> {
    let (b, c) = (baseline?, candidate?);
    (b > 0.0).then(|| c / b - 1.0)
}

fn difference(baseline: Option<f64>, candidate: Option<f64>) -> Option<f64> {
    Some(candidate? - baseline?)
}

fn few_units(units: usize) -> String {
    if units < FEWEST_PAIRS {
        let needed = format_count(FEWEST_PAIRS as u64);
        format!("an interval needs at least {needed} pairs, there are {units}")
    } else {
        "too few pairs hold this figure for an interval: measure more pairs".to_owned()
    }
}
