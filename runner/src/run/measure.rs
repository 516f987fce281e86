//! A run from what was asked for to its files: what the commands that measure have in common.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use jiff::Timestamp;
use shared::arms::{ArmRole, Arms};
use shared::criteria::Policy;
use shared::report::{Run, Status};

use super::events::All;
use super::journal::{DatabasesRecord, JournalFolder, OrderRecord};
use super::resumption::Rest;
use super::{
    Before, Enough, Finished, Interrupt, Keeping, Listener, Order, Paths, conduct, listener,
};
use crate::arm::{ArmSource, ProcessArms, choose, identities, unreadable};
use crate::databases::{Databases, Home};
use crate::dataset::{DEFAULT_STATES, Dataset, Import};
use crate::environment::{WITHOUT_PROC, build};
use crate::exit::usage;
use crate::metrics::{About, Meter, Server, Serving};
use crate::output::{RunFolder, check_writable, read_run_folder, rebuild_index, write_index};
use crate::place::without_password;
use crate::room;
use crate::scenario::Spec;

/// What somebody asked to be measured.
pub(crate) struct Assignment {
    /// What people call the run.
    pub(crate) title: String,
    /// Name of the profile.
    pub(crate) profile: String,
    /// Seed of plan, order and dataset.
    pub(crate) seed: u64,
    /// The services.
    pub(crate) sources: Arms<ArmSource>,
    /// The scenarios.
    pub(crate) specs: Vec<Spec>,
    /// States of somebody's own, which some of the scenarios replay.
    pub(crate) imported: Option<Arc<Import>>,
    /// The targets of the whole run.
    pub(crate) policy: Policy,
    /// Folder that the run's folder is made in.
    pub(crate) out: PathBuf,
    /// Where the databases are kept: `sqlite:DIR` or `postgres://…`; none: as the environment says, or beside the
    /// reports.
    pub(crate) database: Option<String>,
    /// A program that stops and starts the database server, where there is one.
    pub(crate) server_control: Option<PathBuf>,
    /// Longest load without evidence: longer blocks are run in stretches.
    pub(crate) evidence_every: Duration,
    /// Where the paths of the report's files are printed.
    pub(crate) paths: Paths,
    /// Where the figures are served for Prometheus while the run goes on.
    pub(crate) metrics: Option<SocketAddr>,
}

/// Measures, and lists the run in the index of its folder. `enough` is asked at the planned looks.
///
/// # Errors
/// Wrong input, before any load starts; a report that cannot be written.
pub(crate) async fn measure(assignment: Assignment, enough: Enough<'_>) -> Result<Finished> {
    // Before anything is made: a port that cannot be had must leave nothing behind.
    let server = match assignment.metrics {
        Some(address) => Some(Server::take(address).await?),
        None => None,
    };
    let out = &assignment.out;
    check_writable(out)?;
    let home = Home::find(assignment.database.as_deref(), out)?;
    room::refuse_full(out)?;
    let databases = home.clone().prepare().await?;
    say_what_it_lacks(&assignment, &home)?;
    let folder = RunFolder::create(out, &assignment.profile, Timestamp::now())?;
    let order = Order {
        title: assignment.title,
        profile: assignment.profile,
        seed: assignment.seed,
        states: DEFAULT_STATES,
        imported: assignment.imported,
        sources: assignment.sources,
        specs: assignment.specs,
        policy: assignment.policy,
        databases: databases.of_run(folder.id()),
        server_control: assignment.server_control,
        evidence_every: assignment.evidence_every,
        paths: assignment.paths,
    };
    let journal = JournalFolder::create(folder.path(), &record(&order)?)?;
    let driver = Driver {
        order,
        folder,
        journal,
        server,
    };
    driver.drive(out, enough, None).await
}

/// Says before the load what the machine lacks that the run can do without.
///
/// # Errors
/// A disk without any room.
fn say_what_it_lacks(assignment: &Assignment, home: &Home) -> Result<()> {
    if !unreadable().is_empty() {
        eprintln!("note: /proc cannot be read: {WITHOUT_PROC}");
    }
    if let Home::Folder(folder) = home {
        room::refuse_full(folder)?;
        let dataset = Dataset::new(assignment.seed, DEFAULT_STATES);
        let dataset = dataset.with(assignment.imported.clone());
        if let Some(warning) = room::warning(&assignment.specs, &dataset, folder) {
            eprintln!("warning: {warning}");
        }
    }
    Ok(())
}

/// What a run that was cut off needs besides what it left.
pub(crate) struct Resumption {
    /// The run's folder.
    pub(crate) folder: PathBuf,
    /// As in [`Assignment`]: only the password can be another one.
    pub(crate) database: Option<String>,
    /// Where the figures are served for Prometheus while the run goes on.
    pub(crate) metrics: Option<SocketAddr>,
    /// Whether the run is given up: what it kept is removed, and nothing is measured.
    pub(crate) abandon: bool,
}

/// Goes on with a run that was cut off; none where it was given up.
///
/// # Errors
/// The run ended, is going on, was measured by another build, or its databases are elsewhere.
pub(crate) async fn resume(resumption: Resumption) -> Result<Option<Finished>> {
    let path = &resumption.folder;
    let out = path.parent().unwrap_or(Path::new("."));
    let (journal, recorded) = JournalFolder::open(path)?;
    let (run, scenarios) = read_run_folder(path).map_err(|damaged| {
        usage(anyhow!(
            "{}/{}: {}",
            path.display(),
            damaged.file,
            damaged.reason
        ))
    })?;
    let databases = databases(&recorded, resumption.database.as_deref(), out, &run.id).await?;
    if resumption.abandon {
        databases.taken_over().remove().await;
        return give_up(run, path, journal).map(|()| None);
    }
    let mut order = order(&run, recorded, databases).await?;
    let server = match resumption.metrics {
        Some(address) => Some(Server::take(address).await?),
        None => None,
    };
    let complete = run
        .scenarios
        .iter()
        .take_while(|entry| entry.status.is_complete());
    let complete = complete.count();
    let scenarios = scenarios.into_iter().take(complete);
    let scenarios = scenarios
        .collect::<Result<Vec<_>, _>>()
        .map_err(|damaged| {
            usage(anyhow!(
                "{}/{}: {}",
                path.display(),
                damaged.file,
                damaged.reason
            ))
        })?;
    let rest = match order.specs.get(complete) {
        Some(spec) => rest(&journal, spec, &order.databases).await?,
        None => None,
    };
    order.databases = order.databases.taken_over();
    let before = Before {
        run,
        scenarios,
        rest,
    };
    let driver = Driver {
        order,
        folder: RunFolder::open(path, &before.run.id),
        journal,
        server,
    };
    let finished = driver.drive(out, &|_, _| false, Some(before)).await?;
    Ok(Some(finished))
}

/// The scenario in progress, if it can go on: its evidence and both databases are there.
async fn rest(journal: &JournalFolder, spec: &Spec, databases: &Databases) -> Result<Option<Rest>> {
    let Some(unfinished) = journal.unfinished()? else {
        eprintln!("{} begins anew: it had no evidence yet", spec.name);
        return Ok(None);
    };
    let baseline = databases
        .left(&spec.name, ArmRole::Baseline.as_str())
        .await?;
    let candidate = databases
        .left(&spec.name, ArmRole::Candidate.as_str())
        .await?;
    match (baseline, candidate) {
        (Some(baseline), Some(candidate)) => Ok(Some(Rest {
            unfinished,
            places: Arms {
                baseline,
                candidate,
            },
        })),
        _ => {
            eprintln!("{} begins anew: its databases are gone", spec.name);
            Ok(None)
        }
    }
}

/// Marks a run as interrupted and removes what it kept.
fn give_up(mut run: Run, path: &Path, journal: JournalFolder) -> Result<()> {
    run.status = Status::Interrupted;
    run.finished_at = Some(Timestamp::now().to_string());
    RunFolder::open(path, &run.id).write_run(&run)?;
    journal.remove()
}

/// What was asked for, as the journal keeps it.
fn record(order: &Order) -> Result<OrderRecord> {
    Ok(OrderRecord {
        services: order.sources.map(|_, source| source.text()),
        specs: order.specs.clone(),
        states: order.states,
        dataset: match &order.imported {
            None => None,
            Some(import) => Some(std::path::absolute(import.file())?),
        },
        policy: order.policy.clone(),
        databases: match order.databases.home() {
            Home::Folder(folder) => DatabasesRecord::Folder(std::path::absolute(folder)?),
            Home::Server(url) => DatabasesRecord::Server(without_password(&url)),
        },
        server_control: order.server_control.clone(),
        evidence_every: order.evidence_every,
    })
}

/// The databases of a run that was cut off.
async fn databases(
    recorded: &OrderRecord,
    option: Option<&str>,
    out: &Path,
    run: &str,
) -> Result<Databases> {
    match (&recorded.databases, Home::find(option, out)?) {
        (DatabasesRecord::Folder(folder), _) => Ok(Databases::left_in(folder.clone())),
        (DatabasesRecord::Server(server), Home::Server(url))
            if without_password(&url) == *server =>
        {
            Ok(Home::Server(url).prepare().await?.of_run(run))
        }
        (DatabasesRecord::Server(server), _) => Err(usage(anyhow!(
            "the run's databases are at {server}: name it with --database or DATABASE_URL, password included"
        ))),
    }
}

/// What was asked for, checked against what is here now.
async fn order(run: &Run, recorded: OrderRecord, databases: Databases) -> Result<Order> {
    let this = build();
    if run.build != this {
        return Err(usage(anyhow!(
            "the run was begun by runner {}, and this is {}: figures of two builds in one arm would mean nothing; go on \
             with that build, or give the run up with --abandon",
            run.build.in_words(),
            this.in_words()
        )));
    }
    let imported = recorded.dataset.as_deref().map(Import::read).transpose();
    let imported = imported.map_err(usage)?.map(Arc::new);
    let texts = Arms {
        baseline: recorded.services.baseline.as_str(),
        candidate: recorded.services.candidate.as_str(),
    };
    let names = Arms {
        baseline: "the baseline",
        candidate: "the candidate",
    };
    let sources = choose(texts, names).await?;
    if identities(&sources) != run.arms {
        return Err(usage(anyhow!(
            "the builds of the services are not those that the run was begun with: put them back, or give the run up with \
             --abandon"
        )));
    }
    Ok(Order {
        title: run.title.clone(),
        profile: run.profile.clone(),
        seed: run.seed,
        states: recorded.states,
        imported,
        sources,
        specs: recorded.specs,
        policy: recorded.policy,
        databases,
        server_control: recorded.server_control,
        evidence_every: recorded.evidence_every,
        paths: Paths::Stdout,
    })
}

/// A run from its first scenario to its last file.
struct Driver {
    order: Order,
    folder: RunFolder,
    journal: JournalFolder,
    server: Option<Server>,
}

impl Driver {
    async fn drive(
        self,
        out: &Path,
        enough: Enough<'_>,
        before: Option<Before>,
    ) -> Result<Finished> {
        let Self {
            order,
            folder,
            journal,
            server,
        } = self;
        let interrupt = Interrupt::listen().context("listening for Ctrl-C")?;
        let mut listeners = vec![listener(order.paths)];
        let serving = server.map(|server| serve(server, &order, &mut listeners));
        let keeping = Keeping {
            journal: Some(&journal),
            before,
        };
        let finished = conduct(
            &order,
            &folder,
            &ProcessArms,
            &interrupt,
            &mut All(listeners),
            enough,
            keeping,
        )
        .await;
        order.databases.remove().await;
        journal.remove()?;
        let finished = finished?;
        write_index(out, &rebuild_index(out)?)?;
        if let Some(serving) = serving {
            serving.end(|| interrupt.is_asked()).await;
        }
        Ok(finished)
    }
}

/// Serves the figures of a run that listens from now on.
fn serve(server: Server, order: &Order, listeners: &mut Vec<Box<dyn Listener>>) -> Serving {
    let (meter, exposition) = Meter::new(About {
        build: build(),
        profile: order.profile.clone(),
        services: order.sources.map(|_, source| source.service.clone()),
    });
    listeners.push(Box::new(meter));
    server.serve(exposition)
}
