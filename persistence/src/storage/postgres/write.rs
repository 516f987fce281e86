//! One save, one transaction: the standard one, each step a prepared statement.

use std::time::Instant;

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnection, Postgres};
use sqlx::{Connection, Transaction};

use super::{ATTEMPTS, PostgresStorage, is_broken};
use crate::encoding::Encoding;
use crate::request::AcceptedSave;
use crate::stopwatch::{nanoseconds_since, unix_milliseconds};
use crate::waiting::Waiting;
use crate::{Observation, PersistenceError, RETAINED_SNAPSHOTS, SnapshotId, sqlstate};

const INSERT_USER: &str =
    "INSERT INTO users (id, created_at) VALUES ($1, $2) ON CONFLICT DO NOTHING";

const INSERT_SNAPSHOT: &str = "INSERT INTO snapshots (run_id, thread_id, user_id, state, encoding, \
     state_bytes, checkpoint_type, agent_phase, execution_context, is_recovery_point, expires_at, created_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING id";

const START_AUDIT: &str = "INSERT INTO audit (snapshot_id, run_id, user_id, action, status, started_at) \
     VALUES ($1, $2, $3, 'save', 'started', $4) RETURNING id";

const COMPLETE_AUDIT: &str =
    "UPDATE audit SET status = 'completed', completed_at = $1 WHERE id = $2";

/// Both sub-query and deletion walk the index on (run_id, id) only.
const PRUNE: &str = "DELETE FROM snapshots WHERE run_id = $1 \
     AND id <= (SELECT id FROM snapshots WHERE run_id = $1 ORDER BY id DESC LIMIT 1 OFFSET $2)";

impl PostgresStorage {
    /// The order of a run's saves is the order in which they queue for its turn: on connections of
    /// their own they could overtake each other.
    pub(crate) async fn save_alone(
        &self,
        save: &AcceptedSave,
        observation: &mut Observation,
    ) -> Result<SnapshotId, PersistenceError> {
        let waiting = Instant::now();
        let _turn = self.turns.take(&save.run_id).await;
        let mut left = ATTEMPTS.max(self.pool_size + 1);
        loop {
            left -= 1;
            let mut connection = Unfinished::new(self.connection().await?);
            observation.wait_ns = nanoseconds_since(waiting);
            let acquired = Instant::now();
            let outcome = match connection.borrow().begin().await {
                Ok(transaction) => write(transaction, save, observation)
                    .await
                    .map_err(|error| (Stage::Writing, error)),
                Err(error) => Err((Stage::Beginning, error)),
            };
            let (stage, error) = match outcome {
                Ok(id) => {
                    observation.write_ns = nanoseconds_since(acquired);
                    connection.finish();
                    observation.connection_ns = nanoseconds_since(acquired);
                    return Ok(id);
                }
                Err(failure) => failure,
            };
            if !is_broken(&error) {
                connection.finish();
            }
            if left == 0 || !stage.may_be_repeated_after(&error) {
                return Err(error.into());
            }
        }
    }

    async fn connection(&self) -> Result<PoolConnection<Postgres>, PersistenceError> {
        let _waiting = Waiting::new(&self.waiting);
        Ok(self.pool().acquire().await?)
    }
}

/// A connection in the middle of a save. Dropped so, because it broke or because the caller stopped
/// waiting, it is closed rather than given back: a `BEGIN` that nobody waited for would leave it
/// inside a transaction without the driver's knowledge.
struct Unfinished(Option<PoolConnection<Postgres>>);

impl Unfinished {
    fn new(connection: PoolConnection<Postgres>) -> Self {
        Self(Some(connection))
    }

    fn borrow(&mut self) -> &mut PgConnection {
        self.0.as_mut().expect("there until it is finished")
    }

    /// Gives it back to the pool.
    fn finish(mut self) {
        self.0 = None;
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some(connection) = self.0.take() {
            drop(connection.detach());
        }
    }
}

/// How far a transaction got.
enum Stage {
    Beginning,
    Writing,
}

impl Stage {
    /// Where nothing can have been written: the connection had broken while it was idle, as all do
    /// when the server is restarted, or the database undid the transaction for the sake of another.
    fn may_be_repeated_after(&self, error: &sqlx::Error) -> bool {
        match self {
            Self::Beginning => is_broken(error),
            Self::Writing => sqlstate::sqlstate(error).is_some_and(sqlstate::is_conflict),
        }
    }
}

/// Dropped half-way, the transaction rolls back.
async fn write(
    mut transaction: Transaction<'_, Postgres>,
    save: &AcceptedSave,
    observation: &mut Observation,
) -> Result<SnapshotId, sqlx::Error> {
    observation.statements += 1;
    ensure_user(&mut transaction, &save.user_id, observation).await?;
    let snapshot_id = insert_snapshot(&mut transaction, save, observation).await?;
    let audit_id: i64 = sqlx::query_scalar(START_AUDIT)
        .bind(snapshot_id.0)
        .bind(&save.run_id)
        .bind(&save.user_id)
        .bind(unix_milliseconds())
        .fetch_one(&mut *transaction)
        .await?;
    observation.statements += 1;
    observation.rows_written += 1;
    let pruned = sqlx::query(PRUNE)
        .bind(&save.run_id)
        .bind(i64::from(RETAINED_SNAPSHOTS))
        .execute(&mut *transaction)
        .await?;
    observation.statements += 1;
    observation.rows_deleted += pruned.rows_affected();
    let completed = sqlx::query(COMPLETE_AUDIT)
        .bind(unix_milliseconds())
        .bind(audit_id)
        .execute(&mut *transaction)
        .await?;
    observation.statements += 1;
    observation.rows_written += completed.rows_affected();
    transaction.commit().await?;
    observation.statements += 1;
    observation.commits += 1;
    Ok(snapshot_id)
}

async fn ensure_user(
    connection: &mut PgConnection,
    user_id: &str,
    observation: &mut Observation,
) -> Result<(), sqlx::Error> {
    let inserted = sqlx::query(INSERT_USER)
        .bind(user_id)
        .bind(unix_milliseconds())
        .execute(connection)
        .await?;
    observation.statements += 1;
    observation.rows_written += inserted.rows_affected();
    Ok(())
}

async fn insert_snapshot(
    connection: &mut PgConnection,
    save: &AcceptedSave,
    observation: &mut Observation,
) -> Result<SnapshotId, sqlx::Error> {
    let state_bytes = save.state.len();
    let id = sqlx::query_scalar(INSERT_SNAPSHOT)
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
        .fetch_one(connection)
        .await?;
    observation.statements += 1;
    observation.rows_written += 1;
    observation.bytes_written += state_bytes as u64;
    Ok(SnapshotId(id))
}
