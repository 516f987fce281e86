//! Snapshots in a SQLite database: one connection writes, a small pool reads.
//!
//! The connection that writes is the driver's, or the batch writer's once there is one.

mod batch;
mod inspect;
mod migrate;
mod read;
mod write;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use sqlx::ConnectOptions;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};

use crate::{DatabaseOptions, PersistenceError, PoolStatus, error};

/// Prepared statements kept per connection: more than the services have.
const STATEMENT_CACHE: usize = 32;
/// How long to wait before a database that others are making is tried again.
const BETWEEN_ATTEMPTS: Duration = Duration::from_millis(20);

fn connect_options(file: &Path, options: &DatabaseOptions) -> SqliteConnectOptions {
    let connect = SqliteConnectOptions::new()
        .filename(file)
        .busy_timeout(options.statement_timeout)
        .foreign_keys(true)
        .synchronous(SqliteSynchronous::Full)
        .statement_cache_capacity(STATEMENT_CACHE)
        .disable_statement_logging();
    if options.read_only {
        connect.read_only(true)
    } else {
        connect
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
    }
}

// Connections stay open: reopening one would show up as a latency outlier that says nothing about a
// service.
fn pool_options(options: &DatabaseOptions, connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(options.acquire_timeout)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
}

/// The open database.
#[derive(Debug)]
pub(crate) struct SqliteStorage {
    path: PathBuf,
    writer: SqlitePool,
    readers: SqlitePool,
    waiting_for_writer: AtomicU32,
    statement_timeout: Duration,
    read_only: bool,
    /// Connections that the batch writer has open.
    open_batch_writers: Arc<AtomicU32>,
}

impl SqliteStorage {
    /// Opens the database, and waits for others who are making it: SQLite lets nobody wait for the lock that turns a new file
    /// to a write-ahead log, it refuses at once.
    pub(crate) async fn open(
        file: &Path,
        options: &DatabaseOptions,
    ) -> Result<Self, PersistenceError> {
        let begun = Instant::now();
        loop {
            match Self::open_now(file, options).await {
                Err(PersistenceError::Busy { .. })
                    if begun.elapsed() < options.statement_timeout =>
                {
                    tokio::time::sleep(BETWEEN_ATTEMPTS).await;
                }
                outcome => return outcome,
            }
        }
    }

    async fn open_now(file: &Path, options: &DatabaseOptions) -> Result<Self, PersistenceError> {
        let connect = connect_options(file, options);
        let writer = pool_options(options, 1)
            .connect_with(connect.clone())
            .await
            .map_err(|cause| {
                if error::is_cannot_open(&cause) {
                    PersistenceError::CannotOpen {
                        database: file.display().to_string(),
                        remedy: "check that its folder exists and may be written to",
                        source: Arc::new(cause),
                    }
                } else {
                    cause.into()
                }
            })?;
        migrate::bring_up_to_date(&writer, options.read_only).await?;
        let readers = pool_options(options, options.pool_size - 1)
            .connect_with(connect)
            .await?;
        Ok(Self {
            path: file.to_owned(),
            writer,
            readers,
            waiting_for_writer: AtomicU32::new(0),
            statement_timeout: options.statement_timeout,
            read_only: options.read_only,
            open_batch_writers: Arc::default(),
        })
    }

    pub(crate) fn pool_status(&self) -> PoolStatus {
        let batch_writers = self.open_batch_writers.load(Ordering::Relaxed);
        let open = self.writer.size() + self.readers.size() + batch_writers;
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

#[cfg(test)]
mod tests {
    use crate::request::AcceptedSave;
    use crate::{CheckpointType, Observation, SaveRequest};

    use super::*;

    fn save(number: usize) -> AcceptedSave {
        let text = format!(r#"{{"text":"{}","step":{number}}}"#, "x".repeat(20_000));
        let request = SaveRequest {
            run_id: "run".into(),
            thread_id: "thread".into(),
            user_id: "user".into(),
            state: text.into(),
            checkpoint_type: CheckpointType::Auto,
            agent_phase: None,
            execution_context: None,
            is_recovery_point: false,
            expires_at: None,
        };
        AcceptedSave::within(request, crate::MAX_STATE_BYTES).unwrap()
    }

    #[tokio::test]
    async fn a_full_disk_is_told_and_does_not_block_later_saves() {
        let folder = tempfile::tempdir().unwrap();
        let options = DatabaseOptions::sqlite(folder.path().join("states.db"));
        let storage = SqliteStorage::open(&folder.path().join("states.db"), &options)
            .await
            .unwrap();
        let mut work = Observation::default();
        let mut latest = storage.save_alone(&save(0), &mut work).await.unwrap();
        for number in 1..4 {
            // The limit belongs to the connection, which is replaced after the failure.
            sqlx::raw_sql("PRAGMA max_page_count = 1")
                .execute(&storage.writer)
                .await
                .unwrap();
            let error = storage.save_alone(&save(number), &mut work).await;
            let error = error.unwrap_err();
            assert_eq!(error.kind(), "disk_full", "{error}");
            let loaded = storage.load_latest("run").await.unwrap().unwrap();
            assert_eq!(loaded.snapshot_id, latest);

            latest = storage.save_alone(&save(number), &mut work).await.unwrap();
            let loaded = storage.load_latest("run").await.unwrap().unwrap();
            assert_eq!(loaded.snapshot_id, latest);
        }
    }
}
