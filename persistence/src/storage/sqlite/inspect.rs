//! What the database says about itself.

use std::path::Path;
use std::time::Instant;

use sqlx::Row;

use super::{SqliteStorage, migrate};
use crate::stopwatch::nanoseconds_since;
use crate::{Health, PersistenceError, Promises, RETAINED_SNAPSHOTS};

/// Reads every promise that belongs to a connection from the one that writes.
const PROMISES: &str = "SELECT sqlite_version(), journal_mode, synchronous, foreign_keys, page_size, wal_autocheckpoint \
     FROM pragma_journal_mode, pragma_synchronous, pragma_foreign_keys, pragma_page_size, pragma_wal_autocheckpoint";

impl SqliteStorage {
    pub(crate) async fn promises(&self) -> Result<Promises, PersistenceError> {
        let row = sqlx::query(PROMISES).fetch_one(&self.writer).await?;
        let version: String = row.try_get(0)?;
        Ok(Promises {
            database: format!("SQLite {version}"),
            journal_mode: row.try_get(1)?,
            synchronous: synchronous_name(row.try_get(2)?),
            foreign_keys: row.try_get(3)?,
            page_size: row.try_get(4)?,
            wal_autocheckpoint: row.try_get(5)?,
            schema_version: migrate::schema_version(&self.writer).await?,
            pool_size: self.pool_size(),
            retention: RETAINED_SNAPSHOTS,
        })
    }

    pub(crate) async fn health(&self) -> Result<Health, PersistenceError> {
        let asked = Instant::now();
        sqlx::query_scalar::<_, i64>("SELECT count(*) FROM (SELECT 1 FROM snapshots LIMIT 1)")
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

/// See <https://sqlite.org/pragma.html#pragma_synchronous>.
fn synchronous_name(level: i64) -> String {
    match level {
        0 => "off".into(),
        1 => "normal".into(),
        2 => "full".into(),
        3 => "extra".into(),
        other => other.to_string(),
    }
}

fn file_bytes(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |metadata| metadata.len())
}
