//! A run whose runner is killed, and that goes on.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};
use std::time::Duration;

use shared::arms::ArmRole;
use shared::report::{Gap, Missing, Status, read_run, seal};

use crate::support::{Desk, RUNNER, Small, assert_exit, children_of, signal, stderr};

/// Blocks of two seconds in stretches of one.
const LOAD: Small = Small {
    name: "small",
    arrivals: "poisson",
    rate: 200,
    operations: 800,
    pairs: 2,
    users: 5,
    state_kb: 5,
};

fn start(desk: &Desk, more: &[&str]) -> Child {
    let scenario = desk.scenario(&LOAD);
    let options = [&["--evidence-every", "1"], more].concat();
    desk.command(&[&scenario], &options).spawn().unwrap()
}

fn journal(desk: &Desk) -> PathBuf {
    desk.only_run().join(".resume")
}

/// Steps whose evidence was written so far.
fn steps(desk: &Desk) -> u64 {
    let runs = std::fs::read_dir(desk.out())
        .into_iter()
        .flatten()
        .flatten();
    let courses = runs.map(|run| run.path().join(".resume/course.json"));
    let read = |course: PathBuf| {
        let course: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(course).ok()?).ok()?;
        course["steps"].as_u64()
    };
    courses.filter_map(read).max().unwrap_or(0)
}

/// Kills a run once so many steps have left evidence, in the middle of the next.
fn kill_after(desk: &Desk, run: &mut Child, wanted: u64) {
    while steps(desk) < wanted {
        assert!(run.try_wait().unwrap().is_none(), "the run ended too early");
        std::thread::sleep(Duration::from_millis(20));
    }
    std::thread::sleep(Duration::from_millis(300));
    let arms = children_of(run.id());
    signal("KILL", run.id());
    run.wait().unwrap();
    // They have nobody to work for, and the databases are somebody else's now.
    for arm in arms {
        while Path::new(&format!("/proc/{arm}/stat")).exists() {
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

fn resume(desk: &Desk, more: &[&str]) -> Output {
    Command::new(RUNNER)
        .arg("resume")
        .arg(desk.only_run())
        .args(more)
        .env_remove("DATABASE_URL")
        .output()
        .unwrap()
}

/// What nobody should find after a run.
fn leftovers(desk: &Desk) -> Vec<PathBuf> {
    let of = |folder: PathBuf| std::fs::read_dir(folder).unwrap().flatten();
    let hidden = of(desk.out()).chain(of(desk.only_run()));
    hidden
        .map(|entry| entry.path())
        .filter(|path| path.file_name().unwrap().to_string_lossy().starts_with('.'))
        .collect()
}

fn planned(missing: &[Missing], role: ArmRole) -> u64 {
    missing
        .iter()
        .filter(|m| m.arm == role)
        .map(|m| m.saves)
        .sum()
}

#[test]
fn a_killed_run_goes_on_and_says_what_is_missing() {
    let desk = Desk::new();
    let mut run = start(&desk, &[]);
    // In the middle of the second block of a pair, then again later: each costs a stretch.
    kill_after(&desk, &mut run, 3);
    assert_eq!(desk.run_report().status, Status::Running);
    let mut again = Command::new(RUNNER)
        .arg("resume")
        .arg(desk.only_run())
        .env_remove("DATABASE_URL")
        .spawn()
        .unwrap();
    kill_after(&desk, &mut again, 6);
    let output = resume(&desk, &[]);
    assert_exit(&output, 0);

    let report = desk.scenario_report("small");
    assert_eq!(report.status, Status::Complete);
    assert_eq!(report.gaps.len(), 2, "{:?}", report.gaps);
    for gap in &report.gaps {
        let missing_ns = gap.missing_ns();
        assert!((1..=1_000_000_000).contains(&missing_ns), "{gap:?}");
        assert!(gap.last_evidence_at < gap.resumed_at, "{gap:?}");
        assert_ne!(gap.rebooted, Some(true));
    }
    let missing: Vec<Missing> = report
        .gaps
        .iter()
        .flat_map(|gap: &Gap| gap.missing.clone())
        .collect();
    for role in ArmRole::ALL {
        let of = |b: &&shared::report::Block| b.arm == role;
        let blocks: u64 = report.blocks.iter().filter(of).map(|b| b.planned).sum();
        assert_eq!(blocks + planned(&missing, role), 800);
        let ledger = report.ledger.as_ref().unwrap().get(role);
        assert!(ledger.is_clean(), "{ledger:?}");
        let acknowledged: u64 = report
            .blocks
            .iter()
            .filter(of)
            .map(|b| b.outcomes.acknowledged())
            .sum();
        assert_eq!(ledger.acknowledged, acknowledged);
    }
    assert_eq!(
        report.blocks.len(),
        4,
        "each block lost a stretch at the most"
    );
    let (code, said) = desk.verify();
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(leftovers(&desk), [] as [PathBuf; 0]);
}

#[test]
fn a_run_that_goes_on_or_ended_cannot_be_resumed() {
    let desk = Desk::new();
    let mut run = start(&desk, &[]);
    while steps(&desk) == 0 {
        std::thread::sleep(Duration::from_millis(20));
    }
    let output = resume(&desk, &[]);
    assert_exit(&output, 2);
    assert!(
        stderr(&output).contains("the run is going on"),
        "{}",
        stderr(&output)
    );
    assert!(run.wait().unwrap().success());
    let output = resume(&desk, &[]);
    assert_exit(&output, 2);
    assert!(
        stderr(&output).contains("nothing to go on with"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn what_does_not_belong_to_the_run_is_refused_by_name_and_nothing_is_lost() {
    let desk = Desk::new();
    let mut run = start(&desk, &[]);
    kill_after(&desk, &mut run, 1);
    let file = desk.only_run().join("run.json");
    let original = std::fs::read_to_string(&file).unwrap();
    let mut other = read_run(&original).unwrap();
    other.build.revision = "0ther".to_owned();
    std::fs::write(&file, seal(&other).unwrap().0).unwrap();
    let output = resume(&desk, &[]);
    assert_exit(&output, 2);
    let said = stderr(&output);
    assert!(
        said.contains("0ther") && said.contains("--abandon"),
        "{said}"
    );
    std::fs::write(&file, &original).unwrap();

    let order = journal(&desk).join("order.json");
    let text = std::fs::read_to_string(&order).unwrap();
    std::fs::write(&order, &text[..text.len() / 2]).unwrap();
    let output = resume(&desk, &[]);
    assert_exit(&output, 2);
    assert!(
        stderr(&output).contains("order.json cannot be used"),
        "{}",
        stderr(&output)
    );
    std::fs::write(&order, text).unwrap();

    let output = resume(&desk, &["--abandon"]);
    assert_exit(&output, 0);
    assert_eq!(desk.run_report().status, Status::Interrupted);
    assert_eq!(leftovers(&desk), [] as [PathBuf; 0]);
}

#[test]
fn a_scenario_without_its_databases_begins_anew() {
    let desk = Desk::new();
    let mut run = start(&desk, &[]);
    kill_after(&desk, &mut run, 2);
    let databases = leftovers(&desk);
    let databases = databases
        .iter()
        .find(|path| path.to_string_lossy().contains("databases"));
    std::fs::remove_dir_all(databases.unwrap()).unwrap();
    let output = resume(&desk, &[]);
    assert_exit(&output, 0);
    assert!(
        stderr(&output).contains("begins anew"),
        "{}",
        stderr(&output)
    );
    let report = desk.scenario_report("small");
    assert_eq!(
        (report.status, report.gaps.len(), report.blocks.len()),
        (Status::Complete, 0, 4)
    );
}
