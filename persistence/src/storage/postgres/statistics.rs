//! Telling the server what its sessions did.

use std::time::Duration;

use sqlx::postgres::PgConnection;

use super::PostgresStorage;
use crate::PersistenceError;

/// It acts for the session that calls it, at the end of the transaction. Without a table that was read
/// the session might have nothing but transactions to tell, which it then keeps to itself.
const FLUSH: &str = "SELECT pg_stat_force_next_flush() FROM pg_am LIMIT 1";

/// How long connections may take that are on their way back into the pool, and how often to look.
const PATIENCE: Duration = Duration::from_millis(200);
const POLL: Duration = Duration::from_millis(1);

impl PostgresStorage {
    /// To be called while nobody uses the pool: what is in use is left out.
    pub(crate) async fn flush_statistics(&self) -> Result<u64, PersistenceError> {
        let pool = self.pool();
        let mut all = Vec::new();
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            all.extend(std::iter::from_fn(|| pool.try_acquire()));
            if all.len() >= pool.size() as usize || tokio::time::Instant::now() > deadline {
                break;
            }
            tokio::time::sleep(POLL).await;
        }
        for connection in &mut all {
            flush(connection).await?;
        }
        Ok(all.len() as u64)
    }
}

/// One transaction.
pub(super) async fn flush(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(FLUSH).execute(connection).await?;
    Ok(())
}
