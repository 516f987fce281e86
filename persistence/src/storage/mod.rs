//! Where snapshots live. One module per database; this one only chooses between them.

mod batch;
mod migrations;
mod postgres;
mod retention;
mod row;
mod sqlite;

pub(crate) use self::batch::{BatchError, BatchWriter, Job, Remembers, Written};
use self::postgres::PostgresStorage;
use self::sqlite::SqliteStorage;
use crate::request::AcceptedSave;
use crate::{
    Database, DatabaseOptions, Health, LoadedState, Observation, PersistenceError, PoolStatus,
    Promises, SnapshotId, ThreadContext,
};

/// How many of its newest snapshots a run keeps.
pub const RETAINED_SNAPSHOTS: u32 = 50;

/// An open database.
#[derive(Debug)]
pub(crate) enum Storage {
    Sqlite(SqliteStorage),
    Postgres(Box<PostgresStorage>),
}

/// Calls the method of whichever database it is.
macro_rules! of_database {
    ($storage:expr, $method:ident($($argument:expr),*)) => {
        match $storage {
            Self::Sqlite(sqlite) => sqlite.$method($($argument),*),
            Self::Postgres(postgres) => postgres.$method($($argument),*),
        }
    };
    ($storage:expr, $method:ident($($argument:expr),*).await) => {
        match $storage {
            Self::Sqlite(sqlite) => sqlite.$method($($argument),*).await,
            Self::Postgres(postgres) => postgres.$method($($argument),*).await,
        }
    };
}

impl Storage {
    /// Opens the database, creating or migrating it where needed.
    pub(crate) async fn open(options: &DatabaseOptions) -> Result<Self, PersistenceError> {
        if options.pool_size < 2 {
            return Err(PersistenceError::invalid_field(
                "pool_size",
                format!("it is {}; give at least 2", options.pool_size),
            ));
        }
        match &options.database {
            Database::Sqlite(file) => Ok(Self::Sqlite(SqliteStorage::open(file, options).await?)),
            Database::Postgres(database) => Ok(Self::Postgres(Box::new(
                PostgresStorage::open(database, options).await?,
            ))),
        }
    }

    /// Persists one save as a competent engineer writes it: one transaction of prepared statements.
    pub(crate) async fn save_alone(
        &self,
        save: &AcceptedSave,
        observation: &mut Observation,
    ) -> Result<SnapshotId, PersistenceError> {
        of_database!(self, save_alone(save, observation).await)
    }

    /// Connections of their own that commit many saves together, for as many threads: SQLite has
    /// one, PostgreSQL several. From now on [`save_alone`](Self::save_alone) may not be used: they
    /// take the place of the connections that it needs.
    pub(crate) async fn batch_writers(
        &self,
        remembers: Remembers,
    ) -> Result<Vec<Box<dyn BatchWriter>>, PersistenceError> {
        of_database!(self, batch_writers(remembers).await)
    }

    pub(crate) async fn load_latest(
        &self,
        run_id: &str,
    ) -> Result<Option<LoadedState>, PersistenceError> {
        of_database!(self, load_latest(run_id).await)
    }

    pub(crate) async fn load_snapshot(
        &self,
        id: SnapshotId,
    ) -> Result<Option<LoadedState>, PersistenceError> {
        of_database!(self, load_snapshot(id).await)
    }

    pub(crate) async fn thread_context(
        &self,
        thread_id: &str,
    ) -> Result<Option<ThreadContext>, PersistenceError> {
        of_database!(self, thread_context(thread_id).await)
    }

    /// Whether this snapshot is the newest of its run: one statement that reads only an index.
    pub(crate) async fn is_latest(
        &self,
        run_id: &str,
        id: SnapshotId,
    ) -> Result<bool, PersistenceError> {
        of_database!(self, is_latest(run_id, id).await)
    }

    pub(crate) fn pool_status(&self) -> PoolStatus {
        of_database!(self, pool_status())
    }

    pub(crate) async fn promises(&self) -> Result<Promises, PersistenceError> {
        of_database!(self, promises().await)
    }

    pub(crate) async fn health(&self) -> Result<Health, PersistenceError> {
        of_database!(self, health().await)
    }

    /// Of all connections but those of [`batch_writers`](Self::batch_writers).
    pub(crate) async fn flush_statistics(&self) -> Result<u64, PersistenceError> {
        match self {
            // It keeps no statistics.
            Self::Sqlite(_) => Ok(0),
            Self::Postgres(postgres) => postgres.flush_statistics().await,
        }
    }

    pub(crate) async fn close(&self) {
        of_database!(self, close().await);
    }
}
