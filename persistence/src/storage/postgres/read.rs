//! Loading snapshots.

use super::PostgresStorage;
use crate::storage::row::SnapshotRow;
use crate::{LoadedState, PersistenceError, RunSummary, SnapshotId, ThreadContext, request};

const LATEST: &str = "SELECT id, run_id, thread_id, user_id, state, encoding, checkpoint_type, agent_phase, \
     execution_context, is_recovery_point, expires_at, created_at FROM snapshots WHERE run_id = $1 ORDER BY id DESC LIMIT 1";

const BY_ID: &str = "SELECT id, run_id, thread_id, user_id, state, encoding, checkpoint_type, agent_phase, \
     execution_context, is_recovery_point, expires_at, created_at FROM snapshots WHERE id = $1";

/// One statement, so that runs and user are of the same instant.
const RUNS_OF_THREAD: &str = "SELECT run_id, max(id) AS latest, count(*) AS snapshots, \
     (SELECT user_id FROM snapshots WHERE thread_id = $1 ORDER BY id DESC LIMIT 1) AS user_id \
     FROM snapshots WHERE thread_id = $1 GROUP BY run_id ORDER BY latest DESC";

impl PostgresStorage {
    pub(crate) async fn load_latest(
        &self,
        run_id: &str,
    ) -> Result<Option<LoadedState>, PersistenceError> {
        request::check_id("run_id", run_id)?;
        let mut connection = self.tested_connection().await?;
        let row: Option<SnapshotRow> = sqlx::query_as(LATEST)
            .bind(run_id)
            .fetch_optional(&mut *connection)
            .await?;
        row.map(TryInto::try_into).transpose()
    }

    pub(crate) async fn load_snapshot(
        &self,
        snapshot_id: SnapshotId,
    ) -> Result<Option<LoadedState>, PersistenceError> {
        let mut connection = self.tested_connection().await?;
        let row: Option<SnapshotRow> = sqlx::query_as(BY_ID)
            .bind(snapshot_id.0)
            .fetch_optional(&mut *connection)
            .await?;
        row.map(TryInto::try_into).transpose()
    }

    pub(crate) async fn thread_context(
        &self,
        thread_id: &str,
    ) -> Result<Option<ThreadContext>, PersistenceError> {
        request::check_id("thread_id", thread_id)?;
        let mut connection = self.tested_connection().await?;
        let rows: Vec<(String, i64, i64, String)> = sqlx::query_as(RUNS_OF_THREAD)
            .bind(thread_id)
            .fetch_all(&mut *connection)
            .await?;
        let Some((.., user_id)) = rows.first() else {
            return Ok(None);
        };
        let user_id = user_id.clone();
        let summary = |(run_id, latest, snapshots, _): (String, i64, i64, String)| RunSummary {
            run_id,
            latest: SnapshotId(latest),
            snapshots: snapshots.unsigned_abs(),
        };
        let runs: Vec<RunSummary> = rows.into_iter().map(summary).collect();
        Ok(Some(ThreadContext {
            thread_id: thread_id.to_owned(),
            user_id,
            snapshots: runs.iter().map(|run| run.snapshots).sum(),
            runs,
        }))
    }

    pub(crate) async fn is_latest(
        &self,
        run_id: &str,
        id: SnapshotId,
    ) -> Result<bool, PersistenceError> {
        let mut connection = self.tested_connection().await?;
        let latest: Option<i64> =
            sqlx::query_scalar("SELECT max(id) FROM snapshots WHERE run_id = $1")
                .bind(run_id)
                .fetch_one(&mut *connection)
                .await?;
        Ok(latest == Some(id.0))
    }
}
