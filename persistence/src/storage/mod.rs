//! Where snapshots live. One module per database.

mod sqlite;

pub use sqlite::DatabaseOptions;
pub(crate) use sqlite::SqliteStorage;

/// How many of its newest snapshots a run keeps.
pub const RETAINED_SNAPSHOTS: u32 = 50;
