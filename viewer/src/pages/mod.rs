//! One page a file.

pub(crate) mod not_found;
pub(crate) mod report;
pub(crate) mod run_state;
pub(crate) mod runs;
pub(crate) mod scenario;
mod scenario_sections;
