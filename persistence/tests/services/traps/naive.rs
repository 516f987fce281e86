//! A deduplicating service as one writes it first, with at most one of the three flaws.

use std::collections::HashMap;
use std::sync::Mutex;

use async_trait::async_trait;
use bytes::Bytes;
use persistence::{
    CacheStatistics, DatabaseOptions, Health, LoadedState, Observation, Outcome, PersistenceError,
    PoolStatus, Promises, SaveRequest, Saved, SnapshotId, StandardService, StatePersistence,
    ThreadContext,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    /// The state is put into the cache before the commit succeeded.
    RemembersBeforeCommit,
    /// A deduplicated save is answered with an id of its own.
    InventsSnapshots,
    /// Saves of one run do not wait for each other.
    LetsSavesOvertake,
}

pub(super) struct NaiveService {
    inner: StandardService,
    flaw: Option<Flaw>,
    turn: tokio::sync::Mutex<()>,
    last: Mutex<HashMap<String, (Bytes, SnapshotId)>>,
}

impl NaiveService {
    pub(super) async fn open(options: &DatabaseOptions, flaw: Option<Flaw>) -> Self {
        Self {
            inner: StandardService::open(options).await.unwrap(),
            flaw,
            turn: tokio::sync::Mutex::new(()),
            last: Mutex::new(HashMap::new()),
        }
    }

    fn has(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }

    fn remember(&self, run_id: &str, state: &Bytes, snapshot_id: SnapshotId) {
        self.last
            .lock()
            .unwrap()
            .insert(run_id.to_owned(), (state.clone(), snapshot_id));
    }
}

#[async_trait]
impl StatePersistence for NaiveService {
    async fn save(&self, request: SaveRequest) -> Result<Saved, PersistenceError> {
        let _turn = match self.has(Flaw::LetsSavesOvertake) {
            true => None,
            false => Some(self.turn.lock().await),
        };
        let (run_id, state) = (request.run_id.clone(), request.state.clone());
        let last = self.last.lock().unwrap().get(&run_id).cloned();
        if let Some((_, known)) = last.as_ref().filter(|(last, _)| *last == state) {
            let snapshot_id = if self.has(Flaw::InventsSnapshots) {
                SnapshotId(known.0 + 1_000_000)
            } else {
                *known
            };
            return Ok(Saved {
                snapshot_id,
                outcome: Outcome::Deduplicated,
                observation: Observation::default(),
            });
        }
        if self.has(Flaw::RemembersBeforeCommit) {
            self.remember(&run_id, &state, last.map_or(SnapshotId(0), |(_, id)| id));
        }
        let saved = self.inner.save(request).await?;
        self.remember(&run_id, &state, saved.snapshot_id);
        Ok(saved)
    }

    async fn load_latest(&self, run_id: &str) -> Result<Option<LoadedState>, PersistenceError> {
        self.inner.load_latest(run_id).await
    }

    async fn load_snapshot(
        &self,
        snapshot_id: SnapshotId,
    ) -> Result<Option<LoadedState>, PersistenceError> {
        self.inner.load_snapshot(snapshot_id).await
    }

    async fn thread_context(
        &self,
        thread_id: &str,
    ) -> Result<Option<ThreadContext>, PersistenceError> {
        self.inner.thread_context(thread_id).await
    }

    fn cache_statistics(&self) -> CacheStatistics {
        self.inner.cache_statistics()
    }

    fn maintain_cache(&self) {}

    fn pool_status(&self) -> PoolStatus {
        self.inner.pool_status()
    }

    async fn promises(&self) -> Result<Promises, PersistenceError> {
        self.inner.promises().await
    }

    async fn health(&self) -> Result<Health, PersistenceError> {
        self.inner.health().await
    }

    async fn flush_statistics(&self) -> Result<u64, PersistenceError> {
        self.inner.flush_statistics().await
    }

    async fn close(&self) {
        self.inner.close().await;
    }
}
