//! Wrong input is named before any load starts, and nothing is written.

use std::process::Command;

use crate::support::{Desk, RUNNER, Small, assert_exit, stderr};

/// Runs with arguments that must be refused; returns what was said.
fn refused(desk: &Desk, arguments: &[&str]) -> String {
    let output = Command::new(RUNNER)
        .args(arguments)
        .current_dir(desk.path())
        .output()
        .unwrap();
    assert_exit(&output, 2);
    let left = desk.path().join("reports");
    let runs = std::fs::read_dir(left).map_or(0, |entries| entries.count());
    assert_eq!(runs, 0, "a refused run leaves nothing behind");
    stderr(&output)
}

#[test]
fn an_unknown_scenario_names_close_ones() {
    let said = refused(&Desk::new(), &["run", "medium-lod"]);
    assert!(
        said.contains("medium-lod") && said.contains("medium-load"),
        "{said}"
    );
}

#[test]
fn an_unknown_profile_names_the_known_ones() {
    let said = refused(&Desk::new(), &["run", "low-load", "--profile", "quik"]);
    assert!(said.contains("quik") && said.contains("quick"), "{said}");
}

#[test]
fn nothing_to_run_is_said() {
    let said = refused(&Desk::new(), &["run"]);
    assert!(
        said.contains("--all") && said.contains("low-load"),
        "{said}"
    );
}

#[test]
fn a_figure_out_of_range_names_file_line_and_range() {
    let desk = Desk::new();
    let path = desk.scenario(&Small {
        users: 0,
        ..Small::default()
    });
    let said = refused(&desk, &["run", path.to_str().unwrap()]);
    assert!(
        said.contains("small.toml:8") && said.contains("users") && said.contains("100000"),
        "{said}"
    );
}

#[test]
fn toml_that_is_none_names_the_line() {
    let desk = Desk::new();
    let path = desk.file("broken.toml", "name = \"x\"\n[load\n");
    let said = refused(&desk, &["run", path.to_str().unwrap()]);
    assert!(said.contains("broken.toml:2"), "{said}");
}

#[test]
fn an_unknown_service_names_the_known_ones() {
    let said = refused(
        &Desk::new(),
        &["run", "low-load", "--candidate", "optimised"],
    );
    assert!(
        said.contains("--candidate") && said.contains("optimised") && said.contains("optimized"),
        "{said}"
    );
}

#[test]
fn a_database_that_cannot_be_kept_is_named() {
    let desk = Desk::new();
    let said = refused(
        &desk,
        &["run", "low-load", "--database", "sqlite:/nowhere/at/all"],
    );
    assert!(
        said.contains("/nowhere/at/all") && said.contains("--database"),
        "{said}"
    );
}

#[test]
fn another_database_is_refused_without_its_password() {
    let said = refused(
        &Desk::new(),
        &["run", "low-load", "--database", "mysql://me:secret@host/x"],
    );
    assert!(said.contains("mysql") && !said.contains("secret"), "{said}");
}
