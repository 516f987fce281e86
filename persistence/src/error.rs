//! What can go wrong, by kind.

use std::path::PathBuf;

use sqlx::migrate::MigrateError;

/// Why a service could not do what it was asked. Nothing was written and nothing is remembered by a
/// failed save.
#[derive(Debug, thiserror::Error)]
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
    DiskFull(#[source] sqlx::Error),
    /// The database may only be read. Remedy: open it for writing, or check the permissions of its
    /// file.
    #[error("the database is read-only; open it for writing, or check its file's permissions")]
    ReadOnly(#[source] sqlx::Error),
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
    Migration(#[source] MigrateError),
    /// The database file cannot be opened. Remedy: check that its folder exists and may be written
    /// to.
    #[error("cannot open the database {path}: check that its folder exists and may be written to", path = .path.display())]
    CannotOpen {
        /// The database's file.
        path: PathBuf,
        /// What the database library says.
        #[source]
        source: sqlx::Error,
    },
    /// The service was closed, or the database does not answer any more.
    #[error("the database is not available: it was closed or its connection broke")]
    Unavailable(#[source] sqlx::Error),
    /// The file is no database, or is damaged. Remedy: restore it.
    #[error("the database file is damaged or is no database")]
    Corrupt(#[source] sqlx::Error),
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
    Database(#[source] sqlx::Error),
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
            sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => Self::Unavailable(error),
            sqlx::Error::Database(cause) => match primary_result_code(cause.code().as_deref()) {
                SQLITE_BUSY | SQLITE_LOCKED => Self::Busy {
                    context: cause.to_string(),
                },
                SQLITE_READONLY => Self::ReadOnly(error),
                SQLITE_FULL => Self::DiskFull(error),
                SQLITE_CORRUPT | SQLITE_NOTADB => Self::Corrupt(error),
                _ => Self::Database(error),
            },
            _ => Self::Database(error),
        }
    }
}

// Primary result codes, https://sqlite.org/rescode.html.
const SQLITE_BUSY: u32 = 5;
const SQLITE_LOCKED: u32 = 6;
const SQLITE_READONLY: u32 = 8;
const SQLITE_CORRUPT: u32 = 11;
const SQLITE_FULL: u32 = 13;
const SQLITE_CANTOPEN: u32 = 14;
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
