//! Many saves in one transaction: one statement inserts them all.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use sqlx::Connection;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use tokio::runtime::{Builder, Runtime};

use super::statistics::flush;
use super::{ATTEMPTS, PostgresStorage, connection, is_broken, pool_options};
use crate::encoding::Encoding;
use crate::stopwatch::{nanoseconds_since, unix_milliseconds};
use crate::storage::retention::{KnownUsers, RunLengths};
use crate::storage::{BatchError, BatchWriter, Job, Remembers, Written};
use crate::{Observation, PersistenceError, RETAINED_SNAPSHOTS, SnapshotId, sqlstate};

/// Connections that commit batches, where the pool has room for them.
const WRITERS: u32 = 2;

/// A connection idle for longer is tested before it is used: the server may have been restarted.
const TRUSTED_IDLE: Duration = Duration::from_millis(100);

const INSERT_USERS: &str = "INSERT INTO users (id, created_at) \
     SELECT id, $2 FROM unnest($1::TEXT[]) AS new (id) ON CONFLICT DO NOTHING";

const RUN_LENGTHS: &str =
    "SELECT run_id, count(*) FROM snapshots WHERE run_id = ANY($1) GROUP BY run_id";

/// The ids are given in the order of the jobs, so that sorted they belong to the jobs one by one.
const INSERT: &str = "WITH jobs AS ( \
       SELECT * FROM unnest($1::TEXT[], $2::TEXT[], $3::TEXT[], $4::TEXT[], $5::BIGINT[], $6::TEXT[], \
         $7::TEXT[], $8::TEXT[], $9::BOOLEAN[], $10::BIGINT[]) WITH ORDINALITY \
       AS job (run_id, thread_id, user_id, state, state_bytes, checkpoint_type, agent_phase, \
         execution_context, is_recovery_point, expires_at, place) \
     ), inserted AS ( \
       INSERT INTO snapshots (run_id, thread_id, user_id, state, encoding, state_bytes, checkpoint_type, \
         agent_phase, execution_context, is_recovery_point, expires_at, created_at) \
       SELECT run_id, thread_id, user_id, state, $11, state_bytes, checkpoint_type, agent_phase, \
         execution_context, is_recovery_point, expires_at, $12 FROM jobs ORDER BY place \
       RETURNING id, run_id, user_id \
     ), audited AS ( \
       INSERT INTO audit (snapshot_id, run_id, user_id, action, status, started_at, completed_at) \
       SELECT id, run_id, user_id, 'save', 'completed', $12, $12 FROM inserted \
     ) SELECT id FROM inserted";

/// Walks the index on (run_id, id) only, once for each run.
const PRUNE_RUNS: &str = "DELETE FROM snapshots USING ( \
       SELECT run_id, (SELECT id FROM snapshots AS kept WHERE kept.run_id = too_long.run_id \
         ORDER BY id DESC LIMIT 1 OFFSET $2) AS newest_too_many \
       FROM unnest($1::TEXT[]) AS too_long (run_id) \
     ) AS pruned WHERE snapshots.run_id = pruned.run_id AND snapshots.id <= pruned.newest_too_many";

impl PostgresStorage {
    pub(crate) async fn batch_writers(
        &self,
        remembers: Remembers,
    ) -> Result<Vec<Box<dyn BatchWriter>>, PersistenceError> {
        let count = WRITERS.min(self.pool_size - 1);
        self.beside_writers.get_or_init(|| {
            pool_options(self.acquire_timeout, self.pool_size - count)
                .connect_lazy_with(self.connect.clone())
        });
        self.pool.close().await;

        let lengths = RunLengths::default();
        let mut writers: Vec<Box<dyn BatchWriter>> = Vec::new();
        for _ in 0..count {
            let writer = PostgresBatchWriter::new(Session {
                connect: self.connect.clone(),
                connect_timeout: self.acquire_timeout,
                connection: None,
                open_writers: Arc::clone(&self.open_writers),
                known_users: KnownUsers::new(remembers.users),
                lengths: remembers.run_lengths.then(|| lengths.clone()),
            })?;
            writers.push(Box::new(writer));
        }
        Ok(writers)
    }
}

/// Drives its connection itself, on the thread that uses it: what the server answers wakes that
/// thread and no other.
pub(super) struct PostgresBatchWriter {
    /// None only while it is dropped.
    runtime: Option<Runtime>,
    session: Session,
}

impl PostgresBatchWriter {
    fn new(session: Session) -> Result<Self, PersistenceError> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| PersistenceError::Unavailable(Arc::new(error)))?;
        Ok(Self {
            runtime: Some(runtime),
            session,
        })
    }
}

impl BatchWriter for PostgresBatchWriter {
    fn write(&mut self, jobs: &[Job<'_>]) -> Result<Written, BatchError> {
        let runtime = self.runtime.as_ref().expect("there until it is dropped");
        runtime.block_on(self.session.write(jobs))
    }

    fn flush_statistics(&mut self) -> Result<u64, PersistenceError> {
        let runtime = self.runtime.as_ref().expect("there until it is dropped");
        Ok(runtime.block_on(self.session.flush_statistics())?)
    }
}

/// A runtime that waited for its tasks could not be dropped where an async function is running.
impl Drop for PostgresBatchWriter {
    fn drop(&mut self) {
        self.session.connection = None;
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// The connection, and what is remembered.
struct Session {
    connect: PgConnectOptions,
    connect_timeout: Duration,
    /// None until it is needed, and after it broke.
    connection: Option<OpenConnection>,
    open_writers: Arc<AtomicU32>,
    known_users: KnownUsers,
    /// None where others write to the same runs.
    lengths: Option<RunLengths>,
}

impl Session {
    async fn write(&mut self, jobs: &[Job<'_>]) -> Result<Written, BatchError> {
        let mut left = ATTEMPTS;
        loop {
            left -= 1;
            let error = match self.try_to_write(jobs).await {
                Ok(written) => return Ok(written),
                Err(error) => error,
            };
            self.forget(jobs);
            let code = sqlstate::sqlstate(&error).unwrap_or_default();
            // Another transaction came in between, or a user was deleted behind the service's back:
            // with everything forgotten the same batch may succeed.
            let may_succeed = sqlstate::is_conflict(code) || sqlstate::is_missing_reference(code);
            if left == 0 || !may_succeed {
                return Err(match sqlstate::is_rejection(code) {
                    true => BatchError::Rejected(error.into()),
                    false => BatchError::Failed(error.into()),
                });
            }
        }
    }

    async fn try_to_write(&mut self, jobs: &[Job<'_>]) -> Result<Written, sqlx::Error> {
        let acquired = Instant::now();
        let mut connection = self.ready_connection().await?;
        let needed = self.needed(jobs);
        let mut work = Observation::default();
        let writing = Instant::now();
        let outcome = commit(&mut connection.connection, jobs, needed, &mut work).await;
        if !matches!(&outcome, Err(error) if is_broken(error)) {
            connection.last_used = Instant::now();
            self.connection = Some(connection);
        }
        let committed = outcome?;
        self.known_users.remember(&committed.new_users);
        if let Some(lengths) = &self.lengths {
            lengths.remember(&committed.lengths);
        }
        work.commits = 1;
        work.write_ns = nanoseconds_since(writing);
        work.connection_ns = nanoseconds_since(acquired);
        Ok(Written {
            ids: committed.ids,
            work,
        })
    }

    /// Not by way of [`ready_connection`](Self::ready_connection): a test would be a transaction
    /// more, and a session that is not there has nothing to tell.
    async fn flush_statistics(&mut self) -> Result<u64, sqlx::Error> {
        let Some(open) = &mut self.connection else {
            return Ok(0);
        };
        flush(&mut open.connection).await?;
        open.last_used = Instant::now();
        Ok(1)
    }

    async fn ready_connection(&mut self) -> Result<OpenConnection, sqlx::Error> {
        if let Some(mut connection) = self.connection.take()
            && (connection.last_used.elapsed() < TRUSTED_IDLE
                || connection.connection.ping().await.is_ok())
        {
            return Ok(connection);
        }
        let connection = connection(&self.connect, self.connect_timeout).await?;
        Ok(OpenConnection::new(connection, &self.open_writers))
    }

    fn needed<'a>(&self, jobs: &[Job<'a>]) -> Needed<'a> {
        let mut users = BTreeSet::new();
        let mut runs: BTreeMap<&str, u32> = BTreeMap::new();
        for job in jobs {
            if !self.known_users.contains(&job.save.user_id) {
                users.insert(job.save.user_id.as_str());
            }
            *runs.entry(&job.save.run_id).or_default() += 1;
        }
        let lengths = self.lengths.as_ref().map(|known| {
            runs.keys()
                .filter_map(|run_id| Some((*run_id, known.get(run_id)?)))
                .collect()
        });
        Needed {
            new_users: users.into_iter().collect(),
            runs,
            lengths,
        }
    }

    fn forget(&mut self, jobs: &[Job<'_>]) {
        self.known_users
            .forget(jobs.iter().map(|job| job.save.user_id.as_str()));
        if let Some(lengths) = &self.lengths {
            lengths.forget(jobs.iter().map(|job| job.save.run_id.as_str()));
        }
    }
}

/// A connection that the pool's status counts.
struct OpenConnection {
    connection: PgConnection,
    last_used: Instant,
    count: Arc<AtomicU32>,
}

impl OpenConnection {
    fn new(connection: PgConnection, count: &Arc<AtomicU32>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self {
            connection,
            last_used: Instant::now(),
            count: Arc::clone(count),
        }
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What a batch needs beside its insertion.
struct Needed<'a> {
    /// In the order of their names, so that two batches never wait for each other in a circle.
    new_users: Vec<&'a str>,
    /// How many saves of each run there are.
    runs: BTreeMap<&'a str, u32>,
    /// How many snapshots runs have, as far as it is known. None: it cannot be known.
    lengths: Option<BTreeMap<&'a str, u32>>,
}

impl<'a> Needed<'a> {
    fn runs_of_unknown_length(&self) -> Vec<&'a str> {
        let is_unknown = |run_id: &&str| {
            self.lengths
                .as_ref()
                .is_some_and(|lengths| !lengths.contains_key(run_id))
        };
        self.runs.keys().copied().filter(is_unknown).collect()
    }

    /// The length of each run once the batch is committed, before it is pruned.
    fn lengths_afterwards(&self) -> BTreeMap<&'a str, u32> {
        let Some(lengths) = &self.lengths else {
            return BTreeMap::new();
        };
        let runs = self.runs.iter();
        runs.map(|(run_id, saves)| (*run_id, lengths.get(run_id).unwrap_or(&0) + saves))
            .collect()
    }

    /// In the order of their names, as the users.
    fn runs_to_prune(&self) -> Vec<&'a str> {
        if self.lengths.is_none() {
            return self.runs.keys().copied().collect();
        }
        let afterwards = self.lengths_afterwards().into_iter();
        let too_long = afterwards.filter(|(_, length)| *length > RETAINED_SNAPSHOTS);
        too_long.map(|(run_id, _)| run_id).collect()
    }

    fn is_nothing(&self) -> bool {
        self.new_users.is_empty()
            && self.runs_of_unknown_length().is_empty()
            && self.runs_to_prune().is_empty()
    }
}

struct Committed<'a> {
    ids: Vec<SnapshotId>,
    new_users: Vec<&'a str>,
    lengths: BTreeMap<&'a str, u32>,
}

async fn commit<'a>(
    connection: &mut PgConnection,
    jobs: &[Job<'a>],
    mut needed: Needed<'a>,
    work: &mut Observation,
) -> Result<Committed<'a>, sqlx::Error> {
    let ids = if needed.is_nothing() {
        // Alone it is a transaction of its own: one round trip, the commit included.
        insert(connection, jobs, work).await?
    } else {
        let mut transaction = connection.begin().await?;
        let steps = in_steps(&mut transaction, jobs, &mut needed, work).await;
        match steps {
            Ok(ids) => {
                transaction.commit().await?;
                work.statements += 2;
                ids
            }
            Err(error) => {
                // At once, not with the next batch: until then the server waits for it.
                let _ = transaction.rollback().await;
                return Err(error);
            }
        }
    };
    Ok(Committed {
        ids,
        lengths: needed.lengths_afterwards(),
        new_users: needed.new_users,
    })
}

async fn in_steps(
    connection: &mut PgConnection,
    jobs: &[Job<'_>],
    needed: &mut Needed<'_>,
    work: &mut Observation,
) -> Result<Vec<SnapshotId>, sqlx::Error> {
    if !needed.new_users.is_empty() {
        let inserted = sqlx::query(INSERT_USERS)
            .bind(&needed.new_users)
            .bind(unix_milliseconds())
            .execute(&mut *connection)
            .await?;
        work.statements += 1;
        work.rows_written += inserted.rows_affected();
    }
    learn_lengths(connection, needed, work).await?;
    let ids = insert(connection, jobs, work).await?;
    let runs = needed.runs_to_prune();
    if !runs.is_empty() {
        let pruned = sqlx::query(PRUNE_RUNS)
            .bind(&runs)
            .bind(i64::from(RETAINED_SNAPSHOTS))
            .execute(&mut *connection)
            .await?;
        work.statements += 1;
        work.rows_deleted += pruned.rows_affected();
    }
    Ok(ids)
}

async fn learn_lengths(
    connection: &mut PgConnection,
    needed: &mut Needed<'_>,
    work: &mut Observation,
) -> Result<(), sqlx::Error> {
    let unknown = needed.runs_of_unknown_length();
    let Some(lengths) = needed.lengths.as_mut().filter(|_| !unknown.is_empty()) else {
        return Ok(());
    };
    let found: Vec<(String, i64)> = sqlx::query_as(RUN_LENGTHS)
        .bind(&unknown)
        .fetch_all(connection)
        .await?;
    work.statements += 1;
    let found: BTreeMap<String, i64> = found.into_iter().collect();
    for run_id in unknown {
        let length = found.get(run_id).copied().unwrap_or(0);
        lengths.insert(run_id, u32::try_from(length).unwrap_or(u32::MAX / 2));
    }
    Ok(())
}

async fn insert(
    connection: &mut PgConnection,
    jobs: &[Job<'_>],
    work: &mut Observation,
) -> Result<Vec<SnapshotId>, sqlx::Error> {
    let saves = || jobs.iter().map(|job| job.save);
    let state_bytes: Vec<i64> = saves()
        .map(|save| i64::try_from(save.state.len()).unwrap_or(i64::MAX))
        .collect();
    let mut ids: Vec<i64> = sqlx::query_scalar(INSERT)
        .bind(saves().map(|save| save.run_id.as_str()).collect::<Vec<_>>())
        .bind(
            saves()
                .map(|save| save.thread_id.as_str())
                .collect::<Vec<_>>(),
        )
        .bind(
            saves()
                .map(|save| save.user_id.as_str())
                .collect::<Vec<_>>(),
        )
        .bind(saves().map(|save| save.state.as_str()).collect::<Vec<_>>())
        .bind(&state_bytes)
        .bind(
            saves()
                .map(|save| save.checkpoint_type.as_str())
                .collect::<Vec<_>>(),
        )
        .bind(
            saves()
                .map(|save| save.agent_phase.as_deref())
                .collect::<Vec<_>>(),
        )
        .bind(
            saves()
                .map(|save| save.execution_context.as_deref())
                .collect::<Vec<_>>(),
        )
        .bind(
            saves()
                .map(|save| save.is_recovery_point)
                .collect::<Vec<_>>(),
        )
        .bind(saves().map(|save| save.expires_at).collect::<Vec<_>>())
        .bind(Encoding::Json.as_str())
        .bind(unix_milliseconds())
        .fetch_all(connection)
        .await?;
    if ids.len() != jobs.len() {
        let found = format!(
            "{} snapshots were inserted for {} saves",
            ids.len(),
            jobs.len()
        );
        return Err(sqlx::Error::Protocol(found));
    }
    ids.sort_unstable();
    work.statements += 1;
    // Each with its audit record.
    work.rows_written += 2 * ids.len() as u64;
    work.bytes_written += saves().map(|save| save.state.len() as u64).sum::<u64>();
    Ok(ids.into_iter().map(SnapshotId).collect())
}
