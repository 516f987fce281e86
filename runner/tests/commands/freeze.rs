//! The instrument against theory: a service that stands still under a constant rate.
//!
//! Saves come at a constant rate for `T`; the service answers at once but for a freeze of length `F`. In an open model
//! a save that is due `x` before the end of the freeze waits `x`, and these waits are spread evenly over 0 to `F`. The
//! share of saves that wait is `F / T`, so that beyond it the percentile at quantile `q` is `F − T (1 − q)`.
//! A generator that waits for the service would see one slow save a user and no more.

use shared::arms::ArmRole;
use shared::estimate::merged_latency;
use shared::histogram::Histogram;
use shared::metric::LatencyKind;
use shared::report::Scenario;

use crate::support::{Desk, Small, assert_exit};

const LENGTH_S: f64 = 4.0;
const FREEZE_S: f64 = 1.0;
const SAVES: u32 = 4000;

/// Where another program takes the processor the generator is late, and its latencies are withheld,
/// as they should be: theory says nothing about them.
const ATTEMPTS: u32 = 5;

#[test]
fn a_freeze_yields_the_percentiles_of_an_open_model() {
    let report = (0..ATTEMPTS)
        .map(|_| measured())
        .find(|report| candidate(report, LatencyKind::Response).count() > 0)
        .expect("the generator was late in every attempt: is the machine idle?");
    let response = candidate(&report, LatencyKind::Response);
    assert_eq!(response.count(), u64::from(SAVES));
    for quantile in [0.85, 0.90, 0.95, 0.99, 0.999] {
        let theory = (FREEZE_S - LENGTH_S * (1.0 - quantile)) * 1e9;
        let measured = response.value_at_quantile(quantile).unwrap() as f64;
        let error = (measured / theory - 1.0).abs();
        assert!(
            error < 0.02,
            "P{}: {measured} ns, theory {theory} ns",
            quantile * 100.0
        );
    }
    // What a closed model would have reported: as many slow saves as there are users.
    let slow: u64 = candidate(&report, LatencyKind::Service)
        .buckets()
        .iter()
        .filter(|b| b.highest > 100_000_000)
        .map(|b| b.count)
        .sum();
    assert!(slow <= 20, "{slow} slow service times");
    let baseline = merged_latency(&report, ArmRole::Baseline, LatencyKind::Response, None);
    assert!(
        baseline.value_at_quantile(0.95).unwrap() < 100_000_000,
        "the other arm did not freeze"
    );
}

fn measured() -> Scenario {
    let desk = Desk::new();
    let scenario = desk.scenario(&Small {
        name: "freeze",
        arrivals: "uniform",
        rate: 1000,
        operations: SAVES,
        pairs: 1,
        users: 20,
        ..Small::default()
    });
    let output = desk.run(
        &[&scenario],
        &["--baseline", "null", "--candidate", "null:freeze=1000@1500"],
    );
    assert_exit(&output, 0);
    desk.scenario_report("freeze")
}

fn candidate(report: &Scenario, kind: LatencyKind) -> Histogram {
    merged_latency(report, ArmRole::Candidate, kind, None)
}
