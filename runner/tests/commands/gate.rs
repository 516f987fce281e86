//! The gate as a pipeline meets it: each exit code, the outputs, binaries that are none.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::support::{Desk, RUNNER, Small, assert_exit, children_of, signal, stderr, stdout};

/// Pairs from which an interval can be had, few enough for a test.
const ENOUGH_PAIRS: u32 = 10;

/// A load that ends within seconds. The null service answers at once, so that only injected faults show.
pub(crate) fn load(desk: &Desk, pairs: u32) -> PathBuf {
    desk.scenario(&Small {
        pairs,
        rate: 200,
        operations: 20 * pairs,
        ..Small::default()
    })
}

pub(crate) fn gate(desk: &Desk, scenario: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(RUNNER);
    command
        .args(["gate", "--scenario"])
        .arg(scenario)
        .arg("--out")
        .arg(desk.out())
        .args(more);
    command.current_dir(desk.path()).stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn gated(desk: &Desk, scenario: &Path, more: &[&str]) -> Output {
    gate(desk, scenario, &[&["--against", RUNNER], more].concat())
        .output()
        .unwrap()
}

/// Targets that only count: no machine is too busy for them.
pub(crate) fn counting_policy(desk: &Desk) -> PathBuf {
    desk.file(
        "counting.toml",
        r#"
name = "counting"
gate = true

[[criteria]]
id = "errors"
title = "Errors"
source = "tests"
quote = "no more errors"
scenario = "gate"
metric = "errors.count"
of = "difference"
better = "lower"
pass = 0
"#,
    )
}

/// Throughput may fall by a third. Unlike latency it can be judged on a machine that is busy with other tests.
fn slowing_policy(desk: &Desk) -> PathBuf {
    desk.file(
        "slowing.toml",
        r#"
name = "slowing"
gate = true

[[criteria]]
id = "throughput"
title = "Throughput"
source = "tests"
quote = "not much slower"
scenario = "gate"
metric = "throughput.closed"
of = "change"
better = "higher"
pass = "-30 %"
"#,
    )
}

/// The load with blocks of the closed model.
fn closed_load(desk: &Desk, pairs: u32) -> PathBuf {
    let path = load(desk, pairs);
    let closed = format!("[profiles.ci]\nclosed = {{ pairs = {pairs}, operations = 100 }}");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("[profiles.ci]", &closed)).unwrap();
    path
}

#[test]
fn equal_builds_are_0_and_the_verdict_stands_alone_on_stdout() {
    let desk = Desk::new();
    let policy = counting_policy(&desk);
    let output = gated(
        &desk,
        &load(&desk, 2),
        &["--policy", policy.to_str().unwrap(), "--format", "json"],
    );
    assert_exit(&output, 0);
    let sheet: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(
        (&sheet["kind"], &sheet["verdict"]),
        (&"gate".into(), &"pass".into())
    );
    assert_eq!(sheet["targets"][0]["scenario"], "small");
    assert!(
        stderr(&output).contains("run.json"),
        "the report's paths are on stderr"
    );
    assert_eq!(desk.verify(), (Some(0), String::new()));
    let names: Vec<String> = desk
        .run_report()
        .scenarios
        .into_iter()
        .map(|s| s.name)
        .collect();
    assert_eq!(names, ["noise", "small"], "the noise is measured first");
    let noise = desk.scenario_report("noise").arms.unwrap();
    assert_eq!(noise.baseline.service, noise.candidate.service);
}

#[test]
fn a_slower_candidate_is_1() {
    let desk = Desk::new();
    let policy = slowing_policy(&desk);
    let output = gated(
        &desk,
        &closed_load(&desk, ENOUGH_PAIRS),
        &[
            "--policy",
            policy.to_str().unwrap(),
            "--candidate",
            "optimized:slow=2000",
        ],
    );
    assert_exit(&output, 1);
    let said = stdout(&output);
    assert!(
        said.contains("Fail") && said.contains("Throughput"),
        "{said}"
    );
}

#[test]
fn one_more_error_is_1_and_the_files_say_so() {
    let desk = Desk::new();
    let policy = counting_policy(&desk);
    let file = desk.path().join("gate.xml");
    let output = gated(
        &desk,
        &load(&desk, 2),
        &[
            "--policy",
            policy.to_str().unwrap(),
            "--candidate",
            "standard:fail=10",
            "--format",
            "junit",
            "--output",
            file.to_str().unwrap(),
        ],
    );
    assert_exit(&output, 1);
    let junit = std::fs::read_to_string(file).unwrap();
    assert!(
        junit.contains("<failure") && junit.starts_with("<?xml"),
        "{junit}"
    );
    assert!(stdout(&output).contains("✗"), "stdout shows it as text");
    let run = desk.run_report();
    assert_eq!(
        run.arms.baseline.service, "standard",
        "the last good build has no injected fault"
    );
}

#[test]
fn too_few_pairs_are_3() {
    let desk = Desk::new();
    let policy = slowing_policy(&desk);
    let output = gated(
        &desk,
        &closed_load(&desk, 2),
        &["--policy", policy.to_str().unwrap()],
    );
    assert_exit(&output, 3);
    assert!(
        stdout(&output).contains("Inconclusive"),
        "{}",
        stdout(&output)
    );
}

#[test]
fn a_killed_arm_is_4() {
    let desk = Desk::new();
    let policy = counting_policy(&desk);
    let scenario = desk.scenario(&Small {
        operations: 1000,
        pairs: 5,
        ..Small::default()
    });
    let more = ["--against", RUNNER, "--policy", policy.to_str().unwrap()];
    let mut child = gate(&desk, &scenario, &more).spawn().unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.starts_with("small: ") || !line.contains(" of 10 blocks") {
        line.clear();
        assert!(
            said.read_line(&mut line).unwrap() > 0,
            "the gate ended too early"
        );
    }
    signal("KILL", children_of(child.id())[0]);
    child.stderr = Some(said.into_inner());
    let output = child.wait_with_output().unwrap();
    assert_exit(&output, 4);
    assert!(stderr(&output).contains("signal: 9"), "{}", stderr(&output));
    assert!(
        stdout(&output).contains("the run broke"),
        "{}",
        stdout(&output)
    );
}

#[test]
fn a_lost_state_is_5() {
    let desk = Desk::new();
    let policy = counting_policy(&desk);
    let output = gated(
        &desk,
        &load(&desk, 2),
        &[
            "--policy",
            policy.to_str().unwrap(),
            "--candidate",
            "standard:lose=10",
        ],
    );
    assert_exit(&output, 5);
    assert!(stdout(&output).contains("Fail"), "{}", stdout(&output));
}

/// A shell script in place of a runner.
fn fake(desk: &Desk, name: &str, script: &str) -> PathBuf {
    let path = desk.file(name, &format!("#!/bin/sh\n{script}\n"));
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// What a gate against something that cannot be used says; nothing is left behind.
fn refused(desk: &Desk, against: &Path, more: &[&str]) -> String {
    let scenario = load(desk, 2);
    let output = gate(
        desk,
        &scenario,
        &[&["--against", against.to_str().unwrap()], more].concat(),
    )
    .output()
    .unwrap();
    assert_exit(&output, 2);
    let runs = std::fs::read_dir(desk.out()).map_or(0, |entries| entries.count());
    assert_eq!(runs, 0, "a refused gate leaves nothing behind");
    assert_eq!(stdout(&output), "");
    stderr(&output)
}

#[test]
fn what_is_no_runner_is_2_and_says_why() {
    let desk = Desk::new();
    let missing = refused(&desk, &desk.path().join("old-runner"), &[]);
    assert!(
        missing.contains("neither a built runner nor a run"),
        "{missing}"
    );
    let text = desk.file("notes.txt", "not a program");
    let said = refused(&desk, &text, &[]);
    assert!(
        said.contains("notes.txt") && said.contains("no executable file"),
        "{said}"
    );
    let silent = fake(&desk, "silent", "exit 3");
    let said = refused(&desk, &silent, &[]);
    assert!(
        said.contains("silent") && said.contains("is no runner"),
        "{said}"
    );
    let chatty = fake(&desk, "chatty", "echo hello; sleep 5");
    let said = refused(&desk, &chatty, &[]);
    assert!(
        said.contains("chatty") && said.contains("is no runner"),
        "{said}"
    );
}

#[test]
fn an_older_protocol_is_2_and_names_both_versions() {
    let desk = Desk::new();
    let old = fake(
        &desk,
        "old",
        r#"echo '{"is":"hello","protocol":1}'; sleep 5"#,
    );
    let said = refused(&desk, &old, &[]);
    assert!(
        said.contains("old`") && said.contains("speaks protocol 1, this runner"),
        "{said}"
    );
}

#[test]
fn wrong_policies_and_files_are_2_before_any_load() {
    let desk = Desk::new();
    let runner = Path::new(RUNNER);
    let said = refused(&desk, runner, &["--policy", "cii"]);
    assert!(
        said.contains("no policy `cii`") && said.contains("`ci`"),
        "{said}"
    );
    let said = refused(&desk, runner, &["--policy", "release"]);
    assert!(said.contains("gate = true"), "{said}");
    let said = refused(&desk, runner, &["--output", "nowhere/gate.md"]);
    assert!(said.contains("no folder nowhere"), "{said}");
    let broken = desk.file(
        "broken.toml",
        "name = \"x\"\ngate = true\n[[criteria]]\nid = \"a\"\n",
    );
    let said = refused(&desk, runner, &["--policy", broken.to_str().unwrap()]);
    assert!(
        said.contains("broken.toml:3") && said.contains("title"),
        "{said}"
    );
}
