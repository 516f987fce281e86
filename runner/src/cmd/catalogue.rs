//! `runner catalogue`: every line that the strategy wants watched, with the metrics that say it; of a run, with its figures.

mod page;
mod sources;
mod table;

use std::path::PathBuf;

use anyhow::Result;

use crate::cmd::verdict::read;
use crate::console::print;
use crate::exit::Exit;

/// Print every metric, and what of the strategy's §1.1 and §4.1 it says; of a run, the figures.
///
/// Without RUN: the page docs/metrics.md. With RUN: each line of the strategy with both arms' figures, from the scenario that
/// the policy judges first or else the first that measured it, or why it was not measured.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  runner catalogue > docs/metrics.md
  runner catalogue 20261123T031500Z-quick-9f3c")]
pub(crate) struct Args {
    /// Run: its folder, or its id under --reports.
    #[arg(value_name = "RUN")]
    run: Option<String>,
    /// Folder that ids are looked up in.
    #[arg(long, value_name = "DIR", default_value = "reports")]
    reports: PathBuf,
}

/// Prints the page, or a run's figures.
///
/// # Errors
/// The run does not exist or its own file is damaged, or stdout cannot be written.
pub(crate) fn run(args: &Args) -> Result<Exit> {
    let text = match &args.run {
        None => page::page(),
        Some(run) => {
            let (run, scenarios, left_out) = read(run, &args.reports)?;
            for left in left_out {
                eprintln!("warning: left out: {}, {}", left.scenario, left.reason);
            }
            table::figures(&run, &scenarios)
        }
    };
    print(&text)?;
    Ok(Exit::Done)
}
