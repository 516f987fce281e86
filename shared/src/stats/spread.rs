//! Middle and spread of a few figures.

use crate::sort::sort_by;
/// What repeated measurements of one figure come to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// Measurements.
    pub count: usize,
    /// Their mean.
    pub mean: f64,
    /// Their median.
    pub median: f64,
    /// Their sample standard deviation, divided by the count less one; zero for a single measurement.
    pub standard_deviation: f64,
}

impl Spread {
    /// Of these measurements; absent where there is none.
    #[must_use]
    pub fn of(values: &[f64]) -> Option<Self> {
        let median = median(values)?;
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let squares: f64 = values.iter().map(|v| (v - mean) * (v - mean)).sum();
        Some(Self {
            count: values.len(),
            mean,
            median,
            standard_deviation: (squares / (n - 1.0).max(1.0)).sqrt(),
        })
    }
}

/// The middle value, or the mean of the two middle ones; absent where there is none.
#[must_use]
pub fn median(values: &[f64]) -> Option<f64> {
    WeightedMedian::new(values.iter().map(|v| Some(*v))).of(&vec![1; values.len()])
}

/// Values sorted once, so that the median of any resample of them is one walk.
#[derive(Debug, Clone, Default)]
pub struct WeightedMedian {
    sorted: Vec<(f64, usize)>,
}

impl WeightedMedian {
    /// Of one value a unit; a unit may have none.
    #[must_use]
    pub fn new(values: impl IntoIterator<Item = Option<f64>>) -> Self {
        let mut sorted: Vec<(f64, usize)> = values
            .into_iter()
            .enumerate()
            .filter_map(|(unit, value)| Some((value.filter(|v| !v.is_nan())?, unit)))
            .collect();
        sort_by(&mut sorted, |a, b| a.0.total_cmp(&b.0));
        Self { sorted }
    }

    /// Units that have a value.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.sorted.len()
    }

    /// Whether no unit has one.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.sorted.is_empty()
    }

    /// The median of the values, each as often as its unit's weight says; absent where no value was drawn.
    #[must_use]
    pub fn of(&self, weights: &[u32]) -> Option<f64> {
        let weight = |unit: usize| weights.get(unit).copied().unwrap_or(0);
        let total: u32 = self.sorted.iter().map(|(_, unit)| weight(*unit)).sum();
        let (lower, upper) = (total.div_ceil(2), total / 2 + 1);
        let (mut seen, mut low) = (0, None);
        for (value, unit) in &self.sorted {
            seen += weight(*unit);
            if low.is_none() && seen >= lower && total > 0 {
                low = Some(*value);
            }
            if seen >= upper {
                return low.map(|low| f64::midpoint(low, *value));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spread_is_that_of_a_sample() {
        let spread = Spread::of(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]).unwrap();
        assert_eq!((spread.count, spread.mean, spread.median), (8, 5.0, 4.5));
        assert!((spread.standard_deviation - (32.0_f64 / 7.0).sqrt()).abs() < 1e-12);
        let single = Spread::of(&[3.0]).unwrap();
        assert_eq!(single.standard_deviation, 0.0);
        assert_eq!(Spread::of(&[]), None);
    }

    #[test]
    fn values_that_are_no_numbers_or_were_not_drawn_do_not_count() {
        let medians = WeightedMedian::new([Some(1.0), None, Some(f64::NAN), Some(3.0)]);
        assert_eq!(medians.len(), 2);
        assert_eq!(medians.of(&[1, 5, 5, 1]), Some(2.0));
        assert_eq!(medians.of(&[0, 5, 5, 0]), None);
        assert_eq!(medians.of(&[0, 0, 0, 2]), Some(3.0));
        let below_all = WeightedMedian::new([Some(f64::NEG_INFINITY), Some(0.0)]);
        assert_eq!(below_all.of(&[1, 1]), Some(f64::NEG_INFINITY));
    }

    proptest! {
        #[test]
        fn a_weighted_median_is_that_of_the_drawn_values(
            values in prop::collection::vec(-1e6_f64..1e6, 1..12),
            weights in prop::collection::vec(0_u32..4, 12),
        ) {
            let weights = &weights[..values.len()];
            let mut drawn: Vec<f64> = values
                .iter()
                .zip(weights)
                .flat_map(|(v, w)| (0..*w).map(move |_| *v))
                .collect();
            drawn.sort_unstable_by(f64::total_cmp);
            let n = drawn.len();
            let expected = (n > 0).then(|| f64::midpoint(drawn[(n - 1) / 2], drawn[n / 2]));
            let medians = WeightedMedian::new(values.iter().map(|v| Some(*v)));
            prop_assert_eq!(medians.of(weights), expected);
        }
    }
}
