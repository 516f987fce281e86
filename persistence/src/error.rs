//! What can go wrong, by kind.

use std::error::Error;
use std::sync::Arc;

use crate::sqlstate;

/// What a library said. Shared, since one failed transaction may fail several saves.
pub type Cause = Arc<dyn Error + Send + Sync>;

/// Why a service could not do what it was asked. Nothing was written and nothing is remembered by a
/// failed save.
#[derive(Debug, Clone, thiserror::Error)]
pub enum PersistenceError {
    /// The state is not a JSON object within the limits. Remedy: correct the state.
    #[error("the state is not acceptable: {reason}")]
    InvalidState {
        /// What is wrong with it, with the limit it breaks.
        reason: String,
    },
    /// Another field of the request is out of range. Remedy: correct the field.
    #[error("field `{field}` is not acceptable: {reason}")]
    InvalidField {
        /// The field's name in [`SaveRequest`](crate::SaveRequest) or of the argument.
        field: &'static str,
        /// What is wrong with it, with the limit it breaks.
        reason: String,
    },
    /// Another connection kept the database locked, or no connection became free in time. Remedy:
    /// try again.
    #[error("the database is busy; try again, or allow it more time ({context})")]
    Busy {
        /// What was waited for.
        context: String,
    },
    /// The disk or the database's size limit is reached. Remedy: free space, then try again.
    #[error("no space is left for the database; free some, then try again")]
    DiskFull(#[source] Cause),
    /// The database may only be read. Remedy: open it for writing, or check the permissions of its
    /// file.
    #[error("the database is read-only; open it for writing, or check its file's permissions")]
    ReadOnly(#[source] Cause),
    /// A newer version of this crate has migrated the database. Remedy: use that version.
    #[error(
        "the database has schema version {found}, this program knows up to {known}: use a newer program"
    )]
    NewerSchema {
        /// The version found in the database.
        found: i64,
        /// The newest version known here.
        known: i64,
    },
    /// A database opened for reading only lacks migrations. Remedy: open it once for writing.
    #[error(
        "the database has schema version {found}, {known} is needed: open it once for writing to migrate it"
    )]
    OlderSchema {
        /// The version found in the database; zero if it has none.
        found: i64,
        /// The version needed.
        known: i64,
    },
    /// The migrations in the database are not this crate's. Remedy: use a database of its own.
    #[error("the database's schema cannot be migrated")]
    Migration(#[source] Cause),
    /// The database cannot be opened. Remedy: as the message says.
    #[error("cannot open the database {database}: {remedy}")]
    CannotOpen {
        /// The database's file, or its address without the password.
        database: String,
        /// What to check.
        remedy: &'static str,
        /// What the database library says.
        #[source]
        source: Cause,
    },
    /// The service was closed, or the database does not answer any more.
    #[error("the database is not available: it was closed or its connection broke")]
    Unavailable(#[source] Cause),
    /// The file is no database, or is damaged. Remedy: restore it.
    #[error("the database file is damaged or is no database")]
    Corrupt(#[source] Cause),
    /// A snapshot holds a value that this version cannot read. Remedy: use a newer version.
    #[error("snapshot {snapshot_id} has the unknown {column} {value:?}: use a newer program")]
    UnknownValue {
        /// The snapshot's id.
        snapshot_id: i64,
        /// The column of `snapshots`.
        column: &'static str,
        /// The value found there.
        value: String,
    },
    /// Any other failure of the database.
    #[error("the database failed")]
    Database(#[source] Cause),
}

impl PersistenceError {
    /// A short, stable name for counting errors by kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::InvalidState { .. } => "invalid_state",
            Self::InvalidField { .. } => "invalid_field",
            Self::Busy { .. } => "busy",
            Self::DiskFull(_) => "disk_full",
            Self::ReadOnly(_) => "read_only",
            Self::NewerSchema { .. } => "newer_schema",
            Self::OlderSchema { .. } => "older_schema",
            Self::Migration(_) => "migration",
            Self::CannotOpen { .. } => "cannot_open",
            Self::Unavailable(_) => "unavailable",
            Self::Corrupt(_) => "corrupt",
            Self::UnknownValue { .. } => "unknown_value",
            Self::Database(_) => "database",
        }
    }

    pub(crate) fn invalid_field(field: &'static str, reason: impl Into<String>) -> Self {
        Self::InvalidField {
            field,
            reason: reason.into(),
        }
    }
}

impl From<sqlx::Error> for PersistenceError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::PoolTimedOut => Self::Busy {
                context: "no connection became free in time".into(),
            },
            sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed | sqlx::Error::Io(_) => {
                Self::Unavailable(Arc::new(error))
            }
            sqlx::Error::Database(_) => match sqlstate::sqlstate(&error).map(str::to_owned) {
                Some(code) => of_postgres(&code, error),
                None => of_sqlite(error),
            },
            _ => Self::Database(Arc::new(error)),
        }
    }
}

fn of_postgres(code: &str, error: sqlx::Error) -> PersistenceError {
    match code {
        "25006" => PersistenceError::ReadOnly(Arc::new(error)),
        "53100" => PersistenceError::DiskFull(Arc::new(error)),
        "XX001" | "XX002" => PersistenceError::Corrupt(Arc::new(error)),
        code if sqlstate::is_busy(code) => PersistenceError::Busy {
            context: error.to_string(),
        },
        code if sqlstate::is_lost_connection(code) => {
            PersistenceError::Unavailable(Arc::new(error))
        }
        _ => PersistenceError::Database(Arc::new(error)),
    }
}

fn of_sqlite(error: sqlx::Error) -> PersistenceError {
    let code = error.as_database_error().and_then(|cause| cause.code());
    let code = primary_result_code(code.as_deref());
    of_sqlite_code(code, Arc::new(error))
}

/// What SQLite's primary result code means.
pub(crate) fn of_sqlite_code(code: u32, cause: Cause) -> PersistenceError {
    match code {
        SQLITE_BUSY | SQLITE_LOCKED => PersistenceError::Busy {
            context: cause.to_string(),
        },
        SQLITE_READONLY => PersistenceError::ReadOnly(cause),
        SQLITE_FULL => PersistenceError::DiskFull(cause),
        SQLITE_CORRUPT | SQLITE_NOTADB => PersistenceError::Corrupt(cause),
        _ => PersistenceError::Database(cause),
    }
}

/// Whether SQLite refused what it was given, as opposed to being unable to write anything now.
pub(crate) const fn is_sqlite_rejection(code: u32) -> bool {
    matches!(
        code,
        SQLITE_ERROR | SQLITE_TOOBIG | SQLITE_CONSTRAINT | SQLITE_MISMATCH
    )
}

// Primary result codes, https://sqlite.org/rescode.html.
const SQLITE_ERROR: u32 = 1;
const SQLITE_BUSY: u32 = 5;
const SQLITE_LOCKED: u32 = 6;
const SQLITE_READONLY: u32 = 8;
const SQLITE_CORRUPT: u32 = 11;
const SQLITE_FULL: u32 = 13;
const SQLITE_CANTOPEN: u32 = 14;
const SQLITE_TOOBIG: u32 = 18;
const SQLITE_CONSTRAINT: u32 = 19;
const SQLITE_MISMATCH: u32 = 20;
const SQLITE_NOTADB: u32 = 26;

/// The primary code is the low byte of the extended one; zero where there is none.
fn primary_result_code(code: Option<&str>) -> u32 {
    code.and_then(|code| code.parse::<u32>().ok()).unwrap_or(0) & 0xff
}

/// Whether SQLite could not open its file, as opposed to a failure inside an open database.
pub(crate) fn is_cannot_open(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .is_some_and(|cause| primary_result_code(cause.code().as_deref()) == SQLITE_CANTOPEN)
}
