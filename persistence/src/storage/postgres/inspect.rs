//! What the database says about itself.

use std::time::Instant;

use sqlx::postgres::PgConnection;
use sqlx::query_scalar;

use super::{PostgresStorage, migrate};
use crate::stopwatch::nanoseconds_since;
use crate::{Health, PersistenceError, Promises, RETAINED_SNAPSHOTS};

/// What decides whether an answered commit survives a crash, and what transactions see of each
/// other.
const SETTINGS: [&str; 4] = [
    "synchronous_commit",
    "fsync",
    "full_page_writes",
    "default_transaction_isolation",
];

const TABLES_BYTES: &str = "SELECT (coalesce(pg_total_relation_size(to_regclass('users')), 0) \
     + coalesce(pg_total_relation_size(to_regclass('snapshots')), 0) \
     + coalesce(pg_total_relation_size(to_regclass('audit')), 0))::BIGINT";

impl PostgresStorage {
    pub(crate) async fn promises(&self) -> Result<Promises, PersistenceError> {
        let mut connection = self.tested_connection().await?;
        let version: String = query_scalar("SELECT version()")
            .fetch_one(&mut *connection)
            .await?;
        let mut settings = Vec::with_capacity(SETTINGS.len());
        for name in SETTINGS {
            let value: Option<String> = query_scalar("SELECT current_setting($1, true)")
                .bind(name)
                .fetch_one(&mut *connection)
                .await?;
            settings.push((name, value.unwrap_or_else(|| "unknown".to_owned())));
        }
        Ok(Promises {
            database: name_and_version(&version).to_owned(),
            settings,
            schema_version: migrate::schema_version(&mut connection).await?,
            pool_size: self.pool_size,
            retention: RETAINED_SNAPSHOTS,
        })
    }

    pub(crate) async fn health(&self) -> Result<Health, PersistenceError> {
        let mut connection = self.tested_connection().await?;
        let asked = Instant::now();
        query_scalar::<_, i64>("SELECT count(*) FROM (SELECT 1 FROM snapshots LIMIT 1) AS any_row")
            .fetch_one(&mut *connection)
            .await?;
        Ok(Health {
            round_trip_ns: nanoseconds_since(asked),
            database_bytes: tables_bytes(&mut connection).await?,
            wal_bytes: 0,
        })
    }
}

/// Zero where the database does not tell, as CockroachDB.
async fn tables_bytes(connection: &mut PgConnection) -> Result<u64, PersistenceError> {
    match query_scalar::<_, i64>(TABLES_BYTES)
        .fetch_one(connection)
        .await
    {
        Ok(bytes) => Ok(bytes.unsigned_abs()),
        Err(sqlx::Error::Database(_)) => Ok(0),
        Err(error) => Err(error.into()),
    }
}

/// `PostgreSQL 15.18` of `PostgreSQL 15.18 (Debian …) on x86_64-pc-linux-gnu, compiled by …`.
fn name_and_version(version: &str) -> &str {
    let end = [" (", " on "]
        .iter()
        .filter_map(|end| version.find(end))
        .min()
        .unwrap_or(version.len());
    &version[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_version_only_the_version_is_kept() {
        for (version, kept) in [
            (
                "PostgreSQL 15.18 (Debian 15.18-0+deb12u1) on x86_64-pc-linux-gnu",
                "PostgreSQL 15.18",
            ),
            (
                "PostgreSQL 17.2 on aarch64-linux-musl, compiled by gcc",
                "PostgreSQL 17.2",
            ),
            (
                "CockroachDB CCL v23.1.11 (x86_64-pc-linux-gnu, built 2023)",
                "CockroachDB CCL v23.1.11",
            ),
            ("something", "something"),
        ] {
            assert_eq!(name_and_version(version), kept);
        }
    }
}
