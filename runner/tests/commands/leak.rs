//! The instrument against a leak of known size.

use shared::arms::ArmRole;
use shared::estimate::leak_fit;
use shared::report::Scenario;

use crate::support::{Desk, assert_exit, stderr};

/// Saves that do nothing, so that nothing else is held: 16 blocks of a quarter of a second for each arm. The strategy's
/// rate is low, so that 24 hours of it are few enough saves for so short a run to speak for them.
const SCENARIO: &str = r#"
name = "leak"
title = "Leak"
source = "tests"
why = "Saves that leave something behind."

[load]
users = 20
arrivals = "uniform"
state_size = { min = "1 KB", max = "2 KB" }
duplicates = "50 %"
pattern = "mixed"
cache_entries = 100
runs = 20

[profiles.full]
rate = "10/min"
duration = "24 h"
pairs = 16
warm_up_operations = 500

[profiles.quick]
rate = "1000/s"
operations = 4000
pairs = 16
warm_up_operations = 500

[[criteria]]
id = "leak"
title = "Memory leak"
source = "tests"
quote = "no leaks"
metric = "memory.leak"
of = "candidate"
better = "lower"
pass = "5 %"
"#;

fn measured(candidate: &str, exit: i32) -> Scenario {
    let desk = Desk::new();
    let scenario = desk.file("leak.toml", SCENARIO);
    let more = ["--baseline", "null", "--candidate", candidate, "--gate"];
    let output = desk.run(&[&scenario], &more);
    assert_exit(&output, exit);
    assert!(
        (exit == 1) == stderr(&output).contains("What is allocated grows by "),
        "{}",
        stderr(&output)
    );
    desk.scenario_report("leak")
}

#[test]
fn a_leak_fails_and_its_size_is_told() {
    let report = measured("null:leak=16384@10", 1);
    let fit = leak_fit(&report, ArmRole::Candidate).unwrap();
    let expected = 1638.4;
    let error = (fit.bytes_per_save() / expected - 1.0).abs();
    assert!(error < 0.05, "{} bytes a save", fit.bytes_per_save());
    let other = leak_fit(&report, ArmRole::Baseline).unwrap();
    assert!(
        other.bytes_per_save().abs() < expected / 50.0,
        "the other arm leaks nothing: {} bytes a save",
        other.bytes_per_save()
    );
}
