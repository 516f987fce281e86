//! `runner doctor`: what this machine allows, and what that means for a run.

mod clock;
mod cores;
mod disk;
mod finding;
mod memory;
mod rights;

use std::path::PathBuf;

use anyhow::Result;
use clap::ValueEnum;
use serde::Serialize;
use shared::report::Build;

use self::finding::{Finding, Mark};
use crate::console::{colour_on_stdout, print};
use crate::environment::build;
use crate::exit::Exit;

/// Version of the JSON. It grows where a member changes its meaning or goes away; new members may come without.
const JSON_VERSION: u32 = 1;

/// Say what this machine allows, and what each of it means for a run.
///
/// It measures for about two seconds: syncs of the folder that a run would write into, readings of the clock, wake-ups of a
/// thread. `ok` needs nothing; with a `note` a run goes on, and the line says what it lacks; with `trouble` no run can be
/// made here, and the line says what to do. Nothing is left behind.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  runner doctor
  runner doctor --out /mnt/disk/reports    the disk that a run with this --out would use
  runner doctor --format json              for scripts

Exit codes: 0 a run can be made; 2 none can, see the lines marked as trouble.")]
pub(crate) struct Args {
    /// Folder that a run would write its reports into; its disk is measured, nothing is made.
    #[arg(long, value_name = "DIR", default_value = "reports")]
    out: PathBuf,
    /// Where a run would keep its databases, as in `runner run` [default: DATABASE_URL, or beside the reports]
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// How to say it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// How the findings are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Lines for people, 80 columns wide.
    Text,
    /// One JSON object, for scripts.
    Json,
}

/// What the JSON holds.
#[derive(Debug, Serialize)]
struct Report<'a> {
    /// [`JSON_VERSION`].
    format: u32,
    /// The runner that asks.
    build: Build,
    /// Whether a run can be made.
    can_run: bool,
    /// What was found, most important first.
    findings: &'a [Finding],
}

/// Looks at the machine and says what it found.
///
/// # Errors
/// A database of a kind that there is not; standard output that cannot be written.
pub(crate) async fn run(args: &Args) -> Result<Exit> {
    let mut findings = disk::findings(&args.out, args.database.as_deref()).await?;
    findings.extend(rights::findings());
    findings.extend(clock::findings());
    findings.extend(cores::findings());
    findings.extend(memory::findings());
    let can_run = findings.iter().all(|f| f.mark != Mark::Trouble);
    match args.format {
        Format::Text => print(&finding::text(&findings, colour_on_stdout()))?,
        Format::Json => {
            let report = Report {
                format: JSON_VERSION,
                build: build(),
                can_run,
                findings: &findings,
            };
            print(&(serde_json::to_string_pretty(&report)? + "\n"))?;
        }
    }
    Ok(if can_run { Exit::Done } else { Exit::Usage })
}
