//! Rows as both databases give them.

use bytes::Bytes;
use sqlx::{ColumnIndex, Database, Decode, FromRow, Row, Type};

use crate::encoding::Encoding;
use crate::{LoadedState, PersistenceError, SnapshotId};

/// A row of `snapshots`.
#[derive(Debug)]
pub(super) struct SnapshotRow {
    id: i64,
    run_id: String,
    thread_id: String,
    user_id: String,
    state: String,
    encoding: String,
    checkpoint_type: String,
    agent_phase: Option<String>,
    execution_context: Option<String>,
    is_recovery_point: bool,
    expires_at: Option<i64>,
    created_at: i64,
}

impl<'r, R, D> FromRow<'r, R> for SnapshotRow
where
    D: Database,
    R: Row<Database = D>,
    &'static str: ColumnIndex<R>,
    i64: Decode<'r, D> + Type<D>,
    bool: Decode<'r, D> + Type<D>,
    String: Decode<'r, D> + Type<D>,
{
    fn from_row(row: &'r R) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.try_get("id")?,
            run_id: row.try_get("run_id")?,
            thread_id: row.try_get("thread_id")?,
            user_id: row.try_get("user_id")?,
            state: row.try_get("state")?,
            encoding: row.try_get("encoding")?,
            checkpoint_type: row.try_get("checkpoint_type")?,
            agent_phase: row.try_get("agent_phase")?,
            execution_context: row.try_get("execution_context")?,
            is_recovery_point: row.try_get("is_recovery_point")?,
            expires_at: row.try_get("expires_at")?,
            created_at: row.try_get("created_at")?,
        })
    }
}

impl TryFrom<SnapshotRow> for LoadedState {
    type Error = PersistenceError;

    fn try_from(row: SnapshotRow) -> Result<Self, PersistenceError> {
        let unknown = |column, value: &str| PersistenceError::UnknownValue {
            snapshot_id: row.id,
            column,
            value: value.to_owned(),
        };
        let encoding = row.encoding.parse();
        let state = match encoding.map_err(|_| unknown("encoding", &row.encoding))? {
            Encoding::Json => Bytes::from(row.state),
        };
        let checkpoint_type = row.checkpoint_type.parse();
        Ok(Self {
            snapshot_id: SnapshotId(row.id),
            checkpoint_type: checkpoint_type
                .map_err(|_| unknown("checkpoint_type", &row.checkpoint_type))?,
            run_id: row.run_id,
            thread_id: row.thread_id,
            user_id: row.user_id,
            state,
            agent_phase: row.agent_phase,
            execution_context: row.execution_context.map(Bytes::from),
            is_recovery_point: row.is_recovery_point,
            expires_at_ms: row.expires_at,
            created_at_ms: row.created_at,
        })
    }
}
