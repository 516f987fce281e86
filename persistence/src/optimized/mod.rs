//! The candidate: the same promises with less work.
//!
//! A save whose state is already the run's latest is answered with that snapshot; the others are
//! written in fewer statements.

mod dedup;
mod turns;

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use moka::policy::EvictionPolicy;
use moka::sync::Cache;

use self::dedup::{CommittedStates, Fingerprint};
use self::turns::Turns;
use crate::request::AcceptedSave;
use crate::stopwatch::nanoseconds_since;
use crate::storage::{DatabaseOptions, SqliteStorage};
use crate::{
    CacheStatistics, Health, LoadedState, Observation, Outcome, PersistenceError, PoolStatus,
    Promises, SaveRequest, Saved, SnapshotId, StatePersistence, ThreadContext,
};

/// Entries of the deduplication cache unless told otherwise: one per run.
pub const DEFAULT_CACHE_ENTRIES: u64 = 1000;

/// Users remembered as committed, so that their saves need not insert them again.
const KNOWN_USERS: u64 = 10_000;

/// Told the run of each entry that the size limit evicts, in the order of eviction.
pub type EvictionListener = Arc<dyn Fn(&str) + Send + Sync>;

/// How the optimized service is set up.
#[derive(Clone)]
pub struct OptimizedOptions {
    /// Capacity of the deduplication cache, one entry per run. With 0 every save is written.
    pub cache_entries: u64,
    /// Called by whichever thread maintains the cache: it must be quick and must not call the
    /// service.
    pub on_evict: Option<EvictionListener>,
}

impl Default for OptimizedOptions {
    fn default() -> Self {
        Self {
            cache_entries: DEFAULT_CACHE_ENTRIES,
            on_evict: None,
        }
    }
}

impl fmt::Debug for OptimizedOptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("OptimizedOptions")
            .field("cache_entries", &self.cache_entries)
            .field("on_evict", &self.on_evict.is_some())
            .finish()
    }
}

/// The optimized service: writes only what changed.
///
/// It must be the only writer of its database while it is open: what another writer did to a run in
/// the meantime is not seen by its cache, and a state that the other replaced could be taken for
/// the run's latest.
#[derive(Debug)]
pub struct OptimizedService {
    storage: SqliteStorage,
    turns: Turns,
    committed: CommittedStates,
    known_users: Cache<String, ()>,
}

impl OptimizedService {
    /// Opens the database, creating or migrating it where needed, with an empty cache.
    ///
    /// # Errors
    /// `CannotOpen`, `NewerSchema`, `Corrupt` and so on: see [`PersistenceError`].
    pub async fn open(
        database: &DatabaseOptions,
        options: OptimizedOptions,
    ) -> Result<Self, PersistenceError> {
        Ok(Self {
            storage: SqliteStorage::open(database).await?,
            turns: Turns::default(),
            committed: CommittedStates::new(options.cache_entries, options.on_evict),
            known_users: Cache::builder()
                .max_capacity(KNOWN_USERS)
                .eviction_policy(EvictionPolicy::lru())
                .build(),
        })
    }

    async fn write(
        &self,
        save: &AcceptedSave,
        observation: &mut Observation,
    ) -> Result<SnapshotId, PersistenceError> {
        let waiting = Instant::now();
        let mut writer = self.storage.writer().await?;
        observation.wait_ns += nanoseconds_since(waiting);

        let writing = Instant::now();
        let user_is_known = self.known_users.contains_key(&save.user_id);
        let mut transaction = writer.begin(observation).await?;
        if !user_is_known {
            transaction.ensure_user(&save.user_id).await?;
        }
        let snapshot_id = transaction.insert_snapshot(save).await?;
        transaction
            .insert_completed_audit(snapshot_id, save)
            .await?;
        transaction.prune(&save.run_id).await?;
        transaction.commit().await?;
        observation.write_ns = nanoseconds_since(writing);
        drop(writer);
        observation.connection_ns = nanoseconds_since(writing);

        if !user_is_known {
            self.known_users.insert(save.user_id.clone(), ());
        }
        Ok(snapshot_id)
    }
}

#[async_trait]
impl StatePersistence for OptimizedService {
    async fn save(&self, request: SaveRequest) -> Result<Saved, PersistenceError> {
        let mut observation = Observation::default();

        let waiting = Instant::now();
        let run_id = request.run_id.clone();
        let _turn = self.turns.take(&run_id).await;
        observation.wait_ns = nanoseconds_since(waiting);

        let serializing = Instant::now();
        let save = AcceptedSave::new(request)?;
        observation.serialize_ns = nanoseconds_since(serializing);

        let hashing = Instant::now();
        let fingerprint = Fingerprint::of(&save);
        observation.hash_ns = nanoseconds_since(hashing);

        if !save.must_be_written() {
            let looking = Instant::now();
            let found = self.committed.find(&save.run_id, fingerprint);
            observation.lookup_ns = nanoseconds_since(looking);
            if let Some(snapshot_id) = found {
                return Ok(Saved {
                    snapshot_id,
                    outcome: Outcome::Deduplicated,
                    observation,
                });
            }
        }

        // Whatever happens on the way, even a caller that stops waiting: until its commit was
        // answered, the cache holds nothing about the run.
        self.committed.forget(&save.run_id);
        let written = self.write(&save, &mut observation).await;
        if written.is_err() {
            // Should the user have vanished from the database, the next save puts it back.
            self.known_users.invalidate(&save.user_id);
        }
        let snapshot_id = written?;
        self.committed
            .remember(run_id.clone(), fingerprint, snapshot_id);
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
        self.committed.statistics()
    }

    fn maintain_cache(&self) {
        self.committed.maintain();
    }

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
