//! The highest load that still meets the latency target.

use super::Unavailable;
use super::pairs::fell_behind;
use super::sampled::{Change, Sampled, resampling};
use crate::arms::{ArmRole, Arms, ByClass, Class};
use crate::metric::Metric;
use crate::report::{Capacity, CapacityOf, CapacitySearch, CapacityStep, Scenario};
use crate::stats::WeightedMedian;
use crate::units::{THIN, Unit, saturating_sum, significant};

/// The percentile that a load's target is about. Source: strategy §2.1, "p95".
const TARGET_QUANTILE: f64 = 0.95;

/// Whether a load was sustained: every save acknowledged, the 95th percentile of each class that was saved within its
/// target, and the backlog not growing, by the rule of [`is_saturated`](super::is_saturated).
#[must_use]
pub fn meets(step: &CapacityStep, target_ns: ByClass<u64>) -> bool {
    let in_time = |class: Class| {
        let latency = step.latency.get(class).value_at_quantile(TARGET_QUANTILE);
        latency.is_none_or(|ns| ns <= *target_ns.get(class))
    };
    step.acknowledged >= step.planned.max(1)
        && Class::ALL.into_iter().all(in_time)
        && !fell_behind(step.backlog, step.planned)
}

/// The capacity that a search found: the highest load that met the target below the lowest that missed it. A load that
/// met above one that missed is luck. Absent where none missed (capacity is beyond what was tried) or none met below.
#[must_use]
pub fn found(search: &CapacitySearch, target_ns: ByClass<u64>) -> Option<f64> {
    let levels = |met: bool| {
        search
            .steps
            .iter()
            .filter(move |s| s.level.is_finite() && s.level > 0.0 && meets(s, target_ns) == met)
            .map(|s| s.level)
    };
    let lowest_missed = levels(false).reduce(f64::min)?;
    levels(true)
        .filter(|level| *level < lowest_missed)
        .reduce(f64::max)
}

/// The target of a search: "P95 ≤ 200 ms for hits and 500 ms for misses".
#[must_use]
pub fn target_in_words(target_ns: ByClass<u64>) -> String {
    // A target is a round number.
    let time = |ns: u64| format!("{}{THIN}ms", significant(ns as f64 / 1e6, 3, 0));
    let ByClass { duplicate, unique } = target_ns;
    if duplicate == unique {
        return format!("P95 ≤ {}", time(unique));
    }
    format!(
        "P95 ≤ {} for hits and {} for misses",
        time(duplicate),
        time(unique)
    )
}

/// Both searches of a pair.
type Searches<'a> = Arms<&'a CapacitySearch>;

pub(super) fn capacity(
    metric: Metric,
    of: CapacityOf,
    scenario: &Scenario,
) -> Result<Sampled, Unavailable> {
    let missing = |what: &str| Unavailable::NotMeasured(what.to_owned());
    let capacity = (scenario.capacity.as_ref())
        .ok_or_else(|| missing("the scenario does not search for capacity"))?;
    let pairs = pairs(capacity, of);
    if pairs.is_empty() {
        return Err(missing("no capacity was searched for on both arms"));
    }
    // The median, since a search that met a stall of the disk falls far short of what the arm sustains.
    let figures = |role: ArmRole| {
        let found = |p: &Searches<'_>| found(p.get(role), capacity.target_ns);
        WeightedMedian::new(pairs.iter().map(found))
    };
    let figures = Arms {
        baseline: figures(ArmRole::Baseline),
        candidate: figures(ArmRole::Candidate),
    };
    if ArmRole::ALL
        .iter()
        .all(|role| figures.get(*role).is_empty())
    {
        return Err(missing(
            "no search met the target at one load and missed it at a higher one: search over a wider range",
        ));
    }
    let saves = |role: ArmRole| {
        let steps = pairs.iter().flat_map(|p| &p.get(role).steps);
        saturating_sum(steps.map(|s| s.acknowledged))
    };
    let samples = Arms {
        baseline: saves(ArmRole::Baseline),
        candidate: saves(ArmRole::Candidate),
    };
    let unit = match of {
        CapacityOf::Rate => Unit::PerSecond,
        CapacityOf::Users => Unit::Count,
    };
    Ok(Sampled::new(
        metric,
        unit,
        samples,
        resampling(scenario, pairs.len()),
        Change::MedianOfPairs,
        move |role, weights| figures.get(role).of(weights),
    ))
}

fn pairs(capacity: &Capacity, of: CapacityOf) -> Vec<Searches<'_>> {
    let searches = |role: ArmRole| {
        capacity
            .searches
            .iter()
            .filter(move |s| s.of == of && s.arm == role)
    };
    searches(ArmRole::Baseline)
        .filter_map(|baseline| {
            let candidate = searches(ArmRole::Candidate).find(|c| c.pair == baseline.pair)?;
            Some(Arms {
                baseline,
                candidate,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estimate::{Comparison, estimate};
    use crate::histogram::Histogram;
    use crate::report::Backlog;
    use crate::testing::{Synthetic, histogram};
    use proptest::prelude::*;

    const TARGET_NS: ByClass<u64> = ByClass {
        duplicate: 50_000_000,
        unique: 80_000_000,
    };

    /// A load that met or missed the target.
    fn step(level: f64, met: bool) -> CapacityStep {
        CapacityStep {
            level,
            planned: 100,
            acknowledged: 100,
            duration_ns: 1_000_000_000,
            latency: ByClass {
                duplicate: histogram([if met { 1_000_000 } else { 60_000_000 }; 50]),
                unique: histogram([70_000_000; 50]),
            },
            backlog: None,
        }
    }

    fn search(pair: u32, arm: ArmRole, steps: &[(f64, bool)]) -> CapacitySearch {
        CapacitySearch {
            pair,
            arm,
            of: CapacityOf::Rate,
            steps: steps
                .iter()
                .map(|(level, met)| step(*level, *met))
                .collect(),
        }
    }

    fn level(steps: &[(f64, bool)]) -> Option<f64> {
        found(&search(0, ArmRole::Baseline, steps), TARGET_NS)
    }

    fn estimated(searches: Vec<CapacitySearch>) -> Result<Comparison, Unavailable> {
        let mut scenario = Synthetic::default().scenario();
        scenario.capacity = Some(Capacity {
            target_ns: TARGET_NS,
            searches,
        });
        estimate("capacity.rate".parse().unwrap(), &scenario)
    }

    #[test]
    fn a_load_is_met_when_every_save_is_answered_in_time() {
        assert!(meets(&step(10.0, true), TARGET_NS));
        assert!(!meets(&step(10.0, false), TARGET_NS));
        let slow_unique = ByClass {
            unique: 60_000_000,
            ..TARGET_NS
        };
        assert!(!meets(&step(10.0, true), slow_unique));
        let one_class = CapacityStep {
            latency: ByClass {
                duplicate: Histogram::default(),
                unique: histogram([70_000_000; 100]),
            },
            ..step(10.0, true)
        };
        assert!(meets(&one_class, TARGET_NS));
        let lost = CapacityStep {
            acknowledged: 99,
            ..step(10.0, true)
        };
        assert!(!meets(&lost, TARGET_NS));
        let behind = CapacityStep {
            planned: 1_000,
            acknowledged: 1_000,
            backlog: Some(Backlog {
                at_half: 40,
                at_end: 90,
            }),
            ..step(10.0, true)
        };
        assert!(!meets(&behind, TARGET_NS));
        let nothing = CapacityStep {
            planned: 0,
            acknowledged: 0,
            latency: ByClass::default(),
            ..step(10.0, true)
        };
        assert!(!meets(&nothing, TARGET_NS));
    }

    #[test]
    fn capacity_lies_below_the_lowest_load_that_missed() {
        let bracketed = [(100.0, true), (400.0, false), (200.0, true), (300.0, false)];
        assert_eq!(level(&bracketed), Some(200.0));
        let lucky = [(100.0, true), (200.0, false), (300.0, true), (400.0, false)];
        assert_eq!(level(&lucky), Some(100.0));
        assert_eq!(
            level(&[(100.0, true), (100.0, false), (50.0, true)]),
            Some(50.0)
        );
        assert_eq!(level(&[(100.0, true), (200.0, true)]), None);
        assert_eq!(level(&[(100.0, false), (f64::NAN, true)]), None);
        assert_eq!(level(&[]), None);
    }

    proptest! {
        #[test]
        fn no_load_at_or_below_the_capacity_missed(
            steps in prop::collection::vec((1.0_f64..100.0, any::<bool>()), 0..12)
        ) {
            if let Some(capacity) = level(&steps) {
                prop_assert!(steps.iter().all(|(level, met)| *met || *level > capacity));
                prop_assert!(steps.contains(&(capacity, true)));
            }
        }
    }

    #[test]
    fn searches_are_compared_pair_by_pair() {
        let searches = (0..6).flat_map(|pair| {
            let base = 100.0 + f64::from(pair);
            [(ArmRole::Baseline, 1.0), (ArmRole::Candidate, 2.0)].map(|(arm, factor)| {
                search(
                    pair,
                    arm,
                    &[(base * factor, true), (base * factor + 5.0, false)],
                )
            })
        });
        let rate = estimated(searches.collect()).unwrap();
        assert_eq!(rate.baseline.unwrap().value, 102.5);
        assert_eq!(rate.candidate.unwrap().value, 205.0);
        let change = rate.change.unwrap();
        assert!((change.value - 1.0).abs() < 1e-12 && change.interval.is_some());
        assert_eq!((rate.unit, rate.pairs), (Unit::PerSecond, 6));
    }

    #[test]
    fn a_search_without_a_figure_is_no_pair_and_is_not_passed_over_in_silence() {
        let good = [(10.0, true), (20.0, false)];
        let endless = [(10.0, true), (20.0, true)];
        let both = |pair, candidate: &[(f64, bool)]| {
            [
                search(pair, ArmRole::Baseline, &good),
                search(pair, ArmRole::Candidate, candidate),
            ]
        };
        let searches = (0..5).flat_map(|p| both(p, if p == 0 { &endless } else { &good }));
        let change = estimated(searches.collect()).unwrap().change.unwrap();
        assert_eq!((change.value, change.interval), (0.0, None));
        assert_eq!(
            change.no_interval.unwrap(),
            "an interval of the change needs at least 5 pairs with a figure above zero on the baseline and one on the candidate, there are 4"
        );
        let never = vec![
            search(0, ArmRole::Baseline, &endless),
            search(0, ArmRole::Candidate, &endless),
        ];
        let refused = estimated(never).unwrap_err().to_string();
        assert!(refused.contains("search over a wider range"), "{refused}");
        assert!(estimated(vec![search(0, ArmRole::Baseline, &good)]).is_err());
    }
}
