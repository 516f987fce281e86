//! Fresh databases, one for each side of each round.

use std::sync::atomic::{AtomicU32, Ordering};

use persistence::{Database, DatabaseOptions, PostgresDatabase};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::common::Result;

pub(crate) enum Place {
    /// In this folder.
    Sqlite(TempDir),
    /// A server.
    Postgres(String),
}

impl Place {
    pub(crate) fn new(url: Option<&str>) -> Result<Self> {
        Ok(match url {
            Some(url) => Self::Postgres(url.to_owned()),
            None => Self::Sqlite(tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?),
        })
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "SQLite",
            Self::Postgres(_) => "PostgreSQL",
        }
    }

    /// A database that does not exist yet.
    pub(crate) fn fresh(&self) -> Fresh {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let database = match self {
            Self::Sqlite(folder) => Database::Sqlite(folder.path().join(format!("{number}.db"))),
            Self::Postgres(url) => Database::Postgres(PostgresDatabase {
                url: url.clone(),
                schema: Some(format!("limits_{}_{number}", std::process::id())),
            }),
        };
        Fresh {
            options: DatabaseOptions::new(database),
        }
    }
}

pub(crate) struct Fresh {
    pub(crate) options: DatabaseOptions,
}

impl Fresh {
    /// Lets the server finish what earlier rounds left to it.
    pub(crate) fn settle(&self, runtime: &Runtime) -> Result<()> {
        match &self.options.database {
            Database::Sqlite(_) => Ok(()),
            Database::Postgres(postgres) => execute(runtime, postgres, "CHECKPOINT".into()),
        }
    }

    pub(crate) fn remove(self, runtime: &Runtime) -> Result<()> {
        match &self.options.database {
            Database::Sqlite(file) => {
                for ending in ["", "-wal", "-shm"] {
                    let mut name = file.clone().into_os_string();
                    name.push(ending);
                    // The log goes with the last connection.
                    let _ = std::fs::remove_file(name);
                }
                Ok(())
            }
            Database::Postgres(postgres) => {
                let schema = postgres.schema.as_deref().unwrap_or_default();
                let drop = format!("DROP SCHEMA IF EXISTS {schema} CASCADE");
                execute(runtime, postgres, drop)
            }
        }
    }
}

/// Runs statements that this harness composed.
pub(crate) fn execute(
    runtime: &Runtime,
    postgres: &PostgresDatabase,
    statements: String,
) -> Result<()> {
    runtime.block_on(async {
        let mut connection = PgConnection::connect(&postgres.url).await?;
        sqlx::raw_sql(AssertSqlSafe(statements))
            .execute(&mut connection)
            .await?;
        connection.close().await?;
        Ok(())
    })
}
