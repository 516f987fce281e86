//! `runner verdict`: every judgement of a stored run.

use std::path::PathBuf;

use anyhow::Result;
use shared::report::{Run, Scenario};
use shared::summary::summarize;

use crate::console::{colour_on_stdout, print};
use crate::exit::{Exit, usage};
use crate::output::sheet::{Format, Sheet};
use crate::output::{locate, read_run_folder};

/// Judge a stored run: every target with its figures, its interval, its limits and the reason.
///
/// The same rules judge on the site. Damaged scenarios are left out and named.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  runner verdict 20261123T031500Z-quick-9f3c
  runner verdict reports/20261123T031500Z-quick-9f3c --format json

The exit code is 0 whatever the verdict; see `runner run --gate` and `runner gate`.")]
pub(crate) struct Args {
    /// Run: its folder, or its id under --reports.
    #[arg(value_name = "RUN")]
    run: String,
    /// Folder that ids are looked up in.
    #[arg(long, value_name = "DIR", default_value = "reports")]
    reports: PathBuf,
    /// How to print.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Judges and prints.
///
/// # Errors
/// The run does not exist or its own file is damaged.
pub(crate) fn run(args: &Args) -> Result<Exit> {
    let (run, scenarios, left_out) = read(&args.run, &args.reports)?;
    let mut sheet = Sheet::of_run(&run, &summarize(&run, &scenarios), &scenarios);
    sheet.left_out.extend(left_out);
    print(&sheet.render(args.format, colour_on_stdout())?)?;
    Ok(Exit::Done)
}

/// A stored run, the scenarios of it that are whole, and those that are not.
///
/// # Errors
/// It does not exist or its own file is damaged; ends with [`Exit::Usage`].
pub(super) fn read(
    run: &str,
    reports: &std::path::Path,
) -> Result<(Run, Vec<Scenario>, Vec<crate::output::sheet::LeftOut>)> {
    let folder = locate(run, reports)?;
    let (run, read) = read_run_folder(&folder)
        .map_err(|damaged| usage(anyhow::anyhow!("{}/{damaged}", folder.display())))?;
    let mut scenarios = Vec::new();
    let mut left_out = Vec::new();
    for scenario in read {
        match scenario {
            Ok(scenario) => scenarios.push(scenario),
            Err(damaged) => left_out.push(crate::output::sheet::LeftOut {
                scenario: damaged.file,
                reason: damaged.reason,
            }),
        }
    }
    Ok((run, scenarios, left_out))
}
