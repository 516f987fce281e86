//! What the database holds, read through a connection of its own.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use anyhow::{Context, Result};
use blake3::Hash;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions, Connection};

/// Rows fetched at a time: bounds the memory, however large the database.
const PAGE_ROWS: i64 = 64;
/// The encoding of a state stored as plain JSON text.
const PLAIN_JSON: &str = "json";

/// A stored snapshot, its state reduced to a hash.
#[derive(Debug)]
pub(super) struct Snapshot {
    pub(super) run: String,
    /// BLAKE3 of the state's canonical bytes, or why there is none.
    pub(super) state: Result<Hash, String>,
}

/// All snapshots of a database.
#[derive(Debug, Default)]
pub(super) struct Stored {
    pub(super) snapshots: BTreeMap<i64, Snapshot>,
    /// Ids of each run's snapshots, ascending.
    pub(super) runs: HashMap<String, Vec<i64>>,
}

impl Stored {
    /// Ids of a run's snapshots, ascending.
    pub(super) fn ids(&self, run: &str) -> &[i64] {
        self.runs.get(run).map_or(&[], Vec::as_slice)
    }
}

type Row = (i64, String, Vec<u8>, String);

/// Reads all snapshots within one transaction. States whose bytes hash to one of `known` are canonical already
/// and need no parsing.
///
/// # Errors
/// Names the file and the cause.
pub(super) async fn read(database: &Path, known: &HashSet<Hash>) -> Result<Stored> {
    read_all(database, known)
        .await
        .with_context(|| format!("cannot check the ledger against {}", database.display()))
}

async fn read_all(database: &Path, known: &HashSet<Hash>) -> Result<Stored> {
    let options = SqliteConnectOptions::new()
        .filename(database)
        .read_only(true);
    let mut connection = options.connect().await?;
    let mut transaction = connection.begin().await?;
    let mut stored = Stored::default();
    let mut after = i64::MIN;
    loop {
        let rows = page(&mut transaction, after).await?;
        let Some(last) = rows.last() else { break };
        after = last.0;
        for (id, run, state, encoding) in rows {
            stored.runs.entry(run.clone()).or_default().push(id);
            stored.snapshots.insert(
                id,
                Snapshot {
                    run,
                    state: canonical_hash(&state, &encoding, known),
                },
            );
        }
    }
    transaction.rollback().await?;
    connection.close().await?;
    Ok(stored)
}

async fn page(connection: &mut SqliteConnection, after: i64) -> Result<Vec<Row>> {
    let query = "SELECT id, run_id, CAST(state AS BLOB), encoding FROM snapshots WHERE id > ? ORDER BY id LIMIT ?";
    Ok(sqlx::query_as(query)
        .bind(after)
        .bind(PAGE_ROWS)
        .fetch_all(connection)
        .await?)
}

fn canonical_hash(state: &[u8], encoding: &str, known: &HashSet<Hash>) -> Result<Hash, String> {
    if encoding != PLAIN_JSON {
        return Err(format!("has the unknown encoding `{encoding}`"));
    }
    let hash = blake3::hash(state);
    if known.contains(&hash) {
        return Ok(hash);
    }
    // serde_json's objects are sorted maps, so this is the canonical text.
    let value: serde_json::Value =
        serde_json::from_slice(state).map_err(|e| format!("holds no JSON: {e}"))?;
    Ok(blake3::hash(value.to_string().as_bytes()))
}
