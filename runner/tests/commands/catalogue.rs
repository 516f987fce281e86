//! The strategy's lines with a run's figures.

use std::process::Command;

use crate::support::{Desk, RUNNER, assert_exit, stderr};

/// As small as a memory profile can be.
const SCENARIO: &str = r#"
name = "profiled"
title = "Profiled"
source = "tests"
why = "What only some runs hold."

[load]
users = 5
arrivals = "uniform"
state_size = { min = "1 KB", max = "2 KB" }
duplicates = "0 %"
pattern = "mixed"
cache_entries = 100
runs = 20

[profiles.full]
rate = "200/s"
operations = 200
pairs = 2
warm_up_operations = 50
memory_profile = true
"#;

#[test]
fn a_run_with_a_memory_profile_and_counted_requests_has_the_figures_of_memory() {
    let desk = Desk::new();
    let file = desk.path().join("profiled.toml");
    std::fs::write(&file, SCENARIO).unwrap();
    let ran = Command::new(RUNNER)
        .env_remove("DATABASE_URL")
        .env("MALLOC_CONF", "tcache:false")
        .args(["run", "--profile", "full", "--out"])
        .arg(desk.out())
        .arg(&file)
        .output()
        .unwrap();
    assert_exit(&ran, 0);
    let folder = std::fs::read_dir(desk.out()).unwrap();
    let run = folder
        .filter_map(|entry| Some(entry.ok()?.path()).filter(|path| path.is_dir()))
        .next()
        .unwrap();
    let verified = Command::new(RUNNER).arg("verify").arg(&run).output();
    assert_exit(&verified.unwrap(), 0);

    let told = Command::new(RUNNER)
        .arg("catalogue")
        .arg(&run)
        .output()
        .unwrap();
    assert_exit(&told, 0);
    assert_eq!(stderr(&told), "");
    let told = String::from_utf8(told.stdout).unwrap();
    for metric in [
        "memory.entry",
        "memory.entry_min",
        "memory.entry_max",
        "memory.cache_growth",
        "memory.serialize",
        "memory.hash",
        "memory.copy",
        "memory.left",
        "memory.fragmentation",
        "allocations",
        "allocated_bytes",
    ] {
        let row = |line: &&str| line.split_whitespace().next() == Some(metric);
        let line = told
            .lines()
            .find(row)
            .unwrap_or_else(|| panic!("{metric}: {told}"));
        assert!(line.trim_end().ends_with("profiled"), "{line}");
    }
    assert!(
        told.contains("capacity.users: not measured: "),
        "what the run has not is named with its reason: {told}"
    );
}
