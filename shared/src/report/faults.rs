//! The evidence of what was broken on purpose, and of what it did.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::arms::ArmRole;

/// One deliberate fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Incident {
    /// What was done.
    pub fault: Fault,
    /// To whom.
    pub arm: ArmRole,
    /// Number, from 0, counted apart for each arm and fault.
    pub number: u32,
    /// When, nanoseconds since the scenario's first block.
    pub at_ns: u64,
    /// How long it lasted, nanoseconds; zero for an instant.
    pub length_ns: u64,
    /// Saves acknowledged in the block around it.
    pub acknowledged: u64,
    /// Saves of that block that failed, each reported to its caller, by kind of error.
    pub errors: BTreeMap<String, u64>,
    /// Of the failed saves: those that were meant to fail.
    pub meant_to_fail: u64,
    /// Saves under way that nobody ever answered, since the process was killed: they may be stored or not.
    pub unanswered: u64,
    /// Acknowledged saves that were lost, wrong or stale when the database was read right after; absent where it was read
    /// at the end of the scenario only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub violations: Option<u64>,
    /// From the end of the fault to normal service, nanoseconds; after a kill from opening the database anew to the first
    /// acknowledged save. Absent where normal service was not seen again.
    pub recovery_ns: Option<u64>,
}

/// What can be broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The arm's process ended by SIGKILL in the middle of load.
    ProcessKilled,
    /// Every entry of the cache altered.
    CachePoisoned,
    /// Every entry of the cache gone.
    CacheEmptied,
    /// Every access to the cache an error, for some time.
    CacheErroring,
    /// The database locked by another process, for some time.
    DatabaseLocked,
    /// All connections to the database cut.
    ConnectionsTerminated,
    /// The database server stopped, and started again after some time.
    ServerStopped,
    /// Some saves rejected by the database.
    SavesRejected,
}
