//! From which share of duplicates on the candidate pays.

use super::Unavailable;
use super::latency::sound_pairs;
use super::pairs::Pair;
use super::sampled::{Change, Sampled, resampling};
use super::sums::{acknowledged, ratio};
use crate::arms::{ArmRole, Arms, ByClass, Class};
use crate::metric::Metric;
use crate::report::Scenario;
use crate::units::Unit;

/// The share of duplicates at which a save takes as long on both arms. Service times, since a response also holds the
/// queue, which is another one at another share of duplicates; means, since only they add up over a mix of saves.
pub(super) fn share(metric: Metric, scenario: &Scenario) -> Result<Sampled, Unavailable> {
    let pairs = sound_pairs(scenario)?;
    if pairs.is_empty() {
        return Err(Unavailable::NotMeasured(
            "the scenario has no pair of open blocks".to_owned(),
        ));
    }
    let of = |role| ByClass {
        duplicate: times(&pairs, role, Class::Duplicate),
        unique: times(&pairs, role, Class::Unique),
    };
    let times = Arms {
        baseline: of(ArmRole::Baseline),
        candidate: of(ArmRole::Candidate),
    };
    Ok(Sampled::new(
        metric,
        Unit::Share,
        acknowledged(&pairs),
        resampling(scenario, pairs.len()),
        Change::None,
        move |role, weights| {
            let saved = |class| {
                let mean = |role: ArmRole| ratio(times.get(role).get(class), weights);
                Some(mean(ArmRole::Baseline)? - mean(ArmRole::Candidate)?)
            };
            match role {
                ArmRole::Baseline => None,
                ArmRole::Candidate => {
                    Some(balance(saved(Class::Duplicate)?, saved(Class::Unique)?))
                }
            }
        },
    ))
}

/// Sum of the service times and number of saves of each pair.
fn times(pairs: &[Pair<'_>], role: ArmRole, class: Class) -> Vec<(f64, f64)> {
    let of = |pair: &Pair<'_>| {
        let service = &pair.blocks.get(role).latencies.get(class).service;
        let saves = service.count() as f64;
        (service.mean().unwrap_or(0.0) * saves, saves)
    };
    pairs.iter().map(of).collect()
}

/// The least share of duplicates from which on nothing is lost, given the time that a duplicate and a unique save gain. One
/// that does not gain by its duplicates pays at every share or at none that could be named: 1.
fn balance(duplicate: f64, unique: f64) -> f64 {
    if duplicate < 0.0 || (duplicate == 0.0 && unique < 0.0) {
        1.0
    } else if unique >= 0.0 {
        0.0
    } else {
        unique / (unique - duplicate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estimate::{Estimate, estimate};
    use crate::testing::{OPTIMIZED, STANDARD, Service, Synthetic};

    fn break_even(candidate: Service) -> Estimate {
        let scenario = Synthetic {
            arms: Arms {
                baseline: STANDARD,
                candidate,
            },
            ..Synthetic::default()
        };
        let comparison = estimate("break_even".parse().unwrap(), &scenario.scenario()).unwrap();
        assert_eq!(comparison.baseline, None);
        comparison.candidate.unwrap()
    }

    #[test]
    fn the_balance_of_gains_and_losses() {
        assert_eq!(balance(0.9, -0.1), 0.1);
        assert_eq!(balance(0.9, 0.1), 0.0);
        assert_eq!(balance(0.0, 0.0), 0.0);
        assert_eq!(balance(0.0, -0.1), 1.0);
        assert_eq!(balance(-0.5, 0.5), 1.0);
        assert_eq!(balance(-0.5, -0.5), 1.0);
    }

    #[test]
    fn a_unique_save_that_costs_more_must_be_earned_by_duplicates() {
        // A unique save costs 30 % more, a duplicate 90 % less: 0.3 / (0.3 + 0.9) of the saves must be duplicates.
        let dearer = Service {
            median_ns: STANDARD.median_ns * 1.3,
            duplicate_factor: 0.1 / 1.3,
            ..OPTIMIZED
        };
        let found = break_even(dearer);
        let interval = found.interval.unwrap();
        assert!((found.value - 0.25).abs() < 0.06, "{found:?}");
        assert!(
            interval.low <= 0.25 && 0.25 <= interval.high,
            "{interval:?}"
        );
    }

    #[test]
    fn what_always_pays_and_what_never_does_lie_at_the_ends() {
        let always = break_even(OPTIMIZED);
        assert_eq!((always.value, always.interval.unwrap().high), (0.0, 0.0));
        let never = Service {
            median_ns: STANDARD.median_ns * 2.0,
            ..STANDARD
        };
        assert_eq!(break_even(never).value, 1.0);
    }

    #[test]
    fn without_both_classes_there_is_none() {
        let scenario = Synthetic {
            duplicate_every: 0,
            ..Synthetic::default()
        };
        let found = estimate("break_even".parse().unwrap(), &scenario.scenario());
        assert_eq!(found, Err(Unavailable::NoSamples));
    }
}
