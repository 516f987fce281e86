//! The instrument: drives both services under the same load and writes what it measured.

mod arm;
mod cli;
mod cmd;
mod console;
mod databases;
mod dataset;
mod environment;
mod exit;
mod ledger;
mod lru_model;
mod metrics;
mod output;
mod place;
mod plan;
mod room;
mod run;
mod scenario;
mod seeded;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::Cli;
use crate::exit::Exit;

/// It keeps statistics of its own, which are the only honest count of what is live: the system's counts pages, and
/// freed memory among them. SQLite, which is written in C, allocates from it too.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

#[tokio::main]
async fn main() -> ExitCode {
    match Cli::parse().execute().await {
        Ok(exit) => exit.into(),
        Err(error) => {
            eprintln!("error: {error:#}");
            Exit::of(&error).into()
        }
    }
}
