//! Percentiles of weighted merges of histograms.

use crate::histogram::{Bucket, Histogram, rank_at_quantile};
use crate::units::saturating_sum;

/// Values that a block is taken to hold at most: a million million, and none holds as many. Blocks are fewer than a million, as
/// a report of so many could not be read: their sums fit 64 bits, and the innermost loop of all intervals need not check.
const MOST: u64 = 1 << 40;

/// The histograms of many blocks, laid out so that the percentile of any weighted merge of them is a binary search.
#[derive(Debug)]
pub struct BlockQuantiles {
    /// The highest value of each bucket, rising.
    values: Vec<u64>,
    /// The lowest value of each.
    lowest: Vec<u64>,
    /// One row a value: for each block, how many of its values are at most this one.
    cumulative: Vec<u64>,
    blocks: usize,
}

impl BlockQuantiles {
    /// Lays out one histogram a block.
    #[must_use]
    pub fn new(histograms: &[Histogram]) -> Self {
        let values = histograms.iter().fold(Vec::new(), |values, histogram| {
            union(&values, histogram.buckets().iter().map(|b| b.highest))
        });
        let blocks = histograms.len();
        let mut cumulative = vec![0; values.len() * blocks];
        let mut lowest = values.clone();
        for (block, histogram) in histograms.iter().enumerate() {
            let mut buckets = histogram.buckets().iter().peekable();
            let mut seen = 0_u64;
            for (row, value) in values.iter().enumerate() {
                if let Some(bucket) = buckets.next_if(|b| b.highest == *value) {
                    seen = seen.saturating_add(bucket.count).min(MOST);
                    lowest[row] = lowest[row].min(bucket.lowest);
                }
                cumulative[row * blocks + block] = seen;
            }
        }
        Self {
            values,
            lowest,
            cumulative,
            blocks,
        }
    }

    /// The same of some of the blocks, in the order of their places.
    ///
    /// # Panics
    /// Where a place is not below the number of blocks.
    #[must_use]
    pub fn of_blocks(&self, places: &[usize]) -> Self {
        let mut cumulative = Vec::with_capacity(self.values.len() * places.len());
        let from = places.first().copied().unwrap_or_default();
        let is_stretch = places
            .iter()
            .enumerate()
            .all(|(i, place)| *place == from + i);
        for row in 0..self.values.len() {
            let counts = &self.cumulative[row * self.blocks..][..self.blocks];
            if is_stretch {
                // A range of time mostly is one, and is chosen anew with every move of the pointer.
                cumulative.extend_from_slice(&counts[from..from + places.len()]);
            } else {
                cumulative.extend(places.iter().map(|place| counts[*place]));
            }
        }
        Self {
            values: self.values.clone(),
            lowest: self.lowest.clone(),
            cumulative,
            blocks: places.len(),
        }
    }

    /// All blocks as one histogram, as [`Histogram::merged`] makes it of them.
    #[must_use]
    pub fn merged(&self) -> Histogram {
        let mut before = 0_u64;
        let mut buckets = Vec::new();
        for (row, (lowest, highest)) in self.lowest.iter().zip(&self.values).enumerate() {
            let counts = &self.cumulative[row * self.blocks..][..self.blocks];
            let seen = counts.iter().sum();
            if seen > before {
                buckets.push(Bucket {
                    lowest: *lowest,
                    highest: *highest,
                    count: seen - before,
                });
                before = seen;
            }
        }
        Histogram::of_buckets(String::new(), buckets)
    }

    /// How many values all blocks hold.
    #[must_use]
    pub fn count(&self) -> u64 {
        let last = self.values.len().saturating_sub(1) * self.blocks;
        saturating_sum(self.cumulative[last..].iter().copied())
    }

    /// The value at a quantile of 0 to 1 of the blocks merged, each as often as its weight says; HdrHistogram's rule.
    #[must_use]
    pub fn value_at(&self, quantile: f64, weights: &[u32]) -> Option<f64> {
        // A pair's own figure is asked for by weights that are zero but for one block: only what lies between the first and the last
        // that count is summed up.
        let first = weights.iter().position(|weight| *weight > 0)?;
        let last = weights.iter().rposition(|weight| *weight > 0)?;
        let counting = &weights[first..=last];
        let total = self.count_to(self.values.len().checked_sub(1)?, first, counting);
        if total == 0 {
            return None;
        }
        let rank = rank_at_quantile(quantile, total);
        let (mut low, mut high) = (0, self.values.len() - 1);
        while low < high {
            let middle = usize::midpoint(low, high);
            if self.count_to(middle, first, counting) >= rank {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        Some(self.values[low] as f64)
    }

    /// Values up to a row's, of the blocks from `first` on as often as their weights say.
    fn count_to(&self, row: usize, first: usize, weights: &[u32]) -> u64 {
        self.cumulative[row * self.blocks..(row + 1) * self.blocks]
            .iter()
            .skip(first)
            .zip(weights)
            .fold(0, |sum, (count, weight)| sum + count * u64::from(*weight))
    }
}

/// The values of two rising sequences, each once.
fn union(first: &[u64], second: impl Iterator<Item = u64>) -> Vec<u64> {
    let mut both = Vec::with_capacity(first.len());
    let mut first = first.iter().copied().peekable();
    for value in second {
        while let Some(lower) = first.next_if(|lower| *lower < value) {
            both.push(lower);
        }
        first.next_if_eq(&value);
        if both.last() != Some(&value) {
            both.push(value);
        }
    }
    both.extend(first);
    both
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::histogram;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn weighted_quantiles_equal_those_of_the_merged_histogram(
            blocks in prop::collection::vec(prop::collection::vec(1_u64..1_000_000, 0..40), 1..6),
            weights in prop::collection::vec(0_u32..4, 6),
            quantile in 0.001_f64..=1.0,
        ) {
            let histograms: Vec<Histogram> = blocks.iter().map(|b| histogram(b.iter().copied())).collect();
            let weights = &weights[..histograms.len()];
            let drawn = histograms.iter().zip(weights).flat_map(|(h, w)| (0..*w).map(move |_| h));
            let expected = Histogram::merged(drawn).value_at_quantile(quantile).map(|v| v as f64);
            prop_assert_eq!(BlockQuantiles::new(&histograms).value_at(quantile, weights), expected);
        }

        #[test]
        fn some_blocks_are_merged_as_their_histograms_are(
            blocks in prop::collection::vec(prop::collection::vec(1_u64..1_000_000_000, 0..60), 1..8),
            kept in prop::collection::vec(any::<bool>(), 8),
            quantile in 0.001_f64..=1.0,
        ) {
            let histograms: Vec<Histogram> = blocks.iter().map(|b| histogram(b.iter().copied())).collect();
            let places: Vec<usize> = (0..histograms.len()).filter(|place| kept[*place]).collect();
            let some = BlockQuantiles::new(&histograms).of_blocks(&places);
            let expected = Histogram::merged(places.iter().map(|place| &histograms[*place]));
            let merged = some.merged();
            prop_assert_eq!(merged.buckets(), expected.buckets());
            let at = some.value_at(quantile, &vec![1; places.len()]);
            prop_assert_eq!(at, expected.value_at_quantile(quantile).map(|v| v as f64));
        }
    }
}
