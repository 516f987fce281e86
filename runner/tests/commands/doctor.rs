//! What the machine allows, on this very machine.

use std::process::Command;

use crate::support::{Desk, RUNNER, assert_exit, stderr, stdout};

fn doctor(desk: &Desk, arguments: &[&str]) -> std::process::Output {
    let mut command = Command::new(RUNNER);
    command
        .arg("doctor")
        .args(arguments)
        .current_dir(desk.path());
    command.env_remove("DATABASE_URL").output().unwrap()
}

#[test]
fn this_machine_is_looked_at_and_nothing_is_left() {
    let desk = Desk::new();
    let output = doctor(&desk, &["--format", "json"]);
    assert_exit(&output, 0);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["can_run"], true);
    let findings = report["findings"].as_array().unwrap();
    let figure = |name: &str, figure: &str| {
        let found = findings.iter().find(|f| f["name"] == name);
        found.unwrap()["figures"][figure].as_u64().unwrap()
    };
    assert!(figure("disk sync", "median_ns") > 0);
    assert!(figure("cores", "usable") > 0);
    assert!(figure("memory", "total_bytes") > 0);
    assert!(figure("clock", "reading_ns") > 0);
    assert!(figure("space", "free_bytes") > 0);
    assert_eq!(std::fs::read_dir(desk.path()).unwrap().count(), 0);
}

#[test]
fn people_get_plain_lines_of_80_columns_where_it_is_no_terminal() {
    let desk = Desk::new();
    let output = doctor(&desk, &[]);
    let said = stdout(&output);
    assert!(
        said.lines().all(|line| line.chars().count() <= 80),
        "{said}"
    );
    assert!(!said.contains('\u{1b}'), "{said}");
    let marks = ["✓ ok", "▲ note", "✗ trouble"];
    let marked = said
        .lines()
        .filter(|line| marks.iter().any(|mark| line.trim_start().starts_with(mark)));
    assert!(marked.count() >= 10, "{said}");
}

#[test]
fn where_no_run_can_be_made_the_exit_code_is_that_of_such_a_run() {
    let desk = Desk::new();
    let file = desk.file("file", "");
    let output = doctor(
        &desk,
        &["--out", file.to_str().unwrap(), "--format", "json"],
    );
    assert_exit(&output, 2);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["can_run"], false);
    assert_eq!(report["findings"][0]["mark"], "trouble");
    let output = doctor(&desk, &["--database", "mysql://x"]);
    assert_exit(&output, 2);
    assert!(
        stderr(&output).contains("`mysql:` is not supported"),
        "{}",
        stderr(&output)
    );
}
