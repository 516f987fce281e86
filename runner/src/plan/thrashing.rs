//! The two patterns that the thrashing scenario compares: the same hits and misses in another order.
//!
//! Hits repeat the last state of a few hot runs that stay in the cache. Misses save new states while sweeping through all
//! other runs. The sweep begins with the first save of each hot run, which is a miss as well, so that half of the saves are
//! hits from the first block on.

use super::PlannedSave;
use super::sequence::Sequence;

/// The hot runs take one in this many of the cache's entries: so few that they stay in it.
const HOT_RUNS_OF_CACHE: u64 = 20;

/// How far the sweeps have come.
#[derive(Debug, Default)]
pub(super) struct Position {
    /// Hot runs that were saved; they are the first runs.
    hot_saved: u32,
    next_hot: u32,
    /// Where this block's sweep through the cold runs begins.
    sweep_begin: u32,
    /// Cold runs that this block saved.
    swept: u32,
}

impl Sequence<'_> {
    /// Miss, hit, miss, hit …
    pub(super) fn alternating(&mut self, count: usize) -> Vec<PlannedSave> {
        self.begin_sweep();
        (0..count)
            .map(|n| if n % 2 == 0 { self.miss() } else { self.hit() })
            .collect()
    }

    /// All misses, then all hits.
    pub(super) fn sequential(&mut self, count: usize) -> Vec<PlannedSave> {
        self.begin_sweep();
        (0..count)
            .map(|n| {
                if n < count.div_ceil(2) {
                    self.miss()
                } else {
                    self.hit()
                }
            })
            .collect()
    }

    fn begin_sweep(&mut self) {
        let (position, cold) = (&self.thrashing, self.cold_runs());
        let swept = position.swept.min(self.longest_sweep());
        self.thrashing.sweep_begin = (position.sweep_begin + swept) % cold;
        self.thrashing.swept = 0;
    }

    fn hit(&mut self) -> PlannedSave {
        let run = self.thrashing.next_hot % self.thrashing.hot_saved.max(1);
        self.thrashing.next_hot = run + 1;
        self.duplicate(run)
    }

    fn miss(&mut self) -> PlannedSave {
        let hot = self.hot_runs();
        if self.thrashing.hot_saved < hot {
            self.thrashing.hot_saved += 1;
            return self.unique_skippable(self.thrashing.hot_saved - 1);
        }
        let place = self.thrashing.sweep_begin + self.thrashing.swept % self.longest_sweep();
        self.thrashing.swept += 1;
        self.unique_skippable(hot + place % self.cold_runs())
    }

    fn hot_runs(&self) -> u32 {
        let share = (self.spec.cache_entries / HOT_RUNS_OF_CACHE).max(1);
        share.min(u64::from(self.population.runs() / 2).max(1)) as u32
    }

    /// At least 1: scenario files ask for two runs or more.
    fn cold_runs(&self) -> u32 {
        self.population
            .runs()
            .saturating_sub(self.hot_runs())
            .max(1)
    }

    /// Cold runs of one block: with more of them, a block of misses would push the hot runs out before their hits come.
    fn longest_sweep(&self) -> u32 {
        let room = self
            .spec
            .cache_entries
            .saturating_sub(2 * u64::from(self.hot_runs()));
        room.clamp(1, u64::from(self.cold_runs())) as u32
    }
}
