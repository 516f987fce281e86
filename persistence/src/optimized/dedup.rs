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

/// BLAKE3 over what a snapshot must share with a save to answer it: the canonical state, and whose it is.
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
/// moka applies reads and evictions in batches, so order and size are exact only right after [`maintain`](Self::maintain).
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
