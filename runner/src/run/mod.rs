//! A run: its scenarios one after the other, each written as soon as it ends.

mod bench;
mod course;
mod events;
mod hashes;
mod interrupt;
mod progress;
mod side;
mod table;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use shared::arms::Arms;
use shared::criteria::Policy;
use shared::report::{ArmIdentity, FORMAT_VERSION, Run, Scenario, ScenarioEntry, Seal, Status};
use shared::summary::{RunSummary, summarize, summarize_scenario};

use self::bench::Bench;
pub(crate) use self::events::{Event, Listener};
pub(crate) use self::interrupt::Interrupt;
pub(crate) use self::progress::listener;
use crate::arm::StartArms;
use crate::console::print;
use crate::dataset::Dataset;
use crate::environment::{build, environment};
use crate::output::RunFolder;
use crate::scenario::Spec;

/// What is to be run.
pub(crate) struct Order {
    /// What people call it.
    pub(crate) title: String,
    /// Name of the profile.
    pub(crate) profile: String,
    /// Seed of plan, order and dataset.
    pub(crate) seed: u64,
    /// States of the dataset.
    pub(crate) states: u32,
    /// The services, with their labels.
    pub(crate) services: Arms<ArmIdentity>,
    /// The scenarios.
    pub(crate) specs: Vec<Spec>,
    /// The targets of the whole run.
    pub(crate) policy: Policy,
    /// A folder for the databases.
    pub(crate) databases: PathBuf,
}

/// A finished run.
pub(crate) struct Finished {
    /// The run.
    pub(crate) run: Run,
    /// What it came to.
    pub(crate) summary: RunSummary,
}

/// Runs all scenarios. The path of each file stands on stdout as soon as the file is written.
///
/// # Errors
/// Where a report cannot be written; files written before stay valid.
pub(crate) async fn conduct(
    order: &Order,
    folder: &RunFolder,
    arms: &dyn StartArms,
    interrupt: &Interrupt,
    listener: &mut dyn Listener,
) -> anyhow::Result<Finished> {
    listener.hear(&Event::RunStarted {
        id: folder.id(),
        specs: &order.specs,
    });
    let dataset = Dataset::new(order.seed, order.states);
    let mut run = begin(order, folder.id(), &dataset);
    folder.write_run(&run)?;
    let bench = Bench {
        run: folder.id(),
        arms,
        services: order.services.map(|_, s| s.service.clone()),
        seed: order.seed,
        dataset: &dataset,
        databases: &order.databases,
        interrupt,
        enough: &|_| false,
    };
    let mut scenarios = Vec::new();
    for spec in &order.specs {
        if interrupt.is_asked() {
            run.status = Status::Interrupted;
            break;
        }
        let scenario = bench.measure(spec, listener).await;
        let path = folder.write_scenario(&mut run, &scenario)?;
        listener.hear(&Event::ScenarioDone {
            summary: &summarize_scenario(&scenario),
        });
        print_path(&path)?;
        let status = scenario.status.clone();
        scenarios.push(scenario);
        if !status.is_complete() {
            run.status = status_of_run(spec, status);
            break;
        }
    }
    end(&mut run, folder, scenarios, listener)
}

fn begin(order: &Order, id: &str, dataset: &Dataset) -> Run {
    Run {
        format: FORMAT_VERSION,
        id: id.to_owned(),
        title: order.title.clone(),
        started_at: Timestamp::now().to_string(),
        finished_at: None,
        status: Status::Running,
        build: build(),
        environment: environment(&order.databases),
        dataset: dataset.describe(),
        profile: order.profile.clone(),
        seed: order.seed,
        arms: order.services.clone(),
        policy: order.policy.clone(),
        scenarios: order.specs.iter().map(entry).collect(),
        seal: Seal::default(),
    }
}

fn entry(spec: &Spec) -> ScenarioEntry {
    ScenarioEntry {
        name: spec.name.clone(),
        title: spec.title.clone(),
        file: format!("{}.json", spec.name),
        status: Status::Pending,
        digest: None,
        bytes: None,
    }
}

fn status_of_run(spec: &Spec, status: Status) -> Status {
    match status {
        Status::Broken { cause } => Status::Broken {
            cause: format!("{}: {cause}", spec.name),
        },
        status => status,
    }
}

fn end(
    run: &mut Run,
    folder: &RunFolder,
    scenarios: Vec<Scenario>,
    listener: &mut dyn Listener,
) -> anyhow::Result<Finished> {
    if run.status == Status::Running {
        run.status = Status::Complete;
    }
    run.finished_at = Some(Timestamp::now().to_string());
    let path = folder.write_run(run)?;
    let summary = summarize(run, &scenarios);
    listener.hear(&Event::RunDone { summary: &summary });
    print_path(&path)?;
    Ok(Finished {
        run: run.clone(),
        summary,
    })
}

fn print_path(path: &Path) -> std::io::Result<()> {
    print(&format!("{}\n", path.display()))
}
