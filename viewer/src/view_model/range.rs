//! The part of the measured time that the latency section is about.

use shared::report::{Sample, Scenario};

use super::timelines::TimeAxis;
use crate::charts::tick_label;
use crate::route::TimeRange;

const NS_PER_MS: u64 = 1_000_000;
/// Samples of neighbouring blocks may miss each other by a rounding, nanoseconds; and addresses hold milliseconds.
const SLACK_NS: u64 = NS_PER_MS;

/// When the blocks of a pair were measured, nanoseconds of the arms' measured time: where its samples lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) pair: u32,
    pub(crate) from_ns: u64,
    pub(crate) to_ns: u64,
}

/// The pairs that have samples, in the order of the baseline's.
pub(crate) fn spans(scenario: &Scenario) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    let samples = scenario.series.baseline.iter();
    for sample in samples.chain(&scenario.series.candidate) {
        let Sample { pair, at_ns, .. } = *sample;
        let end = at_ns.saturating_add(sample.length_ns);
        // A pair's samples follow each other, so that it is mostly the last one looked at.
        match spans.iter_mut().rev().find(|s| s.pair == pair) {
            Some(span) => {
                span.from_ns = span.from_ns.min(at_ns);
                span.to_ns = span.to_ns.max(end);
            }
            None => spans.push(Span {
                pair,
                from_ns: at_ns,
                to_ns: end,
            }),
        }
    }
    spans
}

/// Whether both blocks of a pair lie within a range. All do where there is no range, none that has no samples where there is.
pub(crate) fn holds(spans: &[Span], range: Option<TimeRange>, pair: u32) -> bool {
    let Some(range) = range else { return true };
    let from_ns = range.from_ms.saturating_mul(NS_PER_MS);
    let to_ns = range.to_ms.saturating_mul(NS_PER_MS);
    spans.iter().any(|span| {
        span.pair == pair
            && span.from_ns.saturating_add(SLACK_NS) >= from_ns
            && span.to_ns <= to_ns.saturating_add(SLACK_NS)
    })
}

/// A range and its blocks: `Seconds 12–30: 8 of 22 blocks`.
pub(crate) fn in_words(scenario: &Scenario, range: TimeRange, blocks: usize, all: usize) -> String {
    let time = TimeAxis::of(scenario);
    let at = |ms: u64| tick_label(time.of_seconds(ms as f64 / 1e3));
    let name = super::latency::capital(time.name());
    let (from, to) = (at(range.from_ms), at(range.to_ms));
    format!("{name} {from}–{to}: {blocks} of {all} blocks")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view_model::fixture;

    #[test]
    fn pairs_lie_within_a_range_as_a_whole_or_not_at_all() {
        let spans = [(4, 0, 1_666), (2, 1_667, 3_333)].map(|(pair, from, to)| Span {
            pair,
            from_ns: from * NS_PER_MS,
            to_ns: to * NS_PER_MS,
        });
        let held = |from_ms, to_ms| {
            let range = Some(TimeRange { from_ms, to_ms });
            [4, 2, 9].map(|pair| holds(&spans, range, pair))
        };
        assert_eq!(held(0, 3_333), [true, true, false]);
        assert_eq!(held(0, 3_000), [true, false, false]);
        assert_eq!(held(1_000, 9_000), [false, true, false]);
        assert_eq!(held(u64::MAX - 1, u64::MAX), [false, false, false]);
        assert!(holds(&spans, None, 9));
    }

    #[test]
    fn every_pair_has_its_span_and_they_follow_each_other() {
        let scenario = fixture::scenario();
        let spans = spans(&scenario);
        assert!(spans.len() > 2);
        assert!(
            spans
                .windows(2)
                .all(|w| w[0].to_ns <= w[1].from_ns + SLACK_NS),
            "{spans:?}"
        );
        assert_eq!(spans[0].from_ns, 0);
    }

    #[test]
    fn a_range_is_told_in_the_unit_of_the_axis() {
        let range = TimeRange {
            from_ms: 12_000,
            to_ms: 30_500,
        };
        let told = in_words(&fixture::scenario(), range, 8, 22);
        assert!(told.ends_with(": 8 of 22 blocks"), "{told}");
        assert!(told.starts_with("Seconds 12–30.5"), "{told}");
    }
}
