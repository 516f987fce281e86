//! What the commit queue asks of a database: many saves, one transaction.

use crate::request::AcceptedSave;
use crate::{Observation, PersistenceError, SnapshotId};

/// What a writer may remember of what it committed, to ask the database less. Only right while
/// nobody else changes it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Remembers {
    /// Users who are in the database.
    pub(crate) users: bool,
    /// How many snapshots a run has: most need no pruning.
    pub(crate) run_lengths: bool,
}

/// A save to be committed.
#[derive(Debug)]
pub(crate) struct Job<'a> {
    pub(crate) save: &'a AcceptedSave,
}

/// A batch that is durable.
#[derive(Debug)]
pub(crate) struct Written {
    /// The snapshots, in the order of the jobs; of one run ascending.
    pub(crate) ids: Vec<SnapshotId>,
    /// What the database was asked to do for all of them together.
    pub(crate) work: Observation,
}

/// Why a batch was not committed. Nothing of it was written, unless the connection broke or the
/// disk failed during the commit itself.
#[derive(Debug)]
pub(crate) enum BatchError {
    /// The database refused one of the saves: the others may be tried without it.
    Rejected(PersistenceError),
    /// It is not for any of the saves: none can be written now.
    Failed(PersistenceError),
}

/// A connection that writes, used by one thread. It mends itself: after an error the next batch
/// starts afresh, on a new connection where that is needed.
pub(crate) trait BatchWriter: Send {
    /// Makes all jobs durable in one transaction, in their order, and prunes their runs; returns
    /// after the commit. Blocks. `jobs` is not empty.
    fn write(&mut self, jobs: &[Job<'_>]) -> Result<Written, BatchError>;

    /// As [`StatePersistence::flush_statistics`](crate::StatePersistence::flush_statistics), of this
    /// connection. Blocks. Nothing to do for a database without statistics.
    fn flush_statistics(&mut self) -> Result<u64, PersistenceError> {
        Ok(0)
    }
}
