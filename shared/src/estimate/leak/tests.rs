use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::calibration::Calibration;
use crate::criteria::{Better, Criterion, Measure, Target};
use crate::estimate::estimate;
use crate::metric::Plain;
use crate::report::{Allocator, CacheActivity, LoadFigures};
use crate::summary::summarize;
use crate::testing::{STANDARD, Synthetic, incident, normal, run_of, spaced};
use crate::verdict::{Verdict, judge};

const MEBIBYTE: f64 = 1_048_576.0;

/// A simulated arm: pairs of three samples of a second with 200 saves each.
#[derive(Clone, Copy)]
struct Arm {
    pairs: u32,
    /// What each save leaves behind, bytes.
    leak: f64,
    /// Standard deviation of what is held beside it from sample to sample, bytes.
    noise: f64,
    /// Entries that its cache gains with each sample, up to 1000; each takes 400 bytes.
    fills_by: u64,
}

const CLEAN: Arm = Arm {
    pairs: 40,
    leak: 0.0,
    noise: 10_000.0,
    fills_by: 0,
};
const LEAKING: Arm = Arm {
    leak: 10.24,
    ..CLEAN
};

/// A scenario whose blocks play no part.
fn little() -> Scenario {
    Synthetic {
        pairs: 1,
        saves: 1,
        ..Synthetic::same(STANDARD)
    }
    .scenario()
}

impl Arm {
    fn samples(self, seed: u64) -> Vec<Sample> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let like = little().series.candidate[0].clone();
        (0..self.pairs * 3)
            .map(|number| {
                let saves = u64::from(number + 1) * 200;
                let entries = (u64::from(number + 1) * self.fills_by).min(1_000);
                // What the instrument holds rises within a block and falls with its end.
                let held = 25.0 * MEBIBYTE + f64::from(number % 3) * 200_000.0;
                let bytes = held
                    + self.noise * normal(&mut rng)
                    + self.leak * saves as f64
                    + entries as f64 * 400.0;
                Sample {
                    at_ns: u64::from(number) * 1_000_000_000,
                    length_ns: 1_000_000_000,
                    pair: number / 3,
                    acknowledged: 190,
                    failed: 10,
                    allocator: Some(Allocator {
                        allocated_bytes: bytes as u64,
                        active_bytes: 0,
                        resident_bytes: 0,
                        retained_bytes: 0,
                    }),
                    cache: (self.fills_by > 0).then_some(CacheActivity {
                        entries,
                        ..CacheActivity::default()
                    }),
                    ..like.clone()
                }
            })
            .collect()
    }

    /// The candidate, beside a baseline without a leak, under 500 saves a minute.
    fn scenario(self, seed: u64) -> Scenario {
        let mut scenario = little();
        scenario.load.full = LoadFigures {
            operations_per_second: 500.0 / 60.0,
            operations: 120_000,
            seconds: 14_400.0,
        };
        scenario.series = Arms {
            baseline: CLEAN.samples(seed + 1_000),
            candidate: self.samples(seed),
        };
        scenario
    }

    fn fit(self) -> LeakFit {
        leak_fit(&self.scenario(1), ArmRole::Candidate).unwrap()
    }
}

fn limit() -> Criterion {
    Criterion {
        id: "leak".to_owned(),
        title: "Leak".to_owned(),
        source: "§2.3".to_owned(),
        quote: "No memory leaks (linear growth >5% over 24h)".to_owned(),
        scenario: None,
        metric: Metric::Plain(Plain::MemoryLeak),
        target: Target {
            of: Measure::Candidate,
            better: Better::Lower,
            pass: 0.05,
            fail: None,
            warn_only: false,
        },
        needs_full_length: false,
        not_judged_because: None,
    }
}

fn judged(scenario: &Scenario) -> (Verdict, String) {
    let judgement = judge(&limit(), Some(scenario), &Calibration::default());
    (judgement.verdict, spaced(&judgement.reason))
}

#[test]
fn a_leak_is_told_in_bytes_a_save_and_a_day() {
    let fit = LEAKING.fit();
    assert!((fit.bytes_per_save() - 10.24).abs() < 1.0, "{fit:?}");
    assert_eq!(fit.saves_per_second, 200.0);
    assert_eq!(fit.saves_of_a_day, 720_000.0);
    assert_eq!(fit.points.len(), 32, "a fifth is left out");
    assert_eq!(fit.warm_up_seconds, 24.0);
    assert_eq!(fit.end_seconds, 120.0);
    assert_eq!(fit.saves, 96 * 200);
    // 7 MiB over a process of 25 MiB and what had leaked before.
    let day = fit.growth_of_a_day();
    let expected = 10.24 * 720_000.0 / (25.0 * MEBIBYTE);
    assert!((day.value - expected).abs() < 0.02, "{day:?}");
    let interval = day.interval.unwrap();
    assert!(interval.low < day.value && day.value < interval.high);
    assert!(fit.p_value.unwrap() < 1e-6);
    let held = fit.bytes_at(fit.end_seconds) - fit.level_bytes();
    assert!((held - 10.24 * 19_200.0).abs() < 20_000.0, "{held}");
}

#[test]
fn a_leak_fails_and_a_clean_process_passes() {
    let (verdict, reason) = judged(&LEAKING.scenario(1));
    assert_eq!(
        (verdict, reason.as_str()),
        (Verdict::Fail, "the whole 95 % interval is past the limit")
    );
    assert_eq!(judged(&CLEAN.scenario(1)), (Verdict::Pass, String::new()));
}

#[test]
fn clean_processes_raise_no_alarm() {
    let verdicts: Vec<Verdict> = (0..200)
        .map(|seed| {
            let noisy = Arm {
                noise: 100_000.0,
                ..CLEAN
            };
            judged(&noisy.scenario(seed)).0
        })
        .collect();
    let alarms = verdicts.iter().filter(|v| **v == Verdict::Fail).count();
    assert!(alarms <= 5, "2.5 % of 200 by chance at the most: {alarms}");
}

#[test]
fn too_much_noise_is_inconclusive_and_says_how_many_saves_would_settle_it() {
    let noisy = Arm {
        noise: 1_000_000.0,
        ..CLEAN
    };
    let (verdict, reason) = judged(&noisy.scenario(4));
    assert_eq!(verdict, Verdict::Inconclusive);
    assert!(
        reason.starts_with("the 95 % interval holds the limit of +5 %: ")
            && reason.ends_with(" saves would settle it, there are 19 200"),
        "{reason}"
    );
}

#[test]
fn a_process_that_fills_its_cache_and_stays_is_clean() {
    // Full after 50 samples of 120: in the seventeenth pair, beyond the fifth that is always left out.
    let filling = Arm {
        fills_by: 20,
        ..CLEAN
    };
    let fit = filling.fit();
    assert_eq!(
        fit.warm_up_seconds, 48.0,
        "950 entries are there after 48 samples"
    );
    assert_eq!(judged(&filling.scenario(1)).0, Verdict::Pass);
}

#[test]
fn a_cache_that_fills_to_the_end_leaves_a_leak_open() {
    let filling = Arm {
        fills_by: 8,
        ..CLEAN
    };
    assert_eq!(
        judged(&filling.scenario(1)),
        (
            Verdict::Inconclusive,
            "a trend needs at least 10 pairs after the warm-up, there are 2 of 40, 38 left out: measure 200 or more"
                .to_owned()
        )
    );
}

#[test]
fn few_pairs_say_how_many_are_needed() {
    let short = Arm {
        pairs: 10,
        ..LEAKING
    };
    let fit = short.fit();
    assert_eq!((fit.p_value, fit.slope_interval), (None, None));
    assert_eq!(
        judged(&short.scenario(1)),
        (
            Verdict::Inconclusive,
            "a trend needs at least 10 pairs after the warm-up, there are 8 of 10, 2 left out: measure 13 or more"
                .to_owned()
        )
    );
}

#[test]
fn a_short_run_does_not_speak_for_a_day() {
    let mut scenario = LEAKING.scenario(1);
    scenario.load.full.operations_per_second = 50.0;
    assert_eq!(
        judged(&scenario),
        (
            Verdict::Inconclusive,
            "19 200 saves after the warm-up are too few to speak for the 4 320 000 of 24 hours: at least 86 400 are needed"
                .to_owned()
        )
    );
}

#[test]
fn queues_that_get_longer_are_no_leak() {
    let mut scenario = CLEAN.scenario(1);
    for (number, sample) in scenario.series.candidate.iter_mut().enumerate() {
        // Saves under way at two samples of three, the more the later.
        if number % 3 > 0 {
            sample.allocator.as_mut().unwrap().allocated_bytes += number as u64 * 10_000;
        }
    }
    assert_eq!(judged(&scenario).0, Verdict::Pass);
}

#[test]
fn a_day_at_the_real_rate_needs_no_extrapolation() {
    let mut scenario = LEAKING.scenario(1);
    scenario.load.full.operations_per_second = 19_200.0 / DAY_SECONDS;
    let growth = estimate(Metric::Plain(Plain::MemoryLeak), &scenario).unwrap();
    let fit = leak_fit(&scenario, ArmRole::Candidate).unwrap();
    let seen = fit.bytes_at(fit.end_seconds) / fit.level_bytes() - 1.0;
    assert!((growth.candidate.unwrap().value - seen).abs() < 1e-9);
}

#[test]
fn without_the_allocators_figures_nothing_is_judged() {
    let mut scenario = LEAKING.scenario(1);
    for sample in &mut scenario.series.candidate {
        sample.allocator = None;
        sample.resident_bytes = Some(1 << 30);
    }
    assert_eq!(
        judged(&scenario),
        (
            Verdict::NotJudged,
            "not measured: the process's allocator gave no statistics, and resident memory does not show a leak".to_owned()
        )
    );
}

#[test]
fn a_baseline_without_figures_does_not_hide_the_candidates() {
    let mut scenario = LEAKING.scenario(1);
    scenario.series.baseline.clear();
    let growth = estimate(Metric::Plain(Plain::MemoryLeak), &scenario).unwrap();
    assert_eq!(growth.baseline, None);
    assert!(growth.candidate.is_some());
}

#[test]
fn several_processes_are_no_trend() {
    let mut scenario = LEAKING.scenario(1);
    scenario.faults = vec![incident(Fault::ProcessKilled, ArmRole::Candidate, 90)];
    assert!(leak_fit(&scenario, ArmRole::Candidate).is_err());
    assert!(leak_fit(&scenario, ArmRole::Baseline).is_ok());
    scenario.load.fresh_arms = true;
    assert!(leak_fit(&scenario, ArmRole::Baseline).is_err());
}

#[test]
fn a_long_run_is_fitted_in_bounded_time() {
    let long = Arm {
        pairs: 1_000,
        ..LEAKING
    };
    let fit = long.fit();
    assert!(fit.points.len() <= MOST_POINTS);
    assert_eq!(fit.saves, 800 * 3 * 200);
    assert!((fit.bytes_per_save() - 10.24).abs() < 0.1);
}

#[test]
fn evidence_without_saves_or_memory_is_no_figure() {
    let mut scenario = LEAKING.scenario(1);
    for sample in &mut scenario.series.candidate {
        (sample.acknowledged, sample.failed) = (0, 0);
    }
    assert!(leak_fit(&scenario, ArmRole::Candidate).is_err());
    let mut scenario = LEAKING.scenario(1);
    // One pair makes no line.
    scenario.series.candidate.truncate(3);
    assert!(leak_fit(&scenario, ArmRole::Candidate).is_err());
}

/// What a summary says of a scenario that looks for a leak.
fn said(arm: Arm) -> String {
    let mut scenario = arm.scenario(1);
    scenario.criteria = vec![limit()];
    let run = run_of(std::slice::from_ref(&scenario), Vec::new());
    let summary = &summarize(&run, &[scenario]).scenarios[0];
    spaced(&format!(
        "{:?}: {} {}",
        summary.verdict, summary.sentence, summary.sub
    ))
}

#[test]
fn a_scenario_that_looks_for_leaks_says_what_it_found() {
    let short = Arm {
        pairs: 10,
        ..LEAKING
    };
    insta::assert_snapshot!([LEAKING, CLEAN, short].map(said).join("\n"));
}
