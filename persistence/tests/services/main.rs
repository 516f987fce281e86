//! What both services must do, whatever happens, and the three mistakes that a naive deduplicating
//! service makes.

#![expect(clippy::unwrap_used, reason = "what a test cannot set up fails it")]

mod contract;
mod deduplicating;
mod support;
mod traps;
