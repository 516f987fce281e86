//! What a PostgreSQL server counted, by its own statistics views.

use sqlx::error::DatabaseError;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, PgConnection, Row};

use super::server_reading::{Counts, Reading};
use crate::place::connect;

/// A group of figures that one statement reads.
#[derive(Debug, Clone, Copy)]
struct Group {
    /// What cannot be measured without it.
    what: &'static str,
    /// What has to be allowed to the user.
    right: &'static str,
    /// Yields the counts, and a text that changes when they begin anew. Marked, so that `pg_stat_statements` can tell the
    /// instrument's statements from the others.
    sql: &'static str,
}

/// Acts for the session that asks, at the end of the transaction. Without a table that was read the session might have
/// nothing but transactions to tell, which it then keeps to itself.
const FLUSH: Group = Group {
    what: "rows, transactions and bytes of the log",
    right: "EXECUTE ON FUNCTION pg_stat_force_next_flush()",
    sql: "SELECT /* instrument */ pg_stat_force_next_flush()::text FROM pg_am LIMIT 1",
};
const TRANSACTIONS: Group = Group {
    what: "transactions",
    right: "SELECT ON pg_stat_database",
    sql: "SELECT /* instrument */ xact_commit, xact_rollback, coalesce(stats_reset::text, '') \
          FROM pg_stat_database WHERE datname = current_database()",
};
const LOG: Group = Group {
    what: "bytes and records of the log",
    right: "SELECT ON pg_stat_wal",
    sql: "SELECT /* instrument */ wal_bytes::int8, wal_records, wal_fpi, coalesce(stats_reset::text, '') \
          FROM pg_stat_wal",
};
/// Exact at any instant, whatever sessions have told.
const POSITION: Group = Group {
    what: "the position in the log",
    right: "EXECUTE ON FUNCTION pg_current_wal_insert_lsn()",
    sql: "SELECT /* instrument */ (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::int8, ''",
};
const ROWS: Group = Group {
    what: "rows",
    right: "SELECT ON pg_stat_user_tables",
    sql: "SELECT /* instrument */ coalesce(sum(n_tup_ins), 0)::int8, coalesce(sum(n_tup_upd), 0)::int8, \
          coalesce(sum(n_tup_del), 0)::int8, '' FROM pg_stat_user_tables WHERE schemaname = {schema}",
};
const SIZE: Group = Group {
    what: "the tables' size",
    right: "EXECUTE ON FUNCTION pg_total_relation_size(regclass)",
    sql: "SELECT /* instrument */ coalesce(sum(pg_total_relation_size(c.oid)), 0)::int8, '' \
          FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
          WHERE n.nspname = {schema} AND c.relkind = 'r'",
};
/// The text changes, too, when statements had to make room for others.
const STATEMENTS: Group = Group {
    what: "statements and their time",
    right: "SELECT ON pg_stat_statements, pg_stat_statements_info",
    sql: "SELECT /* instrument */ coalesce(sum(calls), 0)::int8, coalesce(sum(total_exec_time) * 1e6, 0)::int8, \
          coalesce(sum(shared_blks_dirtied), 0)::int8, \
          (SELECT concat(dealloc, ' ', stats_reset) FROM {statements}.pg_stat_statements_info) \
          FROM {statements}.pg_stat_statements \
          WHERE userid = (SELECT oid FROM pg_roles WHERE rolname = current_user) \
          AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) \
          AND query NOT LIKE '%/* instrument */%' AND query NOT LIKE '%pg_stat_force_next_flush%'",
};
/// The schema of the extension, quoted; no row where nobody made it in this database.
const STATEMENTS_AT: &str = "SELECT /* instrument */ quote_ident(nspname) FROM pg_extension \
     JOIN pg_namespace ON pg_namespace.oid = extnamespace WHERE extname = 'pg_stat_statements'";

/// `insufficient_privilege`.
const NOT_ALLOWED: &str = "42501";
/// `undefined_function`.
const NO_SUCH_FUNCTION: &str = "42883";
/// Classes of errors: feature not supported, syntax error or access rule violation, not in prerequisite state.
const LASTING: [&str; 3] = ["0A", "42", "55"];

/// A connection of the instrument's own, apart from the pool that is measured.
pub(super) struct ServerStatistics {
    url: String,
    schema: String,
    /// Whether the server works for this arm alone meanwhile: else only what is counted for each schema is the arm's.
    alone: bool,
    /// Schema of the extension, quoted.
    statements: Option<String>,
    /// None where the server could not be reached, or its last answer was no answer.
    connection: Option<PgConnection>,
    /// Transactions that it made so far.
    transactions: u64,
    /// Groups that were refused, and why: they are not asked for again.
    refused: Vec<(&'static str, String)>,
}

impl ServerStatistics {
    pub(super) async fn open(url: &str, schema: &str, alone: bool) -> Self {
        let mut opened = Self {
            url: url.to_owned(),
            schema: schema.to_owned(),
            alone,
            statements: None,
            connection: connect(url).await.ok(),
            transactions: 0,
            refused: Vec::new(),
        };
        opened.statements = opened.statements_at().await;
        opened
    }

    /// What cannot be measured and why, found by reading everything once. `told`: as of [`read`](Self::read).
    pub(super) async fn missing(&mut self, told: bool) -> Vec<String> {
        self.read(told).await;
        if !told {
            // The instrument's own session meets the same.
            self.flush().await;
        }
        self.refused.iter().map(|(_, why)| why.clone()).collect()
    }

    /// Reads all there is. `told`: whether the service's sessions have just told the server what they did; else its
    /// statistics lack an unknown part of it.
    pub(super) async fn read(&mut self, told: bool) -> Reading {
        if self.connection.is_none() {
            self.connection = connect(&self.url).await.ok();
        }
        let mut reading = Reading {
            size: self.ask(SIZE).await.ok(),
            ..Reading::default()
        };
        if self.alone {
            reading.position = self.ask(POSITION).await.ok();
            reading.statements = self.executed().await;
        }
        if told && self.flush().await {
            reading.own = self.transactions;
            if self.alone {
                reading.transactions = self.ask(TRANSACTIONS).await.ok();
                reading.log = self.ask(LOG).await.ok();
            }
            reading.rows = self.ask(ROWS).await.ok();
            // Nothing of its own is left to be told in the middle of somebody else's block.
            self.flush().await;
        }
        reading
    }

    async fn flush(&mut self) -> bool {
        let flushed: Result<Counts<0>, _> = self.ask(FLUSH).await;
        flushed.is_ok()
    }

    async fn executed(&mut self) -> Option<Counts<3>> {
        self.statements.as_ref()?;
        self.ask(STATEMENTS).await.ok()
    }

    async fn statements_at(&mut self) -> Option<String> {
        let connection = self.connection.as_mut()?;
        self.transactions += 1;
        let row = sqlx::raw_sql(STATEMENTS_AT)
            .fetch_optional(connection)
            .await;
        row.ok()??.try_get(0).ok()
    }

    /// Asks for a group of counts, in one transaction.
    async fn ask<const N: usize>(&mut self, group: Group) -> Result<Counts<N>, ()> {
        if self.refused.iter().any(|(what, _)| *what == group.what) {
            return Err(());
        }
        let mut connection = self.connection.take().ok_or(())?;
        let literal = format!("'{}'", self.schema.replace('\'', "''"));
        let statements = self.statements.as_deref().unwrap_or_default();
        let sql = group.sql.replace("{schema}", &literal);
        let sql = sql.replace("{statements}", statements);
        self.transactions += 1;
        let answer = sqlx::raw_sql(AssertSqlSafe(sql))
            .fetch_one(&mut connection)
            .await;
        match answer {
            Ok(row) => {
                self.connection = Some(connection);
                counts(&row).ok_or(())
            }
            Err(sqlx::Error::Database(refused)) if is_lasting(&*refused) => {
                self.connection = Some(connection);
                self.refuse(group, &*refused);
                Err(())
            }
            Err(_) => Err(()),
        }
    }

    fn refuse(&mut self, group: Group, error: &dyn DatabaseError) {
        let mut why = format!("{} cannot be measured: {}", group.what, error.message());
        match error.code().as_deref() {
            Some(NOT_ALLOWED) => {
                let url = self.url.parse::<PgConnectOptions>();
                let user = url.map_or_else(|_| "the user".into(), |u| u.get_username().to_owned());
                why = format!("{why}; allow it with GRANT {} TO {user}", group.right);
            }
            Some(NO_SUCH_FUNCTION) => why.push_str("; it takes PostgreSQL 15 or later"),
            _ => {}
        }
        self.refused.push((group.what, why));
    }
}

/// Whether asking again would meet the same: what is asked for is not there, not allowed or not to be had as the server is
/// set up. A server that is going down is not of these.
fn is_lasting(error: &dyn DatabaseError) -> bool {
    let code = error.code().unwrap_or_default();
    LASTING.iter().any(|class| code.starts_with(class))
}

fn counts<const N: usize>(row: &sqlx::postgres::PgRow) -> Option<Counts<N>> {
    let mut counts = [0; N];
    for (place, count) in counts.iter_mut().enumerate() {
        *count = u64::try_from(row.try_get::<i64, _>(place).ok()?).ok()?;
    }
    let since = row.try_get(N).ok()?;
    Some(Counts { counts, since })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::databases;

    /// A database of its own, whose user may read some of the views and not others.
    struct Restricted {
        administrator: PgConnection,
        name: String,
        url: String,
    }

    impl Restricted {
        async fn create() -> Self {
            let server = databases::tests::server();
            let options: PgConnectOptions = server.parse().unwrap();
            let name = format!("restricted_{}", std::process::id());
            let (host, port) = (options.get_host(), options.get_port());
            let mut administrator = connect(&server).await.unwrap();
            for statement in [
                format!("CREATE ROLE {name} LOGIN PASSWORD 'restricted'"),
                format!("CREATE DATABASE {name} OWNER {name}"),
            ] {
                run(&mut administrator, statement).await;
            }
            let (_, query) = server.split_once('@').unwrap();
            let (_, database) = query.split_once('/').unwrap();
            let inside = server.replace(&format!("/{database}"), &format!("/{name}"));
            let mut inside = connect(&inside).await.unwrap();
            // Rights on views of the catalogue are those of one database.
            let revoke = "REVOKE SELECT ON pg_stat_wal, pg_stat_database FROM PUBLIC; \
                          REVOKE EXECUTE ON FUNCTION pg_current_wal_insert_lsn() FROM PUBLIC";
            run(&mut inside, revoke.to_owned()).await;
            Self {
                administrator,
                url: format!("postgres://{name}:restricted@{host}:{port}/{name}"),
                name,
            }
        }

        async fn remove(mut self) {
            let name = &self.name;
            for statement in [
                format!("DROP DATABASE {name} WITH (FORCE)"),
                format!("DROP ROLE {name}"),
            ] {
                run(&mut self.administrator, statement).await;
            }
        }
    }

    async fn run(connection: &mut PgConnection, statement: String) {
        sqlx::raw_sql(AssertSqlSafe(statement))
            .execute(connection)
            .await
            .unwrap();
    }

    #[tokio::test]
    async fn what_a_user_has_no_right_to_is_named_and_the_rest_is_measured() {
        let database = Restricted::create().await;
        let mut statistics = ServerStatistics::open(&database.url, "public", true).await;
        let missing = statistics.missing(true).await;
        let user = &database.name;
        assert_eq!(
            missing,
            [
                format!(
                    "the position in the log cannot be measured: permission denied for function \
                     pg_current_wal_insert_lsn; allow it with GRANT EXECUTE ON FUNCTION pg_current_wal_insert_lsn() TO {user}"
                ),
                format!(
                    "transactions cannot be measured: permission denied for view pg_stat_database; allow it with GRANT \
                     SELECT ON pg_stat_database TO {user}"
                ),
                format!(
                    "bytes and records of the log cannot be measured: permission denied for view pg_stat_wal; allow it \
                     with GRANT SELECT ON pg_stat_wal TO {user}"
                ),
            ]
        );
        let from = statistics.read(true).await;
        let mut user = connect(&database.url).await.unwrap();
        let rows = "CREATE TABLE public.some AS SELECT generate_series(1, 7); \
                    SELECT pg_stat_force_next_flush()";
        run(&mut user, rows.to_owned()).await;
        let counted = from.grown(&statistics.read(true).await, 1).unwrap();
        assert_eq!(counted.rows_inserted, Some(7));
        assert_eq!(counted.size_bytes, Some(8192));
        assert_eq!((counted.transactions, counted.wal_bytes), (None, None));
        database.remove().await;
    }

    #[tokio::test]
    async fn a_server_that_is_gone_gives_nothing_and_no_note() {
        let mut statistics =
            ServerStatistics::open("postgres://ann@127.0.0.1:1/states", "public", true).await;
        assert_eq!(statistics.missing(true).await, [""; 0]);
        let reading = statistics.read(true).await;
        assert_eq!(reading.grown(&reading, 0), None);
    }
}
