//! `runner list`: the built-in scenarios.

use std::fmt::Write;

use anyhow::Result;
use shared::report::duration;
use shared::units::format_count;

use crate::console::print;
use crate::exit::Exit;
use crate::scenario::{Profile, builtin, left_out_because};

/// List the built-in scenarios, in the order in which `--all` runs them.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  runner list\n  runner list --profile full --json")]
pub(crate) struct Args {
    /// Show rates and lengths of this profile.
    #[arg(long, value_enum, default_value_t = Profile::Quick)]
    profile: Profile,
    /// Print JSON: the scenarios as they would be run.
    #[arg(long)]
    json: bool,
}

/// Lists.
///
/// # Errors
/// Where stdout cannot be written.
pub(crate) fn run(args: &Args) -> Result<Exit> {
    let specs = builtin()
        .iter()
        .map(|f| f.resolve(args.profile, None))
        .collect::<Result<Vec<_>, _>>()?;
    if args.json {
        print(&(serde_json::to_string_pretty(&specs)? + "\n"))?;
        return Ok(Exit::Done);
    }
    let mut text = String::new();
    for spec in specs {
        let alone = left_out_because(&spec.name).map_or_else(String::new, |why| {
            format!("\n{:16} Not part of --all: {why}.", "")
        });
        let load = spec.load();
        let label = load.label().map_or_else(String::new, |l| format!(" ({l})"));
        writeln!(
            text,
            "{:<16} {}: {} saves an arm in {}, {} users{label}\n{:16} {}{alone}\n",
            spec.name,
            spec.title,
            format_count(spec.offered.operations),
            duration(spec.offered.seconds),
            spec.users,
            "",
            spec.why.split_whitespace().collect::<Vec<_>>().join(" "),
        )?;
    }
    print(&text)?;
    Ok(Exit::Done)
}
