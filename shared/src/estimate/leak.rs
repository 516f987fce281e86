//! Whether a service leaks: the growth of what its process has allocated, as a robust line over its measured time.

use super::sampled::confidence;
use super::unbroken::unbroken;
use super::{Comparison, Estimate, Unavailable};
use crate::arms::{ArmRole, Arms};
use crate::metric::Metric;
use crate::report::{Fault, Sample, Scenario};
use crate::stats::{
    FEWEST_TREND_POINTS, Interval, Line, mann_kendall, median, serial_inflation, slope_interval,
    theil_sen,
};
use crate::units::{Unit, format_count, format_things};

/// The first part of the pairs is left out: caches, pools and the allocator's own tables fill then, which ends, while a leak
/// does not. Where the service's cache takes longer to fill, so much longer.
const WARM_UP_SHARE: f64 = 0.2;
/// A cache has settled with the first pair that ends with this share of the most entries it ever had: it may lag behind its
/// limit by what it has yet to evict.
const CACHE_SETTLED: f64 = 0.95;
/// A fit speaks for 24 hours if they are at most this many times as many saves as it saw. What settles slowly looks like a
/// line from near by: within this factor, a bend that is smaller than the interval of the slope is no more than that
/// interval over the whole day.
const MOST_EXTRAPOLATED: f64 = 50.0;
/// Pairs that the warm-up leaves at the least: with two there is a line, if one that proves nothing.
const LEAST_LEFT: usize = 2;
/// More points tell no more of a line, while the slopes between them grow with the square: longer runs join neighbouring
/// pairs into one point.
const MOST_POINTS: usize = 200;
/// The strategy's time base for a leak (§2.3), seconds.
const DAY_SECONDS: f64 = 86_400.0;

/// What an arm's process had allocated at one stretch of its measured time: a pair's block, or some neighbouring ones.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LeakPoint {
    /// The middle of the stretch, seconds of the arm's measured time, as on the axis of [`Sample::at_ns`].
    pub seconds: f64,
    /// The lowest sample of the pair, or the median of these of some pairs, bytes. What saves under way hold, and what the
    /// instrument records within a block, only adds to what stays: a machine that gets busier holds more, and leaks nothing.
    pub bytes: f64,
}

/// A line through what an arm's process had allocated, the warm-up left out.
///
/// The memory at an instant is `intercept_bytes + bytes_per_second * seconds`.
#[derive(Debug, Clone, PartialEq)]
pub struct LeakFit {
    /// The points that were fitted, in time.
    pub points: Vec<LeakPoint>,
    /// Where the warm-up ends, seconds of the arm's measured time: nothing before it was fitted.
    pub warm_up_seconds: f64,
    /// Where the fitted time ends, seconds.
    pub end_seconds: f64,
    /// Slope of the line, bytes a second: the median of the slopes between all points (Theil and Sen).
    pub bytes_per_second: f64,
    /// The line at second zero, bytes.
    pub intercept_bytes: f64,
    /// Interval of `bytes_per_second` at [`LeakFit::confidence`].
    pub slope_interval: Option<Interval>,
    /// Why there is no interval, and what would give one.
    pub no_interval: Option<String>,
    /// Two-sided p-value of Mann and Kendall's test that nothing grows or falls; absent with too few points.
    pub p_value: Option<f64>,
    /// Two-sided confidence of the interval, 0 to 1.
    pub confidence: f64,
    /// Saves answered in the fitted time, failed ones included.
    pub saves: u64,
    /// The same a second of measured time.
    pub saves_per_second: f64,
    /// Saves in 24 hours at the strategy's own rate: what a leak is extrapolated to. A run may be compressed in time; what
    /// a save leaves behind stays the same then, and what a clock leaves behind is seen only at the real rate.
    pub saves_of_a_day: f64,
}

impl LeakFit {
    /// What a save leaves behind, bytes.
    #[must_use]
    pub fn bytes_per_save(&self) -> f64 {
        self.bytes_per_second / self.saves_per_second
    }

    /// The line where the warm-up ends, bytes: the level that growth is relative to. It is the whole process: the states
    /// that the plan keeps in memory are part of it.
    #[must_use]
    pub fn level_bytes(&self) -> f64 {
        self.bytes_at(self.warm_up_seconds)
    }

    /// The line at an instant of measured time, bytes.
    #[must_use]
    pub fn bytes_at(&self, seconds: f64) -> f64 {
        self.bytes_per_second.mul_add(seconds, self.intercept_bytes)
    }

    /// Growth over 24 hours of the strategy's load as a ratio of [`LeakFit::level_bytes`], with its interval.
    #[must_use]
    pub fn growth_of_a_day(&self) -> Estimate {
        let of_slope =
            |slope: f64| slope / self.saves_per_second * self.saves_of_a_day / self.level_bytes();
        Estimate {
            value: of_slope(self.bytes_per_second),
            interval: self.slope_interval.map(|slope| Interval {
                low: of_slope(slope.low),
                high: of_slope(slope.high),
            }),
            no_interval: self.no_interval.clone(),
        }
    }
}

/// Fits the memory that an arm's process had allocated. Resident memory is no stand-in: it keeps what the allocator has
/// not given back, and misses what reuses it.
///
/// # Errors
/// [`Unavailable::NotMeasured`], where the allocator told nothing, where the arm was more than one process, or where there
/// is no line to be drawn.
pub fn leak_fit(scenario: &Scenario, role: ArmRole) -> Result<LeakFit, Unavailable> {
    check_one_process(scenario, role)?;
    let all = stretches(unbroken(scenario, role));
    if all.is_empty() {
        let reason =
            "the process's allocator gave no statistics, and resident memory does not show a leak";
        return Err(not_measured(reason));
    }
    let fitted = &all[warm_up(&all)..];
    let points = points(fitted);
    let coordinates: Vec<(f64, f64)> = points.iter().map(|p| (p.seconds, p.bytes)).collect();
    let line = theil_sen(&coordinates)
        .ok_or_else(|| not_measured("there are too few samples after the warm-up for a line"))?;
    let saves = fitted.iter().map(|s| s.saves).fold(0, u64::saturating_add);
    let seconds: f64 = fitted.iter().map(|s| s.end - s.begin).sum();
    let mut fit = LeakFit {
        points,
        warm_up_seconds: fitted.first().map_or(0.0, |s| s.begin),
        end_seconds: fitted.last().map_or(0.0, |s| s.end),
        bytes_per_second: line.slope,
        intercept_bytes: line.intercept,
        slope_interval: None,
        no_interval: None,
        p_value: None,
        confidence: confidence(scenario),
        saves,
        saves_per_second: saves as f64 / seconds,
        saves_of_a_day: scenario.load.full.operations_per_second * DAY_SECONDS,
    };
    let is_usable = |figure: f64| figure.is_finite() && figure > 0.0;
    if !is_usable(fit.level_bytes()) || !is_usable(fit.saves_per_second) {
        return Err(not_measured(
            "no save was answered, or nothing was held in memory",
        ));
    }
    match settle(&mut fit, &coordinates, line, all.len()) {
        Ok(interval) => fit.slope_interval = Some(interval),
        Err(reason) => fit.no_interval = Some(reason),
    }
    Ok(fit)
}

/// The interval of the slope, or why there is none.
fn settle(
    fit: &mut LeakFit,
    points: &[(f64, f64)],
    line: Line,
    pairs: usize,
) -> Result<Interval, String> {
    let inflation = serial_inflation(points, line);
    fit.p_value = mann_kendall(points, inflation);
    let (Some(p), count) = (fit.p_value, points.len()) else {
        return Err(few_points(points.len(), pairs));
    };
    let least = (fit.saves_of_a_day / MOST_EXTRAPOLATED).ceil();
    if (fit.saves as f64) < least {
        return Err(format!(
            "{} after the warm-up are too few to speak for the {} of 24 hours: at least {} are needed",
            format_things(fit.saves, "save", "saves"),
            format_count(fit.saves_of_a_day as u64),
            format_count(least as u64),
        ));
    }
    let interval = slope_interval(points, fit.confidence, inflation).ok_or_else(|| {
        format!(
            "the {} points follow each other too closely for an interval: measure longer",
            format_count(count as u64)
        )
    })?;
    // Interval and test come from the same statistic and differ in a step: an alarm needs both.
    if interval.low > 0.0 && p >= 1.0 - fit.confidence {
        return Err(format!(
            "the growth may be chance, p = {p:.3} by Mann and Kendall's test: measure longer"
        ));
    }
    Ok(interval)
}

fn few_points(points: usize, pairs: usize) -> String {
    let left_out = pairs.saturating_sub(points);
    // As many as would leave enough if the warm-up took the same part of them.
    let needed = (FEWEST_TREND_POINTS * pairs).div_ceil(points.max(1));
    format!(
        "a trend needs at least {FEWEST_TREND_POINTS} pairs after the warm-up, there are {} of {}, {} left out: measure {} or more",
        format_count(points as u64),
        format_count(pairs as u64),
        format_count(left_out as u64),
        format_count(needed as u64),
    )
}

fn not_measured(reason: &str) -> Unavailable {
    Unavailable::NotMeasured(reason.to_owned())
}

/// A new process begins with nothing: memory over several says nothing of a leak.
fn check_one_process(scenario: &Scenario, role: ArmRole) -> Result<(), Unavailable> {
    if scenario.load.fresh_arms {
        return Err(not_measured("each pair had a process of its own"));
    }
    let mut faults = scenario.faults.iter();
    if faults.any(|f| f.arm == role && f.fault == Fault::ProcessKilled) {
        return Err(not_measured("the process was killed and started anew"));
    }
    Ok(())
}

/// What an arm held and answered during one pair.
struct Stretch {
    /// Begin and end, seconds of the arm's measured time.
    begin: f64,
    end: f64,
    saves: u64,
    /// The least that was allocated at the end of a sample, bytes.
    lowest: f64,
    /// The cache's entries at the end; zero without a cache.
    entries: u64,
}

impl Stretch {
    fn of(samples: &[Sample]) -> Option<Self> {
        let seconds = |ns: u64| ns as f64 / 1e9;
        let (first, last) = (samples.first()?, samples.last()?);
        let answered = samples
            .iter()
            .map(|s| s.acknowledged.saturating_add(s.failed));
        let allocated = samples
            .iter()
            .filter_map(|s| Some(s.allocator?.allocated_bytes));
        Some(Self {
            begin: seconds(first.at_ns),
            end: seconds(last.at_ns.saturating_add(last.length_ns)),
            saves: answered.fold(0, u64::saturating_add),
            lowest: allocated.min()? as f64,
            entries: last.cache.map_or(0, |cache| cache.entries),
        })
    }
}

/// One for each pair whose memory was read.
fn stretches(samples: &[Sample]) -> Vec<Stretch> {
    samples
        .chunk_by(|a, b| a.pair == b.pair)
        .filter_map(Stretch::of)
        .collect()
}

/// How many of the pairs belong to the warm-up.
fn warm_up(pairs: &[Stretch]) -> usize {
    let share = (pairs.len() as f64 * WARM_UP_SHARE).ceil() as usize;
    let most = pairs.iter().map(|p| p.entries).max().unwrap_or(0);
    let settled = |p: &Stretch| p.entries as f64 >= most as f64 * CACHE_SETTLED;
    // The pair in which the cache filled still grew.
    let filled = match pairs.iter().position(settled) {
        Some(place) if most > 0 => place + 1,
        _ => 0,
    };
    share
        .max(filled)
        .min(pairs.len().saturating_sub(LEAST_LEFT))
}

/// At most [`MOST_POINTS`], each of equally many neighbouring pairs; what is left over at the end is a point too.
fn points(pairs: &[Stretch]) -> Vec<LeakPoint> {
    let joined = pairs.len().div_ceil(MOST_POINTS).max(1);
    pairs
        .chunks(joined)
        .filter_map(|pairs| {
            let lowest: Vec<f64> = pairs.iter().map(|p| p.lowest).collect();
            Some(LeakPoint {
                seconds: f64::midpoint(pairs.first()?.begin, pairs.last()?.end),
                bytes: median(&lowest)?,
            })
        })
        .collect()
}

/// Growth of allocated memory over 24 hours of the strategy's load.
pub(super) fn growth(metric: Metric, scenario: &Scenario) -> Result<Comparison, Unavailable> {
    let candidate = leak_fit(scenario, ArmRole::Candidate)?;
    let baseline = leak_fit(scenario, ArmRole::Baseline).ok();
    let saves = |fit: Option<&LeakFit>| fit.map_or(0, |fit| fit.saves);
    Ok(Comparison {
        metric,
        unit: Unit::Growth,
        baseline: baseline.as_ref().map(LeakFit::growth_of_a_day),
        candidate: Some(candidate.growth_of_a_day()),
        change: None,
        difference: None,
        log_ratios: Vec::new(),
        p_value: None,
        confidence: candidate.confidence,
        spread: Arms::default(),
        pairs: 0,
        samples: Arms {
            baseline: saves(baseline.as_ref()),
            candidate: candidate.saves,
        },
    })
}

#[cfg(test)]
mod tests;
