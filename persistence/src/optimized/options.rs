//! How the optimized service is set up: each of its parts can be switched off.

use std::fmt;
use std::sync::Arc;

use super::CacheFaults;
use crate::PersistenceError;

/// Entries of the deduplication cache unless told otherwise: one per run.
pub const DEFAULT_CACHE_ENTRIES: u64 = 1000;

/// Saves that may wait for their commit unless told otherwise.
pub const DEFAULT_QUEUE_JOBS: u32 = 1024;

/// Bytes of state and execution context that may wait for their commit unless told otherwise.
pub const DEFAULT_QUEUE_BYTES: u32 = 64 * 1024 * 1024;

/// Told the run of each entry that the size limit evicts, in the order of eviction.
pub type EvictionListener = Arc<dyn Fn(&str) + Send + Sync>;

/// Who else writes to the database while the service is open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Consistency {
    /// Nobody: what the service committed is what the database holds. With a second writer, a state
    /// that the other one replaced could be taken for the run's latest.
    #[default]
    SingleWriter,
    /// Others, of the same runs too: each hit is confirmed by the database, and nothing that others
    /// may change is remembered.
    Shared,
}

/// How the optimized service is set up. By default everything is on.
#[derive(Clone)]
pub struct OptimizedOptions {
    /// Saves whose state is already the run's latest are not written again, and equal saves under
    /// way at the same time are written once.
    pub dedup: bool,
    /// Saves that wait commit together; off, each has a transaction of its own.
    pub batch: bool,
    /// A state with the bytes of the run's last one is recognised before it is parsed. Without
    /// effect where `dedup` is off.
    pub fast_path: bool,
    /// Runs are pruned only where they have too many snapshots; off, or where others write too,
    /// each transaction has a pruning statement for each of its runs.
    pub spread_pruning: bool,
    /// Users who were committed are not inserted again. Without effect where others write too.
    pub known_users: bool,
    /// Capacity of the deduplication cache, one entry per run; `None` is
    /// [`DEFAULT_CACHE_ENTRIES`]. With 0 every save is written. Must be `None` where `dedup` is off.
    pub cache_entries: Option<u64>,
    /// Who else writes to the database.
    pub consistency: Consistency,
    /// Saves that may wait for their commit on each connection that writes (SQLite has one), at
    /// least 1: further ones wait for room.
    pub queue_jobs: u32,
    /// Bytes of state and execution context that may wait for their commit on each connection that
    /// writes, at least 1: further saves wait for room. A larger save waits until nothing else
    /// does.
    pub queue_bytes: u32,
    /// Deliberate failures of the cache, for tests.
    pub cache_faults: Option<CacheFaults>,
    /// Called by whichever thread maintains the cache: it must be quick and must not call the
    /// service.
    pub on_evict: Option<EvictionListener>,
}

impl Default for OptimizedOptions {
    fn default() -> Self {
        Self {
            dedup: true,
            batch: true,
            fast_path: true,
            spread_pruning: true,
            known_users: true,
            cache_entries: None,
            consistency: Consistency::default(),
            queue_jobs: DEFAULT_QUEUE_JOBS,
            queue_bytes: DEFAULT_QUEUE_BYTES,
            cache_faults: None,
            on_evict: None,
        }
    }
}

impl OptimizedOptions {
    /// # Errors
    /// `InvalidField` for a value out of range and for options that contradict each other.
    pub(super) fn check(&self) -> Result<(), PersistenceError> {
        let refused = PersistenceError::invalid_field;
        if !self.dedup && self.cache_entries.is_some() {
            return Err(refused(
                "cache_entries",
                "a cache size is given while `dedup` is off; leave one of them out",
            ));
        }
        if !self.dedup && self.cache_faults.is_some() {
            return Err(refused(
                "cache_faults",
                "failures of the cache are asked for while `dedup` is off; leave one of them out",
            ));
        }
        for (field, limit) in [
            ("queue_jobs", self.queue_jobs),
            ("queue_bytes", self.queue_bytes),
        ] {
            if limit == 0 {
                return Err(refused(field, "it is 0; give at least 1"));
            }
        }
        Ok(())
    }
}

impl fmt::Debug for OptimizedOptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("OptimizedOptions")
            .field("dedup", &self.dedup)
            .field("batch", &self.batch)
            .field("fast_path", &self.fast_path)
            .field("spread_pruning", &self.spread_pruning)
            .field("known_users", &self.known_users)
            .field("cache_entries", &self.cache_entries)
            .field("consistency", &self.consistency)
            .field("queue_jobs", &self.queue_jobs)
            .field("queue_bytes", &self.queue_bytes)
            .field("cache_faults", &self.cache_faults.is_some())
            .field("on_evict", &self.on_evict.is_some())
            .finish()
    }
}
