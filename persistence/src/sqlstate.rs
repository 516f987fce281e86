//! What PostgreSQL's error codes mean for a save:
//! <https://www.postgresql.org/docs/current/errcodes-appendix.html>. The databases that speak its
//! protocol use the same codes.

use sqlx::postgres::PgDatabaseError;

/// The code of an error that a PostgreSQL server answered.
pub(crate) fn sqlstate(error: &sqlx::Error) -> Option<&str> {
    error
        .as_database_error()?
        .try_downcast_ref::<PgDatabaseError>()
        .map(PgDatabaseError::code)
}

/// The server has ended the connection, or is not ready for one.
pub(crate) fn is_lost_connection(code: &str) -> bool {
    code.starts_with("08") || matches!(code, "57P01" | "57P02" | "57P03" | "57P05" | "25P03")
}

/// Too long for a lock or altogether, out of connections, or in conflict with other transactions:
/// trying again later may succeed.
pub(crate) fn is_busy(code: &str) -> bool {
    matches!(code, "57014" | "55P03" | "53300") || is_conflict(code)
}

/// A deadlock, or a transaction that cannot be serialized with another: the same transaction may
/// succeed at once.
pub(crate) fn is_conflict(code: &str) -> bool {
    matches!(code, "40001" | "40P01")
}

/// A row refers to one that does not exist.
pub(crate) fn is_missing_reference(code: &str) -> bool {
    code == "23503"
}

/// The data of the statement is at fault: data exceptions, violated constraints, exceeded program
/// limits, and what a trigger raises.
pub(crate) fn is_rejection(code: &str) -> bool {
    ["22", "23", "44", "54", "P0"]
        .iter()
        .any(|class| code.starts_with(class))
}

/// Why a database cannot be opened, in words that say what to check.
pub(crate) fn remedy_for_opening(code: Option<&str>) -> &'static str {
    match code {
        Some("28P01" | "28000") => "check user and password, and whom the server lets in",
        Some("3D000") => "the database does not exist; create it, or check its name",
        Some("42501") => "the user lacks a right; see docs/databases.md for those that are needed",
        Some("53300") => "the server has no connection left; close some, or allow it more",
        Some("57P03") => "the server is starting up or shutting down; try again",
        _ => "check that the server runs, its address, and the URL's options",
    }
}
