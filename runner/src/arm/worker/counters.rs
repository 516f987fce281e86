//! Counters of process and database over a block. The process and a server are asked at both ends of it and never while
//! it is measured; a log of SQLite's has to be followed.

use std::sync::Arc;

use shared::report::{Allocations, DatabaseCounters, Resources};
use tokio::sync::Mutex;

use super::allocator::RequestCounter;
use super::server_log::ServerLog;
use super::sqlite_log::{LogFiles, Watch};
use crate::place::Place;

/// Where to read.
pub(super) struct Counters {
    requests: Option<RequestCounter>,
    database: DatabaseAt,
}

enum DatabaseAt {
    /// None where the log's files cannot be opened.
    File(Option<Arc<LogFiles>>),
    Server(Mutex<ServerLog>),
}

/// The begin of a block.
pub(super) struct Begun {
    database: DatabaseBegun,
    allocations: Option<Allocations>,
}

enum DatabaseBegun {
    File(Option<Watch>),
    Server(Option<u64>),
}

impl Counters {
    pub(super) async fn open(place: &Place) -> Self {
        Self {
            requests: RequestCounter::open(),
            database: match place {
                Place::Sqlite { file } => DatabaseAt::File(LogFiles::open(file)),
                Place::Postgres { url, .. } => {
                    DatabaseAt::Server(Mutex::new(ServerLog::open(url).await))
                }
            },
        }
    }

    pub(super) async fn begin(&self) -> Begun {
        let database = match &self.database {
            DatabaseAt::File(files) => DatabaseBegun::File(files.as_ref().and_then(Watch::begin)),
            DatabaseAt::Server(log) => DatabaseBegun::Server(log.lock().await.written().await),
        };
        Begun {
            database,
            // Last: what the others do asks the allocator for something.
            allocations: self.requests.as_ref().and_then(RequestCounter::read),
        }
    }

    /// What they grew by since the begin of a block; nothing of a counter that could not be read.
    pub(super) async fn end(&self, begun: Begun) -> Option<Resources> {
        let allocations = self.requests.as_ref().and_then(RequestCounter::read);
        let database = match (begun.database, &self.database) {
            (DatabaseBegun::File(watch), _) => watch.and_then(Watch::end),
            (DatabaseBegun::Server(from), DatabaseAt::Server(log)) => {
                let to = log.lock().await.written().await;
                server_counters(from, to)
            }
            (DatabaseBegun::Server(_), DatabaseAt::File(_)) => None,
        };
        let grown = Resources {
            allocations: grown_allocations(begun.allocations, allocations),
            network: None,
            database,
        };
        (grown != Resources::default()).then_some(grown)
    }
}

fn server_counters(from: Option<u64>, to: Option<u64>) -> Option<DatabaseCounters> {
    Some(DatabaseCounters {
        wal_bytes: Some(to?.checked_sub(from?)?),
        ..DatabaseCounters::default()
    })
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

    use persistence::StatePersistence;
    use sqlx::Connection;

    use super::super::faults::tests::request;
    use super::super::subject::Subject;
    use super::*;
    use crate::databases;

    const SAVES: u64 = 600;

    /// Saves of 20 B to 20 kB, one after the other: of the same saves a service writes the same pages.
    async fn save(service: &dyn StatePersistence) {
        for number in 0..SAVES {
            let mut request = request(number);
            request.run_id = format!("run {}", number % 7);
            let text = "x".repeat(usize::try_from(number * 7_919 % 20_000).unwrap());
            request.state = format!("{{\"number\":{number},\"text\":\"{text}\"}}").into();
            service.save(request).await.unwrap();
        }
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
            let counters = Counters::open(&place).await;
            let begun = counters.begin().await;
            save(&*service).await;
            let counted = counters.end(begun).await;
            service.close().await;
            if let Some(counted) = counted.and_then(|grown| grown.database) {
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

    /// Bytes of all records by `pg_stat_wal`, once every session has told the server what it did, which idle ones do
    /// within ten seconds; and the log's position.
    fn by_statistics(url: &str) -> (u64, String) {
        std::thread::sleep(Duration::from_secs(12));
        let bytes = psql(url, "SELECT wal_bytes FROM pg_stat_wal")
            .parse()
            .unwrap();
        (bytes, position(url))
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

    /// Everybody's log is counted, so nobody else may write.
    #[tokio::test(flavor = "multi_thread")]
    #[ignore = "needs a PostgreSQL that nobody else uses: scripts/prove-counters.sh"]
    async fn a_server_is_counted_as_its_log_and_its_statistics_say() {
        /// Every page of the log begins with a header, every record at a multiple of 8 bytes. `pg_stat_wal` counts neither.
        const PAGE: f64 = 8192.0;
        const PAGE_HEADER: f64 = 24.0;
        let url = databases::tests::server();
        for name in ["standard", "optimized"] {
            let schema = format!("counters_{name}_{}", std::process::id());
            let place = Place::Postgres {
                url: url.clone(),
                schema,
            };
            let subject: Subject = name.parse().unwrap();
            let service = subject.open(&place, 100, None).await.unwrap();
            let counters = Counters::open(&place).await;
            let (bytes_before, wide_from) = by_statistics(&url);
            let from = position(&url);
            let begun = counters.begin().await;
            save(&*service).await;
            let counted = counters.end(begun).await.unwrap().database.unwrap();
            let counted = counted.wal_bytes.unwrap();
            let to = position(&url);
            let (bytes_after, wide_to) = by_statistics(&url);
            service.close().await;
            place.clear().await.unwrap();
            let aligned = |length: u64| length.next_multiple_of(8);
            let aligned: u64 = records(&url, &from, &to).into_iter().map(aligned).sum();
            let log = aligned as f64 * PAGE / (PAGE - PAGE_HEADER);
            // The server's own work while its statistics were waited for is part of these two.
            let records: u64 = records(&url, &wide_from, &wide_to).iter().sum();
            let statistics = bytes_after - bytes_before;
            println!(
                "{name} on PostgreSQL: counted {counted} B of log, pg_waldump {log:.0} B; with the waiting, pg_waldump \
                 {records} B of records, pg_stat_wal {statistics} B"
            );
            assert!(near(counted, log), "{counted} B, {log} B");
            assert!(
                near(statistics, records as f64),
                "{statistics} B, {records} B"
            );
        }
    }
}
