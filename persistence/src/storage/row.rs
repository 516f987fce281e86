//! Rows as both databases give them.

use bytes::Bytes;
use sqlx::FromRow;

use crate::encoding::Encoding;
use crate::{LoadedState, PersistenceError, SnapshotId};

/// A row of `snapshots`.
#[derive(Debug, FromRow)]
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
