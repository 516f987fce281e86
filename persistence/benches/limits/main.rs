//! The optimized service held against its targets: both sides in this process, in turn, in several
//! rounds; a target is met by the median of the rounds' own ratios.
//!
//! `cargo bench -p persistence --bench limits -- --help` lists the options; docs/benchmarks.md says
//! what is measured.

mod arguments;
#[path = "../common/mod.rs"]
mod common;
mod comparison;
mod hits;
mod pgbench;
mod place;
mod throughput;

use std::process::ExitCode;

use self::arguments::Arguments;
use self::common::Result;
use self::comparison::{Comparison, print_table};
use self::place::Place;

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("limits: error: {error}");
            ExitCode::from(2)
        }
    }
}

/// Whether all is well: with `--check`, every target is met.
fn run() -> Result<bool> {
    let Some(arguments) = Arguments::read(std::env::args().skip(1))? else {
        print!("{}", arguments::HELP);
        return Ok(true);
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let place = Place::new(arguments.database.as_deref())?;
    let mut comparisons: Vec<Comparison> = Vec::new();
    if arguments.asks_for("duplicates") {
        comparisons.push(throughput::duplicates(&runtime, &place, &arguments)?);
    }
    if arguments.asks_for("unique") {
        comparisons.push(throughput::unique(&runtime, &place, &arguments)?);
    }
    if arguments.asks_for("hit") {
        comparisons.extend(hits::hit(&runtime, &place, &arguments)?);
    }
    print_table(&comparisons);
    if arguments.json {
        for comparison in &comparisons {
            println!("{}", comparison.to_json(&place));
        }
    }
    Ok(!arguments.check || comparisons.iter().all(Comparison::is_met))
}
