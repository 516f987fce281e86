//! The limit of writing to PostgreSQL: the rows and bytes that a save leaves behind, by pgbench's
//! prepared insertions in transactions of a given size. Several numbers of clients are tried, one
//! round trip a row and pipelined; the best counts.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::Command;
use std::time::Duration;

use persistence::{Database, PostgresDatabase, StandardService, StatePersistence as _};
use tokio::runtime::Runtime;

use crate::common::states::States;
use crate::common::{Random, Result, USERS};
use crate::place::{Fresh, execute};

const CLIENTS: [u32; 4] = [1, 2, 4, 10];

/// Ids are composed on the server, so that pgbench itself has little to do.
const INSERT: &str = "WITH snapshot AS (INSERT INTO snapshots (run_id, thread_id, user_id, state, \
     encoding, state_bytes, checkpoint_type, agent_phase, execution_context, is_recovery_point, \
     expires_at, created_at) VALUES (concat('run-', :user::text), concat('thread-', :user::text), \
     concat('user-', :user::text), :state, 'json', length(:state), 'auto', NULL, NULL, false, NULL, \
     1767225600000) RETURNING id, run_id, user_id) INSERT INTO audit (snapshot_id, run_id, user_id, \
     action, status, started_at, completed_at) SELECT id, run_id, user_id, 'save', 'completed', \
     1767225600000, 1767225600000 FROM snapshot;";

pub(crate) struct Best {
    pub(crate) rows_per_second: f64,
    /// The number of clients, and whether they pipelined.
    pub(crate) how: String,
    /// The best of those with one round trip a row.
    pub(crate) unpipelined: f64,
}

/// In a fresh schema.
pub(crate) fn best(
    runtime: &Runtime,
    fresh: &Fresh,
    states: &States,
    rows: u64,
    time: Duration,
) -> Result<Best> {
    let Database::Postgres(postgres) = &fresh.options.database else {
        return Err("pgbench measures PostgreSQL only".into());
    };
    let schema = postgres.schema.as_deref().unwrap_or_default();
    runtime.block_on(async {
        let service = StandardService::open(&fresh.options).await?;
        service.close().await;
        Result::Ok(())
    })?;
    let last = USERS - 1;
    execute(
        runtime,
        postgres,
        format!(
            "INSERT INTO {schema}.users (id, created_at) \
             SELECT concat('user-', number), 0 FROM generate_series(0, {last}) AS number"
        ),
    )?;
    let state = states.stored(&mut Random::new(0));
    let mut best = Best {
        rows_per_second: 0.0,
        how: String::new(),
        unpipelined: 0.0,
    };
    for pipelined in [false, true] {
        let mut script = tempfile::NamedTempFile::new()?;
        script.write_all(transaction(rows, pipelined)?.as_bytes())?;
        for clients in CLIENTS {
            let emptied = format!("TRUNCATE {schema}.snapshots, {schema}.audit");
            execute(runtime, postgres, emptied)?;
            fresh.settle(runtime)?;
            let transactions = run(postgres, script.path(), &state, clients, time)?;
            let rows_per_second = transactions * rows as f64;
            if !pipelined {
                best.unpipelined = best.unpipelined.max(rows_per_second);
            }
            if rows_per_second > best.rows_per_second {
                let pipelined = if pipelined { ", pipelined" } else { "" };
                best.rows_per_second = rows_per_second;
                best.how = format!("{clients} clients{pipelined}");
            }
        }
    }
    Ok(best)
}

fn transaction(rows: u64, pipelined: bool) -> Result<String> {
    let mut script = String::new();
    let last = USERS - 1;
    for row in 0..rows {
        writeln!(script, "\\set user{row} random(0, {last})")?;
    }
    script.push_str(if pipelined { "\\startpipeline\n" } else { "" });
    script.push_str("BEGIN;\n");
    for row in 0..rows {
        writeln!(
            script,
            "{}",
            INSERT.replace(":user", &format!(":user{row}"))
        )?;
    }
    script.push_str("COMMIT;\n");
    script.push_str(if pipelined { "\\endpipeline\n" } else { "" });
    Ok(script)
}

/// Transactions a second.
fn run(
    postgres: &PostgresDatabase,
    script: &std::path::Path,
    state: &str,
    clients: u32,
    time: Duration,
) -> Result<f64> {
    let server = Server::of_url(&postgres.url)?;
    let schema = postgres.schema.as_deref().unwrap_or_default();
    let output = Command::new("pgbench")
        .args(["--no-vacuum", "--protocol=prepared"])
        .arg(format!("--time={}", time.as_secs().max(1)))
        .arg(format!("--client={clients}"))
        .arg(format!("--jobs={}", clients.min(2)))
        .arg("--file")
        .arg(script)
        .arg(format!("--define=state={state}"))
        // Not on the command line, which others can see.
        .env("PGPASSWORD", server.password)
        .env("PGUSER", server.user)
        .env("PGHOST", server.host)
        .env("PGPORT", server.port)
        .env("PGDATABASE", server.database)
        .env("PGOPTIONS", format!("-c search_path={schema}"))
        .output()
        .map_err(|error| format!("pgbench cannot be run, which comes with PostgreSQL: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(format!("pgbench failed: {errors}").into());
    }
    let line = text.lines().find_map(|line| line.strip_prefix("tps = "));
    let number = line.and_then(|line| line.split(' ').next());
    let number = number.ok_or_else(|| format!("pgbench printed no rate: {text}{errors}"))?;
    Ok(number.parse()?)
}

struct Server<'a> {
    user: &'a str,
    password: &'a str,
    host: &'a str,
    port: &'a str,
    database: &'a str,
}

impl<'a> Server<'a> {
    fn of_url(url: &'a str) -> Result<Self> {
        let parts = || {
            let rest = url.split_once("://")?.1.split('?').next()?;
            let (owner, place) = rest.rsplit_once('@')?;
            let (user, password) = owner.split_once(':').unwrap_or((owner, ""));
            let (address, database) = place.split_once('/')?;
            let (host, port) = address.rsplit_once(':').unwrap_or((address, "5432"));
            Some(Self {
                user,
                password,
                host,
                port,
                database,
            })
        };
        parts().ok_or_else(|| "the URL is not postgres://USER:PASSWORD@HOST:PORT/DATABASE".into())
    }
}
