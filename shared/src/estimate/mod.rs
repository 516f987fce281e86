//! Estimates: figures computed from evidence, with their confidence intervals over pairs.

mod break_even;
mod cache;
mod capacity;
mod faults;
mod latency;
mod leak;
mod memory;
mod memory_profile;
mod pair_latencies;
mod pairs;
mod sampled;
mod sums;
#[cfg(test)]
mod tests;
mod trend;
mod unbroken;

pub use capacity::{found, meets, target_in_words};
pub use faults::{FaultGroup, collateral, incidents, is_unrecovered};
pub use latency::pair_changes;
pub use leak::{LeakFit, LeakPoint, leak_fit};
pub use pair_latencies::{Latencies, PairLatencies, merged_latency};
pub use pairs::{DISPATCH_LAG_P99_NS, Pair, closed_pairs, is_behind, is_saturated, open_pairs};
pub use sampled::Sampled;

use crate::arms::Arms;
use crate::criteria::Measure;
use crate::metric::{Metric, Plain};
use crate::report::{CapacityOf, Scenario};
pub use crate::stats::Interval;
use crate::stats::Spread;
use crate::units::Unit;

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
    /// Candidate / baseline − 1; absent without a baseline above zero, and for trends. For sums and percentiles up to
    /// the median, the median of the pairs' own changes, so that one disturbed pair does not move it; for tail
    /// percentiles that of the merged histograms.
    pub change: Option<Estimate>,
    /// Candidate − baseline.
    pub difference: Option<Estimate>,
    /// Natural logarithm of candidate / baseline of each pair in which both are above zero.
    pub log_ratios: Vec<f64>,
    /// Two-sided p-value of Wilcoxon's signed-rank test over the pairs that nothing changed, not corrected for other
    /// metrics; absent where the change has no interval or is counted.
    pub p_value: Option<f64>,
    /// Two-sided confidence of each interval, 0 to 1: above 0.95 where several looks were planned, so that all of them
    /// together hold 95 %.
    pub confidence: f64,
    /// Mean, median and standard deviation of each arm's figure over the pairs, in `unit`; absent where it is counted
    /// or a trend.
    pub spread: Arms<Option<Spread>>,
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
    /// The service or the generator fell behind the plan, so latency means nothing.
    #[error(
        "saturated: the service or the generator fell behind its plan in {saturated} of {blocks} blocks; offer a lower rate, or measure on a quieter machine"
    )]
    Saturated {
        /// Blocks in which one of them fell behind.
        saturated: usize,
        /// Blocks measured.
        blocks: usize,
    },
    /// A recovery that was not seen to end has no length.
    #[error(
        "normal service was not seen again after {unrecovered} of {faults} faults, so there is no recovery time"
    )]
    Unrecovered {
        /// Faults without a recovery.
        unrecovered: usize,
        /// Faults of this kind.
        faults: usize,
    },
}

/// A metric's figures before or without resampling.
enum Figures {
    /// Counted over the whole scenario.
    Counted(Box<Comparison>),
    /// Resampled.
    Sampled(Box<Sampled>),
}

impl Figures {
    fn counted(comparison: Comparison) -> Self {
        Self::Counted(Box::new(comparison))
    }

    fn sampled(sampled: Sampled) -> Self {
        Self::Sampled(Box::new(sampled))
    }
}

/// Computes a metric from the evidence of a scenario.
///
/// # Errors
/// [`Unavailable`], where the evidence cannot give the figure.
pub fn estimate(metric: Metric, scenario: &Scenario) -> Result<Comparison, Unavailable> {
    match figures(metric, scenario)? {
        Figures::Counted(comparison) => Ok(*comparison),
        Figures::Sampled(sampled) => sampled.comparison(),
    }
}

/// The figures of a metric without their intervals.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Unit of the arms' figures.
    pub unit: Unit,
    /// Each arm's figure, where it has one.
    pub arms: Arms<Option<f64>>,
    /// Candidate / baseline − 1, as in [`Comparison::change`].
    pub change: Option<f64>,
}

/// What [`estimate`] says without intervals, at a small part of its cost.
///
/// # Errors
/// [`Unavailable`], where the evidence cannot give the figure.
pub fn point(metric: Metric, scenario: &Scenario) -> Result<Point, Unavailable> {
    let value = |estimate: Option<Estimate>| estimate.map(|e| e.value);
    match figures(metric, scenario)? {
        Figures::Counted(comparison) => Ok(Point {
            unit: comparison.unit,
            arms: Arms {
                baseline: value(comparison.baseline),
                candidate: value(comparison.candidate),
            },
            change: value(comparison.change),
        }),
        Figures::Sampled(sampled) => sampled.point(),
    }
}

/// A metric as any resample of a scenario's pairs gives it, for comparisons across runs.
///
/// # Errors
/// [`Unavailable`], where the evidence cannot give the figure, or it is counted and not resampled.
pub fn sampled(metric: Metric, scenario: &Scenario) -> Result<Sampled, Unavailable> {
    match figures(metric, scenario)? {
        Figures::Sampled(sampled) => Ok(*sampled),
        Figures::Counted(_) => Err(Unavailable::NotMeasured(
            "it is one figure of the whole scenario, not one of each pair".to_owned(),
        )),
    }
}

/// Natural logarithm of candidate / baseline of each pair in which both are above zero.
///
/// # Errors
/// [`Unavailable`] as by [`sampled`].
pub fn pair_log_ratios(metric: Metric, scenario: &Scenario) -> Result<Vec<f64>, Unavailable> {
    sampled(metric, scenario).map(|sampled| sampled.log_ratios().to_vec())
}

fn figures(metric: Metric, scenario: &Scenario) -> Result<Figures, Unavailable> {
    match metric {
        Metric::Latency {
            kind,
            percentile,
            class,
        } => {
            let all = PairLatencies::new(scenario, kind, class).of_pairs(&|_| true)?;
            Ok(Figures::sampled(all.sampled(percentile)))
        }
        Metric::Plain(plain) => plain_figures(metric, plain, scenario),
    }
}

fn plain_figures(
    metric: Metric,
    plain: Plain,
    scenario: &Scenario,
) -> Result<Figures, Unavailable> {
    let counted = match plain {
        Plain::MemoryPerSave => memory::per_save(metric, scenario),
        Plain::MemoryGrowth => memory::growth(metric, scenario),
        Plain::MemoryIdle => memory::idle(metric, scenario),
        Plain::MemoryLeak => leak::growth(metric, scenario),
        Plain::Fragmentation => memory::fragmentation(metric, scenario),
        Plain::EntryMemory
        | Plain::LeastEntryMemory
        | Plain::MostEntryMemory
        | Plain::CacheGrowth
        | Plain::SerializeMemory
        | Plain::HashMemory
        | Plain::LeftMemory
        | Plain::CopyMemory => memory_profile::figure(metric, plain, scenario),
        Plain::ErrorRate | Plain::SuccessRate => sums::share_of_saves(metric, plain, scenario),
        Plain::ErrorCount | Plain::PoolTimeouts | Plain::LostSaves => {
            sums::counted_figure(metric, plain, scenario)
        }
        Plain::CacheOverLimit | Plain::EvictionExact | Plain::EvictionMemory => {
            cache::from_probe(metric, plain, scenario)
        }
        Plain::CacheRecovery
        | Plain::KillRecovery
        | Plain::OutageRecovery
        | Plain::Unrecovered
        | Plain::FaultViolations
        | Plain::CollateralErrors => faults::figure(metric, plain, scenario),
        _ => return sampled_figures(metric, plain, scenario),
    };
    counted.map(Figures::counted)
}

fn sampled_figures(
    metric: Metric,
    plain: Plain,
    scenario: &Scenario,
) -> Result<Figures, Unavailable> {
    let sampled = match plain {
        Plain::HitRatio | Plain::HitRatioError | Plain::StatisticsError => {
            return cache::from_blocks(metric, plain, scenario);
        }
        Plain::MemoryPeak => return memory::peak(metric, scenario),
        Plain::EvictionPenalty => cache::eviction_penalty(metric, scenario),
        Plain::PatternPenalty => cache::pattern_penalty(metric, scenario),
        Plain::MemoryTrend => trend::memory(metric, scenario),
        Plain::LatencyTrend => trend::latency(metric, scenario),
        Plain::BreakEven => break_even::share(metric, scenario),
        Plain::CapacityRate => capacity::capacity(metric, CapacityOf::Rate, scenario),
        Plain::ConcurrentCapacity => capacity::capacity(metric, CapacityOf::Users, scenario),
        _ => sums::per_pair(metric, plain, scenario),
    };
    sampled.map(Figures::sampled)
}

/// A comparison of counts: nothing is estimated, so the figures are their own intervals.
fn counted(
    metric: Metric,
    unit: Unit,
    values: Arms<Option<f64>>,
    samples: Arms<u64>,
    confidence: f64,
) -> Comparison {
    let exact = |v: Option<f64>| v.filter(|v| v.is_finite()).map(Estimate::exact);
    Comparison {
        metric,
        unit,
        baseline: exact(values.baseline),
        candidate: exact(values.candidate),
        change: exact(change(values.baseline, values.candidate)),
        difference: exact(difference(values.baseline, values.candidate)),
        log_ratios: Vec::new(),
        p_value: None,
        confidence,
        spread: Arms::default(),
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
