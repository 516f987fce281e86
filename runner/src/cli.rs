//! The command line.

use anyhow::Result;
use clap::{CommandFactory, Parser, Subcommand};

use crate::cmd;
use crate::exit::Exit;

/// Prove whether an optimized state-persistence service is really better: faster, cheaper, and still losing nothing.
#[derive(Debug, Parser)]
#[command(
    name = "runner",
    version,
    args_conflicts_with_subcommands = true,
    arg_required_else_help = true,
    after_help = "\
Examples:
  runner --all            measure everything (short for `runner run --all`)
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
