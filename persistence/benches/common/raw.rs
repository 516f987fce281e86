//! The limit of writing to SQLite: the rows and bytes that a save leaves behind, by prepared
//! insertions straight on SQLite's C interface, in transactions of a given size; nothing is parsed,
//! hashed, queued or pruned.

use std::path::Path;

use persistence::{DatabaseOptions, StandardService, StatePersistence as _};
use rusqlite::{Connection, params};

use super::states::States;
use super::{Random, Result, USERS, run_id, thread_id, user_id};

const INSERT_SNAPSHOT: &str = "INSERT INTO snapshots (run_id, thread_id, user_id, state, encoding, \
     state_bytes, checkpoint_type, agent_phase, execution_context, is_recovery_point, expires_at, created_at) \
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

const INSERT_AUDIT: &str = "INSERT INTO audit (snapshot_id, run_id, user_id, action, status, started_at, completed_at) \
     VALUES (?, ?, ?, 'save', 'completed', ?, ?)";

/// 2026-01-01, in milliseconds since the Unix epoch.
const INSTANT: i64 = 1_767_225_600_000;

pub(crate) struct RawInserts {
    connection: Connection,
    random: Random,
    rows: u64,
}

impl RawInserts {
    /// In a new file, with the services' schema and pragmas.
    pub(crate) async fn create(file: &Path) -> Result<Self> {
        let service = StandardService::open(&DatabaseOptions::sqlite(file)).await?;
        service.close().await;
        let connection = Connection::open(file)?;
        connection.execute_batch("PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL")?;
        let mut insert = connection.prepare("INSERT INTO users (id, created_at) VALUES (?, ?)")?;
        for user in 0..USERS {
            insert.execute(params![user_id(user), INSTANT])?;
        }
        drop(insert);
        Ok(Self {
            connection,
            random: Random::new(0),
            rows: 0,
        })
    }

    /// One transaction of as many snapshots with their audit records.
    pub(crate) fn commit(&mut self, states: &States, rows: u64) -> Result<()> {
        let transaction = self.connection.unchecked_transaction()?;
        let mut insert_snapshot = transaction.prepare_cached(INSERT_SNAPSHOT)?;
        let mut insert_audit = transaction.prepare_cached(INSERT_AUDIT)?;
        for _ in 0..rows {
            let user = (self.rows % u64::from(USERS)) as u32;
            let run_id = run_id(user, self.rows / u64::from(USERS));
            let user_id = user_id(user);
            let state = states.stored(&mut self.random);
            insert_snapshot.execute(params![
                run_id,
                thread_id(user),
                user_id,
                state,
                "json",
                state.len() as i64,
                "auto",
                None::<String>,
                None::<String>,
                false,
                None::<i64>,
                INSTANT,
            ])?;
            let id = transaction.last_insert_rowid();
            insert_audit.execute(params![id, run_id, user_id, INSTANT, INSTANT])?;
            self.rows += 1;
        }
        drop((insert_snapshot, insert_audit));
        transaction.commit()?;
        Ok(())
    }
}
