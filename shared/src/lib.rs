//! What a report holds and what follows from it: the report format, the histogram codec, statistics,
//! criteria and verdicts.
//!
//! Pure functions without I/O, clock or threads, so that the runner and the site judge the same evidence
//! with the same code. A report stores evidence; estimates and verdicts are computed from it, never stored.

pub mod ablation;
pub mod arms;
pub mod calibration;
pub mod catalogue;
pub mod comparison;
pub mod cost;
pub mod criteria;
pub mod estimate;
pub mod gate;
pub mod histogram;
pub mod markdown;
pub mod metric;
pub(crate) mod pace;
pub mod report;
pub mod review;
pub mod sort;
pub mod stats;
pub mod summary;
#[cfg(test)]
mod testing;
pub mod trust;
pub mod units;
pub mod verdict;
