//! Many saves in one transaction, straight on SQLite's C interface: the driver's channel between
//! caller and connection would cost more than the insertion of a row.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags, params};

use super::write::{INSERT_SNAPSHOT, INSERT_USER, PRUNE};
use super::{STATEMENT_CACHE, SqliteStorage};
use crate::encoding::Encoding;
use crate::stopwatch::{nanoseconds_since, unix_milliseconds};
use crate::storage::retention::{KnownUsers, RunLengths};
use crate::storage::{BatchError, BatchWriter, Job, Remembers, Written};
use crate::{Observation, PersistenceError, RETAINED_SNAPSHOTS, SnapshotId, error};

/// A batch's snapshots have consecutive ids: their transaction is the only one that writes.
const INSERT_AUDITS: &str = "INSERT INTO audit (snapshot_id, run_id, user_id, action, status, started_at, completed_at) \
     SELECT id, run_id, user_id, 'save', 'completed', ?1, ?1 FROM snapshots WHERE id BETWEEN ?2 AND ?3 ORDER BY id";

/// More than a run keeps need not be counted.
const RUN_LENGTH: &str =
    "SELECT count(*) FROM (SELECT 1 FROM snapshots WHERE run_id = ?1 LIMIT ?2)";

impl SqliteStorage {
    /// One writer, in the place of the driver's.
    pub(crate) async fn batch_writers(
        &self,
        remembers: Remembers,
    ) -> Result<Vec<Box<dyn BatchWriter>>, PersistenceError> {
        self.writer.close().await;
        let mut writer = SqliteBatchWriter {
            file: self.path.clone(),
            busy_timeout: self.statement_timeout,
            read_only: self.read_only,
            connection: None,
            open_writers: Arc::clone(&self.open_batch_writers),
            known_users: KnownUsers::new(remembers.users),
            lengths: remembers.run_lengths.then(RunLengths::default),
        };
        writer.connection = Some(writer.connect().map_err(|failure| failure.error)?);
        Ok(vec![Box::new(writer)])
    }
}

/// The connection, and what is remembered.
struct SqliteBatchWriter {
    file: PathBuf,
    busy_timeout: Duration,
    read_only: bool,
    /// None after it could not be rolled back.
    connection: Option<OpenConnection>,
    open_writers: Arc<AtomicU32>,
    known_users: KnownUsers,
    /// None where others write to the same runs.
    lengths: Option<RunLengths>,
}

/// A connection that the pool's status counts.
struct OpenConnection {
    connection: Connection,
    count: Arc<AtomicU32>,
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What SQLite answered.
struct Failure {
    error: PersistenceError,
    /// Whether it refused what it was given.
    is_rejection: bool,
}

impl From<rusqlite::Error> for Failure {
    fn from(cause: rusqlite::Error) -> Self {
        let code = cause
            .sqlite_error()
            .map_or(0, |error| error.extended_code.cast_unsigned() & 0xff);
        Self {
            is_rejection: error::is_sqlite_rejection(code),
            error: error::of_sqlite_code(code, Arc::new(cause)),
        }
    }
}

impl BatchWriter for SqliteBatchWriter {
    fn write(&mut self, jobs: &[Job<'_>]) -> Result<Written, BatchError> {
        let acquired = Instant::now();
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.connect().map_err(|e| BatchError::Failed(e.error))?,
        };
        let transaction = Transaction {
            connection: &connection.connection,
            known_users: &self.known_users,
            lengths: self.lengths.as_ref(),
            work: Observation::default(),
        };
        let outcome = transaction.commit(jobs);
        let usable = connection.connection.is_autocommit()
            || connection.connection.execute_batch("ROLLBACK").is_ok();
        if usable {
            self.connection = Some(connection);
        }
        match outcome {
            Ok(committed) => {
                self.known_users.remember(&committed.new_users);
                if let Some(lengths) = &self.lengths {
                    lengths.remember(&committed.lengths);
                }
                Ok(Written {
                    ids: committed.ids,
                    work: Observation {
                        connection_ns: nanoseconds_since(acquired),
                        ..committed.work
                    },
                })
            }
            Err(failure) => {
                self.forget(jobs);
                Err(match failure.is_rejection {
                    true => BatchError::Rejected(failure.error),
                    false => BatchError::Failed(failure.error),
                })
            }
        }
    }
}

impl SqliteBatchWriter {
    /// Opens a connection like the driver's: pragmas belong to a connection.
    fn connect(&self) -> Result<OpenConnection, Failure> {
        let access = match self.read_only {
            true => OpenFlags::SQLITE_OPEN_READ_ONLY,
            false => OpenFlags::SQLITE_OPEN_READ_WRITE,
        };
        // One thread at a time uses it.
        let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.file, flags)?;
        connection.busy_timeout(self.busy_timeout)?;
        connection.set_prepared_statement_cache_capacity(STATEMENT_CACHE);
        connection.execute_batch("PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL")?;
        check_durability(&connection)?;
        self.open_writers.fetch_add(1, Ordering::Relaxed);
        Ok(OpenConnection {
            connection,
            count: Arc::clone(&self.open_writers),
        })
    }

    /// Should a user or a snapshot have vanished behind the service's back, the next batch finds out.
    fn forget(&mut self, jobs: &[Job<'_>]) {
        self.known_users
            .forget(jobs.iter().map(|job| job.save.user_id.as_str()));
        if let Some(lengths) = &self.lengths {
            lengths.forget(jobs.iter().map(|job| job.save.run_id.as_str()));
        }
    }
}

/// What every connection that writes must have: see `connect_options`.
fn check_durability(connection: &Connection) -> Result<(), Failure> {
    let settings: (String, i64, bool) = connection.query_row(
        "SELECT journal_mode, synchronous, foreign_keys \
         FROM pragma_journal_mode, pragma_synchronous, pragma_foreign_keys",
        [],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )?;
    if settings == ("wal".to_owned(), 2, true) {
        return Ok(());
    }
    let (journal, synchronous, foreign_keys) = settings;
    let text = format!(
        "SQLite did not accept journal_mode=wal, synchronous=2, foreign_keys=true: it has {journal}, {synchronous}, {foreign_keys}"
    );
    Err(Failure {
        error: PersistenceError::Database(Arc::new(std::io::Error::other(text))),
        is_rejection: false,
    })
}

/// A batch on its way to the disk.
struct Transaction<'a> {
    connection: &'a Connection,
    known_users: &'a KnownUsers,
    lengths: Option<&'a RunLengths>,
    work: Observation,
}

struct Committed<'a> {
    ids: Vec<SnapshotId>,
    new_users: Vec<&'a str>,
    lengths: BTreeMap<&'a str, u32>,
    work: Observation,
}

impl Transaction<'_> {
    fn commit<'a>(mut self, jobs: &[Job<'a>]) -> Result<Committed<'a>, Failure> {
        let now = unix_milliseconds();
        let begun = self.execute("BEGIN IMMEDIATE");
        // Not a save's fault, whatever it is.
        begun.map_err(of_all)?;
        let new_users = self.insert_users(jobs, now)?;
        let ids = self.insert_snapshots(jobs, now)?;
        self.insert_audits(&ids, now)?;
        let lengths = self.prune(jobs)?;
        self.execute("COMMIT").map_err(of_all)?;
        self.work.commits = 1;
        Ok(Committed {
            ids,
            new_users,
            lengths,
            work: self.work,
        })
    }

    fn execute(&mut self, statement: &str) -> Result<(), Failure> {
        self.work.statements += 1;
        self.connection.prepare_cached(statement)?.execute([])?;
        Ok(())
    }

    fn insert_users<'a>(&mut self, jobs: &[Job<'a>], now: i64) -> Result<Vec<&'a str>, Failure> {
        let users: BTreeSet<&str> = jobs
            .iter()
            .map(|job| job.save.user_id.as_str())
            .filter(|user_id| !self.known_users.contains(user_id))
            .collect();
        for user_id in &users {
            let mut insert = self.connection.prepare_cached(INSERT_USER)?;
            self.work.rows_written += insert.execute(params![user_id, now])? as u64;
            self.work.statements += 1;
        }
        Ok(users.into_iter().collect())
    }

    fn insert_snapshots(&mut self, jobs: &[Job<'_>], now: i64) -> Result<Vec<SnapshotId>, Failure> {
        let mut insert = self.connection.prepare_cached(INSERT_SNAPSHOT)?;
        let mut ids = Vec::with_capacity(jobs.len());
        for Job { save } in jobs {
            let state_bytes = save.state.len();
            insert.execute(params![
                save.run_id,
                save.thread_id,
                save.user_id,
                save.state,
                Encoding::Json.as_str(),
                i64::try_from(state_bytes).unwrap_or(i64::MAX),
                save.checkpoint_type.as_str(),
                save.agent_phase,
                save.execution_context,
                save.is_recovery_point,
                save.expires_at,
                now,
            ])?;
            ids.push(SnapshotId(self.connection.last_insert_rowid()));
            self.work.bytes_written += state_bytes as u64;
        }
        self.work.statements += jobs.len() as u64;
        self.work.rows_written += jobs.len() as u64;
        Ok(ids)
    }

    /// Each record is begun and complete at once: nobody can see it before the commit.
    fn insert_audits(&mut self, ids: &[SnapshotId], now: i64) -> Result<(), Failure> {
        if let (Some(first), Some(last)) = (ids.first(), ids.last()) {
            let mut insert = self.connection.prepare_cached(INSERT_AUDITS)?;
            self.work.rows_written += insert.execute(params![now, first.0, last.0])? as u64;
            self.work.statements += 1;
        }
        Ok(())
    }

    /// Prunes the runs of the batch that have, or may have, more snapshots than are kept. Returns
    /// the lengths before that, where they are known.
    fn prune<'a>(&mut self, jobs: &[Job<'a>]) -> Result<BTreeMap<&'a str, u32>, Failure> {
        let mut saves: BTreeMap<&str, u32> = BTreeMap::new();
        for job in jobs {
            *saves.entry(&job.save.run_id).or_default() += 1;
        }
        let mut lengths = BTreeMap::new();
        for (run_id, saves) in saves {
            if let Some(known) = self.lengths {
                let length = match known.get(run_id) {
                    Some(before) => before.saturating_add(saves),
                    None => self.count(run_id, RETAINED_SNAPSHOTS.saturating_add(saves))?,
                };
                lengths.insert(run_id, length);
                if length <= RETAINED_SNAPSHOTS {
                    continue;
                }
            }
            let mut prune = self.connection.prepare_cached(PRUNE)?;
            self.work.rows_deleted += prune.execute(params![run_id, RETAINED_SNAPSHOTS])? as u64;
            self.work.statements += 1;
        }
        Ok(lengths)
    }

    /// Counts a run's snapshots, those of this batch included.
    fn count(&mut self, run_id: &str, most: u32) -> Result<u32, Failure> {
        self.work.statements += 1;
        let mut count = self.connection.prepare_cached(RUN_LENGTH)?;
        Ok(count.query_row(params![run_id, most], |row| row.get(0))?)
    }
}

fn of_all(failure: Failure) -> Failure {
    Failure {
        is_rejection: false,
        ..failure
    }
}
