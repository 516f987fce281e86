//! What the services give back: snapshots, and the context of a thread.

use std::fmt;

use bytes::Bytes;

use crate::CheckpointType;

/// Identifies a stored snapshot. Ids of one database rise in the order of commits and are never
/// reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SnapshotId(pub i64);

impl fmt::Display for SnapshotId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// A snapshot as read from the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadedState {
    /// The snapshot that was read.
    pub snapshot_id: SnapshotId,
    /// The run that the state belongs to.
    pub run_id: String,
    /// The thread that the run belongs to.
    pub thread_id: String,
    /// The user who owns the thread.
    pub user_id: String,
    /// Canonical JSON text of the state: keys sorted, no white space.
    pub state: Bytes,
    /// Why the state was saved.
    pub checkpoint_type: CheckpointType,
    /// The phase that the agent was in.
    pub agent_phase: Option<String>,
    /// Canonical JSON text of the execution context.
    pub execution_context: Option<Bytes>,
    /// Whether a recovery may start from this snapshot.
    pub is_recovery_point: bool,
    /// When the snapshot may be dropped, in milliseconds since the Unix epoch.
    pub expires_at_ms: Option<i64>,
    /// When the snapshot was written, in milliseconds since the Unix epoch.
    pub created_at_ms: i64,
}

/// The stored snapshots of a thread, summed up per run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThreadContext {
    /// The thread asked for.
    pub thread_id: String,
    /// The user of the thread's newest snapshot.
    pub user_id: String,
    /// How many snapshots of the thread are stored (retention prunes older ones).
    pub snapshots: u64,
    /// The thread's runs, the one saved last first. Never empty.
    pub runs: Vec<RunSummary>,
}

/// The stored snapshots of one run within a thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunSummary {
    /// The run.
    pub run_id: String,
    /// Its newest snapshot in this thread.
    pub latest: SnapshotId,
    /// How many of its snapshots are stored in this thread.
    pub snapshots: u64,
}
