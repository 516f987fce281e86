//! What a cached entry and a save take of memory, by the allocator's count of what a thread asked for and gave back.

use serde::{Deserialize, Serialize};

/// The candidate's cache and its way of saving alone, each on a thread without any other work: no database, no driver and
/// no generator is part of the figures. Bytes are those that the allocator gave, which rounds each request up to a size
/// class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct MemoryProfile {
    /// Limit of the cache, entries.
    pub capacity: u64,
    /// Length of the runs' ids, which are the keys of the entries, bytes.
    pub run_id_bytes: u64,
    /// What the cache had allocated while it was filled: empty first, full last.
    pub fill: Vec<FillStep>,
    /// What one save that is no duplicate allocates up to the commit queue, the smallest state first.
    pub saves: Vec<SaveMemory>,
}

/// A cache with so many entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct FillStep {
    /// Entries in it.
    pub entries: u64,
    /// What it had allocated and not given back, bytes.
    pub allocated_bytes: u64,
}

/// A save of one state, stage by stage; the medians of some saves alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SaveMemory {
    /// Size of the state, bytes.
    pub state_bytes: u64,
    /// Parsing it and writing it in canonical form.
    pub serialize: StageMemory,
    /// Hashing what was received, and the canonical form.
    pub hash: StageMemory,
    /// Handing it to the commit queue: what is copied or made for that.
    pub queue: StageMemory,
    /// What was still allocated after the save had been given up, bytes: zero where nothing is left behind.
    pub left_bytes: u64,
}

/// What a stage asked of the allocator.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct StageMemory {
    /// Requests.
    pub allocations: u64,
    /// What the allocator gave for them, bytes.
    pub allocated_bytes: u64,
    /// What was given back before the stage ended, bytes; it may have been allocated by an earlier one.
    pub freed_bytes: u64,
}
