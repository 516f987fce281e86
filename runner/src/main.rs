//! The instrument.

mod cmd;
mod console;
mod environment;
mod exit;
mod ledger;
mod output;

fn main() {}
