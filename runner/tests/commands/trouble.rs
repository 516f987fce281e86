//! Trouble in the middle of a run: what was measured before stays valid, and the cause is named.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output};

use shared::report::Status;

use crate::support::{Desk, RUNNER, Small, assert_exit, children_of, signal, stderr, stdout};

/// Starts a run of a short scenario and a long one; returns when the first is written and the second is under way.
fn start_second_scenario(desk: &Desk) -> Child {
    let first = desk.scenario(&Small {
        name: "first",
        ..Small::default()
    });
    let second = desk.scenario(&Small {
        name: "second",
        operations: 4000,
        pairs: 10,
        ..Small::default()
    });
    let mut child = desk.command(&[&first, &second], &[]).spawn().unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.starts_with("second: 5 of") {
        line.clear();
        assert!(
            said.read_line(&mut line).unwrap() > 0,
            "the run ended before its second scenario began"
        );
    }
    // The pipe stays open, so that the run can go on talking.
    child.stderr = Some(said.into_inner());
    child
}

#[test]
fn a_killed_arm_breaks_the_run_but_not_what_was_measured() {
    let desk = Desk::new();
    let child = start_second_scenario(&desk);
    let arms = children_of(child.id());
    assert_eq!(arms.len(), 2);
    signal("KILL", arms[0]);
    let output = child.wait_with_output().unwrap();
    assert_exit(&output, 4);
    let run = desk.run_report();
    let Status::Broken { cause } = &run.status else {
        panic!("{:?}", run.status)
    };
    assert!(
        cause.contains("second") && cause.contains("signal: 9"),
        "{cause}"
    );
    assert!(stderr(&output).contains("signal: 9"), "{}", stderr(&output));
    assert_eq!(desk.scenario_report("first").status, Status::Complete);
    let second = desk.scenario_report("second");
    assert!(
        !second.blocks.is_empty(),
        "the blocks before the kill are kept"
    );
    let ledger = second
        .ledger
        .expect("what was acknowledged before the kill is checked");
    assert!(
        ledger.baseline.is_clean() && ledger.candidate.is_clean(),
        "{ledger:?}"
    );
    assert_eq!(desk.verify(), (Some(0), String::new()));
}

#[test]
fn ctrl_c_ends_the_block_and_writes_the_report() {
    let desk = Desk::new();
    let child = start_second_scenario(&desk);
    signal("INT", child.id());
    let output = child.wait_with_output().unwrap();
    assert_exit(&output, 130);
    assert!(
        stderr(&output).contains("stopping after this block"),
        "{}",
        stderr(&output)
    );
    assert_eq!(desk.run_report().status, Status::Interrupted);
    let second = desk.scenario_report("second");
    assert_eq!(second.status, Status::Interrupted);
    assert!(
        !second.blocks.is_empty() && second.blocks.len() < 20,
        "{}",
        second.blocks.len()
    );
    let ledger = second.ledger.unwrap();
    assert!(
        ledger.baseline.is_clean() && ledger.candidate.is_clean(),
        "{ledger:?}"
    );
    assert_eq!(desk.verify(), (Some(0), String::new()));
}

/// Runs a shell script in a mount namespace of its own, in which it may mount file systems.
fn with_mounts(script: &str, arguments: &[&Path]) -> Output {
    let mut command = Command::new("unshare");
    if !rustix::process::geteuid().is_root() {
        command.args(["--user", "--map-root-user"]);
    }
    command
        .args(["--mount", "sh", "-euc", script, RUNNER])
        .args(arguments);
    command.output().expect("unshare, of util-linux, is there")
}

#[test]
fn a_full_disk_breaks_the_run_but_not_what_was_measured() {
    let desk = Desk::new();
    let first = desk.scenario(&Small {
        name: "first",
        ..Small::default()
    });
    let large = desk.scenario(&Small {
        name: "large",
        operations: 2000,
        rate: 400,
        state_kb: 50,
        ..Small::default()
    });
    std::fs::create_dir(desk.out()).unwrap();
    let script = r#"
        mount -t tmpfs -o size=12m tmpfs "$1"
        code=0
        "$0" run "$2" "$3" --out "$1" || code=$?
        echo "run ended with $code"
        "$0" verify "$1"/2*
        cat "$1"/2*/run.json
    "#;
    let output = with_mounts(script, &[&desk.out(), &first, &large]);
    let said = stdout(&output);
    assert_exit(&output, 0);
    assert!(said.contains("run ended with 4"), "{said}");
    assert!(
        stderr(&output).contains("disk is full"),
        "{}",
        stderr(&output)
    );
    assert!(
        said.contains("\"cause\": \"large: the disk is full"),
        "{said}"
    );
}

#[test]
fn a_read_only_output_folder_is_refused_at_once() {
    let desk = Desk::new();
    let scenario = desk.scenario(&Small::default());
    std::fs::create_dir(desk.out()).unwrap();
    let script = r#"mount -t tmpfs -o ro tmpfs "$1" && exec "$0" run "$2" --out "$1""#;
    let output = with_mounts(script, &[&desk.out(), &scenario]);
    assert_exit(&output, 2);
    let said = stderr(&output);
    assert!(
        said.contains("reports") && said.contains("Read-only"),
        "{said}"
    );
    assert_eq!(stdout(&output), "");
}

#[test]
fn a_run_goes_on_without_proc_and_says_what_it_does_not_measure() {
    let desk = Desk::new();
    let scenario = desk.scenario(&Small::default());
    let script = r#"mount -t tmpfs -o ro tmpfs /proc && exec "$0" run "$2" --out "$1""#;
    let output = with_mounts(script, &[&desk.out(), &scenario]);
    assert_exit(&output, 0);
    let said = stderr(&output);
    assert!(
        said.lines()
            .next()
            .unwrap()
            .starts_with("note: /proc cannot be read: "),
        "{said}"
    );
    assert!(
        said.contains("resident memory cannot be measured: /proc/self/statm"),
        "{said}"
    );
    let environment = desk.run_report().environment;
    assert!(environment.processor.is_none() && environment.memory_bytes.is_none());
    assert_eq!(desk.scenario_report("small").status, Status::Complete);
    assert_eq!(desk.verify(), (Some(0), String::new()));
}

#[test]
fn a_disk_that_may_not_suffice_is_named_before_the_load() {
    let desk = Desk::new();
    let scenario = desk.scenario(&Small::default());
    std::fs::create_dir(desk.out()).unwrap();
    let script = r#"mount -t tmpfs -o size=12m tmpfs "$1" && exec "$0" run "$2" --out "$1""#;
    let output = with_mounts(script, &[&desk.out(), &scenario]);
    assert_exit(&output, 0);
    let said = stderr(&output);
    let first = said.lines().next().unwrap_or_default();
    assert!(
        first.starts_with("warning: the databases of small may grow to ")
            && first.ends_with("or name another disk with --database sqlite:DIR"),
        "{said}"
    );
}

#[test]
fn a_full_disk_is_refused_before_anything_is_made() {
    let desk = Desk::new();
    let scenario = desk.scenario(&Small::default());
    std::fs::create_dir(desk.out()).unwrap();
    let script = r#"
        mount -t tmpfs -o size=64k tmpfs "$1"
        code=0
        "$0" run "$2" --out "$1" || code=$?
        echo "run ended with $code, left: $(ls -A "$1")"
    "#;
    let output = with_mounts(script, &[&desk.out(), &scenario]);
    assert_exit(&output, 0);
    assert_eq!(stdout(&output), "run ended with 2, left: \n");
    let said = stderr(&output);
    assert!(
        said.contains("is full, 64.0") && said.contains("--out"),
        "{said}"
    );
}
