//! What holds for every figure that is resampled over pairs.

use super::*;
use crate::arms::ArmRole;
use crate::report::Mode;
use crate::stats::{Resampling, bootstrap_two, median};
use crate::testing::{OPTIMIZED, STANDARD, Synthetic};
use proptest::prelude::*;

fn figure(name: &str, scenario: &Scenario) -> Comparison {
    estimate(name.parse().unwrap(), scenario).unwrap()
}

fn change_of(name: &str, scenario: &Scenario) -> Estimate {
    figure(name, scenario).change.unwrap()
}

fn width(estimate: &Estimate) -> f64 {
    let interval = estimate.interval.unwrap();
    interval.high - interval.low
}

/// Sets the processor time of the open blocks of an arm, block by block.
fn set_cpu(scenario: &mut Scenario, arm: ArmRole, of_pair: impl Fn(u32, u64) -> u64) {
    for block in &mut scenario.blocks {
        if block.mode == Mode::Open && block.arm == arm {
            block.cpu_ns = block.cpu_ns.map(|ns| of_pair(block.pair, ns));
        }
    }
}

#[test]
fn one_disturbed_pair_does_not_move_a_change() {
    let mut scenario = Synthetic::default().scenario();
    let calm = change_of("cpu", &scenario);
    set_cpu(&mut scenario, ArmRole::Candidate, |pair, ns| {
        if pair == 4 { ns * 100 } else { ns }
    });
    let cpu = figure("cpu", &scenario);
    let change = cpu.change.unwrap();
    assert!((change.value - calm.value).abs() < 0.05, "{change:?}");
    assert!(change.interval.unwrap().high < 0.0, "{change:?}");
    // The arm's own figure stays that of all its saves.
    assert!(cpu.candidate.unwrap().value > 5.0 * f64::from(OPTIMIZED.cpu_ns as u32));
}

#[test]
fn a_change_is_the_median_of_the_pairs_up_to_the_median_and_of_all_saves_beyond() {
    let scenario = Synthetic::default().scenario();
    let value = |e: &Option<Estimate>| e.as_ref().unwrap().value;
    for name in ["cpu", "response.p50", "throughput.closed"] {
        let comparison = figure(name, &scenario);
        let expected = median(&comparison.log_ratios).unwrap().exp() - 1.0;
        assert_eq!(value(&comparison.change), expected, "{name}");
    }
    let tail = figure("response.p95", &scenario);
    let merged = value(&tail.candidate) / value(&tail.baseline) - 1.0;
    assert_eq!(value(&tail.change), merged);
    assert_eq!(tail.log_ratios.len(), 10);
}

#[test]
fn arms_have_the_mean_median_and_deviation_of_their_pairs() {
    let mut scenario = Synthetic::default().scenario();
    set_cpu(&mut scenario, ArmRole::Baseline, |pair, _| {
        250 * u64::from(pair + 1)
    });
    let spread = figure("cpu", &scenario).spread.baseline.unwrap();
    assert_eq!((spread.count, spread.mean, spread.median), (10, 5.5, 5.5));
    assert!((spread.standard_deviation - (82.5_f64 / 9.0).sqrt()).abs() < 1e-12);
    assert_eq!(figure("errors", &scenario).spread, Arms::default());
}

#[test]
fn a_pair_without_a_figure_above_zero_has_no_ratio() {
    let mut scenario = Synthetic::default().scenario();
    set_cpu(&mut scenario, ArmRole::Baseline, |pair, ns| {
        if pair < 3 { 0 } else { ns }
    });
    let cpu = figure("cpu", &scenario);
    assert_eq!(cpu.log_ratios.len(), 7);
    assert!(cpu.change.unwrap().interval.is_some());

    set_cpu(&mut scenario, ArmRole::Baseline, |pair, ns| {
        if pair < 6 { 0 } else { ns }
    });
    let cpu = figure("cpu", &scenario);
    let change = cpu.change.unwrap();
    assert_eq!(change.interval, None);
    assert!(change.no_interval.unwrap().ends_with("there are 4"));
    assert_eq!(cpu.p_value, None);
    assert!(cpu.difference.unwrap().interval.is_some());

    set_cpu(&mut scenario, ArmRole::Baseline, |_, _| 0);
    assert_eq!(figure("cpu", &scenario).change, None);
}

#[test]
fn a_candidate_that_needs_nothing_saves_everything() {
    let mut scenario = Synthetic::default().scenario();
    set_cpu(&mut scenario, ArmRole::Candidate, |_, _| 0);
    let change = change_of("cpu", &scenario);
    assert_eq!(change.value, -1.0);
    assert_eq!(change.interval, Some(Interval::exact(-1.0)));
    assert!(figure("cpu", &scenario).log_ratios.is_empty());
}

#[test]
fn planned_looks_make_every_interval_wider() {
    let mut scenario = Synthetic::default().scenario();
    let once = figure("cpu", &scenario);
    assert!((once.confidence - 0.95).abs() < 1e-12);
    scenario.load.looks = 3;
    let thrice = figure("cpu", &scenario);
    assert!((thrice.confidence - (1.0 - 0.0221)).abs() < 1e-12);
    let of = |comparison: &Comparison| width(comparison.change.as_ref().unwrap());
    assert!(of(&thrice) > of(&once));
    let errors = width(&figure("errors", &scenario).candidate.unwrap());
    scenario.load.looks = 1;
    assert!(errors > width(&figure("errors", &scenario).candidate.unwrap()));
}

/// Windows in which both arms' cost drifts up and down together is no matter; here only the candidate's does.
fn drifting_windows() -> Scenario {
    let mut scenario = Synthetic {
        pairs: 48,
        ..Synthetic::same(STANDARD)
    }
    .scenario();
    for role in ArmRole::ALL {
        set_cpu(&mut scenario, role, |pair, _| {
            let slow = role == ArmRole::Candidate && (pair / 8) % 2 == 0;
            100_000_000 + u64::from(pair) * 1_000 + if slow { 30_000_000 } else { 0 }
        });
    }
    scenario
}

#[test]
fn windows_of_split_traffic_are_drawn_as_runs() {
    let mut scenario = drifting_windows();
    let apart = figure("cpu", &scenario);
    scenario.load.split = true;
    let runs = figure("cpu", &scenario);
    let of = |comparison: &Comparison| width(comparison.change.as_ref().unwrap());
    assert!(of(&runs) >= of(&apart), "{runs:?} {apart:?}");
    // Forty-eight windows in runs of four are twelve values for the test.
    assert!(runs.p_value.unwrap() > apart.p_value.unwrap());
    let drawn = sampled("cpu".parse().unwrap(), &scenario).unwrap();
    assert_eq!(drawn.resampling().run_length, 4);
    assert_eq!(drawn.independent_log_ratios().len(), 12);

    scenario.blocks.retain(|b| b.pair < 10);
    let change = change_of("cpu", &scenario);
    assert_eq!(
        change.no_interval.unwrap(),
        "an interval over windows of time needs at least 15 of them, there are 10"
    );
}

#[test]
fn a_rank_test_tells_a_change_from_none() {
    let changed = figure("cpu", &Synthetic::default().scenario());
    assert!(changed.p_value.unwrap() < 0.01, "{:?}", changed.p_value);
    let low = (0..40)
        .filter(|seed| {
            let scenario = Synthetic {
                seed: *seed,
                ..Synthetic::same(STANDARD)
            }
            .scenario();
            let drawn = sampled("cpu".parse().unwrap(), &scenario).unwrap();
            drawn.p_value().unwrap() < 0.05
        })
        .count();
    assert!(low <= 6, "{low} of 40 comparisons of a service with itself");
}

#[test]
fn thin_percentiles_have_no_p_value() {
    let p99 = figure("response.p99", &Synthetic::default().scenario());
    assert_eq!(p99.p_value, None);
}

#[test]
fn two_runs_are_compared_by_what_resamples_of_each_give() {
    let of_seed = |seed| {
        let scenario = Synthetic {
            seed,
            ..Synthetic::default()
        }
        .scenario();
        sampled("response.p95".parse().unwrap(), &scenario).unwrap()
    };
    let (first, second) = (of_seed(1), of_seed(2));
    let all = vec![1; first.units()];
    let tail = change_of("response.p95", &Synthetic::default().scenario());
    assert_eq!(first.ratio(&all).unwrap() - 1.0, tail.value);
    let interval = bootstrap_two(first.resampling(), second.resampling(), |a, b| {
        Some(second.ratio(b)? / first.ratio(a)? - 1.0)
    })
    .unwrap();
    assert!(interval.low < 0.0 && 0.0 < interval.high, "{interval:?}");
    assert!(interval.high - interval.low < 0.4, "{interval:?}");
}

#[test]
fn what_is_counted_is_not_resampled() {
    let refused = sampled("errors".parse().unwrap(), &Synthetic::default().scenario());
    assert_eq!(
        refused.err().unwrap().to_string(),
        "not measured: it is one figure of the whole scenario, not one of each pair"
    );
    let logs = pair_log_ratios("cpu".parse().unwrap(), &Synthetic::default().scenario());
    assert_eq!(logs.unwrap().len(), 10);
}

#[test]
fn the_runs_of_a_sample_are_what_the_windows_ask_for() {
    let scenario = Synthetic::default().scenario();
    let drawn = sampled("cpu".parse().unwrap(), &scenario).unwrap();
    let expected = Resampling {
        units: 10,
        run_length: 1,
        confidence: 0.95,
    };
    assert_eq!(*drawn.resampling(), expected);
    assert_eq!(drawn.of_units(ArmRole::Baseline).len(), 10);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn a_change_does_not_depend_on_the_unit(seed in any::<u64>(), scale in 2_u64..1_000) {
        let mut scenario = Synthetic { seed, ..Synthetic::default() }.scenario();
        let before = figure("cpu", &scenario);
        for role in ArmRole::ALL {
            set_cpu(&mut scenario, role, |_, ns| ns * scale);
        }
        let after = figure("cpu", &scenario);
        for (a, b) in before.log_ratios.iter().zip(&after.log_ratios) {
            prop_assert!((a - b).abs() < 1e-12);
        }
        let (a, b) = (before.change.unwrap(), after.change.unwrap());
        prop_assert!((a.value - b.value).abs() < 1e-9);
        prop_assert!((width(&a) - width(&b)).abs() < 1e-9);
    }

    #[test]
    fn swapped_arms_invert_the_change(seed in any::<u64>()) {
        let mut scenario = Synthetic { seed, ..Synthetic::default() }.scenario();
        let before = figure("cpu", &scenario);
        for block in &mut scenario.blocks {
            block.arm = match block.arm {
                ArmRole::Baseline => ArmRole::Candidate,
                ArmRole::Candidate => ArmRole::Baseline,
            };
        }
        let after = figure("cpu", &scenario);
        prop_assert_eq!(before.p_value, after.p_value);
        let product = (1.0 + before.change.unwrap().value) * (1.0 + after.change.unwrap().value);
        prop_assert!((product - 1.0).abs() < 1e-12, "{product}");
    }

    #[test]
    fn damaged_figures_never_become_no_numbers(
        cpu in prop::collection::vec(prop_oneof![Just(0), Just(1), Just(u64::MAX), any::<u64>()], 20),
        saves in prop::collection::vec(prop_oneof![Just(0), Just(1), Just(u64::MAX), any::<u64>()], 20),
        looks in any::<u32>(),
        split in any::<bool>(),
    ) {
        let mut scenario = Synthetic { saves: 10, ..Synthetic::default() }.scenario();
        scenario.load.looks = looks;
        scenario.load.split = split;
        for (block, (cpu, saves)) in scenario.blocks.iter_mut().zip(cpu.iter().zip(saves)) {
            block.cpu_ns = Some(*cpu);
            block.outcomes.written = saves;
            block.duration_ns = *cpu;
        }
        for name in ["cpu", "throughput.open", "database.rows", "memory.peak"] {
            let Ok(comparison) = estimate(name.parse().unwrap(), &scenario) else { continue };
            let Comparison { baseline, candidate, change, difference, .. } = comparison;
            for estimate in [baseline, candidate, change, difference].into_iter().flatten() {
                prop_assert!(estimate.value.is_finite(), "{name}: {estimate:?}");
                if let Some(interval) = estimate.interval {
                    prop_assert!(interval.low.is_finite() && interval.high.is_finite(), "{name}");
                }
            }
            prop_assert!(comparison.p_value.is_none_or(|p| (0.0..=1.0).contains(&p)));
            prop_assert!(comparison.log_ratios.iter().all(|l| l.is_finite()));
        }
    }
}
