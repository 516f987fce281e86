//! The baseline: every save is written, in one transaction of plain prepared statements.

use std::time::Instant;

use async_trait::async_trait;

use crate::request::AcceptedSave;
use crate::stopwatch::nanoseconds_since;
use crate::storage::{DatabaseOptions, SqliteStorage};
use crate::{
    CacheStatistics, Health, LoadedState, Observation, Outcome, PersistenceError, PoolStatus,
    Promises, SaveRequest, Saved, SnapshotId, StatePersistence, ThreadContext,
};

/// The standard service: writes every save.
#[derive(Debug)]
pub struct StandardService {
    storage: SqliteStorage,
}

impl StandardService {
    /// Opens the database, creating or migrating it where needed.
    ///
    /// # Errors
    /// `CannotOpen`, `NewerSchema`, `Corrupt` and so on: see [`PersistenceError`].
    pub async fn open(options: &DatabaseOptions) -> Result<Self, PersistenceError> {
        Ok(Self {
            storage: SqliteStorage::open(options).await?,
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
        let save = AcceptedSave::new(request)?;
        observation.serialize_ns = nanoseconds_since(serializing);

        let waiting = Instant::now();
        let mut writer = self.storage.writer().await?;
        observation.wait_ns = nanoseconds_since(waiting);

        let writing = Instant::now();
        let mut transaction = writer.begin(&mut observation).await?;
        transaction.ensure_user(&save.user_id).await?;
        let snapshot_id = transaction.insert_snapshot(&save).await?;
        let audit_id = transaction.start_audit(snapshot_id, &save).await?;
        transaction.prune(&save.run_id).await?;
        transaction.complete_audit(audit_id).await?;
        transaction.commit().await?;
        observation.write_ns = nanoseconds_since(writing);
        drop(writer);
        observation.connection_ns = nanoseconds_since(writing);

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

    async fn close(&self) {
        self.storage.close().await;
    }
}
