//! Snapshots in a schema of a PostgreSQL database, or of one that speaks its protocol. A pool of
//! connections writes and reads; connections of their own commit batches.
//!
//! The SQL keeps to what CockroachDB and YugabyteDB take: no advisory locks, no `ctid`, no stored
//! procedures, no two modifications of one table in one statement.

mod batch;
mod inspect;
mod migrate;
mod read;
mod statistics;
mod write;

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions, PgSslMode, Postgres};
use sqlx::{ConnectOptions, Connection};

use crate::optimized::turns::Turns;
use crate::{DatabaseOptions, PersistenceError, PoolStatus, PostgresDatabase, sqlstate};

/// Prepared statements kept per connection: more than the services have.
const STATEMENT_CACHE: usize = 32;

/// How PostgreSQL's own views name these connections, unless the URL says otherwise.
const APPLICATION_NAME: &str = "statebench";

/// PostgreSQL's limit for names.
const MAX_SCHEMA_BYTES: usize = 63;

/// How often a transaction is tried that is in conflict with others.
const ATTEMPTS: u32 = 5;

/// The open database.
pub(crate) struct PostgresStorage {
    /// Without password.
    name: String,
    connect: PgConnectOptions,
    pool_size: u32,
    acquire_timeout: Duration,
    pool: PgPool,
    /// The smaller pool that replaces the first one where some connections commit batches.
    beside_writers: OnceLock<PgPool>,
    open_writers: Arc<AtomicU32>,
    turns: Turns,
    waiting: AtomicU32,
}

impl PostgresStorage {
    pub(crate) async fn open(
        database: &PostgresDatabase,
        options: &DatabaseOptions,
    ) -> Result<Self, PersistenceError> {
        let connect = connect_options(database, options)?;
        let name = database.to_string();
        // The pool would try for as long as it may wait for a connection.
        let mut first = connection(&connect, options.acquire_timeout)
            .await
            .map_err(|error| cannot_open(&name, error))?;
        migrate::bring_up_to_date(&mut first, database.schema.as_deref(), options.read_only)
            .await
            .map_err(|error| match error {
                migrate::Failure::Refused(refusal) => refusal,
                migrate::Failure::Database(cause) => cannot_open(&name, cause),
            })?;
        // It has done its work; what is wrong with its farewell says nothing about the database.
        let _ = first.close().await;
        Ok(Self {
            pool: pool_options(options.acquire_timeout, options.pool_size)
                .connect_lazy_with(connect.clone()),
            name,
            connect,
            pool_size: options.pool_size,
            acquire_timeout: options.acquire_timeout,
            beside_writers: OnceLock::new(),
            open_writers: Arc::default(),
            turns: Turns::default(),
            waiting: AtomicU32::new(0),
        })
    }

    pub(crate) fn pool_status(&self) -> PoolStatus {
        let pool = self.pool();
        // The pool's idle counter lags behind its queue and can wrap below zero for a moment: that
        // reads as none.
        let idle = u32::try_from(pool.num_idle()).map_or(0, |idle| idle.min(pool.size()));
        PoolStatus {
            size: self.pool_size,
            open: pool.size() + self.open_writers.load(Ordering::Relaxed),
            idle,
            waiting: self.waiting.load(Ordering::Relaxed),
        }
    }

    pub(crate) async fn close(&self) {
        self.pool().close().await;
    }

    fn pool(&self) -> &PgPool {
        self.beside_writers.get().unwrap_or(&self.pool)
    }

    /// A connection that answered just now: one that broke while it was idle, as all do when the
    /// server is restarted, is replaced.
    async fn tested_connection(&self) -> Result<PoolConnection<Postgres>, PersistenceError> {
        let mut left = self.pool_size;
        loop {
            let mut connection = self.pool().acquire().await?;
            match connection.ping().await {
                Ok(()) => return Ok(connection),
                Err(error) if left > 0 && is_broken(&error) => drop(connection.detach()),
                Err(error) => return Err(error.into()),
            }
            left -= 1;
        }
    }
}

/// Without the connection's options, which hold the password.
impl fmt::Debug for PostgresStorage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("PostgresStorage")
            .field("name", &self.name)
            .field("pool", self.pool())
            .finish_non_exhaustive()
    }
}

/// Everything that a connection is to be set to is part of its start, so that no connection is ever
/// used without it.
fn connect_options(
    database: &PostgresDatabase,
    options: &DatabaseOptions,
) -> Result<PgConnectOptions, PersistenceError> {
    let connect = PgConnectOptions::from_str(&database.url).map_err(|error| {
        PersistenceError::invalid_field("database", format!("its URL cannot be read: {error}"))
    })?;
    if matches!(
        connect.get_ssl_mode(),
        PgSslMode::Require | PgSslMode::VerifyCa | PgSslMode::VerifyFull
    ) {
        return Err(PersistenceError::invalid_field(
            "database",
            "its sslmode asks for TLS, which is not built in; give sslmode=disable where the \
             network may be trusted, or a tunnel",
        ));
    }
    let statement_timeout = options.statement_timeout.as_millis().max(1).to_string();
    let mut settings = vec![
        ("statement_timeout", statement_timeout),
        ("synchronous_commit", "on".to_owned()),
    ];
    if let Some(schema) = &database.schema {
        check_schema(schema)?;
        settings.push(("search_path", format!("\"{schema}\"")));
    }
    if options.read_only {
        settings.push(("default_transaction_read_only", "on".to_owned()));
    }
    let name = connect.get_application_name();
    let name = name.unwrap_or(APPLICATION_NAME).to_owned();
    Ok(connect
        .application_name(&name)
        .options(settings)
        .statement_cache_capacity(STATEMENT_CACHE)
        .disable_statement_logging())
}

/// Names that mean the same with and without quotes, but for upper case letters, which are kept.
fn check_schema(schema: &str) -> Result<(), PersistenceError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if schema.len() <= MAX_SCHEMA_BYTES
        && schema.bytes().all(allowed)
        && schema.starts_with(|first: char| !first.is_ascii_digit())
    {
        return Ok(());
    }
    let reason = format!(
        "{schema:?} is no name of 1 to {MAX_SCHEMA_BYTES} letters, digits and underscores that \
         does not begin with a digit"
    );
    Err(PersistenceError::invalid_field("schema", reason))
}

// Connections stay open: reopening one would show up as a latency outlier that says nothing about a
// service. They are not tested each time either: whoever takes one copes with its being broken.
fn pool_options(acquire_timeout: Duration, connections: u32) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(acquire_timeout)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
}

/// A connection of its own, within `limit`.
async fn connection(
    connect: &PgConnectOptions,
    limit: Duration,
) -> Result<PgConnection, sqlx::Error> {
    match tokio::time::timeout(limit, PgConnection::connect_with(connect)).await {
        Ok(connected) => connected,
        Err(elapsed) => Err(sqlx::Error::Io(elapsed.into())),
    }
}

/// Whether the connection is of no use any more.
fn is_broken(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Io(_) | sqlx::Error::Protocol(_))
        || sqlstate::sqlstate(error).is_some_and(sqlstate::is_lost_connection)
}

fn cannot_open(name: &str, error: sqlx::Error) -> PersistenceError {
    PersistenceError::CannotOpen {
        database: name.to_owned(),
        remedy: sqlstate::remedy_for_opening(sqlstate::sqlstate(&error)),
        source: Arc::new(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemas_are_plain_names() {
        for good in ["a", "_", "arm_2", "Upper"] {
            assert!(check_schema(good).is_ok(), "{good}");
        }
        for bad in ["", "2a", "a b", "a\"b", "a;b", "ä", &"x".repeat(64)] {
            let error = check_schema(bad).unwrap_err();
            assert_eq!(error.kind(), "invalid_field");
            assert!(error.to_string().contains("`schema`"), "{error}");
        }
    }

    #[test]
    fn tls_is_refused_rather_than_left_out() {
        for mode in ["require", "verify-ca", "verify-full"] {
            let database = PostgresDatabase {
                url: format!("postgres://ann:s3cret@db.example/states?sslmode={mode}"),
                schema: None,
            };
            let options = DatabaseOptions::new(crate::Database::Postgres(database.clone()));
            let error = connect_options(&database, &options).unwrap_err();
            assert!(error.to_string().contains("TLS"), "{error}");
            assert!(!error.to_string().contains("s3cret"), "{error}");
        }
    }
}
