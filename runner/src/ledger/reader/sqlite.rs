//! Reading a SQLite database.

use std::collections::HashSet;
use std::path::Path;

use anyhow::Result;
use blake3::Hash;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};

use super::{Row, Stored};

/// Rows fetched at a time.
const PAGE_ROWS: i64 = 64;
const PAGE: &str = "SELECT id, run_id, CAST(state AS BLOB) AS state, encoding FROM snapshots WHERE id > ? ORDER BY id LIMIT ?";

pub(super) async fn read(database: &Path, known: &HashSet<Hash>) -> Result<Stored> {
    let options = SqliteConnectOptions::new()
        .filename(database)
        .read_only(true);
    let mut connection = options.connect().await?;
    let mut transaction = connection.begin().await?;
    let mut stored = Stored::default();
    let mut after = i64::MIN;
    loop {
        let page = sqlx::query_as(PAGE).bind(after).bind(PAGE_ROWS);
        let rows: Vec<Row> = page.fetch_all(&mut *transaction).await?;
        let Some((last, ..)) = rows.last() else {
            break;
        };
        after = *last;
        for row in rows {
            stored.enter(row, known);
        }
    }
    transaction.rollback().await?;
    connection.close().await?;
    Ok(stored)
}
