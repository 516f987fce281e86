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
    /// Processor time that the instruments took which sample and count, nanoseconds: part of the block's `cpu_ns`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instruments_ns: Option<u64>,
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

/// What a database counted of its own work over a block. Each database counts other things.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DatabaseCounters {
    /// Transactions committed. SQLite: those that wrote something. PostgreSQL: all of the whole database, tests of idle
    /// connections and statements on their own included, the instruments' left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transactions: Option<u64>,
    /// Transactions rolled back, in the whole database.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transactions_rolled_back: Option<u64>,
    /// Rows inserted into the tables of the arm.
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
    /// Bytes written to the write-ahead log. SQLite: of the file, headers included. PostgreSQL: of the records, by the whole
    /// server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wal_bytes: Option<u64>,
    /// How far the position in the server's log went: the records, what fills them up to 8 bytes, and page headers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wal_position_bytes: Option<u64>,
    /// Records written to the server's log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wal_records: Option<u64>,
    /// Full pages among these records: after a checkpoint the first change of a page writes all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wal_full_pages: Option<u64>,
    /// Checkpoints: the write-ahead log was brought into the database.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoints: Option<u64>,
    /// Size at the end of the block. SQLite: of the database file. PostgreSQL: of the arm's tables, their indices included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size_bytes: Option<u64>,
    /// Statements executed, by `pg_stat_statements`: those of the user in this database.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statements: Option<u64>,
    /// Time that the server took to execute them, nanoseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statements_ns: Option<u64>,
    /// Pages that they changed which had not been changed since they were last written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pages_dirtied: Option<u64>,
}
