//! What a state-persistence service does, and what it tells about itself.

use async_trait::async_trait;

use crate::{LoadedState, PersistenceError, SaveRequest, SnapshotId, ThreadContext};

/// A service that persists states.
///
/// A save that was answered is durable. Saves of one run take effect in the order in which their
/// futures were first polled, and the run's latest state is the one saved last. Each run keeps its
/// newest [`RETAINED_SNAPSHOTS`](crate::RETAINED_SNAPSHOTS). A future may be dropped at any point:
/// its save then either happened completely or not at all.
#[async_trait]
pub trait StatePersistence: Send + Sync {
    /// Persists a state.
    ///
    /// # Errors
    /// `InvalidState` and `InvalidField` for a request out of range, else what the database
    /// answered. Nothing was written then, unless the connection broke or the disk failed during
    /// the commit itself: saving again is right in every case.
    async fn save(&self, request: SaveRequest) -> Result<Saved, PersistenceError>;

    /// The state of `run_id` saved last, read from the database.
    ///
    /// # Errors
    /// What the database answered, or `UnknownValue` for a snapshot of a newer version.
    async fn load_latest(&self, run_id: &str) -> Result<Option<LoadedState>, PersistenceError>;

    /// One snapshot, read from the database; `None` if it never existed or was pruned.
    ///
    /// # Errors
    /// As [`load_latest`](Self::load_latest).
    async fn load_snapshot(
        &self,
        snapshot_id: SnapshotId,
    ) -> Result<Option<LoadedState>, PersistenceError>;

    /// The runs of a thread and their newest snapshots; `None` if the thread has no snapshot.
    ///
    /// # Errors
    /// What the database answered.
    async fn thread_context(
        &self,
        thread_id: &str,
    ) -> Result<Option<ThreadContext>, PersistenceError>;

    /// Counters of the deduplication cache; all zero for a service without one.
    fn cache_statistics(&self) -> CacheStatistics;

    /// Applies the cache's pending reads and evictions now, so that order and size are exact
    /// afterwards.
    fn maintain_cache(&self);

    /// The state of the connection pool at this instant.
    fn pool_status(&self) -> PoolStatus;

    /// What the service promises, read back from a live connection.
    ///
    /// # Errors
    /// What the database answered.
    async fn promises(&self) -> Result<Promises, PersistenceError>;

    /// Whether the database answers, and how large it is.
    ///
    /// # Errors
    /// What the database answered.
    async fn health(&self) -> Result<Health, PersistenceError>;

    /// Has every session tell the database what it did so far, where the database keeps statistics
    /// of it: PostgreSQL's sessions do so at most once a second, and of what they did last only
    /// after ten. Called twice while nothing else happens, the statistics differ by the
    /// transactions that this returns: those of the calls themselves.
    ///
    /// # Errors
    /// What the database answered: PostgreSQL before version 15 has no such function.
    async fn flush_statistics(&self) -> Result<u64, PersistenceError>;

    /// Ends all connections after their current work. Later calls fail with `Unavailable`.
    async fn close(&self);
}

/// The answer to a save.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Saved {
    /// A stored snapshot that holds the state.
    pub snapshot_id: SnapshotId,
    /// Whether that snapshot is new.
    pub outcome: Outcome,
    /// Where the time went.
    pub observation: Observation,
}

/// How a save was satisfied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// A new snapshot was committed.
    Written,
    /// The run's latest committed snapshot holds this very state already. Of the request's other
    /// fields, thread and user are equal too; its agent phase, execution context and expiry are not
    /// recorded.
    Deduplicated,
}

/// The work of one save: nanoseconds per phase, and what the database was asked to do. Zero where a
/// phase did not happen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Observation {
    /// Checking the request and bringing its JSON into canonical form.
    pub serialize_ns: u64,
    /// Hashing the canonical form.
    pub hash_ns: u64,
    /// Looking the run up in the cache.
    pub lookup_ns: u64,
    /// Waiting for the run's turn and for a connection.
    pub wait_ns: u64,
    /// From a connection acquired to the commit answered.
    pub write_ns: u64,
    /// Rows inserted or updated; pruned rows are not among them.
    pub rows_written: u64,
    /// Snapshots pruned by retention.
    pub rows_deleted: u64,
    /// Statements executed, `BEGIN` and `COMMIT` included.
    pub statements: u64,
    /// Transactions committed.
    pub commits: u64,
    /// Bytes of state handed to the database.
    pub bytes_written: u64,
    /// How long the save held a database connection.
    pub connection_ns: u64,
}

/// Counters of the deduplication cache since the service was opened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CacheStatistics {
    /// The largest number of entries.
    pub capacity: u64,
    /// Entries as of the cache's last maintenance, which it does in batches: for an exact figure
    /// call [`maintain_cache`](StatePersistence::maintain_cache) first.
    pub entries: u64,
    /// Lookups that found the saved state to be the run's latest: exactly the deduplicated saves.
    pub hits: u64,
    /// All other lookups: the run was not cached, or with another state. Saves that are always
    /// written do not look up.
    pub misses: u64,
    /// Lookups that found a damaged entry or a failing cache: among the misses.
    pub rejected: u64,
    /// Entries put in after a commit, replacements included.
    pub insertions: u64,
    /// Entries removed because of the size limit, as of the cache's last maintenance.
    pub evictions: u64,
}

/// The connection pool: one writer and the readers together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PoolStatus {
    /// The largest number of connections.
    pub size: u32,
    /// Connections open now.
    pub open: u32,
    /// Open connections that nobody uses.
    pub idle: u32,
    /// Saves waiting for the writer connection.
    pub waiting: u32,
}

/// What a service promises about durability and retention: equal promises make a comparison fair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promises {
    /// The database and its version, for example `SQLite 3.51.3` or `PostgreSQL 15.18`.
    pub database: String,
    /// The settings that durability depends on, by the database's own names.
    pub settings: Vec<(&'static str, String)>,
    /// The newest migration applied.
    pub schema_version: i64,
    /// The largest number of connections, writer and readers.
    pub pool_size: u32,
    /// Snapshots kept per run.
    pub retention: u32,
}

/// The database answered a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Health {
    /// How long a trivial query took, in nanoseconds, waiting for a connection included.
    pub round_trip_ns: u64,
    /// Size of the database file, or of the schema's tables and indices, in bytes; zero if the
    /// database does not tell.
    pub database_bytes: u64,
    /// Size of SQLite's write-ahead log in bytes; zero if there is none.
    pub wal_bytes: u64,
}
