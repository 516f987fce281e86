//! The command line.

use std::sync::LazyLock;

use anyhow::Result;
use clap::{CommandFactory, Parser, Subcommand};
use shared::report::{Build, FORMAT_VERSION};

use crate::cmd;
use crate::environment::build;
use crate::exit::Exit;

/// What `--version` says behind the program's name; `-V` says the version alone.
static LONG_VERSION: LazyLock<String> = LazyLock::new(|| long_version(&build()));

fn long_version(build: &Build) -> String {
    let or_unknown = |text: &str| if text.is_empty() { "unknown" } else { text }.to_owned();
    format!(
        "{}\nrevision {}\ntarget {}, {} build\nreport format {FORMAT_VERSION}",
        build.version,
        or_unknown(&build.revision),
        or_unknown(build.target.as_deref().unwrap_or_default()),
        build.profile
    )
}

/// Prove whether an optimized state-persistence service is really better: faster, cheaper, and still losing nothing.
#[derive(Debug, Parser)]
#[command(
    name = "runner",
    version,
    long_version = LONG_VERSION.as_str(),
    before_help = "\
`runner --all` fills reports/ with all that is measured; stdout lists the files.",
    args_conflicts_with_subcommands = true,
    arg_required_else_help = true,
    after_help = "\
Examples:
  runner --all            measure everything (short for `runner run --all`)
  runner doctor           what this machine allows, and what that means for a run
  runner list             what there is to measure
  runner resume RUN       go on with a run that was cut off
  runner baseline set     keep this build as the last good one
  runner gate             is this build worse than that? the exit code is the verdict
  runner compare A B      two runs against each other
  runner verdict RUN      every target of a run
  runner catalogue RUN    every metric that the strategy names, of a run
  runner cost RUN         what a run's saves cost, by your prices
  runner verify RUN       check a report
  runner view             look at the site
  runner watch            a run's figures as they come

`runner help COMMAND` explains a command. Colour: on terminals, unless NO_COLOR is set."
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    run: cmd::run::Args,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(cmd::run::Args),
    Resume(cmd::resume::Args),
    Gate(cmd::gate::Args),
    Baseline(cmd::baseline::Args),
    Compare(cmd::compare::Args),
    Verdict(cmd::verdict::Args),
    List(cmd::list::Args),
    Doctor(cmd::doctor::Args),
    Verify(cmd::verify::Args),
    Percentiles(cmd::percentiles::Args),
    Index(cmd::index::Args),
    Publish(cmd::publish::Args),
    View(cmd::view::Args),
    Watch(cmd::watch::Args),
    Criteria(cmd::criteria::Args),
    Catalogue(cmd::catalogue::Args),
    Cost(cmd::cost::Args),
    Schema(cmd::schema::Args),
    Completions(cmd::completions::Args),
    #[command(hide = true)]
    Manual(cmd::manual::Args),
    /// Serve one arm of a comparison; spoken to by the runner itself.
    #[command(hide = true)]
    Arm,
}

impl Cli {
    /// Does what was asked.
    ///
    /// # Errors
    /// Whatever the command meets; see [`Exit::of`].
    pub(crate) async fn execute(self) -> Result<Exit> {
        match self.command.unwrap_or(Command::Run(self.run)) {
            Command::Run(args) => cmd::run::run(&args).await,
            Command::Resume(args) => cmd::resume::run(&args).await,
            Command::Gate(args) => cmd::gate::run(&args).await,
            Command::Baseline(args) => cmd::baseline::run(&args).await,
            Command::Compare(args) => cmd::compare::run(&args),
            Command::Verdict(args) => cmd::verdict::run(&args),
            Command::List(args) => cmd::list::run(&args),
            Command::Doctor(args) => cmd::doctor::run(&args).await,
            Command::Verify(args) => cmd::verify::run(&args),
            Command::Percentiles(args) => cmd::percentiles::run(&args),
            Command::Index(args) => cmd::index::run(&args),
            Command::Publish(args) => cmd::publish::run(&args),
            Command::View(args) => cmd::view::run(args).await,
            Command::Watch(args) => cmd::watch::run(&args).await,
            Command::Criteria(args) => cmd::criteria::run(&args),
            Command::Catalogue(args) => cmd::catalogue::run(&args),
            Command::Cost(args) => cmd::cost::run(&args),
            Command::Schema(args) => cmd::schema::run(&args),
            Command::Completions(args) => cmd::completions::run(&args, &mut Self::command()),
            Command::Manual(args) => cmd::manual::run(&args, Self::command()),
            Command::Arm => crate::arm::worker::work().await.map(|()| Exit::Done),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_long_version_names_revision_target_and_report_format() {
        let build = Build {
            version: "1.2.3".to_owned(),
            revision: String::new(),
            profile: "release".to_owned(),
            target: Some("x86_64-unknown-linux-musl".to_owned()),
        };
        assert_eq!(
            long_version(&build),
            format!(
                "1.2.3\nrevision unknown\ntarget x86_64-unknown-linux-musl, release build\nreport format {FORMAT_VERSION}"
            )
        );
        let command = Cli::command();
        assert_eq!(command.get_version(), Some(env!("CARGO_PKG_VERSION")));
        assert_eq!(command.get_long_version(), Some(LONG_VERSION.as_str()));
    }

    #[test]
    fn help_begins_with_what_most_people_want() {
        let help = Cli::command().render_long_help().to_string();
        assert!(help.starts_with("`runner --all` "), "{help}");
        let first = help.lines().next().unwrap_or_default();
        assert!(first.contains("fills reports/"), "{first}");
    }
}
