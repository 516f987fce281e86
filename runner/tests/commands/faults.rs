//! What is broken on purpose, for real: processes killed, caches and databases that fail, saves that are rejected.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use shared::arms::ArmRole;
use shared::report::{Fault, Incident, Scenario, Status};

use crate::support::{Desk, assert_exit, signal, stderr, stdout};

/// Kills of each service on each database: with two services on two databases 20 in all.
const KILLS: &str = "5";
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/postgres.sh");

/// The URL of a PostgreSQL for tests: named by the environment, or one of the script's.
fn server() -> String {
    match std::env::var("STATEBENCH_TEST_POSTGRES") {
        Ok(url) => url,
        Err(_) => url_of(Path::new(SCRIPT)),
    }
}

fn url_of(script: &Path) -> String {
    let said = Command::new(script).arg("url").output().unwrap();
    assert_exit(&said, 0);
    stdout(&said).trim().to_owned()
}

/// Runs built-in scenarios or files; the run must end with `code`.
fn run(desk: &Desk, scenarios: &[&str], more: &[&str], code: i32) {
    let paths: Vec<&Path> = scenarios.iter().map(Path::new).collect();
    let more = [&["--profile", "ci"], more].concat();
    let output = desk.run(&paths, &more);
    assert_exit(&output, code);
    let (verified, said) = desk.verify();
    assert_eq!(verified, Some(code), "{said}");
    assert_eq!(said.is_empty(), code == 0, "{said}");
}

fn of_arm(scenario: &Scenario, arm: ArmRole) -> Vec<&Incident> {
    scenario.faults.iter().filter(|i| i.arm == arm).collect()
}

fn failed(incident: &Incident) -> u64 {
    incident.errors.values().sum()
}

fn assert_nothing_lost(scenario: &Scenario) {
    assert_eq!(scenario.status, Status::Complete);
    let ledger = scenario.ledger.as_ref().unwrap();
    for role in ArmRole::ALL {
        assert!(ledger.get(role).is_clean(), "{role}: {ledger:?}");
    }
    for incident in &scenario.faults {
        assert!(
            matches!(incident.violations, None | Some(0)),
            "{incident:?}"
        );
    }
}

fn assert_kills_lose_nothing(database: Option<&str>) {
    let desk = Desk::new();
    let on = database.map_or(Vec::new(), |url| vec!["--database", url]);
    run(
        &desk,
        &["crash"],
        &[&["--kills", KILLS], &on[..]].concat(),
        0,
    );
    let scenario = desk.scenario_report("crash");
    assert_nothing_lost(&scenario);
    for role in ArmRole::ALL {
        let kills = of_arm(&scenario, role);
        assert_eq!(kills.len().to_string(), KILLS);
        for (number, kill) in kills.iter().enumerate() {
            assert_eq!(
                (kill.fault, kill.number),
                (Fault::ProcessKilled, number as u32)
            );
            assert!(
                kill.acknowledged > 0 && kill.violations == Some(0),
                "{kill:?}"
            );
            assert!(
                kill.recovery_ns.is_some_and(|ns| ns < 5_000_000_000),
                "{kill:?}"
            );
        }
        // One block ran to its end; what was acknowledged before the kills was held against the database as well.
        let blocks: Vec<u64> = scenario
            .blocks
            .iter()
            .filter(|block| block.arm == role)
            .map(|block| block.outcomes.acknowledged())
            .collect();
        let before: u64 = kills.iter().map(|kill| kill.acknowledged).sum();
        assert_eq!(blocks.len(), 1);
        let checked = scenario.ledger.as_ref().unwrap().get(role).acknowledged;
        assert_eq!(checked, before + blocks[0]);
    }
}

#[test]
fn kills_lose_nothing_on_sqlite() {
    assert_kills_lose_nothing(None);
}

#[test]
fn kills_lose_nothing_on_postgresql() {
    assert_kills_lose_nothing(Some(&server()));
}

/// More saves than the disk takes one by one, so that a service which acknowledges early always has some in its queue.
fn busy_crash(desk: &Desk) -> PathBuf {
    let text = include_str!("../../scenarios/crash.toml")
        .replace("duplicates = \"40 %\"", "duplicates = \"0 %\"")
        .replace("rate = \"400/s\"", "rate = \"4000/s\"")
        .replace("operations = 480", "operations = 4800");
    desk.file("crash.toml", &text)
}

#[test]
fn a_service_that_acknowledges_before_it_commits_is_caught_by_kills_alone() {
    let desk = Desk::new();
    let scenario = busy_crash(&desk);
    let arms = [
        "--baseline",
        "standard",
        "--candidate",
        "standard:early=100",
    ];
    run(&desk, &[scenario.to_str().unwrap()], &arms, 5);
    let scenario = desk.scenario_report("crash");
    let violations = |role| -> u64 {
        let kills = of_arm(&scenario, role);
        kills.iter().filter_map(|kill| kill.violations).sum()
    };
    assert_eq!(violations(ArmRole::Baseline), 0);
    assert!(violations(ArmRole::Candidate) > 0, "{:?}", scenario.faults);
    let ledger = scenario.ledger.unwrap();
    assert!(ledger.baseline.is_clean() && !ledger.candidate.is_clean());
}

#[test]
fn a_service_that_loses_saves_is_caught_right_after_the_next_kill() {
    let desk = Desk::new();
    run(
        &desk,
        &["crash"],
        &["--kills", "2", "--candidate", "optimized:lose=9"],
        5,
    );
    let scenario = desk.scenario_report("crash");
    let kills = of_arm(&scenario, ArmRole::Candidate);
    assert!(
        kills.iter().all(|kill| kill.violations > Some(0)),
        "{kills:?}"
    );
    let ledger = &scenario.ledger.as_ref().unwrap().candidate;
    let seen: u64 = kills.iter().filter_map(|kill| kill.violations).sum();
    assert!(
        ledger.violations() >= 9 && seen <= 2 * ledger.violations(),
        "a save is counted by one kill only, {seen}: {ledger:?}"
    );
}

#[test]
fn a_run_that_is_interrupted_between_kills_ends_in_order() {
    let desk = Desk::new();
    let more = ["--profile", "ci", "--kills", "200"];
    let mut child = desk.command(&[Path::new("crash")], &more).spawn().unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap());
    let database = |file: std::io::Result<std::fs::DirEntry>| {
        file.unwrap()
            .file_name()
            .to_string_lossy()
            .starts_with(".databases-")
    };
    let mut line = String::new();
    while !line.starts_with("crash: 201 ") && !line.contains("saves for each arm") {
        line.clear();
        assert!(
            said.read_line(&mut line).unwrap() > 0,
            "the run ended at once"
        );
    }
    // Some kills later.
    std::thread::sleep(std::time::Duration::from_secs(6));
    signal("INT", child.id());
    child.stderr = Some(said.into_inner());
    assert_exit(&child.wait_with_output().unwrap(), 130);
    let scenario = desk.scenario_report("crash");
    assert_eq!(scenario.status, Status::Interrupted);
    assert!(scenario.ledger.unwrap().candidate.is_clean());
    assert_eq!(desk.verify(), (Some(0), String::new()));
    assert!(!std::fs::read_dir(desk.out()).unwrap().any(database));
}

fn assert_errors(scenario: &Scenario) {
    assert_nothing_lost(scenario);
    for role in ArmRole::ALL {
        let incidents = of_arm(scenario, role);
        assert_eq!(incidents.len(), 2);
        let rejected: u64 = incidents.iter().map(|i| i.meant_to_fail).sum();
        assert!((10..40).contains(&rejected), "2 % of 1000: {incidents:?}");
        assert!(
            incidents.iter().all(|i| failed(i) == i.meant_to_fail),
            "no other save failed: {incidents:?}"
        );
    }
}

#[test]
fn failures_of_cache_and_database_are_survived_and_reported_on_sqlite() {
    let desk = Desk::new();
    run(
        &desk,
        &["cache-failure", "database-outage", "errors"],
        &[],
        0,
    );
    let scenario = desk.scenario_report("cache-failure");
    assert_nothing_lost(&scenario);
    assert!(
        of_arm(&scenario, ArmRole::Baseline).is_empty(),
        "it has no cache"
    );
    let of_cache = of_arm(&scenario, ArmRole::Candidate);
    let faults: BTreeSet<Fault> = of_cache.iter().map(|i| i.fault).collect();
    let expected = [
        Fault::CachePoisoned,
        Fault::CacheEmptied,
        Fault::CacheErroring,
    ];
    assert_eq!(faults, expected.into());
    for incident in &of_cache {
        assert!(
            failed(incident) == 0 && incident.recovery_ns.is_some(),
            "{incident:?}"
        );
    }
    assert!(of_cache[2].length_ns >= 300_000_000);
    // A poisoned or empty cache makes the service write what it would have skipped.
    let blocks = scenario
        .blocks
        .iter()
        .filter(|b| b.arm == ArmRole::Candidate);
    for block in blocks {
        assert!(block.outcomes.deduplicated > 0 && block.implied.is_none());
    }

    let scenario = desk.scenario_report("database-outage");
    assert_nothing_lost(&scenario);
    assert_eq!(scenario.faults.len(), 4);
    for incident in &scenario.faults {
        assert_eq!(incident.fault, Fault::DatabaseLocked);
        assert!(incident.length_ns >= 1_000_000_000, "{incident:?}");
        let busy = incident.errors.get("busy").copied().unwrap_or(0);
        assert!(
            busy > 0 && busy == failed(incident),
            "callers hear of it: {incident:?}"
        );
        assert!(incident.recovery_ns.is_some(), "{incident:?}");
    }
    assert_errors(&desk.scenario_report("errors"));
}

/// A cluster of this test's own, since stopping the others' would break their tests.
struct OwnServer {
    script: PathBuf,
}

impl OwnServer {
    fn new(desk: &Desk) -> Self {
        let folder = desk.path().join("server/scripts");
        std::fs::create_dir_all(&folder).unwrap();
        let script = folder.join("postgres.sh");
        std::fs::copy(SCRIPT, &script).unwrap();
        std::fs::set_permissions(&script, PermissionsExt::from_mode(0o755)).unwrap();
        Self { script }
    }
}

impl Drop for OwnServer {
    fn drop(&mut self) {
        let _gone = Command::new(&self.script).arg("remove").status();
    }
}

#[test]
fn outages_and_rejections_are_survived_on_postgresql_also_where_its_server_stops() {
    let desk = Desk::new();
    let server = OwnServer::new(&desk);
    let (url, script) = (url_of(&server.script), server.script.to_str().unwrap());
    let more = ["--database", &url, "--server-control", script];
    run(&desk, &["database-outage", "errors"], &more, 0);
    let scenario = desk.scenario_report("database-outage");
    assert_nothing_lost(&scenario);
    for role in ArmRole::ALL {
        let incidents = of_arm(&scenario, role);
        let faults: Vec<Fault> = incidents.iter().map(|i| i.fault).collect();
        assert_eq!(faults, [Fault::ConnectionsTerminated, Fault::ServerStopped]);
        assert!(
            incidents.iter().all(|i| i.recovery_ns.is_some()),
            "{incidents:?}"
        );
        // A service may let its callers wait for a connection instead, as the standard one does.
        let heard = failed(incidents[1]) > 0;
        assert!(heard || role == ArmRole::Baseline, "{incidents:?}");
        assert!(incidents[1].length_ns >= 1_000_000_000);
    }
    assert_errors(&desk.scenario_report("errors"));
}

#[test]
fn options_for_faults_that_do_not_fit_are_refused() {
    let desk = Desk::new();
    for (scenario, more, expected) in [
        (
            "low-load",
            ["--kills", "3"],
            "--kills: none of these scenarios kills anything",
        ),
        (
            "database-outage",
            ["--server-control", "nowhere.sh"],
            "--server-control: `nowhere.sh` cannot be called: No such file",
        ),
    ] {
        let output = desk.run(&[Path::new(scenario)], &more);
        assert_exit(&output, 2);
        assert!(stderr(&output).contains(expected), "{}", stderr(&output));
    }
}
