//! Whether something grows, and how fast, by methods that a few wild values do not move.
//!
//! Both assume that values which follow each other have nothing to do with each other beyond the trend. Samples of
//! memory are not like that: what is held now is mostly held a moment later, and a series that wanders looks like one that
//! grows. Two things keep false alarms at their nominal rate: take one value (a median) for each longer stretch of
//! time instead of every sample, and widen for what likeness is left by [`serial_inflation`].

use super::Interval;
use super::normal::{above, below};
use super::spread::median;
use crate::sort::sort_by;

/// Fewer points than this give neither interval nor p-value: the normal approximation of Kendall's S does not hold.
/// Source: Kendall, Rank Correlation Methods (1975), as quoted by Gilbert, Statistical Methods for Environmental
/// Pollution Monitoring (1987), §16.4.2.
pub const FEWEST_TREND_POINTS: usize = 10;

/// Half a step of S, which changes by two, approximated by a statistic that takes all values. Source: Gilbert (1987),
/// equation 16.5.
const CONTINUITY: f64 = 1.0;

/// Likeness of neighbours beyond this cannot be told from a series that only wanders.
const MOST_ALIKE: f64 = 0.95;

/// A robust line through points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line {
    /// What it rises by for each unit of x: the median of the slopes between all pairs of points.
    pub slope: f64,
    /// Where it stands at x = 0, so that as many points lie above the line as below.
    pub intercept: f64,
}

/// The line of Theil and Sen. Absent where no two points differ in x, or a figure is no number. Source: Sen (1968),
/// Journal of the American Statistical Association 63, 1379–1389; as by `scipy.stats.theilslopes(method="joint")`.
#[must_use]
pub fn theil_sen(points: &[(f64, f64)]) -> Option<Line> {
    let slopes = slopes(points)?;
    let slope = median(&slopes)?;
    let heights: Vec<f64> = points.iter().map(|(x, y)| y - slope * x).collect();
    Some(Line {
        slope,
        intercept: median(&heights)?,
    })
}

/// The interval of the slope of [`theil_sen`] at a two-sided confidence of 0 to 1: slopes between points, by rank, as many
/// from the middle as Kendall's S deviates. `inflation` widens its variance, see [`serial_inflation`]; 1 for independent
/// values. Absent with fewer than [`FEWEST_TREND_POINTS`], and where S deviates by so much that no slope is left outside.
/// Source: Sen (1968), equation 2.6; Gilbert (1987), §16.5.1; as by `scipy.stats.theilslopes`.
#[must_use]
pub fn slope_interval(points: &[(f64, f64)], confidence: f64, inflation: f64) -> Option<Interval> {
    if points.len() < FEWEST_TREND_POINTS {
        return None;
    }
    let slopes = slopes(points)?;
    let deviation = above((1.0 - confidence) / 2.0) * (variance_of_s(points) * inflation).sqrt();
    let count = slopes.len() as f64;
    let low = f64::midpoint(count, -deviation).round_ties_even() - 1.0;
    let high = f64::midpoint(count, deviation).round_ties_even();
    if !(low >= 0.0 && high < count) {
        return None;
    }
    Some(Interval {
        low: *slopes.get(low as usize)?,
        high: *slopes.get(high as usize)?,
    })
}

/// Two-sided p-value of Mann and Kendall's test that y has no trend over x, with its correction for ties and for
/// continuity. `inflation` as in [`slope_interval`]. Absent with fewer than [`FEWEST_TREND_POINTS`], or where a figure is
/// no number. Source: Mann (1945), Econometrica 13, 245–259; Kendall (1975); Gilbert (1987), §16.4.2.
#[must_use]
pub fn mann_kendall(points: &[(f64, f64)], inflation: f64) -> Option<f64> {
    if points.len() < FEWEST_TREND_POINTS || !are_numbers(points) {
        return None;
    }
    let s: f64 = pairs(points)
        .map(|(a, b)| sign(b.0 - a.0) * sign(b.1 - a.1))
        .sum();
    let distance = (s.abs() - CONTINUITY).max(0.0);
    let z = distance / (variance_of_s(points) * inflation).sqrt();
    // Not a number where all values are the same: nothing grows.
    Some(if z > 0.0 { 2.0 * below(-z) } else { 1.0 })
}

/// By how much the variance of S grows because neighbours are alike: (1 + ρ) / (1 − ρ), with ρ the first autocorrelation
/// of what the line leaves, corrected for the bias that fitting a line to few points makes. At least 1: neighbours that
/// are unlike each other do not make an interval narrower than it is without them.
/// Source: Bayley & Hammersley (1946) for autocorrelations that fall off as powers; applied after removing the trend as by
/// Yue & Wang (2004), Water Resources Management 18, 201–218; the bias of −(2 + 4 ρ) / n after van Giersbergen (2005),
/// Economics Letters 89, 115–120.
#[must_use]
pub fn serial_inflation(points: &[(f64, f64)], line: Line) -> f64 {
    let rest: Vec<f64> = points
        .iter()
        .map(|(x, y)| y - line.intercept - line.slope * x)
        .collect();
    let n = rest.len() as f64;
    let mean = rest.iter().sum::<f64>() / n;
    let squares: f64 = rest.iter().map(|r| (r - mean) * (r - mean)).sum();
    let products: f64 = rest
        .windows(2)
        .map(|pair| (pair[0] - mean) * (pair[1] - mean))
        .sum();
    // Zero where nothing is left beside the line.
    let alike = if squares > 0.0 && n > 4.0 {
        (n * (products / squares) + 2.0) / (n - 4.0)
    } else {
        0.0
    };
    let alike = alike.clamp(0.0, MOST_ALIKE);
    (1.0 + alike) / (1.0 - alike)
}

fn are_numbers(points: &[(f64, f64)]) -> bool {
    points.iter().all(|(x, y)| x.is_finite() && y.is_finite())
}

fn pairs(points: &[(f64, f64)]) -> impl Iterator<Item = ((f64, f64), (f64, f64))> {
    points
        .iter()
        .enumerate()
        .flat_map(move |(i, a)| points[i + 1..].iter().map(move |b| (*a, *b)))
}

/// The slopes between all points that differ in x, in rising order; absent where there is none.
fn slopes(points: &[(f64, f64)]) -> Option<Vec<f64>> {
    if !are_numbers(points) {
        return None;
    }
    let mut slopes: Vec<f64> = pairs(points)
        .filter(|(a, b)| a.0 != b.0)
        .map(|(a, b)| (b.1 - a.1) / (b.0 - a.0))
        .collect();
    sort_by(&mut slopes, f64::total_cmp);
    (!slopes.is_empty()).then_some(slopes)
}

/// The variance of Kendall's S where there is no trend, less what ties take from it. Source: Gilbert (1987), equation 16.4.
fn variance_of_s(points: &[(f64, f64)]) -> f64 {
    let term = |n: f64| n * (n - 1.0) * (2.0 * n + 5.0);
    let ties = |mut values: Vec<f64>| -> f64 {
        sort_by(&mut values, f64::total_cmp);
        let groups = values.chunk_by(|a, b| a == b);
        groups.map(|group| term(group.len() as f64)).sum()
    };
    let (x, y) = points.iter().copied().unzip();
    (term(points.len() as f64) - ties(x) - ties(y)) / 18.0
}

fn sign(value: f64) -> f64 {
    if value == 0.0 { 0.0 } else { value.signum() }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::stats::CONFIDENCE;
    use crate::testing::normal;
    use proptest::prelude::*;

    fn series(values: &[f64]) -> Vec<(f64, f64)> {
        let numbered = values.iter().enumerate();
        numbered.map(|(i, y)| (i as f64, *y)).collect()
    }

    #[test]
    fn one_wild_value_does_not_move_the_line() {
        let mut points = series(
            &(0..21)
                .map(|i| 5.0 + 2.0 * f64::from(i))
                .collect::<Vec<_>>(),
        );
        points[7].1 = 1e9;
        let line = theil_sen(&points).unwrap();
        assert_eq!(line.slope, 2.0);
        assert!((line.intercept - 5.0).abs() < 1e-9);
    }

    #[test]
    fn what_does_not_change_does_not_grow() {
        let flat = series(&[3.0; 12]);
        let line = theil_sen(&flat).unwrap();
        assert_eq!((line.slope, line.intercept), (0.0, 3.0));
        assert_eq!(mann_kendall(&flat, 1.0), Some(1.0));
        assert_eq!(serial_inflation(&flat, line), 1.0);
    }

    #[test]
    fn few_or_unusable_points_are_no_evidence() {
        let short = series(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]);
        assert_eq!(theil_sen(&short).unwrap().slope, 1.0);
        assert_eq!(slope_interval(&short, CONFIDENCE, 1.0), None);
        assert_eq!(mann_kendall(&short, 1.0), None);
        assert_eq!(theil_sen(&[(1.0, 2.0); 5]), None, "all at one instant");
        let mut broken = series(&[1.0; 12]);
        broken[3].1 = f64::NAN;
        assert_eq!(theil_sen(&broken), None);
        assert_eq!(mann_kendall(&broken, 1.0), None);
    }

    #[test]
    fn an_interval_that_would_need_more_slopes_than_there_are_is_none() {
        let points = series(&(0..12).map(|i| f64::from(i % 5)).collect::<Vec<_>>());
        assert!(slope_interval(&points, CONFIDENCE, 1.0).is_some());
        assert_eq!(slope_interval(&points, CONFIDENCE, 39.0), None);
    }

    /// The share of series without a trend, each value like the one before by a share of `alike`, that are taken for one.
    fn false_alarms(alike: f64, corrected: bool) -> f64 {
        const SERIES: usize = 1_000;
        let mut rng = ChaCha8Rng::seed_from_u64(11);
        let alarms = (0..SERIES).filter(|_| {
            let mut value = normal(&mut rng);
            let values: Vec<f64> = (0..32)
                .map(|_| {
                    value = alike * value + (1.0 - alike * alike).sqrt() * normal(&mut rng);
                    value
                })
                .collect();
            let points = series(&values);
            let line = theil_sen(&points).unwrap();
            let inflation = if corrected {
                serial_inflation(&points, line)
            } else {
                1.0
            };
            let interval = slope_interval(&points, CONFIDENCE, inflation);
            interval.is_some_and(|i| i.low > 0.0 || i.high < 0.0)
        });
        alarms.count() as f64 / SERIES as f64
    }

    #[test]
    fn series_that_wander_raise_no_more_false_alarms_than_promised() {
        for alike in [0.0, 0.3, 0.6] {
            let rate = false_alarms(alike, true);
            assert!(rate < 0.09, "{alike}: {rate}");
        }
        let naive = false_alarms(0.6, false);
        assert!(naive > 0.2, "without the correction: {naive}");
    }

    proptest! {
        #[test]
        fn a_line_follows_what_is_done_to_its_points(
            values in prop::collection::vec(-1e3_f64..1e3, 10..30),
            scale in 0.1_f64..10.0, rise in -50.0_f64..50.0, shift in -1e3_f64..1e3,
        ) {
            let points = series(&values);
            let moved: Vec<(f64, f64)> =
                points.iter().map(|(x, y)| (*x, scale * y + rise * x + shift)).collect();
            let (line, after) = (theil_sen(&points).unwrap(), theil_sen(&moved).unwrap());
            prop_assert!((after.slope - scale * line.slope - rise).abs() < 1e-6);
            let (before, interval) = (
                slope_interval(&points, CONFIDENCE, 1.0).unwrap(),
                slope_interval(&moved, CONFIDENCE, 1.0).unwrap(),
            );
            prop_assert!((interval.low - scale * before.low - rise).abs() < 1e-6);
            prop_assert!((interval.high - scale * before.high - rise).abs() < 1e-6);
            prop_assert!(before.low <= line.slope && line.slope <= before.high);
        }

        #[test]
        fn the_test_knows_only_the_order(
            values in prop::collection::vec(-5_i32..6, 10..40),
        ) {
            let of = |map: fn(f64) -> f64| {
                let mapped: Vec<f64> = values.iter().map(|v| map(f64::from(*v))).collect();
                mann_kendall(&series(&mapped), 1.0).unwrap()
            };
            let p = of(|v| v);
            prop_assert!((0.0..=1.0).contains(&p));
            prop_assert_eq!(p, of(f64::exp));
            prop_assert_eq!(p, of(|v| -v));
            prop_assert_eq!(p, of(|v| v * v * v));
        }

        #[test]
        fn more_likeness_never_makes_surer(
            values in prop::collection::vec(-1e3_f64..1e3, 10..30),
            inflation in 1.0_f64..4.0,
        ) {
            let points = series(&values);
            let narrow = slope_interval(&points, CONFIDENCE, 1.0).unwrap();
            if let Some(wide) = slope_interval(&points, CONFIDENCE, inflation) {
                prop_assert!(wide.low <= narrow.low && narrow.high <= wide.high);
            }
            prop_assert!(mann_kendall(&points, inflation) >= mann_kendall(&points, 1.0));
        }

        #[test]
        fn an_interval_without_zero_is_a_trend_by_the_test_too(
            noise in prop::collection::vec(-1.0_f64..1.0, 12..40), rise in -0.3_f64..0.3,
        ) {
            let values: Vec<f64> =
                noise.iter().enumerate().map(|(i, n)| n + rise * i as f64).collect();
            let points = series(&values);
            let interval = slope_interval(&points, CONFIDENCE, 1.0).unwrap();
            if interval.low > 0.0 || interval.high < 0.0 {
                // Both come from S; rounding to whole ranks and the continuity correction differ by a step.
                prop_assert!(mann_kendall(&points, 1.0).unwrap() < 0.08);
            }
        }
    }
}
