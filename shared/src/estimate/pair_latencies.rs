//! The latencies of a scenario, laid out once so that every percentile of any of its pairs is at hand.

use std::rc::Rc;

use super::latency::{enough_sound, of_block};
use super::pairs::{is_behind, open_pairs};
use super::sampled::{Change, Sampled, few_units, resampling_of};
use super::{Comparison, Point, Unavailable};
use crate::arms::{ArmRole, Arms, Class};
use crate::histogram::Histogram;
use crate::metric::{LatencyKind, Metric};
use crate::report::Scenario;
use crate::stats::{BlockQuantiles, samples_needed};
use crate::units::{Unit, format_count, percentile_name};

/// The highest percentile whose change is the median of the pairs' own. Above it, histograms are merged first: a tail
/// percentile of one pair is made of a handful of values, and the median of such is not the tail of all.
const HIGHEST_OF_A_PAIR: f64 = 50.0;

/// One kind of latency of one class of saves in every pair of open blocks.
#[derive(Debug)]
pub struct PairLatencies {
    kind: LatencyKind,
    class: Option<Class>,
    /// Number of each pair, and how many of its blocks say nothing about latency.
    pairs: Vec<(u32, usize)>,
    quantiles: Arms<BlockQuantiles>,
    split: bool,
    looks: u32,
}

impl PairLatencies {
    /// Lays the histograms of all pairs out.
    #[must_use]
    pub fn new(scenario: &Scenario, kind: LatencyKind, class: Option<Class>) -> Self {
        let pairs = open_pairs(scenario);
        let arm = |role| {
            let histograms: Vec<Histogram> = pairs
                .iter()
                .map(|p| of_block(p.blocks.get(role), kind, class))
                .collect();
            BlockQuantiles::new(&histograms)
        };
        let behind = |pair: &super::Pair<'_>| {
            let blocks = [pair.blocks.baseline, pair.blocks.candidate];
            blocks.into_iter().filter(|b| is_behind(b)).count()
        };
        Self {
            kind,
            class,
            quantiles: Arms {
                baseline: arm(ArmRole::Baseline),
                candidate: arm(ArmRole::Candidate),
            },
            pairs: pairs.iter().map(|p| (p.index, behind(p))).collect(),
            split: scenario.load.split,
            looks: scenario.load.looks,
        }
    }

    /// How many blocks the pairs have whose numbers are wanted.
    #[must_use]
    pub fn blocks(&self, wanted: &dyn Fn(u32) -> bool) -> usize {
        self.pairs
            .iter()
            .filter(|(index, _)| wanted(*index))
            .count()
            * 2
    }

    /// The latencies of the pairs whose numbers are wanted, those aside in which an arm or the generator fell behind.
    ///
    /// # Errors
    /// [`Unavailable`] where no pair is left, or most of them fell behind.
    pub fn of_pairs(&self, wanted: &dyn Fn(u32) -> bool) -> Result<Latencies, Unavailable> {
        let (mut places, mut behind, mut blocks) = (Vec::new(), 0, 0);
        for (place, (index, of_pair)) in self.pairs.iter().enumerate() {
            if wanted(*index) {
                blocks += 2;
                behind += of_pair;
                if *of_pair == 0 {
                    places.push(place);
                }
            }
        }
        enough_sound(places.len(), behind, blocks)?;
        if places.is_empty() {
            return Err(Unavailable::NotMeasured(
                "the scenario has no pair of open blocks".to_owned(),
            ));
        }
        Ok(Latencies {
            kind: self.kind,
            class: self.class,
            pairs: places.len(),
            quantiles: Rc::new(self.quantiles.map(|_, all| all.of_blocks(&places))),
            split: self.split,
            looks: self.looks,
        })
    }
}

/// The latencies of some pairs, at least one.
#[derive(Debug, Clone)]
pub struct Latencies {
    kind: LatencyKind,
    class: Option<Class>,
    pairs: usize,
    quantiles: Rc<Arms<BlockQuantiles>>,
    split: bool,
    looks: u32,
}

impl Latencies {
    /// Each arm's blocks merged.
    #[must_use]
    pub fn merged(&self) -> Arms<Histogram> {
        self.quantiles.map(|_, blocks| blocks.merged())
    }

    /// Why no percentile has an interval, where they are too few pairs for one.
    #[must_use]
    pub fn few_pairs(&self) -> Option<String> {
        let resampling = resampling_of(self.split, self.looks, self.pairs);
        (!resampling.is_enough()).then(|| few_units(&resampling))
    }

    /// A percentile, 0 to 100, with its intervals over the pairs.
    ///
    /// # Errors
    /// [`Unavailable::NoSamples`] where neither arm has a figure.
    pub fn estimate(&self, percentile: f64) -> Result<Comparison, Unavailable> {
        self.sampled(percentile).comparison()
    }

    /// The same without intervals, at a small part of the cost.
    ///
    /// # Errors
    /// [`Unavailable::NoSamples`] where neither arm has a figure.
    pub fn point(&self, percentile: f64) -> Result<Point, Unavailable> {
        self.sampled(percentile).point()
    }

    pub(super) fn sampled(&self, percentile: f64) -> Sampled {
        let metric = Metric::Latency {
            kind: self.kind,
            percentile,
            class: self.class,
        };
        let change = if percentile > HIGHEST_OF_A_PAIR {
            Change::Merged
        } else {
            Change::MedianOfPairs
        };
        let quantiles = Rc::clone(&self.quantiles);
        let mut sampled = Sampled::new(
            metric,
            Unit::Nanoseconds,
            quantiles.map(|_, blocks| blocks.count()),
            resampling_of(self.split, self.looks, self.pairs),
            change,
            move |role, weights| quantiles.get(role).value_at(percentile / 100.0, weights),
        );
        withhold_thin_intervals(&mut sampled, percentile, self.class);
        sampled
    }
}

/// Takes intervals away that too few values stand behind, and says how many it needs.
fn withhold_thin_intervals(sampled: &mut Sampled, percentile: f64, class: Option<Class>) {
    let needed = samples_needed(percentile);
    let kind = class.map_or_else(String::new, |class| format!("{} ", class.as_str()));
    for role in ArmRole::ALL {
        let count = *sampled.samples().get(role);
        if count < needed {
            let reason = format!(
                "{} needs {} {kind}saves, there are {}",
                percentile_name(percentile),
                format_count(needed),
                format_count(count)
            );
            sampled.withhold(role, reason);
        }
    }
}

/// All open blocks of an arm merged, saturated ones aside, as charts draw them.
#[must_use]
pub fn merged_latency(
    scenario: &Scenario,
    role: ArmRole,
    kind: LatencyKind,
    class: Option<Class>,
) -> Histogram {
    let all = PairLatencies::new(scenario, kind, class).of_pairs(&|_| true);
    all.map_or_else(
        |_| Histogram::default(),
        |all| all.quantiles.get(role).merged(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estimate::estimate;
    use crate::testing::Synthetic;

    #[test]
    fn some_pairs_are_estimated_as_if_only_they_had_been_measured() {
        let scenario = Synthetic::default().scenario();
        let mut part = scenario.clone();
        part.blocks.retain(|b| (2..8).contains(&b.pair));
        let all = PairLatencies::new(&scenario, LatencyKind::Response, None);
        let some = all.of_pairs(&|pair| (2..8).contains(&pair)).unwrap();
        for percentile in [50.0, 95.0, 99.9] {
            let metric = Metric::Latency {
                kind: LatencyKind::Response,
                percentile,
                class: None,
            };
            let expected = estimate(metric, &part).unwrap();
            assert_eq!(some.estimate(percentile).as_ref(), Ok(&expected));
            let change = expected.change.map(|c| c.value);
            assert_eq!(some.point(percentile).unwrap().change, change);
        }
        let merged = some.merged();
        for role in ArmRole::ALL {
            let expected = merged_latency(&part, role, LatencyKind::Response, None);
            assert_eq!(merged.get(role).buckets(), expected.buckets());
        }
    }

    #[test]
    fn no_pair_is_a_reason_and_no_figure() {
        let all = PairLatencies::new(
            &Synthetic::default().scenario(),
            LatencyKind::Response,
            None,
        );
        assert!(matches!(
            all.of_pairs(&|_| false).unwrap_err(),
            Unavailable::NotMeasured(_)
        ));
    }
}
