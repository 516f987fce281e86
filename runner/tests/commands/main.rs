//! The runner as its users meet it: the built program, real services, real faults.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod ablation;
mod bad_input;
mod baseline;
mod capacity;
mod catalogue;
mod doctor;
mod example;
mod exit_codes;
mod faults;
mod freeze;
mod gate;
mod leak;
mod metrics;
mod postgres;
mod resume;
mod samples;
mod support;
mod trouble;
mod workloads;
