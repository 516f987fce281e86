//! Counters of process and database over a block. The process and a server are asked at both ends of it and never while
//! it is measured; a log of SQLite's has to be followed.

use std::sync::Arc;
use std::time::Duration;

use persistence::{PersistenceError, StatePersistence};
use shared::report::{Allocations, Resources};
use tokio::sync::Mutex;

use super::allocator::RequestCounter;
use super::network::{Server, Traffic, grown};
use super::server_reading::Reading;
use super::server_statistics::ServerStatistics;
use super::sqlite_log::{LogFiles, Watch};
use crate::place::Place;

/// How long the service may take to tell the server what it did.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where to read.
pub(super) struct Counters {
    service: Arc<dyn StatePersistence>,
    requests: Option<RequestCounter>,
    /// None where the database is not reached by a network.
    server: Option<Server>,
    database: DatabaseAt,
}

enum DatabaseAt {
    /// None where the log's files cannot be opened.
    File(Option<Arc<LogFiles>>),
    Server(Box<Mutex<ServerStatistics>>),
}

/// The begin of a block.
pub(super) struct Begun {
    database: DatabaseBegun,
    traffic: Option<Traffic>,
    allocations: Option<Allocations>,
}

enum DatabaseBegun {
    File(Option<Watch>),
    Server(Box<Reading>),
}

impl Counters {
    /// `alone`: whether only this arm uses the server while a block of it runs, as far as the run is concerned.
    pub(super) async fn open(
        service: &Arc<dyn StatePersistence>,
        place: &Place,
        alone: bool,
    ) -> Self {
        Self {
            service: Arc::clone(service),
            requests: RequestCounter::open(),
            server: match place {
                Place::Sqlite { .. } => None,
                Place::Postgres { url, .. } => Server::of(url),
            },
            database: match place {
                Place::Sqlite { file } => DatabaseAt::File(LogFiles::open(file)),
                Place::Postgres { url, schema } => {
                    let statistics = ServerStatistics::open(url, schema, alone).await;
                    DatabaseAt::Server(Box::new(Mutex::new(statistics)))
                }
            },
        }
    }

    /// What cannot be measured that could be, and why.
    pub(super) async fn missing(&self) -> Vec<String> {
        let mut missing = match &self.database {
            DatabaseAt::File(_) => Vec::new(),
            DatabaseAt::Server(statistics) => {
                let told = self.flush().await.is_some();
                statistics.lock().await.missing(told).await
            }
        };
        if let Some(Err(error)) = self.server.map(Server::traffic) {
            missing.push(format!(
                "bytes over the network cannot be measured: {error}"
            ));
        }
        missing
    }

    fn traffic(&self) -> Option<Traffic> {
        self.server?.traffic().ok()
    }

    pub(super) async fn begin(&self) -> Begun {
        let database = match &self.database {
            DatabaseAt::File(files) => DatabaseBegun::File(files.as_ref().and_then(Watch::begin)),
            DatabaseAt::Server(statistics) => {
                let told = self.flush().await.is_some();
                DatabaseBegun::Server(Box::new(statistics.lock().await.read(told).await))
            }
        };
        Begun {
            database,
            // After the readings above and, in the end, before them: the instrument's own connection is one of these.
            traffic: self.traffic(),
            // Last: what the others do asks the allocator for something.
            allocations: self.requests.as_ref().and_then(RequestCounter::read),
        }
    }

    /// What they grew by since the begin of a block; nothing of a counter that could not be read. `sampling_ns`: processor
    /// time of other instruments meanwhile.
    pub(super) async fn end(&self, begun: Begun, sampling_ns: u64) -> Resources {
        let allocations = self.requests.as_ref().and_then(RequestCounter::read);
        let traffic = self.traffic();
        let mut instruments_ns = sampling_ns;
        let database = match (begun.database, &self.database) {
            (DatabaseBegun::File(watch), _) => watch.and_then(Watch::end).map(|watched| {
                instruments_ns += watched.processor_ns;
                watched.counted
            }),
            (DatabaseBegun::Server(from), DatabaseAt::Server(statistics)) => {
                let flushes = self.flush().await;
                let to = statistics.lock().await.read(flushes.is_some()).await;
                from.grown(&to, flushes.unwrap_or(0))
            }
            (DatabaseBegun::Server(_), DatabaseAt::File(_)) => None,
        };
        Resources {
            allocations: grown_allocations(begun.allocations, allocations),
            network: begun
                .traffic
                .zip(traffic)
                .and_then(|(from, to)| grown(&from, &to)),
            database,
            instruments_ns: Some(instruments_ns),
        }
    }

    /// Transactions that it took; none where it failed.
    async fn flush(&self) -> Option<u64> {
        let flushed: Result<Result<u64, PersistenceError>, _> =
            tokio::time::timeout(PATIENCE, self.service.flush_statistics()).await;
        flushed.ok()?.ok()
    }
}

fn grown_allocations(from: Option<Allocations>, to: Option<Allocations>) -> Option<Allocations> {
    let (from, to) = (from?, to?);
    Some(Allocations {
        count: to.count.checked_sub(from.count)?,
        bytes: to.bytes.checked_sub(from.bytes)?,
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::process::Command;
    use std::time::Duration;

    use persistence::Observation;
    use shared::report::DatabaseCounters;
    use sqlx::Connection;

    use super::super::faults::tests::request;
    use super::super::subject::Subject;
    use super::*;
    use crate::databases;

    const SAVES: u64 = 600;

    /// Saves of 20 B to 20 kB, one after the other: of the same saves a service writes the same pages.
    async fn save(service: &dyn StatePersistence) -> Observation {
        let mut work = Observation::default();
        for number in 0..SAVES {
            let mut request = request(number);
            request.run_id = format!("run {}", number % 7);
            let text = "x".repeat(usize::try_from(number * 7_919 % 20_000).unwrap());
            request.state = format!("{{\"number\":{number},\"text\":\"{text}\"}}").into();
            let saved = service.save(request).await.unwrap().observation;
            work.commits += saved.commits;
            work.statements += saved.statements;
            work.rows_written += saved.rows_written;
            work.rows_deleted += saved.rows_deleted;
        }
        work
    }

    fn near(counted: u64, independent: f64) -> bool {
        (counted as f64 / independent - 1.0).abs() < 0.01
    }

    /// What is counted of the saves, in a new database. Where the instrument was kept waiting by the machine for longer than
    /// a log lasts, it gives no count, and they are counted again.
    async fn count(subject: &Subject, folder: &Path) -> DatabaseCounters {
        for attempt in 0..5 {
            let file = folder.join(format!("state {attempt}.db"));
            let place = Place::Sqlite { file };
            let service = subject.open(&place, 100, None).await.unwrap();
            let counters = Counters::open(&service, &place, true).await;
            let begun = counters.begin().await;
            save(&*service).await;
            let counted = counters.end(begun, 0).await.database.unwrap();
            service.close().await;
            if counted.wal_bytes.is_some() {
                return counted;
            }
        }
        panic!("the log was missed five times");
    }

    #[tokio::test]
    async fn a_file_is_counted_as_its_log_grows_where_a_reader_keeps_it_from_beginning_anew() {
        for name in ["standard", "optimized"] {
            let folder = tempfile::tempdir().unwrap();
            let subject: Subject = name.parse().unwrap();
            let counted = count(&subject, folder.path()).await;
            assert!(counted.checkpoints > Some(1), "{counted:?}");

            let file = folder.path().join("growing.db");
            let place = Place::Sqlite { file: file.clone() };
            let service = subject.open(&place, 100, None).await.unwrap();
            let url = format!("sqlite:{}", file.display());
            let mut reader: sqlx::SqliteConnection =
                sqlx::SqliteConnection::connect(&url).await.unwrap();
            let hold = "BEGIN; SELECT count(*) FROM snapshots";
            sqlx::raw_sql(hold).execute(&mut reader).await.unwrap();
            let log = file.with_file_name("growing.db-wal");
            let before = log.metadata().unwrap().len();
            save(&*service).await;
            let grown = log.metadata().unwrap().len() - before;
            service.close().await;
            println!("{name} on SQLite: counted {counted:?}, the log grew by {grown} B");
            assert!(
                near(counted.wal_bytes.unwrap(), grown as f64),
                "{counted:?}, {grown}"
            );
        }
    }

    fn psql(url: &str, query: &str) -> String {
        let said = Command::new("psql")
            .args(["-XAtc", query, url])
            .output()
            .unwrap();
        assert!(said.status.success(), "{said:?}");
        String::from_utf8(said.stdout).unwrap().trim().to_owned()
    }

    /// What psql reads, once every session has told the server what it did, which idle ones do within ten seconds.
    struct Statistics {
        wal_bytes: u64,
        transactions: u64,
        inserted: u64,
        deleted: u64,
        size: u64,
    }

    impl Statistics {
        fn read(url: &str, schema: &str) -> Self {
            std::thread::sleep(Duration::from_secs(12));
            let number = |query: &str| psql(url, query).parse().unwrap();
            let rows = |column| {
                number(&format!(
                    "SELECT sum({column}) FROM pg_stat_user_tables WHERE schemaname = '{schema}'"
                ))
            };
            Self {
                wal_bytes: number("SELECT wal_bytes FROM pg_stat_wal"),
                transactions: number(
                    "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()",
                ),
                inserted: rows("n_tup_ins"),
                deleted: rows("n_tup_del"),
                size: number(&format!(
                    "SELECT sum(pg_total_relation_size(relid)) FROM pg_stat_user_tables WHERE schemaname = '{schema}'"
                )),
            }
        }

        fn since(&self, before: &Self) -> String {
            format!(
                "{} B of log, {} transactions, {} rows inserted, {} deleted",
                self.wal_bytes - before.wal_bytes,
                self.transactions - before.transactions,
                self.inserted - before.inserted,
                self.deleted - before.deleted
            )
        }
    }

    fn position(url: &str) -> String {
        psql(url, "SELECT pg_current_wal_insert_lsn()")
    }

    /// Lengths of the records between two positions, as `pg_waldump` finds them in the log itself.
    fn records(url: &str, from: &str, to: &str) -> Vec<u64> {
        let programs = psql(url, "SELECT setting FROM pg_config() WHERE name = 'BINDIR'");
        let log = format!("{}/pg_wal", psql(url, "SHOW data_directory"));
        let dump = Command::new(format!("{programs}/pg_waldump"))
            .args(["--path", &log, "--start", from, "--end", to])
            .output()
            .unwrap();
        assert!(dump.status.success(), "{dump:?}");
        let lines = String::from_utf8(dump.stdout).unwrap();
        let length = |line: &str| {
            let (_, after) = line.split_once("len (rec/tot):")?;
            after
                .split_once('/')?
                .1
                .split(',')
                .next()?
                .trim()
                .parse()
                .ok()
        };
        lines.lines().filter_map(length).collect()
    }

    /// Keeps the server from doing anything on its own account for as long as a count lasts.
    struct Quiet(String);

    impl Quiet {
        fn keep(url: &str) -> Self {
            for setting in ["autovacuum = off", "checkpoint_timeout = '1h'"] {
                psql(url, &format!("ALTER SYSTEM SET {setting}"));
            }
            psql(url, "SELECT pg_reload_conf()");
            psql(url, "CHECKPOINT");
            Self(url.to_owned())
        }
    }

    impl Drop for Quiet {
        fn drop(&mut self) {
            for setting in ["autovacuum", "checkpoint_timeout"] {
                psql(&self.0, &format!("ALTER SYSTEM RESET {setting}"));
            }
            psql(&self.0, "SELECT pg_reload_conf()");
        }
    }

    /// The server's log and statistics are everybody's, so nobody else may use it.
    #[tokio::test(flavor = "multi_thread")]
    #[ignore = "needs a PostgreSQL that nobody else uses: scripts/prove-counters.sh"]
    async fn a_server_is_counted_as_its_log_and_its_statistics_say() {
        let url = databases::tests::server();
        let _quiet = Quiet::keep(&url);
        for name in ["standard", "optimized"] {
            let schema = format!("counters_{name}_{}", std::process::id());
            let place = Place::Postgres {
                url: url.clone(),
                schema: schema.clone(),
            };
            let subject: Subject = name.parse().unwrap();
            let service = subject.open(&place, 100, None).await.unwrap();
            let counters = Counters::open(&service, &place, true).await;
            assert_eq!(counters.missing().await, [""; 0]);
            // The first saves open connections and prepare statements.
            save(&*service).await;
            let before = Statistics::read(&url, &schema);
            let from = position(&url);
            let begun = counters.begin().await;
            let work = save(&*service).await;
            let counted = counters.end(begun, 0).await.database.unwrap();
            let to = position(&url);
            let after = Statistics::read(&url, &schema);
            service.close().await;
            place.clear().await.unwrap();

            let dumped: u64 = records(&url, &from, &to).iter().sum();
            println!(
                "{name} on PostgreSQL: counted {counted:?}\n  psql, with 12 s of waiting twice: {}\n  pg_waldump: {dumped} B \
                 of records\n  the service: {work:?}",
                after.since(&before)
            );
            let counted_bytes = counted.wal_bytes.unwrap();
            assert!(near(
                counted_bytes,
                (after.wal_bytes - before.wal_bytes) as f64
            ));
            assert!(near(counted_bytes, dumped as f64));
            assert!(counted.wal_position_bytes > counted.wal_bytes);
            assert_eq!(
                counted.rows_inserted,
                Some(after.inserted - before.inserted)
            );
            assert_eq!(counted.rows_deleted, Some(after.deleted - before.deleted));
            assert_eq!(counted.size_bytes, Some(after.size));
            assert!(near(counted.transactions.unwrap(), work.commits as f64));
            if let Some(statements) = counted.statements {
                assert!(near(statements, work.statements as f64));
            }
            let others = after.transactions - before.transactions - work.commits;
            assert!(others < 60, "psql's own and the instrument's: {others}");
        }
    }
}
