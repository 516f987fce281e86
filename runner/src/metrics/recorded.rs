//! Histograms of finished blocks as Prometheus takes them: counts of classic and of native buckets.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use prometheus_client::encoding::{EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::{MetricType, TypedMetric};
use shared::histogram::Histogram;

use super::family::Figure;
use super::messages::{self, Bucket, Kind, Metric};
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
    fn sums(&self) -> MutexGuard<'_, Sums> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a recording. A bucket of the recording counts by its upper end, as its percentiles do: near a bound a value may
    /// count as up to a thousandth larger than it was.
    pub(super) fn add(&self, recording: &Histogram) {
        let mut sums = self.sums();
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

impl Sums {
    fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Upper bound of each classic bucket, seconds, and what is in it alone.
    fn buckets(&self) -> impl Iterator<Item = (f64, u64)> {
        let bounds = BOUNDS_NS.iter().map(|ns| *ns as f64 / NS_PER_SECOND);
        bounds
            .chain([f64::INFINITY])
            .zip(self.counts.iter().copied())
    }
}

impl EncodeMetric for Recorded {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> Result<(), std::fmt::Error> {
        let sums = self.sums();
        let buckets: Vec<(f64, u64)> = sums.buckets().collect();
        encoder.encode_histogram::<NoLabelSet>(sums.seconds, sums.count(), &buckets, None)
    }

    fn metric_type(&self) -> MetricType {
        Self::TYPE
    }
}

impl TypedMetric for Recorded {
    const TYPE: MetricType = MetricType::Histogram;
}

impl Figure for Recorded {
    const KIND: Kind = Kind::Histogram;

    fn message(&self) -> Metric {
        let sums = self.sums();
        let cumulated = |sum: &mut u64, (upper_bound, count)| {
            *sum += count;
            Some(Bucket {
                cumulative_count: *sum,
                upper_bound,
            })
        };
        let histogram = messages::Histogram {
            sample_count: sums.count(),
            sample_sum: sums.seconds,
            bucket: sums.buckets().scan(0, cumulated).collect(),
            ..sums.native.spans().message()
        };
        Metric {
            histogram: Some(histogram),
            ..Metric::default()
        }
    }
}
