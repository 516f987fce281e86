//! Which database, and how it is opened.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use crate::PersistenceError;
use crate::request::MAX_STATE_BYTES;

/// A database that the services can use.
#[derive(Clone, PartialEq, Eq)]
pub enum Database {
    /// A SQLite database in this file. Its folder must exist; the write-ahead log lies beside it.
    Sqlite(PathBuf),
    /// A schema of a PostgreSQL database.
    Postgres(PostgresDatabase),
}

/// A schema of a PostgreSQL database. Shown without its password.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresDatabase {
    /// `postgres://USER:PASSWORD@HOST:PORT/DATABASE?OPTIONS`.
    pub url: String,
    /// The schema that holds the tables; created where it is missing. None: the connection's own.
    pub schema: Option<String>,
}

/// Reads `sqlite:FILE` and `postgres://…`.
impl FromStr for Database {
    type Err = PersistenceError;

    fn from_str(text: &str) -> Result<Self, PersistenceError> {
        match text.split_once(':') {
            Some(("sqlite", file)) if !file.is_empty() => Ok(Self::Sqlite(PathBuf::from(
                file.strip_prefix("//").unwrap_or(file),
            ))),
            Some(("postgres" | "postgresql", _)) => Ok(Self::Postgres(PostgresDatabase {
                url: text.to_owned(),
                schema: None,
            })),
            _ => Err(PersistenceError::invalid_field(
                "database",
                "it is neither sqlite:FILE nor postgres://USER:PASSWORD@HOST/DATABASE",
            )),
        }
    }
}

/// Without password.
impl fmt::Display for Database {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(file) => write!(formatter, "sqlite:{}", file.display()),
            Self::Postgres(database) => database.fmt(formatter),
        }
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Database({self})")
    }
}

/// `postgres://USER@HOST/DATABASE`: neither password nor options, which may hold one too.
impl fmt::Display for PostgresDatabase {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, rest) = self.url.split_once("://").unwrap_or(("postgres", ""));
        let rest = rest.split(['?', '#']).next().unwrap_or_default();
        // The last @: a password that was not escaped may hold others.
        match rest.rsplit_once('@') {
            Some((owner, place)) => {
                let user = owner.split(':').next().unwrap_or_default();
                write!(formatter, "{scheme}://{user}@{place}")
            }
            None => write!(formatter, "{scheme}://{rest}"),
        }
    }
}

impl fmt::Debug for PostgresDatabase {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "PostgresDatabase({self}, schema {:?})",
            self.schema
        )
    }
}

/// Where the database is and how it is opened. Durability is not an option: SQLite with write-ahead
/// log, `synchronous=FULL` and foreign keys; PostgreSQL with `synchronous_commit=on`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseOptions {
    /// The database.
    pub database: Database,
    /// Connections, at least 2. Of SQLite's one writes and the others read.
    pub pool_size: u32,
    /// How long a statement may wait for a lock that another process holds (SQLite), or take
    /// altogether (PostgreSQL).
    pub statement_timeout: Duration,
    /// How long a call waits for a free connection.
    pub acquire_timeout: Duration,
    /// Opens an existing database for loading only: saves fail with `ReadOnly`.
    pub read_only: bool,
    /// Largest accepted state and execution context, in bytes, as received and in canonical form.
    pub max_state_bytes: usize,
}

impl DatabaseOptions {
    /// The defaults: 5 connections to SQLite or 10 to PostgreSQL, 5 s for statements, 30 s for
    /// connections, reading and writing, states up to [`MAX_STATE_BYTES`].
    pub fn new(database: Database) -> Self {
        let pool_size = match database {
            Database::Sqlite(_) => 5,
            Database::Postgres(_) => 10,
        };
        Self {
            database,
            pool_size,
            statement_timeout: Duration::from_secs(5),
            acquire_timeout: Duration::from_secs(30),
            read_only: false,
            max_state_bytes: MAX_STATE_BYTES,
        }
    }

    /// The defaults for a SQLite database in a file.
    pub fn sqlite(file: impl Into<PathBuf>) -> Self {
        Self::new(Database::Sqlite(file.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_is_ever_shown() {
        for url in [
            "postgres://ann:s3cret@db.example/states",
            "postgres://ann:s3@cret@db.example/states",
            "postgres://ann@db.example/states?password=s3cret",
        ] {
            let database: Database = url.parse().unwrap();
            let options = DatabaseOptions::new(database.clone());
            for shown in [
                database.to_string(),
                format!("{database:?}"),
                format!("{options:?}"),
            ] {
                assert!(!shown.contains("s3"), "{shown}");
                assert!(shown.contains("ann@db.example/states"), "{shown}");
            }
        }
    }

    #[test]
    fn databases_are_read_and_others_refused() {
        assert_eq!(
            "sqlite://a/b.db".parse::<Database>().unwrap(),
            Database::Sqlite("a/b.db".into())
        );
        for text in ["", "sqlite:", "mysql://a/b", "a.db"] {
            let error = text.parse::<Database>().unwrap_err();
            assert_eq!(error.kind(), "invalid_field", "{text}");
        }
    }
}
