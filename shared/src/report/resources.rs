//! What an arm's process and its database used, by their own counters.
//!
//! A figure that a platform or a database does not give is absent, which is not zero.

use serde::{Deserialize, Serialize};

/// What a process has of its allocator at an instant, by the allocator's own statistics, bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Allocator {
    /// Handed out to the program and not given back.
    pub allocated_bytes: u64,
    /// In pages that hold at least one allocation: what lies between this and `allocated_bytes` is fragmentation.
    pub active_bytes: u64,
    /// Resident in physical memory, the allocator's own data and unused pages included.
    pub resident_bytes: u64,
    /// Address space kept for later without physical memory behind it.
    pub retained_bytes: u64,
}

/// What the counters of a process and its database grew by over a block.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Resources {
    /// What the process asked its allocator for, generator included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allocations: Option<Allocations>,
    /// What went over the network to the database and back; absent where the database is in the process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<Network>,
    /// What the database itself counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database: Option<DatabaseCounters>,
}

/// Requests to an allocator.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Allocations {
    /// How many.
    pub count: u64,
    /// Bytes that the allocator gave for them: each request is rounded up to a size class.
    pub bytes: u64,
}

/// Bytes between a process and a database server, as the operating system counts what the server acknowledged and sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// To the server.
    pub sent_bytes: u64,
    /// From the server.
    pub received_bytes: u64,
}

/// What a database counted of its own work. Each database counts other things.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DatabaseCounters {
    /// Transactions committed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transactions: Option<u64>,
    /// Rows inserted into tables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows_inserted: Option<u64>,
    /// Rows updated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows_updated: Option<u64>,
    /// Rows deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows_deleted: Option<u64>,
    /// Pages of the database that were written to the write-ahead log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wal_pages: Option<u64>,
    /// Bytes written to the write-ahead log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wal_bytes: Option<u64>,
    /// Checkpoints: the write-ahead log was brought into the database.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoints: Option<u64>,
}
