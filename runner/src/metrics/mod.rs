//! A run's figures for Prometheus, served while it goes on.
//!
//! Figures come from the run's events, so they move when a block ends, not with each save: measuring must not pay for being
//! watched. Counters begin at zero with the run. A figure that was not measured has no series, which is not zero.

mod blocks;
mod families;
mod family;
mod format;
mod messages;
mod meter;
mod native;
mod recorded;
mod server;
#[cfg(test)]
mod tests;

pub(crate) use self::meter::{About, Meter};
pub(crate) use self::server::{Server, Serving, address};
