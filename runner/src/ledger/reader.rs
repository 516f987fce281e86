//! What the database holds, read through a connection of its own.

mod postgres;
mod sqlite;

use std::collections::{BTreeMap, HashMap, HashSet};

use anyhow::{Context, Result};
use blake3::Hash;

use crate::place::Place;

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
    /// Takes a row in, by ascending ids. States whose bytes hash to one of `known` are canonical already and need no
    /// parsing.
    fn enter(&mut self, row: Row, known: &HashSet<Hash>) {
        let (id, run, state, encoding) = row;
        self.runs.entry(run.clone()).or_default().push(id);
        let state = canonical_hash(&state, &encoding, known);
        self.snapshots.insert(id, Snapshot { run, state });
    }

    /// Ids of a run's snapshots, ascending.
    pub(super) fn ids(&self, run: &str) -> &[i64] {
        self.runs.get(run).map_or(&[], Vec::as_slice)
    }
}

/// A snapshot as it is stored: its id, its run, the bytes of its state and their encoding.
type Row = (i64, String, Vec<u8>, String);

/// Reads all snapshots within one transaction, page by page: that bounds the memory, however large the database.
///
/// # Errors
/// Names the database and the cause.
pub(super) async fn read(place: &Place, known: &HashSet<Hash>) -> Result<Stored> {
    let read = match place {
        Place::Sqlite { file } => sqlite::read(file, known).await,
        Place::Postgres { url, schema } => postgres::read(url, schema, known).await,
    };
    read.with_context(|| format!("cannot check the ledger against {place}"))
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
