//! Resampling over pairs, or over runs of consecutive ones.

use crate::sort::at_rank;

use super::normal::{below, student_above};
use super::random::SplitMix64;
use super::{FEWEST_PAIRS, Interval, RESAMPLES};

/// One seed for all: the same evidence gives the same interval everywhere.
const SEED: u64 = 0x5eed;

/// How a sample is drawn again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Resampling {
    /// Pairs, or other units.
    pub units: usize,
    /// 1: units are drawn one by one. More: as runs of so many consecutive units, the last followed by the first,
    /// which keeps the correlation between neighbours. Source: Künsch (1989), Annals of Statistics 17(3);
    /// circular as by Politis & Romano (1992), Exploring the Limits of Bootstrap, 263–270.
    pub run_length: usize,
    /// Two-sided confidence of the interval, 0 to 1.
    pub confidence: f64,
}

impl Resampling {
    /// How many units stand behind an interval as if they were independent: the runs.
    #[must_use]
    pub const fn independent(&self) -> usize {
        self.units
            / if self.run_length > 1 {
                self.run_length
            } else {
                1
            }
    }

    /// Whether there are enough of them for an interval.
    #[must_use]
    pub const fn is_enough(&self) -> bool {
        self.independent() >= FEWEST_PAIRS
    }

    /// The length of a run for so many units in time: the cube root, rounded up. Source: Hall, Horowitz & Jing (1995),
    /// Biometrika 82(3), for the variance and bias of an estimate.
    #[must_use]
    pub fn run_length_for(units: usize) -> usize {
        // A cube root a hair above its whole number is that number.
        ((units as f64).cbrt() - 1e-9).ceil().max(1.0) as usize
    }

    fn draw(&self, random: &mut SplitMix64, weights: &mut [u32]) {
        weights.fill(0);
        let mut drawn = 0;
        while drawn < self.units {
            let start = random.below(self.units);
            let length = self.run_length.clamp(1, self.units - drawn);
            for unit in start..start + length {
                weights[unit % self.units] += 1;
            }
            drawn += length;
        }
    }
}

/// Expanded percentile-bootstrap interval of several statistics at once: `statistics` gets how often each unit was
/// drawn. A resample in which a statistic is undefined or infinite does not count for it; where more than a tenth are,
/// there is no interval. Source: Efron & Tibshirani (1993), §13.3; see [`tail`] for the expansion.
pub fn bootstrap<const N: usize>(
    resampling: &Resampling,
    mut statistics: impl FnMut(&[u32]) -> [Option<f64>; N],
) -> [Option<Interval>; N] {
    let intervals = resample(&[*resampling], N, &mut |weights, figures| {
        figures.copy_from_slice(&statistics(&weights[0]));
    });
    std::array::from_fn(|i| intervals[i])
}

/// The same for one statistic of two samples that were drawn apart, such as two runs. The smaller sample sets how far
/// the interval is expanded, and the higher of the two confidences counts.
pub fn bootstrap_two(
    first: &Resampling,
    second: &Resampling,
    mut statistic: impl FnMut(&[u32], &[u32]) -> Option<f64>,
) -> Option<Interval> {
    let intervals = resample(&[*first, *second], 1, &mut |weights, figures| {
        figures[0] = statistic(&weights[0], &weights[1]);
    });
    intervals[0]
}

/// Fills in figures from how often each unit of each sample was drawn.
type Statistics<'a> = dyn FnMut(&[Vec<u32>], &mut [Option<f64>]) + 'a;

/// One function for every statistic, so that the site carries its code once.
fn resample(
    samples: &[Resampling],
    figures: usize,
    statistics: &mut Statistics<'_>,
) -> Vec<Option<Interval>> {
    if !samples.iter().all(Resampling::is_enough) {
        return vec![None; figures];
    }
    let mut random = SplitMix64::new(SEED);
    let mut draws = vec![Vec::with_capacity(RESAMPLES); figures];
    let mut values = vec![None; figures];
    let mut weights: Vec<Vec<u32>> = samples.iter().map(|s| vec![0; s.units]).collect();
    for _ in 0..RESAMPLES {
        for (sample, weights) in samples.iter().zip(&mut weights) {
            sample.draw(&mut random, weights);
        }
        statistics(&weights, &mut values);
        for (draws, value) in draws.iter_mut().zip(&values) {
            draws.extend(value.filter(|v: &f64| v.is_finite()));
        }
    }
    let tail = samples.iter().map(tail).fold(1.0, f64::min);
    draws
        .into_iter()
        .map(|draws| (draws.len() * 10 >= RESAMPLES * 9).then(|| percentile_interval(draws, tail)))
        .collect()
}

/// The share of resamples to cut off at each end. The plain 2.5 % make intervals too narrow for few units, because
/// a resample varies less than the units do and its spread is itself uncertain: with ten pairs they hold the truth
/// nine times in ten only. Source: Hesterberg (2015), What Teachers Should Know About the Bootstrap, The American
/// Statistician 69(4), "expanded percentile interval".
fn tail(sample: &Resampling) -> f64 {
    let n = sample.independent() as f64;
    let t = student_above((1.0 - sample.confidence) / 2.0, n - 1.0);
    below(-(n / (n - 1.0)).sqrt() * t)
}

fn percentile_interval(mut draws: Vec<f64>, tail: f64) -> Interval {
    let last = (draws.len() - 1) as f64;
    let mut at = |q: f64| at_rank(&mut draws, (last * q).round() as usize);
    Interval {
        low: at(tail),
        high: at(1.0 - tail),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::CONFIDENCE;
    use crate::testing::normal;
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn units(units: usize) -> Resampling {
        Resampling {
            units,
            run_length: 1,
            confidence: CONFIDENCE,
        }
    }

    fn mean(values: &[f64], weights: &[u32]) -> f64 {
        let sum: f64 = values
            .iter()
            .zip(weights)
            .map(|(v, w)| v * f64::from(*w))
            .sum();
        sum / f64::from(weights.iter().sum::<u32>())
    }

    fn interval_of_mean(resampling: &Resampling, values: &[f64]) -> Interval {
        let [interval] = bootstrap(resampling, |weights| [Some(mean(values, weights))]);
        interval.unwrap()
    }

    fn width(interval: Interval) -> f64 {
        interval.high - interval.low
    }

    #[test]
    fn the_interval_of_a_mean_has_the_width_that_theory_gives() {
        // Sixteen values of sample variance 22.67: the mean's standard error is √(22.67 / 16) = 1.190, and
        // Student's t with 15 degrees of freedom is 2.131.
        let values: Vec<f64> = (0..16).map(f64::from).collect();
        let interval = interval_of_mean(&units(16), &values);
        let half = width(interval) / 2.0;
        assert!((half / (2.131 * 1.190) - 1.0).abs() < 0.05, "{interval:?}");
        assert!(
            ((interval.high + interval.low) / 2.0 - 7.5).abs() < 0.15,
            "{interval:?}"
        );
        // At 99 %, Student's t is 2.947.
        let stricter = Resampling {
            confidence: 0.99,
            ..units(16)
        };
        let half = width(interval_of_mean(&stricter, &values)) / 2.0;
        assert!((half / (2.947 * 1.190) - 1.0).abs() < 0.05, "{half}");
    }

    #[test]
    fn the_expansion_fades_with_the_number_of_units() {
        assert!((tail(&units(1_000_000)) - (1.0 - CONFIDENCE) / 2.0).abs() < 1e-6);
        assert!(tail(&units(10)) < tail(&units(30)));
    }

    #[test]
    fn too_few_pairs_or_undefined_resamples_give_no_interval() {
        assert_eq!(bootstrap(&units(FEWEST_PAIRS - 1), |_| [Some(1.0)]), [None]);
        let undefined = bootstrap(&units(10), |_| [None, Some(f64::INFINITY)]);
        assert_eq!(undefined, [None, None]);
        let two = bootstrap_two(&units(10), &units(4), |_, _| Some(1.0));
        assert_eq!(two, None);
    }

    #[test]
    fn the_difference_of_two_samples_has_the_width_that_theory_gives() {
        // Standard errors 1.190 and 1.190 / 2; the smaller sample has 15 degrees of freedom.
        let first: Vec<f64> = (0..16).map(f64::from).collect();
        let second: Vec<f64> = first.iter().cycle().take(64).copied().collect();
        let interval = bootstrap_two(&units(16), &units(64), |a, b| {
            Some(mean(&second, b) - mean(&first, a))
        });
        let half = width(interval.unwrap()) / 2.0;
        let theory = 2.131 * (22.67_f64 / 16.0 + 21.25 / 64.0).sqrt();
        assert!((half / theory - 1.0).abs() < 0.05, "{half} {theory}");
    }

    proptest! {
        #[test]
        fn every_resample_holds_as_many_units_as_there_are(
            count in 1_usize..80,
            run_length in 0_usize..12,
            seed in any::<u64>(),
        ) {
            let resampling = Resampling { run_length, ..units(count) };
            let mut weights = vec![7; count];
            resampling.draw(&mut SplitMix64::new(seed), &mut weights);
            prop_assert_eq!(weights.iter().sum::<u32>() as usize, count);
        }

        #[test]
        fn a_drawn_run_is_consecutive(count in 2_usize..40, seed in any::<u64>()) {
            // One run as long as the sample is the sample, wherever it begins.
            let resampling = Resampling { run_length: count, ..units(count) };
            let mut weights = vec![0; count];
            resampling.draw(&mut SplitMix64::new(seed), &mut weights);
            prop_assert!(weights.iter().all(|w| *w == 1));
        }
    }

    #[test]
    fn runs_of_one_are_units() {
        let values: Vec<f64> = (0..20).map(f64::from).collect();
        let none = Resampling {
            run_length: 0,
            ..units(20)
        };
        assert_eq!(
            interval_of_mean(&none, &values),
            interval_of_mean(&units(20), &values)
        );
    }

    #[test]
    fn runs_grow_with_the_cube_root() {
        let lengths = [1, 8, 9, 27, 28, 64, 1_000].map(Resampling::run_length_for);
        assert_eq!(lengths, [1, 2, 3, 3, 4, 4, 10]);
    }

    /// Half the interval's mean width over series of windows correlated in time, over what theory gives.
    fn width_over_theory(run_length: usize) -> f64 {
        const SERIES: u64 = 12;
        const WINDOWS: usize = 60;
        const CORRELATION: f64 = 0.5;
        let widths: f64 = (0..SERIES)
            .map(|seed| {
                let mut rng = ChaCha8Rng::seed_from_u64(seed);
                let mut last = normal(&mut rng) / (1.0 - CORRELATION * CORRELATION).sqrt();
                let values: Vec<f64> = (0..WINDOWS)
                    .map(|_| {
                        last = CORRELATION * last + normal(&mut rng);
                        last
                    })
                    .collect();
                let resampling = Resampling {
                    run_length,
                    ..units(WINDOWS)
                };
                width(interval_of_mean(&resampling, &values))
            })
            .sum();
        // The mean of a first-order autoregressive series has the standard error 1 / (1 − correlation) / √n.
        let theory = 1.96 / (1.0 - CORRELATION) / (WINDOWS as f64).sqrt();
        widths / SERIES as f64 / 2.0 / theory
    }

    #[test]
    fn runs_see_the_correlation_of_windows_and_single_units_do_not() {
        let (plain, runs) = (
            width_over_theory(1),
            width_over_theory(Resampling::run_length_for(60)),
        );
        // Single units see the variance of a window alone, 1 / (1 − correlation²): 0.58 of the standard error.
        assert!((plain - 0.58).abs() < 0.08, "{plain}");
        assert!(runs > 0.8 && runs < 1.15, "{runs} against {plain}");
    }
}
