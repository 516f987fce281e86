//! A service that does nothing, for measuring the generator itself.

use std::sync::atomic::{AtomicI64, Ordering};

use async_trait::async_trait;
use persistence::{
    CacheStatistics, Health, LoadedState, Observation, Outcome, PersistenceError, PoolStatus,
    Promises, SaveRequest, Saved, SnapshotId, StatePersistence, ThreadContext,
};
use shared::report::NO_DATABASE;

/// Acknowledges every save and stores nothing. Each save gives way once, as the save of every real service does while it
/// waits for the database: without that, a user would make all saves in one go, and the generator's switching from
/// user to user would not be measured.
#[derive(Debug, Default)]
pub(super) struct NullService {
    last: AtomicI64,
}

#[async_trait]
impl StatePersistence for NullService {
    async fn save(&self, _: SaveRequest) -> Result<Saved, PersistenceError> {
        tokio::task::yield_now().await;
        Ok(Saved {
            snapshot_id: SnapshotId(self.last.fetch_add(1, Ordering::Relaxed) + 1),
            outcome: Outcome::Written,
            observation: Observation::default(),
        })
    }

    async fn load_latest(&self, _: &str) -> Result<Option<LoadedState>, PersistenceError> {
        Ok(None)
    }

    async fn load_snapshot(&self, _: SnapshotId) -> Result<Option<LoadedState>, PersistenceError> {
        Ok(None)
    }

    async fn thread_context(&self, _: &str) -> Result<Option<ThreadContext>, PersistenceError> {
        Ok(None)
    }

    fn cache_statistics(&self) -> CacheStatistics {
        CacheStatistics::default()
    }

    fn maintain_cache(&self) {}

    fn pool_status(&self) -> PoolStatus {
        PoolStatus::default()
    }

    async fn promises(&self) -> Result<Promises, PersistenceError> {
        Ok(Promises {
            database: NO_DATABASE.to_owned(),
            settings: Vec::new(),
            schema_version: 0,
            pool_size: 0,
            retention: 0,
        })
    }

    async fn health(&self) -> Result<Health, PersistenceError> {
        Ok(Health {
            round_trip_ns: 0,
            database_bytes: 0,
            wal_bytes: 0,
        })
    }

    async fn flush_statistics(&self) -> Result<u64, PersistenceError> {
        Ok(0)
    }

    async fn close(&self) {}
}
