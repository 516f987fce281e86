//! Brings a database to this version's schema, and refuses one that is ahead of it.

use std::sync::{Arc, LazyLock};

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::SqlitePool;

use super::BETWEEN_ATTEMPTS;
use crate::PersistenceError;
use crate::storage::migrations::migrator;

static MIGRATIONS: LazyLock<Migrator> = LazyLock::new(|| {
    migrator([(
        1,
        "snapshots",
        include_str!("../../../migrations/sqlite/0001_snapshots.sql"),
    )])
});

/// Each migration is one transaction: of two processes that migrate at the same time, one fails and
/// then finds the work done.
const ATTEMPTS: u32 = 10;

/// The newest schema version that this program knows.
fn known_version() -> i64 {
    MIGRATIONS
        .iter()
        .map(|migration| migration.version)
        .max()
        .unwrap_or(0)
}

pub(super) async fn bring_up_to_date(
    pool: &SqlitePool,
    read_only: bool,
) -> Result<(), PersistenceError> {
    let known = known_version();
    let found = schema_version(pool).await?;
    if found > known {
        return Err(PersistenceError::NewerSchema { found, known });
    }
    if read_only && found < known {
        return Err(PersistenceError::OlderSchema { found, known });
    }
    if read_only {
        return Ok(());
    }
    let mut attempt = 1;
    loop {
        match run(pool).await {
            Err(PersistenceError::Busy { .. } | PersistenceError::Database(_))
                if attempt < ATTEMPTS =>
            {
                attempt += 1;
                tokio::time::sleep(BETWEEN_ATTEMPTS).await;
            }
            outcome => return outcome,
        }
    }
}

async fn run(pool: &SqlitePool) -> Result<(), PersistenceError> {
    MIGRATIONS.run(pool).await.map_err(|error| match error {
        MigrateError::Execute(cause) | MigrateError::ExecuteMigration(cause, _) => cause.into(),
        other => PersistenceError::Migration(Arc::new(other)),
    })
}

/// The newest migration applied; zero for a database without any.
pub(super) async fn schema_version(pool: &SqlitePool) -> Result<i64, PersistenceError> {
    let migrated: bool = sqlx::query_scalar(
        "SELECT count(*) > 0 FROM sqlite_schema WHERE name = '_sqlx_migrations'",
    )
    .fetch_one(pool)
    .await?;
    if !migrated {
        return Ok(0);
    }
    Ok(
        sqlx::query_scalar("SELECT coalesce(max(version), 0) FROM _sqlx_migrations")
            .fetch_one(pool)
            .await?,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_migration_is_part_of_the_program() {
        crate::storage::migrations::assert_complete(&MIGRATIONS, "migrations/sqlite").await;
    }
}
