//! Databases, requests and outside views for the tests.

use std::future::{Future, poll_fn};
use std::path::PathBuf;
use std::pin::Pin;
use std::process::Command;
use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{LazyLock, Mutex};
use std::task::Poll;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use persistence::{
    CheckpointType, Database, DatabaseOptions, OptimizedOptions, OptimizedService,
    PersistenceError, PostgresDatabase, SaveRequest, SnapshotId, StandardService, StatePersistence,
};
use sqlx::postgres::{PgConnectOptions, PgConnection};
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

/// A database of its own for a test, which goes with it.
pub(crate) struct TestDatabase {
    place: Place,
    /// Kept for the next look from outside.
    outside: Mutex<Option<Outside>>,
}

enum Place {
    /// In this folder.
    Sqlite(TempDir),
    /// In a schema of the server that `STATEBENCH_TEST_POSTGRES` names, or of the throw-away one of
    /// scripts/postgres.sh.
    Postgres(PostgresDatabase),
}

/// A connection that the service knows nothing about.
pub(crate) enum Outside {
    Sqlite(SqliteConnection),
    Postgres(Box<PgConnection>),
}

impl TestDatabase {
    /// On SQLite.
    pub(crate) fn new() -> Self {
        Self {
            place: Place::Sqlite(tempfile::tempdir().unwrap()),
            outside: Mutex::default(),
        }
    }

    pub(crate) fn postgres() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let schema = format!("test_{}_{number}", std::process::id());
        Self {
            place: Place::Postgres(PostgresDatabase {
                // By this name the test finds its own service's connections.
                url: format!("{}?application_name={schema}", postgres_url()),
                schema: Some(schema),
            }),
            outside: Mutex::default(),
        }
    }

    /// The file of a database on SQLite.
    pub(crate) fn path(&self) -> PathBuf {
        match &self.place {
            Place::Sqlite(folder) => folder.path().join("states.db"),
            Place::Postgres(_) => panic!("a schema has no file"),
        }
    }

    /// Short waits: a test that locks the database need not last.
    pub(crate) fn options(&self) -> DatabaseOptions {
        match &self.place {
            Place::Sqlite(_) => DatabaseOptions {
                statement_timeout: Duration::from_millis(50),
                ..DatabaseOptions::sqlite(self.path())
            },
            // Of every statement, the largest ones too.
            Place::Postgres(database) => DatabaseOptions {
                statement_timeout: Duration::from_millis(1500),
                acquire_timeout: Duration::from_secs(10),
                ..DatabaseOptions::new(Database::Postgres(database.clone()))
            },
        }
    }

    pub(crate) async fn open<S: Openable>(&self) -> S {
        S::open_with(&self.options()).await.unwrap()
    }

    async fn outside(&self) -> Outside {
        let kept = self.outside.lock().unwrap().take();
        match kept {
            Some(kept) => kept,
            None => self.new_outside().await,
        }
    }

    fn keep(&self, outside: Outside) {
        *self.outside.lock().unwrap() = Some(outside);
    }

    async fn new_outside(&self) -> Outside {
        match &self.place {
            Place::Sqlite(_) => Outside::Sqlite(
                SqliteConnectOptions::new()
                    .filename(self.path())
                    .connect()
                    .await
                    .unwrap(),
            ),
            Place::Postgres(database) => Outside::Postgres(Box::new(
                PgConnectOptions::from_str(&database.url)
                    .unwrap()
                    .application_name("outside")
                    .options([
                        ("search_path", database.schema.as_deref().unwrap()),
                        // Rather than wait for ever for what the service does not give back.
                        ("lock_timeout", "10s"),
                    ])
                    .connect()
                    .await
                    .unwrap(),
            )),
        }
    }

    /// Executes `sql` from outside.
    pub(crate) async fn execute(&self, sql: &str) {
        let mut outside = self.outside().await;
        outside.execute(sql).await;
        self.keep(outside);
    }

    /// The number that `sql` yields, seen from outside.
    pub(crate) async fn number(&self, sql: &str) -> i64 {
        let mut outside = self.outside().await;
        let query = AssertSqlSafe(sql);
        let number = match &mut outside {
            Outside::Sqlite(connection) => sqlx::query_scalar(query).fetch_one(connection).await,
            Outside::Postgres(connection) => {
                sqlx::query_scalar(query).fetch_one(&mut **connection).await
            }
        };
        self.keep(outside);
        number.unwrap()
    }

    async fn text(&self, sql: &str) -> Option<String> {
        let mut outside = self.outside().await;
        let query = AssertSqlSafe(sql);
        let text = match &mut outside {
            Outside::Sqlite(connection) => {
                sqlx::query_scalar(query).fetch_optional(connection).await
            }
            Outside::Postgres(connection) => {
                sqlx::query_scalar(query)
                    .fetch_optional(&mut **connection)
                    .await
            }
        };
        self.keep(outside);
        text.unwrap()
    }

    /// The run's latest state, seen from outside.
    pub(crate) async fn latest_state(&self, run_id: &str) -> Option<String> {
        let run_id = run_id.replace('\'', "''");
        self.text(&format!(
            "SELECT state FROM snapshots WHERE run_id = '{run_id}' AND encoding = 'json' ORDER BY id DESC LIMIT 1"
        ))
        .await
    }

    /// The state of a snapshot, seen from outside.
    pub(crate) async fn state_of(&self, snapshot_id: SnapshotId) -> Option<String> {
        self.text(&format!(
            "SELECT state FROM snapshots WHERE id = {snapshot_id}"
        ))
        .await
    }

    /// Saves whose state contains this text fail from now on, the transaction staying open ...
    pub(crate) async fn abort_writes_of(&self, text: &str) {
        match &self.place {
            Place::Sqlite(_) => self.reject_writes_of(text, "ABORT").await,
            Place::Postgres(_) => {
                self.execute(&format!(
                    "ALTER TABLE snapshots ADD CONSTRAINT rejected CHECK (state NOT LIKE '%{text}%') NOT VALID"
                ))
                .await;
            }
        }
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
        self.execute(match &self.place {
            Place::Sqlite(_) => "DROP TRIGGER rejected",
            Place::Postgres(_) => "ALTER TABLE snapshots DROP CONSTRAINT rejected",
        })
        .await;
    }

    /// Ends the connections of the service on PostgreSQL; returns how many there were.
    pub(crate) async fn end_connections(&self) -> i64 {
        let ended = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity";
        self.number(&format!("{ended} WHERE {}", self.is_of_service()))
            .await
    }

    /// How many connections of the service on PostgreSQL are inside a transaction and do nothing.
    pub(crate) async fn transactions_left_open(&self) -> i64 {
        let open = "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'";
        self.number(&format!("{open} AND {}", self.is_of_service()))
            .await
    }

    /// Of `pg_stat_activity`.
    fn is_of_service(&self) -> String {
        match &self.place {
            Place::Postgres(PostgresDatabase {
                schema: Some(schema),
                ..
            }) => format!("application_name = '{schema}'"),
            _ => panic!("SQLite has no connections that others could see"),
        }
    }

    /// Lets nobody else write until the connection is given to [`unlock`].
    pub(crate) async fn lock(&self) -> Outside {
        let mut outside = self.new_outside().await;
        outside
            .execute(match &self.place {
                Place::Sqlite(_) => "BEGIN IMMEDIATE",
                Place::Postgres(_) => "BEGIN; LOCK TABLE snapshots IN EXCLUSIVE MODE",
            })
            .await;
        outside
    }
}

/// Drops the schema.
impl Drop for TestDatabase {
    fn drop(&mut self) {
        let Place::Postgres(PostgresDatabase {
            url,
            schema: Some(schema),
        }) = &self.place
        else {
            return;
        };
        let drop_schema = format!(
            "SET lock_timeout = '5s'; SET client_min_messages = 'warning'; \
             DROP SCHEMA IF EXISTS \"{schema}\" CASCADE"
        );
        let connect = PgConnectOptions::from_str(url).unwrap();
        // On a thread of its own, since the test's may belong to a runtime.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let mut outside = Outside::Postgres(Box::new(connect.connect().await.unwrap()));
                outside.execute(&drop_schema).await;
                outside.close().await;
            });
        });
        let dropped = dropping.join();
        assert!(
            dropped.is_ok() || std::thread::panicking(),
            "the test's schema could not be dropped"
        );
    }
}

impl Outside {
    pub(crate) async fn execute(&mut self, sql: &str) {
        let query = sqlx::raw_sql(AssertSqlSafe(sql));
        match self {
            Self::Sqlite(connection) => query.execute(connection).await.map(drop),
            Self::Postgres(connection) => query.execute(&mut **connection).await.map(drop),
        }
        .unwrap();
    }

    pub(crate) async fn close(self) {
        match self {
            Self::Sqlite(connection) => connection.close().await,
            Self::Postgres(connection) => connection.close().await,
        }
        .unwrap();
    }
}

pub(crate) async fn unlock(mut outside: Outside) {
    outside.execute("ROLLBACK").await;
    outside.close().await;
}

fn postgres_url() -> String {
    static URL: LazyLock<String> = LazyLock::new(|| {
        if let Ok(url) = std::env::var("STATEBENCH_TEST_POSTGRES") {
            return url;
        }
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/postgres.sh");
        let answer = Command::new(script).arg("url").output().unwrap();
        assert!(
            answer.status.success(),
            "{script}: {}",
            String::from_utf8_lossy(&answer.stderr)
        );
        String::from_utf8(answer.stdout).unwrap().trim().to_owned()
    });
    URL.clone()
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
