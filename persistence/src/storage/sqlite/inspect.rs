//! What the database says about itself.

use std::path::Path;
use std::time::Instant;

use sqlx::query_scalar;

use super::{SqliteStorage, migrate};
use crate::stopwatch::nanoseconds_since;
use crate::{Health, PersistenceError, Promises, RETAINED_SNAPSHOTS};

/// What decides whether an answered commit survives a crash, and when the log is copied into the
/// database.
const NUMBERS: [(&str, &str); 4] = [
    ("synchronous", "PRAGMA synchronous"),
    ("foreign_keys", "PRAGMA foreign_keys"),
    ("page_size", "PRAGMA page_size"),
    ("wal_autocheckpoint", "PRAGMA wal_autocheckpoint"),
];

impl SqliteStorage {
    /// Asks the connection that writes: pragmas belong to a connection, not to the database. A
    /// batch writer has checked its own against what every other connection is opened with.
    pub(crate) async fn promises(&self) -> Result<Promises, PersistenceError> {
        let pool = match self.writer.is_closed() {
            true => &self.readers,
            false => &self.writer,
        };
        let schema_version = migrate::schema_version(pool).await?;
        let mut writer = pool.acquire().await?;
        let version: String = query_scalar("SELECT sqlite_version()")
            .fetch_one(&mut *writer)
            .await?;
        let journal_mode = query_scalar("PRAGMA journal_mode")
            .fetch_one(&mut *writer)
            .await?;
        let mut settings = vec![("journal_mode", journal_mode)];
        for (name, pragma) in NUMBERS {
            let value = query_scalar(pragma).fetch_one(&mut *writer).await?;
            settings.push((name, in_words(name, value)));
        }
        Ok(Promises {
            database: format!("SQLite {version}"),
            settings,
            schema_version,
            pool_size: self.pool_size(),
            retention: RETAINED_SNAPSHOTS,
        })
    }

    pub(crate) async fn health(&self) -> Result<Health, PersistenceError> {
        let asked = Instant::now();
        query_scalar::<_, i64>("SELECT count(*) FROM (SELECT 1 FROM snapshots LIMIT 1)")
            .fetch_one(&self.readers)
            .await?;
        let mut wal = self.path.clone().into_os_string();
        wal.push("-wal");
        Ok(Health {
            round_trip_ns: nanoseconds_since(asked),
            database_bytes: file_bytes(&self.path),
            wal_bytes: file_bytes(Path::new(&wal)),
        })
    }
}

/// As SQLite's documentation writes them: <https://sqlite.org/pragma.html>.
fn in_words(name: &str, value: i64) -> String {
    match (name, value) {
        ("synchronous", 0) => "off".into(),
        ("synchronous", 1) => "normal".into(),
        ("synchronous", 2) => "full".into(),
        ("synchronous", 3) => "extra".into(),
        ("foreign_keys", _) => (value != 0).to_string(),
        _ => value.to_string(),
    }
}

fn file_bytes(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |metadata| metadata.len())
}
