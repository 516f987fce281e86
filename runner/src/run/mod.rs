//! A run: its scenarios one after the other, each written as soon as it ends.

mod ablation;
mod bench;
mod bracket;
mod capacity;
mod course;
mod events;
mod faults;
mod interrupt;
mod join;
mod journal;
mod measure;
mod progress;
mod resumption;
mod side;
mod split;
mod table;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use shared::arms::Arms;
use shared::calibration::Calibration;
use shared::criteria::Policy;
use shared::report::{FORMAT_VERSION, Run, Scenario, ScenarioEntry, Seal, Status};
use shared::summary::{RunSummary, summarize, summarize_scenario};

use self::bench::Bench;
pub(crate) use self::events::{Event, Listener};
pub(crate) use self::interrupt::Interrupt;
use self::journal::JournalFolder;
pub(crate) use self::measure::{Assignment, Resumption, measure, resume};
pub(crate) use self::progress::listener;
use self::resumption::Rest;
use crate::arm::{ArmSource, StartArms, identities};
use crate::console::print;
use crate::databases::Databases;
use crate::dataset::{Dataset, Import};
use crate::environment::{build, environment};
use crate::output::RunFolder;
use crate::scenario::Spec;

/// Longest load without evidence, where nobody asks for another one.
pub(crate) const EVIDENCE_EVERY: Duration = Duration::from_secs(60);

/// What is to be run.
pub(crate) struct Order {
    /// What people call it.
    pub(crate) title: String,
    /// Name of the profile.
    pub(crate) profile: String,
    /// Seed of plan, order and dataset.
    pub(crate) seed: u64,
    /// Generated states of the dataset.
    pub(crate) states: u32,
    /// States of somebody's own, which some scenarios replay.
    pub(crate) imported: Option<Arc<Import>>,
    /// The services.
    pub(crate) sources: Arms<ArmSource>,
    /// The scenarios.
    pub(crate) specs: Vec<Spec>,
    /// The targets of the whole run.
    pub(crate) policy: Policy,
    /// The databases.
    pub(crate) databases: Databases,
    /// A program that stops and starts the database server, where there is one.
    pub(crate) server_control: Option<PathBuf>,
    /// Longest load without evidence: longer blocks are run in stretches.
    pub(crate) evidence_every: Duration,
    /// Where the paths of the report's files are printed.
    pub(crate) paths: Paths,
}

/// Where the path of each file of the report is printed as soon as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Paths {
    /// On stdout: they are what the command has to say.
    Stdout,
    /// On stderr, where stdout is for something else.
    Stderr,
}

/// What a run keeps for the case that it is cut off, and what it has already if it was.
#[derive(Default)]
pub(crate) struct Keeping<'a> {
    /// What is written while scenarios go on.
    pub(crate) journal: Option<&'a JournalFolder>,
    /// The report so far, of a run that goes on.
    pub(crate) before: Option<Before>,
}

/// The report of a run that was cut off.
pub(crate) struct Before {
    /// The run.
    pub(crate) run: Run,
    /// Its scenarios that ended.
    pub(crate) scenarios: Vec<Scenario>,
    /// The one that was in progress, where it can go on.
    pub(crate) rest: Option<Rest>,
}

/// Whether the evidence suffices: the run and its scenarios so far, the one in progress last. Asked only after as many
/// pairs as the scenario's planned looks say.
pub(crate) type Enough<'a> = &'a dyn Fn(&Run, &[Scenario]) -> bool;

/// A finished run.
pub(crate) struct Finished {
    /// The run.
    pub(crate) run: Run,
    /// Its evidence.
    pub(crate) scenarios: Vec<Scenario>,
    /// What it came to.
    pub(crate) summary: RunSummary,
}

/// Runs all scenarios. The path of each file is printed as soon as the file is written.
///
/// # Errors
/// Where a report cannot be written; files written before stay valid.
pub(crate) async fn conduct(
    order: &Order,
    folder: &RunFolder,
    arms: &dyn StartArms,
    interrupt: &Interrupt,
    listener: &mut dyn Listener,
    enough: Enough<'_>,
    keeping: Keeping<'_>,
) -> anyhow::Result<Finished> {
    listener.hear(&Event::RunStarted {
        id: folder.id(),
        specs: &order.specs,
    });
    let dataset = Dataset::new(order.seed, order.states).with(order.imported.clone());
    let mut state_hashes = Vec::with_capacity(dataset.len());
    let described = dataset.describe(|text| state_hashes.push(blake3::hash(text.as_bytes())));
    let Keeping { journal, before } = keeping;
    let (mut run, mut scenarios, mut rest) = match before {
        None => (begin(order, folder.id(), described), Vec::new(), None),
        Some(before) => (before.run, before.scenarios, before.rest),
    };
    folder.write_run(&run)?;
    let done = scenarios.len();
    for spec in order.specs.iter().skip(done) {
        if interrupt.is_asked() {
            run.status = Status::Interrupted;
            break;
        }
        let so_far = |scenario: &Scenario| {
            let mut all: Vec<Scenario> = scenarios.clone();
            all.push(scenario.clone());
            enough(&run, &all)
        };
        let bench = Bench {
            run: folder.id(),
            arms,
            sources: &order.sources,
            seed: order.seed,
            dataset: &dataset,
            state_hashes: &state_hashes,
            databases: &order.databases,
            server_control: order.server_control.as_deref(),
            evidence_every: order.evidence_every,
            journal,
            interrupt,
            enough: &so_far,
        };
        let scenario = bench.measure(spec, listener, rest.take()).await;
        let path = folder.write_scenario(&mut run, &scenario)?;
        if let Some(journal) = journal {
            journal.forget_scenario()?;
        }
        let status = scenario.status.clone();
        scenarios.push(scenario);
        let calibration = Calibration::of(&scenarios);
        if let Some(scenario) = scenarios.last() {
            listener.hear(&Event::ScenarioDone {
                scenario,
                summary: &summarize_scenario(scenario, &run.arms, &calibration),
            });
        }
        print_path(order.paths, &path)?;
        if !status.is_complete() {
            run.status = status_of_run(spec, status);
            break;
        }
    }
    end(run, order.paths, folder, scenarios, listener)
}

fn begin(order: &Order, id: &str, dataset: shared::report::Dataset) -> Run {
    Run {
        format: FORMAT_VERSION,
        id: id.to_owned(),
        title: order.title.clone(),
        started_at: Timestamp::now().to_string(),
        finished_at: None,
        status: Status::Running,
        build: build(),
        environment: environment(&order.databases.home()),
        dataset,
        profile: order.profile.clone(),
        seed: order.seed,
        arms: identities(&order.sources),
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
    mut run: Run,
    paths: Paths,
    folder: &RunFolder,
    scenarios: Vec<Scenario>,
    listener: &mut dyn Listener,
) -> anyhow::Result<Finished> {
    if run.status == Status::Running {
        run.status = Status::Complete;
    }
    run.finished_at = Some(Timestamp::now().to_string());
    let path = folder.write_run(&run)?;
    let summary = summarize(&run, &scenarios);
    listener.hear(&Event::RunDone { summary: &summary });
    print_path(paths, &path)?;
    Ok(Finished {
        run,
        scenarios,
        summary,
    })
}

fn print_path(paths: Paths, path: &Path) -> std::io::Result<()> {
    match paths {
        Paths::Stdout => print(&format!("{}\n", path.display())),
        Paths::Stderr => {
            eprintln!("{}", path.display());
            Ok(())
        }
    }
}
