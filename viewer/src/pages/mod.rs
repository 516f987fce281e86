//! One page a file.

mod calibration_sections;
pub(crate) mod choose;
pub(crate) mod compare;
mod fault_sections;
mod latency_section;
pub(crate) mod listed;
pub(crate) mod not_found;
pub(crate) mod open;
pub(crate) mod report;
pub(crate) mod run_state;
pub(crate) mod runs;
pub(crate) mod scenario;
mod scenario_sections;
mod trends;
mod week;
