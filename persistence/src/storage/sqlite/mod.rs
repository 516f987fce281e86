//! Snapshots in a SQLite database: one connection writes, a small pool reads.

mod inspect;
mod migrate;
mod read;
mod write;

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use sqlx::ConnectOptions;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};

use crate::{PersistenceError, PoolStatus, error};

/// Prepared statements kept per connection: more than the services have.
const STATEMENT_CACHE: usize = 32;

/// Where the database is and how it is opened. Durability is not an option: write-ahead log,
/// `synchronous=FULL`, foreign keys on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseOptions {
    /// The database file. Its folder must exist; the log lies beside it.
    pub path: PathBuf,
    /// Connections for reading, beside the single one for writing. At least 1.
    pub reader_connections: u32,
    /// How long a statement waits for a lock that another process holds.
    pub busy_timeout: Duration,
    /// How long a call waits for a free connection.
    pub acquire_timeout: Duration,
    /// Opens an existing database for loading only: saves fail with `ReadOnly`.
    pub read_only: bool,
}

impl DatabaseOptions {
    /// The defaults: 4 readers, 5 s for locks, 30 s for connections, reading and writing.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            reader_connections: 4,
            busy_timeout: Duration::from_secs(5),
            acquire_timeout: Duration::from_secs(30),
            read_only: false,
        }
    }

    fn connect_options(&self) -> SqliteConnectOptions {
        let options = SqliteConnectOptions::new()
            .filename(&self.path)
            .busy_timeout(self.busy_timeout)
            .foreign_keys(true)
            .synchronous(SqliteSynchronous::Full)
            .statement_cache_capacity(STATEMENT_CACHE)
            .disable_statement_logging();
        if self.read_only {
            options.read_only(true)
        } else {
            options
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
        }
    }

    // Connections stay open: reopening one would show up as a latency outlier that says nothing
    // about a service.
    fn pool_options(&self, connections: u32) -> SqlitePoolOptions {
        SqlitePoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(self.acquire_timeout)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
    }
}

/// The open database.
#[derive(Debug)]
pub(crate) struct SqliteStorage {
    path: PathBuf,
    writer: SqlitePool,
    readers: SqlitePool,
    waiting_for_writer: AtomicU32,
}

impl SqliteStorage {
    pub(crate) async fn open(options: &DatabaseOptions) -> Result<Self, PersistenceError> {
        if options.reader_connections == 0 {
            return Err(PersistenceError::invalid_field(
                "reader_connections",
                "it is 0; give at least 1",
            ));
        }
        let connect = options.connect_options();
        let writer = options
            .pool_options(1)
            .connect_with(connect.clone())
            .await
            .map_err(|cause| {
                if error::is_cannot_open(&cause) {
                    PersistenceError::CannotOpen {
                        path: options.path.clone(),
                        source: cause,
                    }
                } else {
                    cause.into()
                }
            })?;
        migrate::bring_up_to_date(&writer, options.read_only).await?;
        let readers = options
            .pool_options(options.reader_connections)
            .connect_with(connect)
            .await?;
        Ok(Self {
            path: options.path.clone(),
            writer,
            readers,
            waiting_for_writer: AtomicU32::new(0),
        })
    }

    pub(crate) fn pool_status(&self) -> PoolStatus {
        let open = self.writer.size() + self.readers.size();
        PoolStatus {
            size: self.pool_size(),
            open,
            idle: idle_connections(&self.writer) + idle_connections(&self.readers),
            waiting: self.waiting_for_writer.load(Ordering::Relaxed),
        }
    }

    fn pool_size(&self) -> u32 {
        self.writer.options().get_max_connections() + self.readers.options().get_max_connections()
    }

    pub(crate) async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// The pool's idle counter lags behind its queue and can wrap below zero for a moment: that reads
/// as none.
fn idle_connections(pool: &SqlitePool) -> u32 {
    u32::try_from(pool.num_idle()).map_or(0, |idle| idle.min(pool.size()))
}
