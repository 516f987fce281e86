//! Which state each run committed last.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use moka::notification::RemovalCause;
use moka::policy::EvictionPolicy;
use moka::sync::Cache;

use super::fingerprint::Fingerprints;
use super::{CacheFaults, EvictionListener};
use crate::{CacheStatistics, SnapshotId};

/// What a run committed last.
#[derive(Debug, Clone, Copy)]
pub(super) struct Committed {
    pub(super) fingerprints: Fingerprints,
    pub(super) snapshot_id: SnapshotId,
    seal: u64,
}

/// A bounded, least-recently-used map from run to its last committed state.
///
/// moka applies reads and evictions in batches, so order and size are exact only right after
/// [`maintain`](Self::maintain).
pub(super) struct CommittedStates {
    runs: Cache<String, Committed>,
    /// The key of the seals.
    seals: RandomState,
    /// Part of the seals. A new one makes every entry of the former ones worthless.
    generation: AtomicU64,
    faults: Option<CacheFaults>,
    hits: AtomicU64,
    misses: AtomicU64,
    rejected: AtomicU64,
    insertions: AtomicU64,
    evictions: Arc<AtomicU64>,
}

impl CommittedStates {
    pub(super) fn new(
        capacity: u64,
        on_evict: Option<EvictionListener>,
        faults: Option<CacheFaults>,
    ) -> Arc<Self> {
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
        let states = Arc::new(Self {
            runs,
            seals: RandomState::new(),
            generation: AtomicU64::new(0),
            faults,
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
            rejected: AtomicU64::new(0),
            insertions: AtomicU64::new(0),
            evictions,
        });
        if let Some(faults) = &states.faults {
            faults.attach(&states);
        }
        states
    }

    /// What the run committed last, if that is known. An entry whose seal does not fit is dropped.
    pub(super) fn find(&self, run_id: &str) -> Option<Committed> {
        if self.is_failing() {
            self.rejected.fetch_add(1, Ordering::Relaxed);
            return None;
        }
        let committed = self.runs.get(run_id)?;
        if committed.seal != self.seal(run_id, &committed.fingerprints, committed.snapshot_id) {
            self.rejected.fetch_add(1, Ordering::Relaxed);
            self.runs.invalidate(run_id);
            return None;
        }
        Some(committed)
    }

    /// Begins to count a look-up, which may take a while: a miss unless it says otherwise.
    pub(super) fn look_up(&self) -> LookUp<'_> {
        LookUp {
            states: self,
            hit: false,
        }
    }

    /// To be called before the run's database rows change in any way.
    pub(super) fn forget(&self, run_id: &str) {
        if self.is_failing() {
            // The entry stays, so no entry may be believed any more.
            self.generation.fetch_add(1, Ordering::SeqCst);
        } else {
            self.runs.invalidate(run_id);
        }
    }

    /// To be called only after the snapshot's commit was answered.
    pub(super) fn remember(
        &self,
        run_id: &str,
        fingerprints: Fingerprints,
        snapshot_id: SnapshotId,
    ) {
        if self.is_failing() {
            return;
        }
        let seal = self.seal(run_id, &fingerprints, snapshot_id);
        self.runs.insert(
            run_id.to_owned(),
            Committed {
                fingerprints,
                snapshot_id,
                seal,
            },
        );
        self.insertions.fetch_add(1, Ordering::Relaxed);
    }

    /// Applies pending reads and evictions.
    pub(super) fn maintain(&self) {
        self.runs.run_pending_tasks();
    }

    /// Makes every entry name another snapshot, its seal unchanged.
    pub(super) fn poison(&self) {
        for (run_id, committed) in &self.runs {
            let altered = Committed {
                snapshot_id: SnapshotId(committed.snapshot_id.0 ^ 1),
                ..committed
            };
            self.runs.insert(run_id.to_string(), altered);
        }
    }

    pub(super) fn empty(&self) {
        self.runs.invalidate_all();
    }

    fn is_failing(&self) -> bool {
        self.faults.as_ref().is_some_and(CacheFaults::are_failing)
    }

    fn seal(&self, run_id: &str, fingerprints: &Fingerprints, snapshot_id: SnapshotId) -> u64 {
        let generation = self.generation.load(Ordering::SeqCst);
        self.seals
            .hash_one((run_id, fingerprints, snapshot_id, generation))
    }

    pub(super) fn statistics(&self) -> CacheStatistics {
        CacheStatistics {
            capacity: self.runs.policy().max_capacity().unwrap_or(u64::MAX),
            entries: self.runs.entry_count(),
            hits: self.hits.load(Ordering::Relaxed),
            misses: self.misses.load(Ordering::Relaxed),
            rejected: self.rejected.load(Ordering::Relaxed),
            insertions: self.insertions.load(Ordering::Relaxed),
            evictions: self.evictions.load(Ordering::Relaxed),
        }
    }
}

/// A look-up under way; counted when dropped.
pub(super) struct LookUp<'a> {
    states: &'a CommittedStates,
    hit: bool,
}

impl LookUp<'_> {
    /// The saved state is the run's latest.
    pub(super) fn hit(mut self) {
        self.hit = true;
    }
}

impl Drop for LookUp<'_> {
    fn drop(&mut self) {
        let counter = match self.hit {
            true => &self.states.hits,
            false => &self.states.misses,
        };
        counter.fetch_add(1, Ordering::Relaxed);
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

    fn fingerprints(state: u8) -> Fingerprints {
        Fingerprints::of_text(&[state])
    }

    /// Whether the run's last state is this one, as the service asks.
    fn finds(states: &CommittedStates, run_id: &str, state: u8) -> bool {
        let look_up = states.look_up();
        let found = states.find(run_id);
        let hit = found.is_some_and(|found| found.fingerprints == fingerprints(state));
        if hit {
            look_up.hit();
        }
        hit
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
            let states = CommittedStates::new(capacity as u64, Some(listener), None);
            let mut reference = Reference { capacity, runs: VecDeque::new(), evicted: Vec::new() };
            let mut hits = 0;

            for (number, (run, state)) in saves.iter().enumerate() {
                let name = run.to_string();
                let found = finds(&states, &name, *state);
                if !found {
                    states.forget(&name);
                    states.remember(&name, fingerprints(*state), SnapshotId(number as i64));
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
        let states = CommittedStates::new(0, None, None);
        for number in 0..5000 {
            states.remember("run", fingerprints(0), SnapshotId(number));
        }
        assert!(states.find("run").is_none());
        assert_eq!(states.statistics().entries, 0);
    }

    #[test]
    fn an_altered_entry_is_not_believed_and_dropped() {
        let faults = CacheFaults::default();
        let states = CommittedStates::new(10, None, Some(faults.clone()));
        states.remember("run", fingerprints(0), SnapshotId(7));
        assert!(finds(&states, "run", 0));
        faults.poison();
        for _ in 0..2 {
            assert!(!finds(&states, "run", 0));
        }
        states.maintain();
        let statistics = states.statistics();
        assert_eq!((statistics.hits, statistics.misses), (1, 2));
        assert_eq!((statistics.rejected, statistics.entries), (1, 0));
    }

    #[test]
    fn what_could_not_be_forgotten_is_not_believed() {
        let faults = CacheFaults::default();
        let states = CommittedStates::new(10, None, Some(faults.clone()));
        states.remember("run", fingerprints(0), SnapshotId(7));
        faults.fail(true);
        assert!(!finds(&states, "run", 0));
        states.forget("run");
        states.remember("run", fingerprints(1), SnapshotId(8));
        faults.fail(false);
        assert!(!finds(&states, "run", 0) && !finds(&states, "run", 1));
        states.remember("run", fingerprints(1), SnapshotId(8));
        assert!(finds(&states, "run", 1));
    }

    #[test]
    fn an_emptied_cache_holds_nothing() {
        let faults = CacheFaults::default();
        let states = CommittedStates::new(10, None, Some(faults.clone()));
        states.remember("run", fingerprints(0), SnapshotId(7));
        faults.empty();
        assert!(states.find("run").is_none());
        states.remember("run", fingerprints(0), SnapshotId(7));
        assert!(finds(&states, "run", 0));
    }
}
