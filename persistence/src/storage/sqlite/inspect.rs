//! What the database says about itself.

use std::path::Path;
use std::time::Instant;

use sqlx::query_scalar;

use super::{SqliteStorage, migrate};
use crate::stopwatch::nanoseconds_since;
use crate::{Health, PersistenceError, Promises, RETAINED_SNAPSHOTS};

impl SqliteStorage {
    /// Asks the connection that writes: pragmas belong to a connection, not to the database.
    pub(crate) async fn promises(&self) -> Result<Promises, PersistenceError> {
        let schema_version = migrate::schema_version(&self.writer).await?;
        let mut writer = self.writer.acquire().await?;
        let version: String = query_scalar("SELECT sqlite_version()")
            .fetch_one(&mut *writer)
            .await?;
        let synchronous = query_scalar("PRAGMA synchronous")
            .fetch_one(&mut *writer)
            .await?;
        Ok(Promises {
            database: format!("SQLite {version}"),
            journal_mode: query_scalar("PRAGMA journal_mode")
                .fetch_one(&mut *writer)
                .await?,
            synchronous: synchronous_name(synchronous),
            foreign_keys: query_scalar("PRAGMA foreign_keys")
                .fetch_one(&mut *writer)
                .await?,
            page_size: query_scalar("PRAGMA page_size")
                .fetch_one(&mut *writer)
                .await?,
            wal_autocheckpoint: query_scalar("PRAGMA wal_autocheckpoint")
                .fetch_one(&mut *writer)
                .await?,
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
