//! Whole runs on simulated arms: what people see, and what an interruption leaves.

use std::io::Write;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;

use super::*;
use crate::arm::simulated::SimulatedArms;
use crate::scenario::{Profile, load, release_policy};

/// A log that can be read afterwards.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

struct Simulation {
    finished: Finished,
    said: String,
    _folder: tempfile::TempDir,
}

async fn simulate(names: &[&str], interrupt: &Interrupt) -> Simulation {
    let folder = tempfile::tempdir().unwrap();
    let specs = names
        .iter()
        .map(|name| load(name).unwrap().resolve(Profile::Ci, None).unwrap())
        .collect();
    let order = Order {
        title: "Simulated".to_owned(),
        profile: "ci".to_owned(),
        seed: 7,
        states: 2000,
        sources: Arms {
            baseline: ArmSource::of_this_binary("standard").unwrap(),
            candidate: ArmSource::of_this_binary("optimized").unwrap(),
        },
        specs,
        policy: release_policy(),
        databases: folder.path().join("databases"),
        paths: Paths::Stderr,
    };
    let reports =
        RunFolder::create(&folder.path().join("reports"), "ci", Timestamp::now()).unwrap();
    let log = Log::default();
    let mut listener = progress::lines(log.clone());
    let finished = conduct(
        &order,
        &reports,
        &SimulatedArms,
        interrupt,
        &mut listener,
        &|_, _| false,
    )
    .await
    .unwrap();
    let said = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let said = said.replace(reports.id(), "RUN-ID");
    Simulation {
        finished,
        said,
        _folder: folder,
    }
}

#[tokio::test]
async fn a_run_is_told_in_plain_lines() {
    let simulation = simulate(&["low-load", "medium-load"], &Interrupt::default()).await;
    assert_eq!(simulation.finished.run.status, Status::Complete);
    insta::assert_snapshot!(simulation.said);
}

#[tokio::test]
async fn an_interrupted_run_keeps_its_scenarios_as_pending() {
    let interrupt = Interrupt::default();
    interrupt.ask();
    let simulation = simulate(&["low-load"], &interrupt).await;
    assert_eq!(simulation.finished.run.status, Status::Interrupted);
    assert_eq!(simulation.finished.run.scenarios[0].status, Status::Pending);
    assert!(simulation.finished.summary.scenarios.is_empty());
}
