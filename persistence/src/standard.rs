//! The baseline: every save is written, in one transaction of plain prepared statements.

use std::time::Instant;

use async_trait::async_trait;

use crate::request::{self, AcceptedSave};
use crate::stopwatch::nanoseconds_since;
use crate::storage::Storage;
use crate::{
    CacheStatistics, DatabaseOptions, Health, LoadedState, Observation, Outcome, PersistenceError,
    PoolStatus, Promises, SaveRequest, Saved, SnapshotId, StatePersistence, ThreadContext,
};

/// The standard service: writes every save.
#[derive(Debug)]
pub struct StandardService {
    storage: Storage,
    max_state_bytes: usize,
}

impl StandardService {
    /// Opens the database, creating or migrating it where needed.
    ///
    /// # Errors
    /// `CannotOpen`, `NewerSchema`, `Corrupt` and so on: see [`PersistenceError`].
    pub async fn open(options: &DatabaseOptions) -> Result<Self, PersistenceError> {
        request::check_max_state_bytes(options.max_state_bytes)?;
        Ok(Self {
            storage: Storage::open(options).await?,
            max_state_bytes: options.max_state_bytes,
        })
    }
}

#[async_trait]
impl StatePersistence for StandardService {
    // The order of a run's saves is the order in which they queue for the single writer connection,
    // which serves first come, first served.
    async fn save(&self, request: SaveRequest) -> Result<Saved, PersistenceError> {
        let mut observation = Observation::default();

        let serializing = Instant::now();
        let save = AcceptedSave::within(request, self.max_state_bytes)?;
        observation.serialize_ns = nanoseconds_since(serializing);

        let snapshot_id = self.storage.save_alone(&save, &mut observation).await?;
        Ok(Saved {
            snapshot_id,
            outcome: Outcome::Written,
            observation,
        })
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
        CacheStatistics::default()
    }

    fn maintain_cache(&self) {}

    fn pool_status(&self) -> PoolStatus {
        self.storage.pool_status()
    }

    async fn promises(&self) -> Result<Promises, PersistenceError> {
        self.storage.promises().await
    }

    async fn health(&self) -> Result<Health, PersistenceError> {
        self.storage.health().await
    }

    async fn flush_statistics(&self) -> Result<u64, PersistenceError> {
        self.storage.flush_statistics().await
    }

    async fn close(&self) {
        self.storage.close().await;
    }
}
