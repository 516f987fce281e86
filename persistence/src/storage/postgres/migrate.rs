//! Brings a schema to this version's tables, and refuses one that is ahead of it.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use sqlx::AssertSqlSafe;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::PgConnection;

use crate::PersistenceError;
use crate::storage::migrations::migrator;

/// Without the lock that sqlx would take: an advisory one, which not every database has.
static MIGRATIONS: LazyLock<Migrator> = LazyLock::new(|| {
    let mut migrations = migrator([(
        1,
        "snapshots",
        include_str!("../../../migrations/postgres/0001_snapshots.sql"),
    )]);
    migrations.set_locking(false);
    migrations
});

/// Each migration is one transaction: of two processes that migrate at the same time, one fails and
/// then finds the work done.
const ATTEMPTS: u32 = 20;
const BETWEEN_ATTEMPTS: Duration = Duration::from_millis(100);

/// Why a schema could not be brought up to date.
pub(super) enum Failure {
    /// It is not for this program.
    Refused(PersistenceError),
    Database(sqlx::Error),
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

/// The newest schema version that this program knows.
fn known_version() -> i64 {
    MIGRATIONS
        .iter()
        .map(|migration| migration.version)
        .max()
        .unwrap_or(0)
}

pub(super) async fn bring_up_to_date(
    connection: &mut PgConnection,
    schema: Option<&str>,
    read_only: bool,
) -> Result<(), Failure> {
    let mut attempt = 1;
    loop {
        match try_to_bring_up_to_date(connection, schema, read_only).await {
            Err(Failure::Database(error))
                if attempt < ATTEMPTS && error.as_database_error().is_some() && !read_only =>
            {
                if is_permission_denied(&error) {
                    return Err(error.into());
                }
                attempt += 1;
                tokio::time::sleep(BETWEEN_ATTEMPTS).await;
            }
            outcome => return outcome,
        }
    }
}

async fn try_to_bring_up_to_date(
    connection: &mut PgConnection,
    schema: Option<&str>,
    read_only: bool,
) -> Result<(), Failure> {
    let known = known_version();
    let found = schema_version(connection).await?;
    if found > known {
        let newer = PersistenceError::NewerSchema { found, known };
        return Err(Failure::Refused(newer));
    }
    if read_only {
        return match found < known {
            true => {
                let older = PersistenceError::OlderSchema { found, known };
                Err(Failure::Refused(older))
            }
            false => Ok(()),
        };
    }
    if let Some(schema) = schema
        && !exists(connection, schema).await?
    {
        // The name was checked: it holds nothing that quotes would have to be escaped for.
        let create = format!("CREATE SCHEMA IF NOT EXISTS \"{schema}\"");
        sqlx::raw_sql(AssertSqlSafe(create))
            .execute(&mut *connection)
            .await?;
    }
    match MIGRATIONS.run_direct(None, connection, false).await {
        Ok(()) if found == 0 => compress_quickly(connection).await,
        Ok(()) => Ok(()),
        Err(MigrateError::Execute(cause) | MigrateError::ExecuteMigration(cause, _)) => {
            Err(Failure::Database(cause))
        }
        Err(other) => {
            let refusal = PersistenceError::Migration(Arc::new(other));
            Err(Failure::Refused(refusal))
        }
    }
}

/// Large states are compressed by PostgreSQL, by default with a method that takes more time than all
/// the rest of an insertion. Not every server has the quicker one, and CockroachDB and YugabyteDB
/// compress elsewhere: what they refuse is left as it is.
async fn compress_quickly(connection: &mut PgConnection) -> Result<(), Failure> {
    match sqlx::raw_sql("ALTER TABLE snapshots ALTER COLUMN state SET COMPRESSION lz4")
        .execute(connection)
        .await
    {
        Ok(_) | Err(sqlx::Error::Database(_)) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Creating a schema takes a right that whoever uses an existing one need not have.
async fn exists(connection: &mut PgConnection, schema: &str) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("SELECT count(*) > 0 FROM pg_catalog.pg_namespace WHERE nspname = $1")
        .bind(schema)
        .fetch_one(connection)
        .await
}

fn is_permission_denied(error: &sqlx::Error) -> bool {
    crate::sqlstate::sqlstate(error) == Some("42501")
}

/// The newest migration applied; zero for a schema without any.
pub(super) async fn schema_version(connection: &mut PgConnection) -> Result<i64, sqlx::Error> {
    let migrated: bool = sqlx::query_scalar("SELECT to_regclass('_sqlx_migrations') IS NOT NULL")
        .fetch_one(&mut *connection)
        .await?;
    if !migrated {
        return Ok(0);
    }
    sqlx::query_scalar("SELECT coalesce(max(version), 0) FROM _sqlx_migrations")
        .fetch_one(connection)
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_migration_is_part_of_the_program() {
        crate::storage::migrations::assert_complete(&MIGRATIONS, "migrations/postgres").await;
    }
}
