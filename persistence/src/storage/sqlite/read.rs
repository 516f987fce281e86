//! Loading snapshots.

use bytes::Bytes;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::SqliteStorage;
use crate::encoding::Encoding;
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
        let row = sqlx::query(LATEST)
            .bind(run_id)
            .fetch_optional(&self.readers)
            .await?;
        row.as_ref().map(loaded_state).transpose()
    }

    pub(crate) async fn load_snapshot(
        &self,
        snapshot_id: SnapshotId,
    ) -> Result<Option<LoadedState>, PersistenceError> {
        let row = sqlx::query(BY_ID)
            .bind(snapshot_id.0)
            .fetch_optional(&self.readers)
            .await?;
        row.as_ref().map(loaded_state).transpose()
    }

    pub(crate) async fn thread_context(
        &self,
        thread_id: &str,
    ) -> Result<Option<ThreadContext>, PersistenceError> {
        request::check_id("thread_id", thread_id)?;
        // One read transaction, so that runs and user are of the same instant.
        let mut transaction = self.readers.begin().await?;
        let rows = sqlx::query(RUNS_OF_THREAD)
            .bind(thread_id)
            .fetch_all(&mut *transaction)
            .await?;
        let runs = rows
            .iter()
            .map(run_summary)
            .collect::<Result<Vec<_>, _>>()?;
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

fn run_summary(row: &SqliteRow) -> Result<RunSummary, PersistenceError> {
    let snapshots: i64 = row.try_get("snapshots")?;
    Ok(RunSummary {
        run_id: row.try_get("run_id")?,
        latest: SnapshotId(row.try_get("latest")?),
        snapshots: snapshots.unsigned_abs(),
    })
}

fn loaded_state(row: &SqliteRow) -> Result<LoadedState, PersistenceError> {
    let id: i64 = row.try_get("id")?;
    let unknown = |column, value: &str| PersistenceError::UnknownValue {
        snapshot_id: id,
        column,
        value: value.to_owned(),
    };

    let encoding: &str = row.try_get("encoding")?;
    let state: String = match encoding
        .parse()
        .map_err(|_| unknown("encoding", encoding))?
    {
        Encoding::Json => row.try_get("state")?,
    };
    let checkpoint_type: &str = row.try_get("checkpoint_type")?;
    let execution_context: Option<String> = row.try_get("execution_context")?;
    Ok(LoadedState {
        snapshot_id: SnapshotId(id),
        run_id: row.try_get("run_id")?,
        thread_id: row.try_get("thread_id")?,
        user_id: row.try_get("user_id")?,
        state: Bytes::from(state),
        checkpoint_type: checkpoint_type
            .parse()
            .map_err(|_| unknown("checkpoint_type", checkpoint_type))?,
        agent_phase: row.try_get("agent_phase")?,
        execution_context: execution_context.map(Bytes::from),
        is_recovery_point: row.try_get("is_recovery_point")?,
        expires_at_ms: row.try_get("expires_at")?,
        created_at_ms: row.try_get("created_at")?,
    })
}
