//! Histograms of finished blocks as Prometheus takes them: counts of classic and of native buckets.

use std::sync::{Arc, Mutex, PoisonError};

use prometheus_client::encoding::{EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::{MetricType, TypedMetric};
use shared::histogram::Histogram;

use super::native::Native;

/// Upper bounds of the buckets, nanoseconds: 1, 2 and 5 in each decade, from what a cache hit takes to what nobody waits for,
/// and 300 ms, so that each of the strategy's targets (50, 100, 200, 300 and 500 ms) is a bound.
const BOUNDS_NS: [u64; 20] = [
    10_000,
    20_000,
    50_000,
    100_000,
    200_000,
    500_000,
    1_000_000,
    2_000_000,
    5_000_000,
    10_000_000,
    20_000_000,
    50_000_000,
    100_000_000,
    200_000_000,
    300_000_000,
    500_000_000,
    1_000_000_000,
    2_000_000_000,
    5_000_000_000,
    10_000_000_000,
];
const NS_PER_SECOND: f64 = 1e9;

/// What was recorded so far.
#[derive(Debug, Default)]
struct Sums {
    /// Values in each bucket, not cumulated; the last has no upper bound.
    counts: [u64; BOUNDS_NS.len() + 1],
    /// The same values, in finer buckets.
    native: Native,
    /// Sum of the values, seconds.
    seconds: f64,
}

/// A histogram that whole recordings are added to.
#[derive(Debug, Clone, Default)]
pub(super) struct Recorded(Arc<Mutex<Sums>>);

impl Recorded {
    /// Adds a recording. A bucket of the recording counts by its upper end, as its percentiles do: near a bound a value may
    /// count as up to a thousandth larger than it was.
    pub(super) fn add(&self, recording: &Histogram) {
        let mut sums = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for bucket in recording.buckets() {
            let place = BOUNDS_NS.partition_point(|bound| *bound < bucket.highest);
            sums.counts[place] += bucket.count;
            let seconds = bucket.highest as f64 / NS_PER_SECOND;
            sums.native.add(seconds, bucket.count);
        }
        let mean = recording.mean().unwrap_or(0.0);
        sums.seconds += mean * recording.count() as f64 / NS_PER_SECOND;
    }
}

impl EncodeMetric for Recorded {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> Result<(), std::fmt::Error> {
        let sums = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let bounds = BOUNDS_NS.iter().map(|ns| *ns as f64 / NS_PER_SECOND);
        let buckets: Vec<(f64, u64)> = bounds
            .chain([f64::INFINITY])
            .zip(sums.counts.iter().copied())
            .collect();
        let count = sums.counts.iter().sum();
        let spans = sums.native.spans();
        encoder.encode_histogram_with_native::<NoLabelSet>(
            sums.seconds,
            count,
            &buckets,
            None,
            spans.histogram(),
        )
    }

    fn metric_type(&self) -> MetricType {
        Self::TYPE
    }
}

impl TypedMetric for Recorded {
    const TYPE: MetricType = MetricType::Histogram;
}
