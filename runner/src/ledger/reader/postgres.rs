//! Reading a schema of a PostgreSQL database.

use std::collections::HashSet;

use anyhow::Result;
use blake3::Hash;
use sqlx::Connection;

use super::{Row, Stored};
use crate::place::connect;

/// All pages see the database as it was at the first one.
const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
/// Bytes of state after which a page ends: each page is a journey over the network. A single state may be larger.
const PAGE_BYTES: i64 = 8 << 20;
/// Rows that a page may have.
const PAGE_ROWS: i64 = 4096;
/// The rows whose predecessors in the page are below the limit of bytes; their lengths are known without reading them.
const PAGE: &str = "\
SELECT id, run_id, convert_to(state, 'UTF8') AS state, encoding \
FROM (SELECT id, run_id, state, encoding, \
             sum(octet_length(state)) OVER (ORDER BY id) - octet_length(state) AS before \
      FROM (SELECT id, run_id, state, encoding FROM snapshots WHERE id > $1 ORDER BY id LIMIT $2) AS next) AS page \
WHERE before < $3 ORDER BY id";

pub(super) async fn read(url: &str, schema: &str, known: &HashSet<Hash>) -> Result<Stored> {
    let mut connection = connect(url).await?;
    sqlx::query("SELECT set_config('search_path', $1, false)")
        .bind(schema)
        .execute(&mut connection)
        .await?;
    let mut transaction = connection.begin_with(BEGIN).await?;
    let mut stored = Stored::default();
    let mut after = i64::MIN;
    loop {
        let page = sqlx::query_as(PAGE)
            .bind(after)
            .bind(PAGE_ROWS)
            .bind(PAGE_BYTES);
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
