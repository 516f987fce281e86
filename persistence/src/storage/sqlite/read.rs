//! Loading snapshots.

use super::SqliteStorage;
use crate::storage::row::SnapshotRow;
use crate::{LoadedState, PersistenceError, RunSummary, SnapshotId, ThreadContext, request};

const LATEST: &str = "SELECT id, run_id, thread_id, user_id, state, encoding, checkpoint_type, agent_phase, \
     execution_context, is_recovery_point, expires_at, created_at FROM snapshots WHERE run_id = ? ORDER BY id DESC LIMIT 1";

const BY_ID: &str = "SELECT id, run_id, thread_id, user_id, state, encoding, checkpoint_type, agent_phase, \
     execution_context, is_recovery_point, expires_at, created_at FROM snapshots WHERE id = ?";

const RUNS_OF_THREAD: &str = "SELECT run_id, max(id) AS latest, count(*) AS snapshots \
     FROM snapshots WHERE thread_id = ? GROUP BY run_id ORDER BY latest DESC";

impl SqliteStorage {
    pub(crate) async fn load_latest(
        &self,
        run_id: &str,
    ) -> Result<Option<LoadedState>, PersistenceError> {
        request::check_id("run_id", run_id)?;
        let row: Option<SnapshotRow> = sqlx::query_as(LATEST)
            .bind(run_id)
            .fetch_optional(&self.readers)
            .await?;
        row.map(TryInto::try_into).transpose()
    }

    pub(crate) async fn load_snapshot(
        &self,
        snapshot_id: SnapshotId,
    ) -> Result<Option<LoadedState>, PersistenceError> {
        let row: Option<SnapshotRow> = sqlx::query_as(BY_ID)
            .bind(snapshot_id.0)
            .fetch_optional(&self.readers)
            .await?;
        row.map(TryInto::try_into).transpose()
    }

    pub(crate) async fn thread_context(
        &self,
        thread_id: &str,
    ) -> Result<Option<ThreadContext>, PersistenceError> {
        request::check_id("thread_id", thread_id)?;
        // One read transaction, so that runs and user are of the same instant.
        let mut transaction = self.readers.begin().await?;
        let rows: Vec<(String, i64, i64)> = sqlx::query_as(RUNS_OF_THREAD)
            .bind(thread_id)
            .fetch_all(&mut *transaction)
            .await?;
        let summary = |(run_id, latest, snapshots): (String, i64, i64)| RunSummary {
            run_id,
            latest: SnapshotId(latest),
            snapshots: snapshots.unsigned_abs(),
        };
        let runs: Vec<RunSummary> = rows.into_iter().map(summary).collect();
        let Some(newest) = runs.first() else {
            return Ok(None);
        };
        let user_id = sqlx::query_scalar("SELECT user_id FROM snapshots WHERE id = ?")
            .bind(newest.latest.0)
            .fetch_one(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(Some(ThreadContext {
            thread_id: thread_id.to_owned(),
            user_id,
            snapshots: runs.iter().map(|run| run.snapshots).sum(),
            runs,
        }))
    }
}
