//! `runner resume`: go on with a run that was cut off.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Result;

use crate::exit::Exit;
use crate::metrics::address;
use crate::output::locate;
use crate::run::{Resumption, resume};

/// Go on with a run that was cut off: its runner was killed, or its machine went down.
///
/// A run writes its evidence every minute (`--evidence-every`). Scenarios that ended are kept; the one in progress goes on
/// where its evidence ends, on the databases that are still there, and the report says what is missing. A scenario that breaks
/// something, looks for a capacity or gives each pair processes of its own begins anew. An interrupted run (Ctrl-C) has ended.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  runner resume 20261123T031500Z-full-9f3c
  DATABASE_URL=postgres://ann:PASSWORD@db/states runner resume reports/20261123T031500Z-full-9f3c
  runner resume 20261123T031500Z-full-9f3c --abandon    remove what it kept, databases included

Exit codes are those of `runner run`; 2 where the run ended, is going on, or was begun by another build.")]
pub(crate) struct Args {
    /// The run: its folder, or its id under --reports.
    #[arg(value_name = "RUN")]
    run: String,
    /// Folder that an id is looked up in.
    #[arg(long, value_name = "DIR", default_value = "reports")]
    reports: PathBuf,
    /// The server that holds the run's databases, password included [default: DATABASE_URL]
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// Serve the figures for Prometheus at http://IP:PORT/metrics, as in `runner run`.
    #[arg(long, value_name = "IP:PORT", value_parser = address)]
    metrics: Option<SocketAddr>,
    /// Let the exit code be the verdict.
    #[arg(long)]
    gate: bool,
    /// Give the run up instead: it is marked as interrupted, and its databases are removed.
    #[arg(long, conflicts_with_all = ["gate", "metrics"])]
    abandon: bool,
}

/// Measures what is left.
///
/// # Errors
/// A run that cannot go on, before any load starts; a report that cannot be written.
pub(crate) async fn run(args: &Args) -> Result<Exit> {
    let resumption = Resumption {
        folder: locate(&args.run, &args.reports)?,
        database: args.database.clone(),
        metrics: args.metrics,
        abandon: args.abandon,
    };
    let finished = resume(resumption).await?;
    Ok(finished.map_or(Exit::Done, |finished| {
        super::run::exit(&finished, args.gate)
    }))
}
