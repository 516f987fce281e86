//! What the benchmarks share: states, load, and the raw insertion beside which writing is measured.

pub(crate) mod load;
pub(crate) mod raw;
pub(crate) mod states;

use std::error::Error;

pub(crate) type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// Users of the closed loop: what the targets are stated for.
pub(crate) const USERS: u32 = 50;

/// A run ends after as many saves and its user begins another one. The second half of a run is
/// pruned save for save.
pub(crate) const SAVES_PER_RUN: u64 = 100;

/// The run that a user saves to.
pub(crate) fn run_id(user: u32, save: u64) -> String {
    format!("run-{user}-{}", save / SAVES_PER_RUN)
}

pub(crate) fn thread_id(user: u32) -> String {
    format!("thread-{user}")
}

pub(crate) fn user_id(user: u32) -> String {
    format!("user-{user}")
}

/// SplitMix64: the same numbers in every run, without a dependency.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Below `end`, which is small: the bias does not matter.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}
