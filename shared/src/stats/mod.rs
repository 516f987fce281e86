//! Statistics over pairs.
//!
//! The unit of statistics is the pair of blocks, never the request: requests of one block share its weather, and
//! treating them as independent makes intervals that are far too narrow.

mod bootstrap;
mod change_points;
mod correction;
mod normal;
mod quantiles;
mod random;
mod rank;
mod spread;
mod trend;

pub use bootstrap::{Resampling, bootstrap, bootstrap_two};
pub use change_points::{CHANCE, ChangePoint, FEWEST_POINTS, change_points};
pub use correction::{holm, pocock_level};
pub use quantiles::BlockQuantiles;
pub use rank::{rank_sum, signed_rank};
pub use spread::{Spread, WeightedMedian, median};
pub use trend::{
    FEWEST_TREND_POINTS, Line, mann_kendall, serial_inflation, slope_interval, theil_sen,
};

/// Bootstrap resamples. Source: Efron & Tibshirani, An Introduction to the Bootstrap (1993), §13.3: 1,000 at the
/// least for 95 % percentile intervals; ten times that keeps the resampling's own noise under a tenth of the width.
pub const RESAMPLES: usize = 10_000;
/// Two-sided confidence of every interval, over all planned looks.
pub const CONFIDENCE: f64 = 0.95;
/// Fewer pairs than this give no interval: with four, one resample in 256 is a single pair, and the 2.5 % tails
/// are made of a handful of such extremes.
pub const FEWEST_PAIRS: usize = 5;
/// Values that must lie beyond a percentile before it gets an interval. Source: the site's number rules; the
/// relative error of a tail count is 1 / √100 = 10 %.
pub const SAMPLES_BEYOND: u64 = 100;

/// A confidence interval, both ends included.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Interval {
    /// The interval of something counted, not estimated.
    #[must_use]
    pub const fn exact(value: f64) -> Self {
        Self {
            low: value,
            high: value,
        }
    }

    /// Itself where it was measured; `None` for that of something counted, which has no width and is not shown.
    #[must_use]
    pub fn measured(self) -> Option<Self> {
        (self.low < self.high).then_some(self)
    }
}

/// Wilson's score interval for a share, at a two-sided confidence of 0 to 1. Source: Wilson (1927), JASA 22, 209–212.
#[must_use]
pub fn wilson(events: u64, trials: u64, confidence: f64) -> Option<Interval> {
    if trials == 0 {
        return None;
    }
    let z = normal::above((1.0 - confidence) / 2.0);
    let n = trials as f64;
    let p = events as f64 / n;
    let middle = p + z * z / (2.0 * n);
    let spread = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z * z / n;
    Some(Interval {
        low: ((middle - spread) / scale).max(0.0),
        high: ((middle + spread) / scale).min(1.0),
    })
}

/// How many values a percentile of 0 to 100 needs before [`SAMPLES_BEYOND`] lie beyond it.
#[must_use]
pub fn samples_needed(percentile: f64) -> u64 {
    // Rounded first, since 100 / (1 − 0.99) is a hair above 10,000 in floating point.
    (SAMPLES_BEYOND as f64 / (1.0 - percentile / 100.0) - 1e-6).ceil() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilson_bounds_zero_events() {
        let interval = wilson(0, 10_400, CONFIDENCE).unwrap();
        assert_eq!(interval.low, 0.0);
        assert!((interval.high - 3.69e-4).abs() < 1e-6, "{interval:?}");
        assert_eq!(wilson(0, 0, CONFIDENCE), None);
        let stricter = wilson(0, 10_400, 0.99).unwrap();
        assert!(stricter.high > interval.high);
    }

    #[test]
    fn tail_percentiles_need_more_values() {
        assert_eq!(
            [50.0, 95.0, 99.0, 99.9].map(samples_needed),
            [200, 2_000, 10_000, 100_000]
        );
    }
}
