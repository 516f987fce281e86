//! Counters of process and database over a block. The process and a server are asked at both ends of it and never while
//! it is measured; a log of SQLite's has to be followed.

use shared::report::{Allocations, DatabaseCounters, Resources};
use tokio::sync::Mutex;

use super::allocator::RequestCounter;
use super::server_log::ServerLog;
use super::sqlite_log::Watch;
use crate::place::Place;

/// Where to read.
pub(super) struct Counters {
    requests: Option<RequestCounter>,
    database: DatabaseAt,
}

enum DatabaseAt {
    File(std::path::PathBuf),
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
                Place::Sqlite { file } => DatabaseAt::File(file.clone()),
                Place::Postgres { url, .. } => {
                    DatabaseAt::Server(Mutex::new(ServerLog::open(url).await))
                }
            },
        }
    }

    pub(super) async fn begin(&self) -> Begun {
        let database = match &self.database {
            DatabaseAt::File(file) => DatabaseBegun::File(Watch::begin(file)),
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
