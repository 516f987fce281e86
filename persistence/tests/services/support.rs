//! Databases, requests and outside views for the tests.

use std::future::{Future, poll_fn};
use std::path::PathBuf;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use persistence::{
    CheckpointType, DatabaseOptions, OptimizedOptions, OptimizedService, PersistenceError,
    SaveRequest, SnapshotId, StandardService, StatePersistence,
};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
use tempfile::TempDir;

/// A service that the contract's tests can open.
#[async_trait]
pub(crate) trait Openable: StatePersistence + Sized + 'static {
    async fn open_with(options: &DatabaseOptions) -> Result<Self, PersistenceError>;
}

#[async_trait]
impl Openable for StandardService {
    async fn open_with(options: &DatabaseOptions) -> Result<Self, PersistenceError> {
        Self::open(options).await
    }
}

#[async_trait]
impl Openable for OptimizedService {
    async fn open_with(options: &DatabaseOptions) -> Result<Self, PersistenceError> {
        Self::open(options, OptimizedOptions::default()).await
    }
}

/// A database in a folder of its own, which goes with it.
pub(crate) struct TestDatabase {
    folder: TempDir,
}

impl TestDatabase {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("states.db")
    }

    /// Short waits: a test that locks the database need not last.
    pub(crate) fn options(&self) -> DatabaseOptions {
        DatabaseOptions {
            busy_timeout: Duration::from_millis(50),
            ..DatabaseOptions::new(self.path())
        }
    }

    pub(crate) async fn open<S: Openable>(&self) -> S {
        S::open_with(&self.options()).await.unwrap()
    }

    /// A connection that the service knows nothing about.
    pub(crate) async fn outside(&self) -> SqliteConnection {
        SqliteConnectOptions::new()
            .filename(self.path())
            .connect()
            .await
            .unwrap()
    }

    /// Executes `sql` from outside.
    pub(crate) async fn execute(&self, sql: &str) {
        let mut connection = self.outside().await;
        sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(&mut connection)
            .await
            .unwrap();
        connection.close().await.unwrap();
    }

    /// The number that `sql` yields, seen from outside.
    pub(crate) async fn number(&self, sql: &str) -> i64 {
        let mut connection = self.outside().await;
        let number = sqlx::query_scalar(AssertSqlSafe(sql))
            .fetch_one(&mut connection)
            .await
            .unwrap();
        connection.close().await.unwrap();
        number
    }

    /// The run's latest state, seen from outside.
    pub(crate) async fn latest_state(&self, run_id: &str) -> Option<String> {
        let mut connection = self.outside().await;
        let state = sqlx::query_scalar("SELECT state FROM snapshots WHERE run_id = ? AND encoding = 'json' ORDER BY id DESC LIMIT 1")
            .bind(run_id)
            .fetch_optional(&mut connection)
            .await
            .unwrap();
        connection.close().await.unwrap();
        state
    }

    /// The state of a snapshot, seen from outside.
    pub(crate) async fn state_of(&self, snapshot_id: SnapshotId) -> Option<String> {
        let mut connection = self.outside().await;
        let state = sqlx::query_scalar("SELECT state FROM snapshots WHERE id = ?")
            .bind(snapshot_id.0)
            .fetch_optional(&mut connection)
            .await
            .unwrap();
        connection.close().await.unwrap();
        state
    }

    /// Saves whose state contains this text fail from now on, the transaction staying open ...
    pub(crate) async fn abort_writes_of(&self, text: &str) {
        self.reject_writes_of(text, "ABORT").await;
    }

    /// ... or rolled back by SQLite itself, as after a full disk.
    pub(crate) async fn roll_back_writes_of(&self, text: &str) {
        self.reject_writes_of(text, "ROLLBACK").await;
    }

    async fn reject_writes_of(&self, text: &str, how: &str) {
        self.execute(&format!(
            "CREATE TRIGGER rejected AFTER INSERT ON audit
             WHEN (SELECT state FROM snapshots WHERE id = NEW.snapshot_id) LIKE '%{text}%'
             BEGIN SELECT RAISE({how}, 'rejected by the test'); END"
        ))
        .await;
    }

    pub(crate) async fn accept_writes_again(&self) {
        self.execute("DROP TRIGGER rejected").await;
    }

    /// Holds the write lock until the connection is given to [`unlock`].
    pub(crate) async fn lock(&self) -> SqliteConnection {
        let mut connection = self.outside().await;
        sqlx::raw_sql("BEGIN IMMEDIATE")
            .execute(&mut connection)
            .await
            .unwrap();
        connection
    }
}

pub(crate) async fn unlock(mut connection: SqliteConnection) {
    sqlx::raw_sql("ROLLBACK")
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
}

/// An automatic checkpoint: one that may be deduplicated.
pub(crate) fn request(run_id: &str, state: &str) -> SaveRequest {
    SaveRequest {
        run_id: run_id.into(),
        thread_id: format!("thread of {run_id}"),
        user_id: "user".into(),
        state: Bytes::copy_from_slice(state.as_bytes()),
        checkpoint_type: CheckpointType::Auto,
        agent_phase: None,
        execution_context: None,
        is_recovery_point: false,
        expires_at: None,
    }
}

/// A small state in canonical form.
pub(crate) fn state(number: usize) -> String {
    format!(r#"{{"step":{number}}}"#)
}

/// Polls every future once, in order, so that all are under way in that order; then waits for each.
pub(crate) async fn run_concurrently<F: Future>(
    futures: impl IntoIterator<Item = F>,
) -> Vec<F::Output> {
    let mut futures: Vec<Pin<Box<F>>> = futures.into_iter().map(Box::pin).collect();
    let mut outputs: Vec<Option<F::Output>> = futures.iter().map(|_| None).collect();
    // Without tokio's budget, which would make some of many futures return before they queued up.
    tokio::task::unconstrained(poll_fn(|context| {
        for (future, output) in futures
            .iter_mut()
            .zip(&mut outputs)
            .filter(|(_, output)| output.is_none())
        {
            if let Poll::Ready(value) = future.as_mut().poll(context) {
                *output = Some(value);
            }
        }
        if outputs.iter().all(Option::is_some) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }))
    .await;
    outputs.into_iter().flatten().collect()
}

/// A caller that stops waiting: polls a future at most `polls` times, then lets `linger` pass,
/// during which the database goes on with what it was asked, and drops the future.
pub(crate) async fn give_up_after<F: Future>(
    polls: usize,
    linger: Duration,
    future: F,
) -> Option<F::Output> {
    let mut future = Box::pin(future);
    let mut left = polls;
    poll_fn(|context| {
        while left > 0 {
            left -= 1;
            match future.as_mut().poll(context) {
                Poll::Ready(value) => return Poll::Ready(Some(value)),
                Poll::Pending if left > 0 => return Poll::Pending,
                Poll::Pending => std::thread::sleep(linger),
            }
        }
        Poll::Ready(None)
    })
    .await
}
