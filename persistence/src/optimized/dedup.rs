//! Which state each run committed last.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use moka::notification::RemovalCause;
use moka::policy::EvictionPolicy;
use moka::sync::Cache;

use super::EvictionListener;
use crate::request::AcceptedSave;
use crate::{CacheStatistics, SnapshotId};

/// BLAKE3 over what a snapshot must share with a save to answer it: the canonical state, and whose
/// it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fingerprint(blake3::Hash);

impl Fingerprint {
    pub(super) fn of(save: &AcceptedSave) -> Self {
        let mut hasher = blake3::Hasher::new();
        // NUL occurs in none of the texts, so it separates them without ambiguity.
        for text in [&save.thread_id, &save.user_id, &save.state] {
            hasher.update(text.as_bytes());
            hasher.update(&[0]);
        }
        Self(hasher.finalize())
    }
}

#[derive(Debug, Clone, Copy)]
struct Committed {
    fingerprint: Fingerprint,
    snapshot_id: SnapshotId,
}

/// A bounded, least-recently-used map from run to its last committed state.
///
/// moka applies reads and evictions in batches, so order and size are exact only right after
/// [`maintain`](Self::maintain).
pub(super) struct CommittedStates {
    runs: Cache<String, Committed>,
    hits: AtomicU64,
    misses: AtomicU64,
    insertions: AtomicU64,
    evictions: Arc<AtomicU64>,
}

impl CommittedStates {
    pub(super) fn new(capacity: u64, on_evict: Option<EvictionListener>) -> Self {
        let evictions = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&evictions);
        let runs = Cache::builder()
            .max_capacity(capacity)
            .eviction_policy(EvictionPolicy::lru())
            .eviction_listener(move |run_id: Arc<String>, _, cause| {
                if cause == RemovalCause::Size {
                    counter.fetch_add(1, Ordering::Relaxed);
                    if let Some(listener) = &on_evict {
                        listener(&run_id);
                    }
                }
            })
            .build();
        Self {
            runs,
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
            insertions: AtomicU64::new(0),
            evictions,
        }
    }

    /// The run's last committed snapshot if it has this fingerprint. Counts a hit or a miss.
    pub(super) fn find(&self, run_id: &str, fingerprint: Fingerprint) -> Option<SnapshotId> {
        let found = self
            .runs
            .get(run_id)
            .filter(|committed| committed.fingerprint == fingerprint);
        let counter = if found.is_some() {
            &self.hits
        } else {
            &self.misses
        };
        counter.fetch_add(1, Ordering::Relaxed);
        found.map(|committed| committed.snapshot_id)
    }

    /// To be called before the run's database rows change in any way.
    pub(super) fn forget(&self, run_id: &str) {
        self.runs.invalidate(run_id);
    }

    /// To be called only after the snapshot's commit was answered.
    pub(super) fn remember(
        &self,
        run_id: String,
        fingerprint: Fingerprint,
        snapshot_id: SnapshotId,
    ) {
        self.runs.insert(
            run_id,
            Committed {
                fingerprint,
                snapshot_id,
            },
        );
        self.insertions.fetch_add(1, Ordering::Relaxed);
    }

    /// Applies pending reads and evictions.
    pub(super) fn maintain(&self) {
        self.runs.run_pending_tasks();
    }

    pub(super) fn statistics(&self) -> CacheStatistics {
        CacheStatistics {
            capacity: self.runs.policy().max_capacity().unwrap_or(u64::MAX),
            entries: self.runs.entry_count(),
            hits: self.hits.load(Ordering::Relaxed),
            misses: self.misses.load(Ordering::Relaxed),
            insertions: self.insertions.load(Ordering::Relaxed),
            evictions: self.evictions.load(Ordering::Relaxed),
        }
    }
}

impl fmt::Debug for CommittedStates {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("CommittedStates")
            .field(&self.statistics())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::sync::Mutex;

    use proptest::prelude::*;

    use super::*;

    fn fingerprint(state: u8) -> Fingerprint {
        Fingerprint(blake3::hash(&[state]))
    }

    /// The least recently used run first, with its state.
    struct Reference {
        capacity: usize,
        runs: VecDeque<(u8, u8)>,
        evicted: Vec<String>,
    }

    impl Reference {
        /// Whether the run's last state is this one; afterwards it is, and the run is the most
        /// recently used.
        fn save(&mut self, run: u8, state: u8) -> bool {
            let known = self.runs.iter().position(|(other, _)| *other == run);
            let hit = known
                .and_then(|at| self.runs.remove(at))
                .is_some_and(|(_, last)| last == state);
            self.runs.push_back((run, state));
            if self.runs.len() > self.capacity
                && let Some((oldest, _)) = self.runs.pop_front()
                && self.capacity > 0
            {
                self.evicted.push(oldest.to_string());
            }
            hit
        }
    }

    proptest! {
        #[test]
        fn maintained_after_each_save_it_evicts_exactly_the_least_recently_used(
            capacity in 0_usize..6,
            saves in proptest::collection::vec((0_u8..10, 0_u8..2), 1..200),
        ) {
            let evicted = Arc::new(Mutex::new(Vec::new()));
            let log = Arc::clone(&evicted);
            let listener: EvictionListener = Arc::new(move |run| log.lock().unwrap().push(run.to_owned()));
            let states = CommittedStates::new(capacity as u64, Some(listener));
            let mut reference = Reference { capacity, runs: VecDeque::new(), evicted: Vec::new() };
            let mut hits = 0;

            for (number, (run, state)) in saves.iter().enumerate() {
                let name = run.to_string();
                let found = states.find(&name, fingerprint(*state)).is_some();
                if !found {
                    states.forget(&name);
                    states.remember(name, fingerprint(*state), SnapshotId(number as i64));
                }
                states.maintain();

                prop_assert_eq!(found, reference.save(*run, *state), "save {}", number);
                hits += u64::from(found);
                prop_assert_eq!(&*evicted.lock().unwrap(), &reference.evicted);
                let statistics = states.statistics();
                prop_assert_eq!(statistics.entries, reference.runs.len() as u64);
                prop_assert_eq!(statistics.evictions, reference.evicted.len() as u64);
                prop_assert_eq!((statistics.hits, statistics.misses), (hits, number as u64 + 1 - hits));
            }
        }
    }

    // moka queues writes and makes the writer wait when the queue is full: nothing may queue up for
    // an empty cache.
    #[test]
    fn a_cache_of_no_entries_neither_keeps_nor_blocks() {
        let states = CommittedStates::new(0, None);
        for number in 0..5000 {
            states.remember("run".into(), fingerprint(0), SnapshotId(number));
        }
        assert_eq!(states.find("run", fingerprint(0)), None);
        assert_eq!(states.statistics().entries, 0);
    }
}
