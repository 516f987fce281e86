//! What a PostgreSQL server has written to its write-ahead log.

use sqlx::PgConnection;

use crate::place::connect;

/// The position in the log up to which records were made: bytes since the server's database began. It is exact at any
/// instant and needs no privilege, while the counters of `pg_stat_wal` lack what other sessions have not yet told, up to
/// ten seconds of theirs.
const WRITTEN: &str = "SELECT (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::int8";

/// A connection of the instrument's own, apart from the pool that is measured.
pub(super) struct ServerLog {
    url: String,
    /// None where the server could not be reached, or its last answer was no answer.
    connection: Option<PgConnection>,
}

impl ServerLog {
    pub(super) async fn open(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            connection: connect(url).await.ok(),
        }
    }

    /// Bytes written so far, by whoever uses the server; `None` where it does not tell.
    pub(super) async fn written(&mut self) -> Option<u64> {
        if self.connection.is_none() {
            self.connection = connect(&self.url).await.ok();
        }
        let mut connection = self.connection.take()?;
        let written: Result<i64, _> = sqlx::query_scalar(WRITTEN).fetch_one(&mut connection).await;
        let written = written.ok()?;
        self.connection = Some(connection);
        u64::try_from(written).ok()
    }
}
