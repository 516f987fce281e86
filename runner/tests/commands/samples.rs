//! `--samples`: how finely a run is sampled.

use crate::support::{Desk, Small, assert_exit, stderr};

/// Samples of each arm, of two blocks of 1.5 s each.
fn samples(more: &[&str]) -> [usize; 2] {
    let desk = Desk::new();
    let scenario = desk.scenario(&Small {
        operations: 600,
        ..Small::default()
    });
    let output = desk.run(&[&scenario], more);
    assert_exit(&output, 0);
    let series = desk.scenario_report("small").series;
    [series.baseline.len(), series.candidate.len()]
}

#[test]
fn an_arm_takes_as_many_samples_as_asked_for_and_none_below_250_ms() {
    assert_eq!(samples(&["--samples", "4"]), [4, 4]);
    assert_eq!(samples(&["--samples", "5000"]), [12, 12]);
}

#[test]
fn no_samples_at_all_are_refused_before_anything_runs() {
    let desk = Desk::new();
    let scenario = desk.scenario(&Small::default());
    let output = desk.run(&[&scenario], &["--samples", "0"]);
    assert_exit(&output, 2);
    let said = stderr(&output);
    assert!(
        said.contains("--samples") && said.contains("1..=10000"),
        "{said}"
    );
    assert!(!desk.out().exists());
}
