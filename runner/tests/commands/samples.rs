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
fn a_block_that_is_run_in_stretches_is_one_block_with_all_its_evidence() {
    let desk = Desk::new();
    let scenario = desk.scenario(&Small {
        operations: 500,
        ..Small::default()
    });
    let more = ["--evidence-every", "1", "--samples", "2"];
    assert_exit(&desk.run(&[&scenario], &more), 0);
    let report = desk.scenario_report("small");
    let planned: Vec<u64> = report.blocks.iter().map(|block| block.planned).collect();
    assert_eq!(planned.len(), 4);
    assert_eq!(planned.iter().sum::<u64>(), 1_000);
    for block in &report.blocks {
        // The last stretch begins after 833 ms, and all its saves follow.
        assert!(block.duration_ns > 833_000_000, "{}", block.duration_ns);
        assert!(block.cpu_ns.is_some() && block.resident.is_some() && block.resources.is_some());
    }
    let series = &report.series;
    assert_eq!([series.baseline.len(), series.candidate.len()], [2, 2]);
    let (code, said) = desk.verify();
    assert_eq!(code, Some(0), "{said}");
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
