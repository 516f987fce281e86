//! `runner index`: the list of runs, rebuilt from the run folders.

use std::path::PathBuf;

use anyhow::Result;

use crate::console::print;
use crate::exit::Exit;
use crate::output::{INDEX_FILE, rebuild_index, write_index};

/// Rebuild the list of runs, index.json, from the run folders.
///
/// Damaged files are named and listed as unreadable; they hide nothing but themselves.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  runner index
  runner index site/reports

On stdout stands the path of the list alone.")]
pub(crate) struct Args {
    /// Folder that holds the runs.
    #[arg(value_name = "DIR", default_value = "reports")]
    reports: PathBuf,
}

/// Rebuilds the list.
///
/// # Errors
/// Where the folder cannot be read or written.
pub(crate) fn run(args: &Args) -> Result<Exit> {
    let index = rebuild_index(&args.reports)?;
    write_index(&args.reports, &index)?;
    super::warn_unreadable(&args.reports, &index);
    eprintln!("{} listed", super::runs(index.runs.len()));
    print(&format!("{}\n", args.reports.join(INDEX_FILE).display()))?;
    Ok(Exit::Done)
}
