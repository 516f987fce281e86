//! What both services must do, whatever happens, and the three mistakes that a naive deduplicating
//! service makes.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "what a test cannot set up fails it"
)]

mod cache_faults;
mod contract;
mod deduplicating;
mod stateful;
mod support;
mod traps;
mod two_instances;
