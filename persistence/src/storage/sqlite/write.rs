//! The write transaction: the steps that services compose, each one statement, each counted.

use std::time::Instant;

use sqlx::pool::PoolConnection;
use sqlx::sqlite::SqliteQueryResult;
use sqlx::{Connection, Sqlite, Transaction};

use super::SqliteStorage;
use crate::encoding::Encoding;
use crate::request::AcceptedSave;
use crate::stopwatch::{nanoseconds_since, unix_milliseconds};
use crate::waiting::Waiting;
use crate::{Observation, PersistenceError, RETAINED_SNAPSHOTS, SnapshotId};

pub(super) const INSERT_USER: &str =
    "INSERT INTO users (id, created_at) VALUES (?, ?) ON CONFLICT DO NOTHING";

pub(super) const INSERT_SNAPSHOT: &str = "INSERT INTO snapshots (run_id, thread_id, user_id, state, encoding, \
     state_bytes, checkpoint_type, agent_phase, execution_context, is_recovery_point, expires_at, created_at) \
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

const INSERT_AUDIT: &str = "INSERT INTO audit (snapshot_id, run_id, user_id, action, status, started_at, completed_at) \
     VALUES (?, ?, ?, 'save', ?, ?, ?) RETURNING id";

const COMPLETE_AUDIT: &str = "UPDATE audit SET status = 'completed', completed_at = ? WHERE id = ?";

/// Both sub-query and deletion walk the index on (run_id, id) only.
pub(super) const PRUNE: &str = "DELETE FROM snapshots WHERE run_id = ?1 \
     AND id <= (SELECT id FROM snapshots WHERE run_id = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)";

impl SqliteStorage {
    /// The order of a run's saves is the order in which they queue for the single writer
    /// connection, which serves first come, first served.
    pub(crate) async fn save_alone(
        &self,
        save: &AcceptedSave,
        observation: &mut Observation,
    ) -> Result<SnapshotId, PersistenceError> {
        let waiting = Instant::now();
        let mut writer = self.writer().await?;
        observation.wait_ns = nanoseconds_since(waiting);

        let writing = Instant::now();
        let mut transaction = writer.begin(observation).await?;
        transaction.ensure_user(&save.user_id).await?;
        let snapshot_id = transaction.insert_snapshot(save).await?;
        let audit_id = transaction.start_audit(snapshot_id, save).await?;
        transaction.prune(&save.run_id).await?;
        transaction.complete_audit(audit_id).await?;
        transaction.commit().await?;
        observation.write_ns = nanoseconds_since(writing);
        drop(writer);
        observation.connection_ns = nanoseconds_since(writing);
        Ok(snapshot_id)
    }

    pub(crate) async fn is_latest(
        &self,
        run_id: &str,
        id: SnapshotId,
    ) -> Result<bool, PersistenceError> {
        let latest: Option<i64> =
            sqlx::query_scalar("SELECT max(id) FROM snapshots WHERE run_id = ?")
                .bind(run_id)
                .fetch_one(&self.readers)
                .await?;
        Ok(latest == Some(id.0))
    }

    /// Waits for the single connection that writes; first come, first served.
    pub(crate) async fn writer(&self) -> Result<Writer, PersistenceError> {
        let _waiting = Waiting::new(&self.waiting_for_writer);
        loop {
            let connection = self.writer.acquire().await?;
            if !connection.is_in_transaction() {
                return Ok(Writer { connection });
            }
            // After some failures (a full disk is one) SQLite rolls back by itself; the driver's
            // own rollback then fails and it believes for ever to be inside a transaction. Such a
            // connection is replaced.
            connection.close().await?;
        }
    }
}

/// The connection that writes, held by one save.
pub(crate) struct Writer {
    connection: PoolConnection<Sqlite>,
}

impl Writer {
    /// Begins a transaction that holds the write lock from its start, so that no later step finds
    /// the database locked.
    pub(crate) async fn begin<'a>(
        &'a mut self,
        observation: &'a mut Observation,
    ) -> Result<WriteTransaction<'a>, PersistenceError> {
        let transaction = self.connection.begin_with("BEGIN IMMEDIATE").await?;
        observation.statements += 1;
        Ok(WriteTransaction {
            transaction,
            observation,
        })
    }
}

/// A write transaction; dropped before [`commit`](Self::commit), it rolls back. Its work is counted
/// in an observation.
pub(crate) struct WriteTransaction<'a> {
    transaction: Transaction<'a, Sqlite>,
    observation: &'a mut Observation,
}

impl WriteTransaction<'_> {
    pub(crate) async fn ensure_user(&mut self, user_id: &str) -> Result<(), PersistenceError> {
        let result = sqlx::query(INSERT_USER)
            .bind(user_id)
            .bind(unix_milliseconds())
            .execute(&mut *self.transaction)
            .await?;
        self.count_written(&result);
        Ok(())
    }

    pub(crate) async fn insert_snapshot(
        &mut self,
        save: &AcceptedSave,
    ) -> Result<SnapshotId, PersistenceError> {
        let state_bytes = save.state.len();
        let inserted = sqlx::query(INSERT_SNAPSHOT)
            .bind(&save.run_id)
            .bind(&save.thread_id)
            .bind(&save.user_id)
            .bind(&save.state)
            .bind(Encoding::Json.as_str())
            .bind(i64::try_from(state_bytes).unwrap_or(i64::MAX))
            .bind(save.checkpoint_type.as_str())
            .bind(&save.agent_phase)
            .bind(&save.execution_context)
            .bind(save.is_recovery_point)
            .bind(save.expires_at)
            .bind(unix_milliseconds())
            .execute(&mut *self.transaction)
            .await?;
        self.count_inserted_row();
        self.observation.bytes_written += state_bytes as u64;
        Ok(SnapshotId(inserted.last_insert_rowid()))
    }

    /// Records that a save has begun; returns the record's id for
    /// [`complete_audit`](Self::complete_audit).
    pub(crate) async fn start_audit(
        &mut self,
        snapshot: SnapshotId,
        save: &AcceptedSave,
    ) -> Result<i64, PersistenceError> {
        self.insert_audit(snapshot, save, "started", None).await
    }

    pub(crate) async fn complete_audit(&mut self, audit_id: i64) -> Result<(), PersistenceError> {
        let result = sqlx::query(COMPLETE_AUDIT)
            .bind(unix_milliseconds())
            .bind(audit_id)
            .execute(&mut *self.transaction)
            .await?;
        self.count_written(&result);
        Ok(())
    }

    async fn insert_audit(
        &mut self,
        snapshot: SnapshotId,
        save: &AcceptedSave,
        status: &'static str,
        completed_at: Option<i64>,
    ) -> Result<i64, PersistenceError> {
        let id = sqlx::query_scalar(INSERT_AUDIT)
            .bind(snapshot.0)
            .bind(&save.run_id)
            .bind(&save.user_id)
            .bind(status)
            .bind(completed_at.unwrap_or_else(unix_milliseconds))
            .bind(completed_at)
            .fetch_one(&mut *self.transaction)
            .await?;
        self.count_inserted_row();
        Ok(id)
    }

    /// Keeps the newest [`RETAINED_SNAPSHOTS`] of the run.
    pub(crate) async fn prune(&mut self, run_id: &str) -> Result<(), PersistenceError> {
        let result = sqlx::query(PRUNE)
            .bind(run_id)
            .bind(RETAINED_SNAPSHOTS)
            .execute(&mut *self.transaction)
            .await?;
        self.observation.statements += 1;
        self.observation.rows_deleted += result.rows_affected();
        Ok(())
    }

    /// Makes the transaction durable.
    pub(crate) async fn commit(self) -> Result<(), PersistenceError> {
        self.transaction.commit().await?;
        self.observation.statements += 1;
        self.observation.commits += 1;
        Ok(())
    }

    fn count_written(&mut self, result: &SqliteQueryResult) {
        self.observation.statements += 1;
        self.observation.rows_written += result.rows_affected();
    }

    fn count_inserted_row(&mut self) {
        self.observation.statements += 1;
        self.observation.rows_written += 1;
    }
}
