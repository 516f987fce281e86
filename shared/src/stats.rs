//! Resampling over pairs.
//!
//! The unit of statistics is the pair of blocks, never the request: requests of one block share its weather, and
//! treating them as independent makes intervals that are far too narrow.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::histogram::{Histogram, rank_at_quantile};

/// Bootstrap resamples. Source: Efron & Tibshirani, An Introduction to the Bootstrap (1993), §13.3: 1,000 at the
/// least for 95 % percentile intervals; ten times that keeps the resampling's own noise under a tenth of the width.
pub const RESAMPLES: usize = 10_000;
/// Two-sided confidence of every interval.
pub const CONFIDENCE: f64 = 0.95;
/// Fewer pairs than this give no interval: with four, one resample in 256 is a single pair, and the 2.5 % tails
/// are made of a handful of such extremes.
pub const FEWEST_PAIRS: usize = 5;
/// Values that must lie beyond a percentile before it gets an interval. Source: the site's number rules; the
/// relative error of a tail count is 1 / √100 = 10 %.
pub const SAMPLES_BEYOND: u64 = 100;
/// z of the two-sided 95 % normal interval.
const Z: f64 = 1.959_963_984_540_054;
/// One seed for all: the same evidence gives the same interval everywhere.
const SEED: u64 = 0x5eed_0b5e_55ed;

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
}

/// Expanded percentile-bootstrap interval of several statistics at once: `statistics` gets how often each of `units`
/// units was drawn. A resample in which a statistic is undefined or infinite does not count for it; where more than a
/// tenth are, there is no interval. Source: Efron & Tibshirani (1993), §13.3; see [`tail`] for the expansion.
pub fn bootstrap<const N: usize>(
    units: usize,
    mut statistics: impl FnMut(&[u32]) -> [Option<f64>; N],
) -> [Option<Interval>; N] {
    if units < FEWEST_PAIRS {
        return [None; N];
    }
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let mut draws: [Vec<f64>; N] = std::array::from_fn(|_| Vec::with_capacity(RESAMPLES));
    let mut weights = vec![0_u32; units];
    for _ in 0..RESAMPLES {
        weights.fill(0);
        for _ in 0..units {
            weights[rng.random_range(0..units)] += 1;
        }
        for (draws, value) in draws.iter_mut().zip(statistics(&weights)) {
            draws.extend(value.filter(|v| v.is_finite()));
        }
    }
    draws.map(|draws| {
        (draws.len() * 10 >= RESAMPLES * 9).then(|| percentile_interval(draws, tail(units)))
    })
}

/// The share of resamples to cut off at each end. The plain 2.5 % make intervals too narrow for few units, because
/// a resample varies less than the units do and its spread is itself uncertain: with ten pairs they hold the truth
/// nine times in ten only. Source: Hesterberg (2015), What Teachers Should Know About the Bootstrap, The American
/// Statistician 69(4), "expanded percentile interval".
fn tail(units: usize) -> f64 {
    let n = units as f64;
    normal_below(-(n / (n - 1.0)).sqrt() * student_t(n - 1.0))
}

/// The two-sided 95 % quantile of Student's t, within 0.3 % from four degrees of freedom on.
/// Source: Abramowitz & Stegun (1964), 26.7.5.
fn student_t(degrees: f64) -> f64 {
    let z = |power| Z.powi(power);
    let terms = [
        (z(3) + Z) / 4.0,
        (5.0 * z(5) + 16.0 * z(3) + 3.0 * Z) / 96.0,
        (3.0 * z(7) + 19.0 * z(5) + 17.0 * z(3) - 15.0 * Z) / 384.0,
    ];
    terms
        .iter()
        .rev()
        .fold(0.0, |sum, term| (sum + term) / degrees)
        + Z
}

/// The share of the standard normal distribution below a value of at most zero, within 1e-7.
/// Source: Abramowitz & Stegun (1964), 26.2.17.
fn normal_below(x: f64) -> f64 {
    let t = 1.0 / (1.0 - 0.231_641_9 * x);
    let series = [
        0.319_381_530,
        -0.356_563_782,
        1.781_477_937,
        -1.821_255_978,
        1.330_274_429,
    ]
    .iter()
    .rev()
    .fold(0.0, |sum, term| (sum + term) * t);
    (-x * x / 2.0).exp() / std::f64::consts::TAU.sqrt() * series
}

fn percentile_interval(mut draws: Vec<f64>, tail: f64) -> Interval {
    draws.sort_unstable_by(f64::total_cmp);
    let at = |q: f64| draws[((draws.len() - 1) as f64 * q).round() as usize];
    Interval {
        low: at(tail),
        high: at(1.0 - tail),
    }
}

/// Wilson's score interval for a share. Source: Wilson (1927), JASA 22, 209–212.
#[must_use]
pub fn wilson(events: u64, trials: u64) -> Option<Interval> {
    if trials == 0 {
        return None;
    }
    let n = trials as f64;
    let p = events as f64 / n;
    let middle = p + Z * Z / (2.0 * n);
    let spread = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z * Z / n;
    Some(Interval {
        low: ((middle - spread) / scale).max(0.0),
        high: ((middle + spread) / scale).min(1.0),
    })
}

/// The histograms of many blocks, laid out so that the percentile of any weighted merge of them is a binary search.
#[derive(Debug)]
pub struct BlockQuantiles {
    values: Vec<u64>,
    /// One row a value: for each block, how many of its values are at most this one.
    cumulative: Vec<u64>,
    blocks: usize,
}

impl BlockQuantiles {
    /// Lays out one histogram a block.
    #[must_use]
    pub fn new(histograms: &[Histogram]) -> Self {
        let mut values: Vec<u64> = histograms
            .iter()
            .flat_map(|h| h.buckets().iter().map(|b| b.highest))
            .collect();
        values.sort_unstable();
        values.dedup();
        let blocks = histograms.len();
        let mut cumulative = vec![0; values.len() * blocks];
        for (block, histogram) in histograms.iter().enumerate() {
            let mut buckets = histogram.buckets().iter().peekable();
            let mut seen = 0_u64;
            for (row, value) in values.iter().enumerate() {
                if let Some(bucket) = buckets.next_if(|b| b.highest == *value) {
                    seen = seen.saturating_add(bucket.count);
                }
                cumulative[row * blocks + block] = seen;
            }
        }
        Self {
            values,
            cumulative,
            blocks,
        }
    }

    /// The value at a quantile of 0 to 1 of the blocks merged, each as often as its weight says; HdrHistogram's rule.
    #[must_use]
    pub fn value_at(&self, quantile: f64, weights: &[u32]) -> Option<f64> {
        let total = self.count_to(self.values.len().checked_sub(1)?, weights);
        if total == 0 {
            return None;
        }
        let rank = rank_at_quantile(quantile, total);
        let (mut low, mut high) = (0, self.values.len() - 1);
        while low < high {
            let middle = usize::midpoint(low, high);
            if self.count_to(middle, weights) >= rank {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        Some(self.values[low] as f64)
    }

    fn count_to(&self, row: usize, weights: &[u32]) -> u64 {
        self.cumulative[row * self.blocks..(row + 1) * self.blocks]
            .iter()
            .zip(weights)
            .fold(0_u64, |sum, (count, weight)| {
                sum.saturating_add(count.saturating_mul(u64::from(*weight)))
            })
    }
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
    use crate::histogram::recording;
    use proptest::prelude::*;

    fn histogram(values: &[u64]) -> Histogram {
        let mut h = recording();
        for v in values {
            h.saturating_record(*v);
        }
        Histogram::from_recording(&h).unwrap()
    }

    proptest! {
        #[test]
        fn weighted_quantiles_equal_those_of_the_merged_histogram(
            blocks in prop::collection::vec(prop::collection::vec(1_u64..1_000_000, 0..40), 1..6),
            weights in prop::collection::vec(0_u32..4, 6),
            quantile in 0.001_f64..=1.0,
        ) {
            let histograms: Vec<Histogram> = blocks.iter().map(|b| histogram(b)).collect();
            let weights = &weights[..histograms.len()];
            let drawn = histograms.iter().zip(weights).flat_map(|(h, w)| (0..*w).map(move |_| h));
            let expected = Histogram::merged(drawn).value_at_quantile(quantile).map(|v| v as f64);
            prop_assert_eq!(BlockQuantiles::new(&histograms).value_at(quantile, weights), expected);
        }
    }

    #[test]
    fn the_interval_of_a_mean_has_the_width_that_theory_gives() {
        // Sixteen values of sample variance 22.67: the mean's standard error is √(22.67 / 16) = 1.190, and
        // Student's t with 15 degrees of freedom is 2.131.
        let values: Vec<f64> = (0..16).map(f64::from).collect();
        let [interval] = bootstrap(16, |weights| {
            let sum: f64 = values
                .iter()
                .zip(weights)
                .map(|(v, w)| v * f64::from(*w))
                .sum();
            [Some(sum / 16.0)]
        });
        let interval = interval.unwrap();
        let half = (interval.high - interval.low) / 2.0;
        assert!((half / (2.131 * 1.190) - 1.0).abs() < 0.05, "{interval:?}");
        assert!(
            ((interval.high + interval.low) / 2.0 - 7.5).abs() < 0.15,
            "{interval:?}"
        );
    }

    #[test]
    fn the_tails_are_those_of_the_published_tables() {
        for (degrees, t) in [(4.0, 2.776), (9.0, 2.262), (29.0, 2.045), (1e9, 1.960)] {
            assert!((student_t(degrees) / t - 1.0).abs() < 3e-3, "{degrees}");
        }
        for (x, share) in [
            (0.0, 0.5),
            (-1.0, 0.158_655),
            (-1.959_964, 0.025),
            (-3.0, 0.001_350),
        ] {
            assert!((normal_below(x) - share).abs() < 1e-6, "{x}");
        }
        assert!((tail(1_000_000) - (1.0 - CONFIDENCE) / 2.0).abs() < 1e-6);
    }

    #[test]
    fn too_few_pairs_or_undefined_resamples_give_no_interval() {
        assert_eq!(bootstrap(FEWEST_PAIRS - 1, |_| [Some(1.0)]), [None]);
        assert_eq!(bootstrap(10, |_| [None, Some(f64::INFINITY)]), [None, None]);
    }

    #[test]
    fn wilson_bounds_zero_events() {
        let interval = wilson(0, 10_400).unwrap();
        assert_eq!(interval.low, 0.0);
        assert!((interval.high - 3.69e-4).abs() < 1e-6, "{interval:?}");
        assert_eq!(wilson(0, 0), None);
    }

    #[test]
    fn tail_percentiles_need_more_values() {
        assert_eq!(
            [50.0, 95.0, 99.0, 99.9].map(samples_needed),
            [200, 2_000, 10_000, 100_000]
        );
    }
}
