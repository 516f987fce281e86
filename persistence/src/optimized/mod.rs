//! The candidate: the same promises with less work.
//!
//! A save whose state is already the run's latest is answered with that snapshot; the others are
//! committed together, as many as wait.

mod cache_faults;
mod commit_queue;
mod committer;
mod dedup;
mod fingerprint;
mod flights;
#[cfg(test)]
mod models;
mod options;
mod profile;
mod sync;
pub(crate) mod turns;
mod write_path;

use async_trait::async_trait;

pub use self::cache_faults::CacheFaults;
pub use self::options::{
    Consistency, DEFAULT_CACHE_ENTRIES, DEFAULT_QUEUE_BYTES, DEFAULT_QUEUE_JOBS, EvictionListener,
    OptimizedOptions,
};
pub use self::profile::{CacheProfile, SaveProfile, SaveStage};
use self::write_path::WritePath;
use crate::request;
use crate::storage::{Remembers, Storage};
use crate::{
    CacheStatistics, DatabaseOptions, Health, LoadedState, PersistenceError, PoolStatus, Promises,
    SaveRequest, Saved, SnapshotId, StatePersistence, ThreadContext,
};

/// The optimized service: writes only what changed.
///
/// With [`Consistency::SingleWriter`] it must be the only writer of its database while it is open:
/// what another writer did to a run in the meantime is not seen by its cache, and a state that the
/// other replaced could be taken for the run's latest.
#[derive(Debug)]
pub struct OptimizedService {
    storage: Storage,
    path: WritePath,
    consistency: Consistency,
}

impl OptimizedService {
    /// Opens the database, creating or migrating it where needed, with an empty cache.
    ///
    /// # Errors
    /// `InvalidField` for options that contradict each other; `CannotOpen`, `NewerSchema`,
    /// `Corrupt` and so on: see [`PersistenceError`].
    pub async fn open(
        database: &DatabaseOptions,
        options: OptimizedOptions,
    ) -> Result<Self, PersistenceError> {
        options.check()?;
        request::check_max_state_bytes(database.max_state_bytes)?;
        let storage = Storage::open(database).await?;
        let consistency = options.consistency;
        let is_alone = consistency == Consistency::SingleWriter;
        let remembers = Remembers {
            users: is_alone && options.known_users,
            run_lengths: is_alone && options.spread_pruning,
        };
        let mut path = WritePath::new(options, database.max_state_bytes);
        for writer in storage.batch_writers(remembers).await? {
            path.start(writer)?;
        }
        Ok(Self {
            storage,
            path,
            consistency,
        })
    }
}

#[async_trait]
impl StatePersistence for OptimizedService {
    async fn save(&self, request: SaveRequest) -> Result<Saved, PersistenceError> {
        let shared = match self.consistency {
            Consistency::SingleWriter => None,
            Consistency::Shared => Some(&self.storage),
        };
        self.path.save(request, shared).await
    }

    async fn load_latest(&self, run_id: &str) -> Result<Option<LoadedState>, PersistenceError> {
        self.storage.load_latest(run_id).await
    }

    async fn load_snapshot(
        &self,
        snapshot_id: SnapshotId,
    ) -> Result<Option<LoadedState>, PersistenceError> {
        self.storage.load_snapshot(snapshot_id).await
    }

    async fn thread_context(
        &self,
        thread_id: &str,
    ) -> Result<Option<ThreadContext>, PersistenceError> {
        self.storage.thread_context(thread_id).await
    }

    fn cache_statistics(&self) -> CacheStatistics {
        self.path.committed().statistics()
    }

    fn maintain_cache(&self) {
        self.path.committed().maintain();
    }

    fn pool_status(&self) -> PoolStatus {
        let mut status = self.storage.pool_status();
        status.waiting += self.path.waiting();
        status
    }

    async fn promises(&self) -> Result<Promises, PersistenceError> {
        self.storage.promises().await
    }

    async fn health(&self) -> Result<Health, PersistenceError> {
        self.storage.health().await
    }

    async fn flush_statistics(&self) -> Result<u64, PersistenceError> {
        let of_writers = self.path.flush_statistics().await?;
        Ok(of_writers + self.storage.flush_statistics().await?)
    }

    /// What is queued is committed first.
    async fn close(&self) {
        let writers = self.path.close();
        let joined = tokio::task::spawn_blocking(move || {
            for writer in writers {
                // One that panicked has answered everybody.
                let _ = writer.join();
            }
        });
        // Fails only while the runtime ends, which waits for nobody.
        let _ = joined.await;
        self.storage.close().await;
    }
}
