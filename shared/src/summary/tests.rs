//! Whole summaries of synthetic runs: the verdict's rules and every generated sentence.

use super::*;
use crate::criteria::{Better, Criterion};
use crate::report::{self, Status};
use crate::testing::{
    OPTIMIZED, STANDARD, Service, Synthetic, criterion, generator_scenario, noise_scenario,
    perfect_eviction, promised_gains, run_of, sampling_scenario, searches, spaced,
};

/// Changes a sound run with one scenario, then summarizes it.
fn changed(
    criteria: Vec<Criterion>,
    change: impl FnOnce(&mut Run, &mut Vec<Scenario>),
) -> RunSummary {
    let mut scenarios = vec![Synthetic::default().scenario()];
    let mut run = run_of(&scenarios, criteria);
    change(&mut run, &mut scenarios);
    summarize(&run, &scenarios)
}

/// A scenario of an uncalibrated run.
fn ordinary(scenario: &Scenario) -> ScenarioSummary {
    let run = run_of(std::slice::from_ref(scenario), Vec::new());
    summarize_scenario(scenario, &run.arms, &Calibration::default())
}

/// All that a summary says, line by line.
pub(super) fn said(summary: &RunSummary) -> String {
    let answer =
        |question: &str, a: &Answer| format!("{question} {:?}: {}. {}", a.verdict, a.word, a.text);
    let mut lines = vec![
        format!("{:?}: {}", summary.verdict, summary.headline),
        summary.sub.clone(),
        answer("better?", &summary.better),
        answer("safe?", &summary.safe),
        answer("trusted?", &summary.trust),
    ];
    for s in &summary.scenarios {
        lines.push(format!(
            "- {} {:?}: {} {}",
            s.title, s.verdict, s.sentence, s.sub
        ));
    }
    for step in &summary.steps {
        let scenario = step.scenario.as_deref().unwrap_or("no scenario");
        lines.push(format!("> {} {} [{scenario}]", step.title, step.text));
    }
    lines.retain(|l| !l.is_empty());
    spaced(&lines.join("\n"))
}

#[test]
fn a_clear_win() {
    let summary = changed(promised_gains(), |_, _| {});
    insta::assert_snapshot!(said(&summary));
}

#[test]
fn a_mixed_result() {
    let mut criteria = promised_gains();
    criteria.push(criterion(
        "response.p99",
        Measure::Change,
        Better::Lower,
        -0.2,
    ));
    criteria.push(criterion(
        "memory.growth",
        Measure::Change,
        Better::Lower,
        0.1,
    ));
    criteria[4].title = "P99 response".to_owned();
    let mut trend = criterion("memory.trend", Measure::Candidate, Better::Lower, 0.05);
    trend.title = "Memory over a day".to_owned();
    trend.needs_full_length = true;
    criteria.push(trend);
    let summary = changed(criteria, |run, scenarios| {
        run.profile = "quick".to_owned();
        let scenario = &mut scenarios[0];
        scenario.load.full.seconds = 1_200.0;
        scenario.criteria = vec![criterion("cpu", Measure::Change, Better::Lower, -0.9)];
        scenario.criteria[0].scenario = None;
        for block in &mut scenario.blocks {
            if let Some(resident) = &mut block.resident {
                resident.peak_bytes += u64::from(block.cache.is_some()) << 20;
            }
            if let Some(cache) = &mut block.cache {
                (cache.hits, cache.misses) = (75, 175);
            }
        }
    });
    insta::assert_snapshot!(said(&summary));
}

#[test]
fn lost_saves() {
    let summary = changed(promised_gains(), |_, scenarios| {
        let ledger = &mut scenarios[0].ledger.as_mut().unwrap().candidate;
        (ledger.found, ledger.lost) = (2_499, 1);
        ledger.findings = vec!["save 17 of run 3 is not in the database".to_owned()];
    });
    insta::assert_snapshot!(said(&summary));
}

#[test]
fn a_run_that_broke_before_it_measured() {
    let summary = changed(promised_gains(), |run, scenarios| {
        scenarios.clear();
        run.scenarios.clear();
        run.status = Status::Broken {
            cause: "the database at db.sqlite cannot be opened.".to_owned(),
        };
    });
    insta::assert_snapshot!(said(&summary));
}

#[test]
fn an_interrupted_run_with_too_few_pairs() {
    let summary = changed(promised_gains(), |run, scenarios| {
        scenarios[0] = Synthetic {
            pairs: 4,
            ..Synthetic::same(STANDARD)
        }
        .scenario();
        scenarios[0].status = Status::Interrupted;
        run.status = Status::Interrupted;
    });
    insta::assert_snapshot!(said(&summary));
}

#[test]
fn eviction_and_pattern_scenarios_say_what_is_particular() {
    let mut scenario = Synthetic::default().scenario();
    scenario.eviction = Some(perfect_eviction());
    let eviction = ordinary(&scenario).sentence;
    scenario.eviction = None;
    scenario.blocks.retain(|b| b.mode == report::Mode::Open);
    let mut second = scenario.blocks.clone();
    second
        .iter_mut()
        .for_each(|b| b.pattern = Some("sequential".into()));
    scenario
        .blocks
        .iter_mut()
        .for_each(|b| b.pattern = Some("alternating".into()));
    scenario.blocks.extend(second);
    let pattern = ordinary(&scenario).sentence;
    scenario.status = Status::Broken {
        cause: "the candidate was killed.".to_owned(),
    };
    let broken = ordinary(&scenario).sentence;
    insta::assert_snapshot!(spaced(&[eviction, pattern, broken].join("\n")));
}

#[test]
fn a_latency_that_stays_is_said_to_stay() {
    let mut scenario = Synthetic::same(STANDARD).scenario();
    let baselines: Vec<_> = scenario
        .blocks
        .iter()
        .step_by(2)
        .map(|b| b.latencies.clone())
        .collect();
    for (block, latencies) in scenario.blocks.iter_mut().skip(1).step_by(2).zip(baselines) {
        block.latencies = latencies;
    }
    let summary = ordinary(&scenario);
    insta::assert_snapshot!(spaced(&format!("{} {}", summary.sentence, summary.sub)));
}

#[test]
fn one_lost_save_of_either_arm_beats_every_gain() {
    for arm in crate::arms::ArmRole::ALL {
        let summary = changed(promised_gains()[..3].to_vec(), |_, scenarios| {
            scenarios[0]
                .ledger
                .as_mut()
                .unwrap()
                .get_mut(arm)
                .stale_runs = 1;
        });
        assert_eq!(summary.verdict, Verdict::Fail);
        assert_eq!(summary.scenarios[0].verdict, Verdict::Fail);
        assert_eq!(summary.saves_lost, Some(1));
        let named = summary.headline.starts_with("Optimized cannot be trusted");
        assert_eq!(
            named,
            arm == crate::arms::ArmRole::Candidate,
            "{}",
            summary.headline
        );
        assert!(
            summary.steps[0].title.starts_with("Do not deploy"),
            "{:?}",
            summary.steps
        );
    }
}

#[test]
fn doubt_about_the_measurement_makes_a_pass_inconclusive() {
    let cases: [fn(&mut Run, &mut Vec<Scenario>); 5] = [
        |run, _| run.build.profile = "debug".to_owned(),
        |run, _| run.status = Status::Interrupted,
        |run, _| {
            run.status = Status::Broken {
                cause: "disk full".to_owned(),
            };
        },
        |_, scenarios| scenarios[0].ledger = None,
        |run, scenarios| {
            let mut unchecked = scenarios[0].clone();
            unchecked.ledger = None;
            run.scenarios.push(run.scenarios[0].clone());
            scenarios.push(unchecked);
        },
    ];
    assert_eq!(changed(promised_gains(), |_, _| {}).verdict, Verdict::Pass);
    for (i, case) in cases.into_iter().enumerate() {
        let summary = changed(promised_gains(), case);
        assert_eq!(
            summary.verdict,
            Verdict::Inconclusive,
            "case {i}: {}",
            said(&summary)
        );
        assert!(
            i < 3 || !summary.headline.contains("lost nothing:"),
            "case {i}: {}",
            summary.headline
        );
    }
}

#[test]
fn a_missed_target_fails_even_where_the_measurement_is_doubted() {
    let mut criteria = promised_gains();
    criteria[0].target.pass = -0.99;
    let summary = changed(criteria, |run, _| run.build.profile = "debug".to_owned());
    assert_eq!(summary.verdict, Verdict::Fail);
}

#[test]
fn findings_that_are_no_loss_are_not_called_one() {
    let summary = changed(promised_gains(), |_, scenarios| {
        let ledger = &mut scenarios[0].ledger.as_mut().unwrap().candidate;
        ledger.overfull_runs = 1;
        ledger.findings = vec!["run 3 keeps 51 snapshots".to_owned()];
    });
    assert!(
        summary.steps.iter().all(|s| !s.title.contains("lost")),
        "{:?}",
        summary.steps
    );
}

#[test]
fn nothing_to_check_is_not_safe() {
    let summary = changed(promised_gains(), |_, scenarios| {
        scenarios[0].ledger = Some(crate::arms::Arms::default());
    });
    assert_eq!(summary.safe.verdict, Verdict::Inconclusive);
    assert_ne!(summary.verdict, Verdict::Pass);
}

#[test]
fn the_index_gets_the_figures_of_the_policy() {
    let summary = changed(promised_gains(), |_, _| {});
    let figures = summary.headline_figures();
    assert_eq!((figures.passed, figures.judged), (4, 4));
    assert_eq!(figures.sentence, summary.headline);
    assert_eq!(figures.p95_change, summary.change_of("response.p95"));
    assert!(figures.p95_change.unwrap() < -0.3);
    assert_eq!(figures.p99_change, None, "the policy does not ask for it");
    assert!((figures.throughput_factor.unwrap() - 2.0).abs() < 0.2);
    assert!((figures.rows_change.unwrap() + 0.625).abs() < 1e-9);
    assert_eq!(figures.saves_lost, Some(0));
}

#[test]
fn a_waiting_target_shows_its_figure_in_its_own_unit() {
    let mut growth = criterion("memory.growth", Measure::Candidate, Better::Lower, 1e9);
    growth.needs_full_length = true;
    let summary = changed(vec![growth], |_, scenarios| {
        scenarios[0].load.full.seconds = 1e5
    });
    let step = summary
        .steps
        .iter()
        .find(|s| s.title.contains("full profile"))
        .unwrap();
    assert!(
        spaced(&step.text).ends_with("So far: 9.00 MiB."),
        "{step:?}"
    );
}

#[test]
fn a_slower_candidate_is_said_to_be_slower() {
    let candidate = Service {
        median_ns: 6e6,
        ..OPTIMIZED
    };
    let mut scenario = Synthetic::default();
    scenario.arms.candidate = candidate;
    scenario.duplicate_every = 0;
    let scenarios = [scenario.scenario()];
    let summary = summarize(&run_of(&scenarios, promised_gains()), &scenarios);
    assert!(
        summary.headline.starts_with("Optimized is slower"),
        "{}",
        summary.headline
    );
}

#[test]
fn a_whole_run_survives_being_sealed_and_read() {
    let mut scenario = Synthetic::default().scenario();
    scenario.eviction = Some(perfect_eviction());
    scenario.criteria = promised_gains();
    let mut run = run_of(std::slice::from_ref(&scenario), promised_gains());
    let (text, digest) = report::seal(&scenario).unwrap();
    assert_eq!(report::check_seal(&text), Ok(digest.clone()));
    let mut read = report::read_scenario(&text).unwrap();
    assert_eq!(read.seal.blake3, digest);
    read.seal = report::Seal::default();
    assert_eq!(read, scenario);

    run.scenarios[0].digest = Some(digest);
    run.scenarios[0].bytes = Some(text.len() as u64);
    let (text, digest) = report::seal(&run).unwrap();
    assert_eq!(report::check_seal(&text), Ok(digest));
    let mut read_run = report::read_run(&text).unwrap();
    read_run.seal = report::Seal::default();
    assert_eq!(read_run, run);
    assert_eq!(summarize(&read_run, &[read]), summarize(&run, &[scenario]));
}

#[test]
fn one_digit_changed_in_a_sealed_scenario_is_named() {
    let (text, _) = report::seal(&Synthetic::default().scenario()).unwrap();
    let changed = text.replacen("\"planned\":250", "\"planned\":251", 1);
    assert_eq!(
        report::check_seal(&changed),
        Err(report::SealFault::Parts(vec!["/blocks/0".into()]))
    );
}

/// Finding and evidence of a scenario in a run of these.
fn of_scenario(scenarios: &[Scenario], index: usize) -> String {
    let run = run_of(scenarios, Vec::new());
    let s = &summarize(&run, scenarios).scenarios[index];
    spaced(&format!("{:?}: {} {}", s.verdict, s.sentence, s.sub))
}

#[test]
fn scenarios_of_another_kind_say_what_is_particular() {
    let mut split = Synthetic::default().scenario();
    split.load.split = true;
    split.blocks.retain(|b| b.mode == report::Mode::Open);
    let mut capacity = Synthetic::default().scenario();
    capacity.blocks.clear();
    capacity.capacity = Some(searches(&[(4_100.0, 1_650.0); 5]));
    let sampling = sampling_scenario();
    let scenarios = [
        noise_scenario(1),
        generator_scenario(),
        split,
        capacity,
        sampling,
    ];
    let said: Vec<String> = (0..5).map(|i| of_scenario(&scenarios, i)).collect();
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn calibration_does_not_drag_a_verdict() {
    let scenarios = [
        Synthetic::default().scenario(),
        noise_scenario(1),
        generator_scenario(),
    ];
    let summary = summarize(&run_of(&scenarios, promised_gains()), &scenarios);
    assert_eq!(summary.verdict, Verdict::Pass, "{}", said(&summary));
    assert_eq!(summary.scenarios[1].verdict, Verdict::NotJudged);
    assert_eq!(summary.scenarios[2].verdict, Verdict::NotJudged);
    assert!(
        summary.headline.contains("lost nothing:"),
        "{}",
        summary.headline
    );
    assert!(
        summary.judgements.iter().any(|j| j.floor.is_some()),
        "the noise floor counts"
    );
}
