//! A run from what was asked for to its files: what the commands that measure have in common.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use jiff::Timestamp;
use shared::arms::Arms;
use shared::criteria::Policy;

use super::events::All;
use super::{Enough, Finished, Interrupt, Listener, Order, Paths, conduct, listener};
use crate::arm::{ArmSource, ProcessArms};
use crate::databases::Home;
use crate::dataset::{DEFAULT_STATES, Import};
use crate::environment::build;
use crate::exit::usage;
use crate::metrics::{About, Meter, Server, Serving};
use crate::output::{RunFolder, rebuild_index, write_index};
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
    std::fs::create_dir_all(out).map_err(|e| {
        usage(anyhow!(
            "the output folder {} cannot be made: {e}; name another one with --out",
            out.display()
        ))
    })?;
    let databases = Home::find(assignment.database.as_deref(), out)?
        .prepare()
        .await?;
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
    let interrupt = Interrupt::listen().context("listening for Ctrl-C")?;
    let mut listeners = vec![listener(assignment.paths)];
    let serving = server.map(|server| serve(server, &order, &mut listeners));
    let finished = conduct(
        &order,
        &folder,
        &ProcessArms,
        &interrupt,
        &mut All(listeners),
        enough,
    )
    .await;
    order.databases.remove().await;
    let finished = finished?;
    write_index(out, &rebuild_index(out)?)?;
    if let Some(serving) = serving {
        serving.end(|| interrupt.is_asked()).await;
    }
    Ok(finished)
}

/// Serves the figures of a run that listens from now on.
fn serve(server: Server, order: &Order, listeners: &mut Vec<Box<dyn Listener>>) -> Serving {
    let (meter, registry) = Meter::new(About {
        build: build(),
        profile: order.profile.clone(),
        services: order.sources.map(|_, source| source.service.clone()),
    });
    listeners.push(Box::new(meter));
    server.serve(registry)
}
