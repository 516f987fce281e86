//! Which latencies count, and how they changed from pair to pair.

use super::Unavailable;
use super::pairs::{Pair, is_behind, open_pairs};
use crate::arms::Class;
use crate::histogram::Histogram;
use crate::metric::LatencyKind;
use crate::report::{Block, Scenario};

/// One latency of a block, of one class or of all saves.
pub(super) fn of_block(block: &Block, kind: LatencyKind, class: Option<Class>) -> Histogram {
    let of = |class| {
        let latencies = block.latencies.get(class);
        match kind {
            LatencyKind::Response => &latencies.response,
            LatencyKind::Service => &latencies.service,
            LatencyKind::ScheduleLag => &latencies.schedule_lag,
        }
    };
    match class {
        Some(class) => of(class).clone(),
        None => Histogram::merged(Class::ALL.map(of)),
    }
}

/// The change of a percentile in each pair: pair number, candidate / baseline − 1.
#[must_use]
pub fn pair_changes(
    scenario: &Scenario,
    kind: LatencyKind,
    percentile: f64,
    class: Option<Class>,
) -> Vec<(u32, f64)> {
    let at = |block| of_block(block, kind, class).value_at_quantile(percentile / 100.0);
    sound_pairs(scenario)
        .unwrap_or_default()
        .iter()
        .filter_map(|pair| {
            let (b, c) = (at(pair.blocks.baseline)?, at(pair.blocks.candidate)?);
            (b > 0).then(|| (pair.index, c as f64 / b as f64 - 1.0))
        })
        .collect()
}

/// The pairs in which neither an arm nor the generator fell behind the plan.
pub(super) fn sound_pairs(scenario: &Scenario) -> Result<Vec<Pair<'_>>, Unavailable> {
    let all = open_pairs(scenario);
    let saturated = all
        .iter()
        .flat_map(|p| [p.blocks.baseline, p.blocks.candidate])
        .filter(|b| is_behind(b))
        .count();
    let blocks = all.len() * 2;
    let sound: Vec<Pair<'_>> = all
        .into_iter()
        .filter(|p| !is_behind(p.blocks.baseline) && !is_behind(p.blocks.candidate))
        .collect();
    enough_sound(sound.len(), saturated, blocks)?;
    Ok(sound)
}

/// With more than half of the pairs gone, the rest is what happened to go well.
pub(super) fn enough_sound(
    sound: usize,
    saturated: usize,
    blocks: usize,
) -> Result<(), Unavailable> {
    if saturated > 0 && sound * 4 < blocks {
        return Err(Unavailable::Saturated { saturated, blocks });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arms::{ArmRole, Arms};
    use crate::estimate::{Comparison, estimate, merged_latency};
    use crate::report::{Backlog, Mode};
    use crate::testing::{OPTIMIZED, STANDARD, Service, Synthetic, spaced};

    fn p(name: &str, scenario: &Scenario) -> Result<Comparison, Unavailable> {
        estimate(name.parse().unwrap(), scenario)
    }

    /// Two services without duplicates, the candidate's latencies this much of the baseline's.
    fn scaled(factor: f64, seed: u64) -> Synthetic {
        let candidate = Service {
            median_ns: STANDARD.median_ns * factor,
            ..STANDARD
        };
        Synthetic {
            seed,
            duplicate_every: 0,
            saves: 100,
            arms: Arms {
                baseline: STANDARD,
                candidate,
            },
            ..Synthetic::default()
        }
    }

    fn saturate(scenario: &mut Scenario, pairs: std::ops::Range<u32>) {
        for block in &mut scenario.blocks {
            if block.mode == Mode::Open && pairs.contains(&block.pair) {
                block.backlog = Some(Backlog {
                    at_half: 40,
                    at_end: 90,
                });
            }
        }
    }

    #[test]
    fn a_percentile_is_that_of_the_merged_histograms() {
        let scenario = Synthetic::default().scenario();
        for (name, kind, class, quantile) in [
            ("response.p95", LatencyKind::Response, None, 0.95),
            (
                "service.p50.duplicate",
                LatencyKind::Service,
                Some(Class::Duplicate),
                0.5,
            ),
            (
                "schedule_lag.p99.unique",
                LatencyKind::ScheduleLag,
                Some(Class::Unique),
                0.99,
            ),
        ] {
            let comparison = p(name, &scenario).unwrap();
            for (role, estimate) in [
                (ArmRole::Baseline, &comparison.baseline),
                (ArmRole::Candidate, &comparison.candidate),
            ] {
                let merged = merged_latency(&scenario, role, kind, class);
                assert_eq!(
                    estimate.as_ref().map(|e| e.value),
                    merged.value_at_quantile(quantile).map(|v| v as f64),
                    "{name} of the {role}"
                );
                assert_eq!(*comparison.samples.get(role), merged.count());
            }
        }
    }

    #[test]
    fn the_interval_covers_a_true_reduction_and_excludes_no_change() {
        // 100 µs of waiting are added to both, so that the service time is what shrinks by 30 %.
        let comparison = p("service.p50", &scaled(0.7, 7).scenario()).unwrap();
        let change = comparison.change.unwrap();
        let interval = change.interval.unwrap();
        assert!(interval.low <= -0.3 && -0.3 <= interval.high, "{change:?}");
        assert!(interval.high < 0.0, "{change:?}");
        assert!((change.value + 0.3).abs() < 0.05, "{change:?}");
    }

    #[test]
    fn equal_services_give_intervals_that_hold_zero() {
        let held = (0..100)
            .filter(|seed| {
                let comparison = p("service.p50", &scaled(1.0, *seed).scenario()).unwrap();
                let interval = comparison.change.unwrap().interval.unwrap();
                interval.low <= 0.0 && 0.0 <= interval.high
            })
            .count();
        assert!(held >= 88, "only {held} of 100 intervals hold zero");
    }

    #[test]
    fn a_thin_percentile_keeps_its_value_and_says_how_many_saves_it_needs() {
        let scenario = Synthetic::default().scenario();
        let p99 = p("response.p99", &scenario).unwrap();
        let change = p99.change.unwrap();
        assert!(change.value < 0.0);
        assert_eq!(change.interval, None);
        assert_eq!(
            spaced(&change.no_interval.unwrap()),
            "P99 needs 10 000 saves, there are 2 500"
        );
        let of_class = p("response.p95.unique", &scenario).unwrap().candidate;
        assert_eq!(
            spaced(&of_class.unwrap().no_interval.unwrap()),
            "P95 needs 2 000 unique saves, there are 1 250"
        );
    }

    #[test]
    fn saturated_pairs_are_left_out() {
        let mut scenario = Synthetic::default().scenario();
        saturate(&mut scenario, 0..5);
        let comparison = p("response.p50", &scenario).unwrap();
        assert_eq!(comparison.pairs, 5);
        assert_eq!(comparison.samples.candidate, 5 * 250);
        let changes = pair_changes(&scenario, LatencyKind::Response, 50.0, None);
        let numbers: Vec<u32> = changes.iter().map(|(pair, _)| *pair).collect();
        assert_eq!(numbers, [5, 6, 7, 8, 9]);
    }

    #[test]
    fn with_most_pairs_saturated_there_is_no_latency() {
        let mut scenario = Synthetic::default().scenario();
        saturate(&mut scenario, 0..6);
        assert_eq!(
            p("response.p50", &scenario),
            Err(Unavailable::Saturated {
                saturated: 12,
                blocks: 20
            })
        );
        let merged = merged_latency(&scenario, ArmRole::Baseline, LatencyKind::Response, None);
        assert!(merged.is_empty());
    }

    #[test]
    fn the_changes_of_pairs_surround_the_change_of_all() {
        let scenario = scaled(0.5, 3).scenario();
        let changes = pair_changes(&scenario, LatencyKind::Service, 50.0, Some(Class::Unique));
        assert_eq!(changes.len(), 10);
        assert!(changes.iter().any(|(_, c)| *c < -0.5) && changes.iter().any(|(_, c)| *c > -0.5));
    }

    #[test]
    fn a_service_that_never_answered_has_no_percentile() {
        let mut scenario = Synthetic::default().scenario();
        for block in &mut scenario.blocks {
            block.latencies = crate::arms::ByClass::default();
        }
        assert_eq!(p("response.p50", &scenario), Err(Unavailable::NoSamples));
        scenario.blocks.clear();
        assert!(matches!(
            p("response.p50", &scenario),
            Err(Unavailable::NotMeasured(_))
        ));
    }

    #[test]
    fn fewer_than_five_pairs_give_no_interval() {
        let scenario = Synthetic {
            pairs: 4,
            ..Synthetic::same(OPTIMIZED)
        }
        .scenario();
        let change = p("response.p50", &scenario).unwrap().change.unwrap();
        assert_eq!(change.interval, None);
        assert_eq!(
            change.no_interval.unwrap(),
            "an interval needs at least 5 pairs, there are 4"
        );
    }
}
