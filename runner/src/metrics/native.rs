//! Native histograms: buckets that grow by a fixed factor, of which only those are sent that hold something
//! (<https://prometheus.io/docs/specs/native_histograms/>).

use std::collections::BTreeMap;

use super::messages::{BucketSpan, Histogram};

/// Buckets in each doubling are 2 to this power, so a bucket is 2.2 % wide: what is read from it is off by half of that at
/// the most, where the strategy asks whether something grew by 5 %.
const SCHEMA: i32 = 5;
/// Values up to this are zero, seconds: the recordings' own resolution.
const ZERO_THRESHOLD: f64 = 1e-9;
/// Empty buckets between two spans for which a span of its own is shorter than zeros; as in Prometheus' own client.
const LARGEST_GAP: i32 = 2;

/// Counts of buckets, by their index: bucket *i* holds what is above 2^((i - 1) / 2^schema) and not above 2^(i / 2^schema)
/// seconds.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Native {
    zero: u64,
    counts: BTreeMap<i32, u64>,
}

/// The buckets as they are sent: runs of neighbours, and the difference of each count to the one before.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Spans {
    zero: u64,
    /// Distance to the end of the run before, and length.
    runs: Vec<(i32, u32)>,
    deltas: Vec<i64>,
}

impl Native {
    /// Adds so many values.
    pub(super) fn add(&mut self, seconds: f64, count: u64) {
        if seconds <= ZERO_THRESHOLD {
            self.zero += count;
            return;
        }
        let per_doubling = f64::from(1 << SCHEMA);
        // Finite: a recording holds values from a nanosecond to centuries.
        let index = (seconds.log2() * per_doubling).ceil() as i32;
        *self.counts.entry(index).or_default() += count;
    }

    pub(super) fn spans(&self) -> Spans {
        let mut spans = Spans {
            zero: self.zero,
            ..Spans::default()
        };
        let (mut next, mut before) = (0, 0);
        for (&index, &count) in &self.counts {
            let gap = index - next;
            match spans.runs.last_mut() {
                Some((_, length)) if gap <= LARGEST_GAP => {
                    for _ in 0..gap {
                        spans.deltas.push(-before);
                        before = 0;
                        *length += 1;
                    }
                    *length += 1;
                }
                _ => spans.runs.push((gap, 1)),
            }
            let count = i64::try_from(count).unwrap_or(i64::MAX);
            spans.deltas.push(count - before);
            (next, before) = (index + 1, count);
        }
        spans
    }
}

impl Spans {
    /// A message of native buckets alone.
    pub(super) fn message(self) -> Histogram {
        let span = |(offset, length)| BucketSpan { offset, length };
        Histogram {
            schema: SCHEMA,
            zero_threshold: ZERO_THRESHOLD,
            zero_count: self.zero,
            positive_span: self.runs.into_iter().map(span).collect(),
            positive_delta: self.deltas,
            ..Histogram::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(values: &[(f64, u64)]) -> Native {
        let mut native = Native::default();
        for (seconds, count) in values {
            native.add(*seconds, *count);
        }
        native
    }

    #[test]
    fn a_value_at_a_bound_belongs_to_the_bucket_below_it() {
        assert_eq!(of(&[(1.0, 3)]).counts, [(0, 3)].into());
        assert_eq!(of(&[(1.001, 1), (1.02, 1)]).counts, [(1, 2)].into());
        assert_eq!(
            of(&[(2.0, 1), (2.001, 1)]).counts,
            [(32, 1), (33, 1)].into()
        );
        assert_eq!(of(&[(0.5, 1)]).counts, [(-32, 1)].into());
        assert_eq!(of(&[(0.0, 4), (1e-9, 1)]).zero, 5);
    }

    #[test]
    fn neighbours_make_a_run_and_a_wide_gap_begins_another() {
        let native = Native {
            zero: 2,
            counts: [(-3, 4), (-2, 9), (1, 1), (5, 7)].into(),
        };
        let spans = native.spans();
        // Offsets count from the end of the run before, the first one's from index 0.
        assert_eq!(spans.runs, [(-3, 5), (3, 1)]);
        assert_eq!(spans.deltas, [4, 5, -9, 0, 1, 6]);
        assert_eq!(spans.message().zero_count, 2);
    }

    /// What the receiver of spans makes of them.
    fn read(spans: &Spans) -> Native {
        let mut native = Native {
            zero: spans.zero,
            ..Native::default()
        };
        let mut deltas = spans.deltas.iter();
        let (mut index, mut count) = (0, 0);
        for (offset, length) in &spans.runs {
            index += offset;
            for _ in 0..*length {
                count += deltas.next().unwrap();
                if count > 0 {
                    native.counts.insert(index, count.unsigned_abs());
                }
                index += 1;
            }
        }
        assert_eq!(deltas.next(), None);
        native
    }

    proptest! {
        #[test]
        fn spans_say_the_same_as_counts(
            values in prop::collection::vec((0.0..100_f64, 1..1_000_u64), 0..60)
        ) {
            let native = of(&values);
            prop_assert_eq!(read(&native.spans()), native);
        }

        #[test]
        fn a_bucket_holds_its_values(seconds in 1e-8..100_f64) {
            let native = of(&[(seconds, 1)]);
            let index = f64::from(*native.counts.keys().next().unwrap());
            let bound = |index: f64| (index / 32.0).exp2();
            prop_assert!(bound(index - 1.0) < seconds * (1.0 + 1e-12));
            prop_assert!(seconds <= bound(index) * (1.0 + 1e-12));
        }
    }
}
