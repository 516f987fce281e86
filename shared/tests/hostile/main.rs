//! Report files that nobody wrote in good faith: whatever stands in them, reading ends with a report or an error, and judging
//! what was read ends at all.
//!
//! Each case is a golden report that was harmed at random, from a seed. `scripts/fuzz.sh` tries them for as long as asked for.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "the golden reports are there, and a case that panics is what is looked for"
)]

mod harm;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use shared::ablation::contributions;
use shared::arms::ArmRole;
use shared::comparison::{Evidence, compare};
use shared::estimate::{estimate, leak_fit, merged_latency};
use shared::gate::decide_gate;
use shared::histogram::{Histogram, decode_recording};
use shared::metric::{LatencyKind, Metric, Plain};
use shared::report::{
    FORMAT_VERSION, Run, Scenario, check_seal, read_index, read_run, read_scenario,
};
use shared::summary::{break_even, summarize};

/// Cases of a test run: seconds, not minutes.
const CASES: u64 = 60;

/// The files of a golden report.
struct Golden {
    run: String,
    scenario: String,
    index: String,
}

fn golden() -> Vec<Golden> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let of = |version: u32| {
        let read = |file: &str| {
            std::fs::read_to_string(folder.join(format!("v{version}/{file}"))).unwrap()
        };
        Golden {
            run: read("run.json"),
            scenario: read("tiny-load.json"),
            index: read("index.json"),
        }
    };
    (1..=FORMAT_VERSION).map(of).collect()
}

/// What a case came to, so that a run of cases which are all refused is noticed.
#[derive(Default)]
struct Tally {
    cases: u64,
    read: u64,
    refused: u64,
}

/// Reads one harmed report as the runner and the site do, and computes all that they show.
fn try_case(golden: &[Golden], seed: u64) -> Tally {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let report = &golden[usize::try_from(seed % golden.len() as u64).unwrap()];
    let run_text = harm::some_of_the_time(&report.run, &mut random);
    let scenario_text = harm::document(&report.scenario, &mut random);
    let index_text = harm::document(&report.index, &mut random);
    let _ = (
        check_seal(&run_text),
        check_seal(&scenario_text),
        read_index(&index_text),
    );
    let histogram = harm::histogram(&report.scenario, &mut random);
    if let Ok(histogram) = Histogram::decode(&histogram) {
        let _ = (
            histogram.mean(),
            histogram.max(),
            histogram.value_at_quantile(0.99),
        );
    }
    let _ = decode_recording(&histogram);
    let mut tally = Tally {
        cases: 1,
        ..Tally::default()
    };
    match (read_run(&run_text), read_scenario(&scenario_text)) {
        (Ok(run), Ok(scenario)) => {
            show(&run, &scenario);
            tally.read = 1;
        }
        (Err(e), _) | (_, Err(e)) => {
            assert!(!e.to_string().is_empty());
            tally.refused = 1;
        }
    }
    tally
}

/// Computes what is shown of a report.
fn show(run: &Run, scenario: &Scenario) {
    let scenarios = [scenario.clone(), scenario.clone()];
    let summary = summarize(run, &scenarios[..1]);
    assert!(!summary.headline.is_empty());
    let _ = (summarize(run, &scenarios), decide_gate(run, &scenarios));
    for metric in Plain::ALL {
        let _ = estimate(Metric::Plain(*metric), scenario);
    }
    for role in ArmRole::ALL {
        let _ = leak_fit(scenario, role);
        for kind in LatencyKind::ALL {
            let _ = merged_latency(scenario, role, kind, None);
        }
    }
    let _ = (contributions(scenario), break_even(scenario));
    let mut other = run.clone();
    other.id.push('2');
    let evidence = |run| Evidence {
        run,
        scenarios: &scenarios[..1],
        arm: None,
    };
    let _ = compare(&evidence(run), &evidence(&other), &run.policy);
}

/// Tries cases until there is none left; says which seed broke.
fn try_cases(seeds: impl Iterator<Item = u64>) -> Tally {
    let golden = golden();
    let mut all = Tally::default();
    for seed in seeds {
        let tried = catch_unwind(AssertUnwindSafe(|| try_case(&golden, seed)));
        let tally = tried.unwrap_or_else(|_| panic!("the report of seed {seed} broke the reader"));
        all.cases += tally.cases;
        all.read += tally.read;
        all.refused += tally.refused;
    }
    all
}

#[test]
fn harmed_reports_are_read_or_refused() {
    let all = try_cases(0..CASES);
    assert!(all.read > CASES / 10, "only {} were read", all.read);
    assert!(
        all.refused > CASES / 10,
        "only {} were refused",
        all.refused
    );
}

#[test]
#[ignore = "as long as FUZZ_SECONDS says: scripts/fuzz.sh"]
fn harmed_reports_are_read_or_refused_for_as_long_as_asked_for() {
    let number = |name: &str, usual: u64| {
        std::env::var(name).map_or(usual, |text| text.parse().expect("a whole number"))
    };
    let end = Instant::now() + Duration::from_secs(number("FUZZ_SECONDS", 600));
    let first = number("FUZZ_SEED", CASES);
    let all = try_cases((first..).take_while(|_| Instant::now() < end));
    println!(
        "{} reports from seed {first} on: {} read, {} refused, none broke the reader",
        all.cases, all.read, all.refused
    );
}
