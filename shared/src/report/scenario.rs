//! `<scenario>.json`: the evidence of one scenario.
//!
//! Times are nanoseconds, sizes bytes. An absent figure was not measured, which is not zero.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::capacity::Capacity;
use super::{
    Allocator, ArmIdentity, Gap, Incident, MemoryProfile, Promises, Resources, Seal, Status,
    Variant,
};
use crate::arms::{ArmRole, Arms, ByClass};
use crate::criteria::Criterion;
use crate::histogram::Histogram;
use crate::units::saturating_sum;

/// One scenario of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Version of the report format.
    pub format: u32,
    /// The run that it belongs to.
    pub run: String,
    /// Name, as in links.
    pub name: String,
    /// Name for people.
    pub title: String,
    /// Why the scenario exists and what it should show.
    pub why: String,
    /// Where the requirement comes from.
    pub source: String,
    /// When it began: RFC 3339, UTC.
    pub started_at: String,
    /// When it ended: RFC 3339, UTC.
    pub finished_at: Option<String>,
    /// How it ended.
    pub status: Status,
    /// The services, where they are not the run's: the same one twice to measure the noise, one that does nothing to
    /// measure the generator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arms: Option<Arms<ArmIdentity>>,
    /// What was asked of both arms.
    pub load: Load,
    /// What each arm promised.
    pub promises: Arms<Promises>,
    /// Resident memory of each arm after warm-up, before the first block: growth counts from here.
    pub idle_resident_bytes: Arms<Option<u64>>,
    /// The blocks, in the order they were run.
    pub blocks: Vec<Block>,
    /// Samples over the measured time of each arm, its blocks joined.
    pub series: Arms<Vec<Sample>>,
    /// Every acknowledged save held against the database; absent where the scenario broke before the check.
    pub ledger: Option<Arms<LedgerCheck>>,
    /// How exact the candidate's eviction is; only in scenarios that ask for it.
    pub eviction: Option<EvictionProbe>,
    /// What a cached entry and a save take of the candidate's memory; only in scenarios that ask for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_profile: Option<MemoryProfile>,
    /// Searches for the highest load; only in scenarios that ask for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<Capacity>,
    /// What was broken on purpose, in order; only in scenarios that break something.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<Incident>,
    /// The candidate whole, then with one part after the other switched off; only in scenarios that ask for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ablation: Vec<Variant>,
    /// Where the run was ended from outside in this scenario, and resumed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<Gap>,
    /// The targets of this scenario.
    pub criteria: Vec<Criterion>,
    /// Proof against damage.
    pub seal: Seal,
}

impl Scenario {
    /// Saves or runs of an arm that are not as promised; absent where nothing was held against a database. What was found
    /// right after a fault may be found again at the end: the larger number counts. The variants of an ablation are the
    /// candidate's and have databases of their own.
    #[must_use]
    pub fn violations(&self, role: ArmRole) -> Option<u64> {
        let at_end = self.ledger.as_ref().map(|l| l.get(role).violations());
        let incidents = self.faults.iter().filter(|i| i.arm == role);
        let after_faults = incidents.filter_map(|i| i.violations);
        let after_faults = after_faults.reduce(u64::saturating_add);
        let variants = self.ablation.iter().filter(|_| role == ArmRole::Candidate);
        let of_variants = variants.filter_map(|v| Some(v.ledger.as_ref()?.violations()));
        let parts = [
            at_end.max(after_faults),
            of_variants.reduce(u64::saturating_add),
        ];
        parts.into_iter().flatten().reduce(u64::saturating_add)
    }

    /// The same of both arms.
    #[must_use]
    pub fn all_violations(&self) -> Option<u64> {
        let of_arms = ArmRole::ALL
            .into_iter()
            .filter_map(|role| self.violations(role));
        of_arms.reduce(u64::saturating_add)
    }
}

/// What was asked of both arms.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Load {
    /// Concurrent users; a user has one save at a time.
    pub users: u32,
    /// What the strategy asks for.
    pub full: LoadFigures,
    /// What this run offered to each arm.
    pub offered: LoadFigures,
    /// How the planned instants are spread.
    pub arrivals: Arrivals,
    /// Sizes of the states, bytes.
    pub state_bytes: BytesRange,
    /// Share of saves that repeat the run's last state, 0 to 1.
    pub duplicate_share: f64,
    /// Order of duplicates and unique states: `mixed`, or the names of the patterns that are compared.
    pub pattern: String,
    /// Limit of the candidate's cache, entries.
    pub cache_entries: u64,
    /// Pairs of blocks that were planned, with all looks.
    pub pairs: u32,
    /// How often the evidence may be looked at, after equal numbers of pairs, before measuring on: declared beforehand,
    /// since stopping when it looks good makes false alarms. 1: once, at the end.
    #[serde(default = "once", skip_serializing_if = "is_once")]
    pub looks: u32,
    /// Whether each pair had processes and databases of its own.
    #[serde(default, skip_serializing_if = "is_false")]
    pub fresh_arms: bool,
    /// Whether both arms were live at once and each save went to one of them at random. A pair is a window of time then.
    #[serde(default, skip_serializing_if = "is_false")]
    pub split: bool,
    /// Whether more is offered on purpose than a service must keep up with: it may fall behind, and no latency is claimed.
    #[serde(default, skip_serializing_if = "is_false")]
    pub overload: bool,
    /// Saves before the first block that do not count.
    pub warm_up_operations: u64,
}

const fn once() -> u32 {
    1
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over references"
)]
const fn is_once(looks: &u32) -> bool {
    *looks == 1
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over references"
)]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

/// Rate and length of a load.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct LoadFigures {
    /// Planned saves a second for each arm.
    pub operations_per_second: f64,
    /// Planned saves for each arm.
    pub operations: u64,
    /// Length, seconds.
    pub seconds: f64,
}

/// How the planned instants are spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Arrivals {
    /// Exponential gaps: independent users.
    Poisson,
    /// Equal gaps.
    Uniform,
}

/// A range of sizes, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct BytesRange {
    /// Smallest, bytes.
    pub min: u64,
    /// Largest, bytes.
    pub max: u64,
}

/// Who sets the pace of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Planned instants: latency counts.
    Open,
    /// Each user saves again as soon as answered: only throughput counts.
    Closed,
}

/// A slice of the plan run on one arm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Block {
    /// Number of the pair, from 0, counted apart for each mode. Blocks of one pair, pattern and mode ran the same slice.
    pub pair: u32,
    /// Who ran it.
    pub arm: ArmRole,
    /// Open or closed model.
    pub mode: Mode,
    /// The pattern, where a scenario compares patterns: `alternating`, `sequential`.
    pub pattern: Option<String>,
    /// When it began, nanoseconds since the scenario's first block.
    pub started_ns: u64,
    /// From its begin to the last answer, nanoseconds.
    pub duration_ns: u64,
    /// Saves planned.
    pub planned: u64,
    /// Latencies of the acknowledged saves by class. Empty in the closed model for response and schedule lag.
    pub latencies: ByClass<Latencies>,
    /// How late the generator itself was: planned to handed to the user, nanoseconds.
    pub dispatch_lag: Histogram,
    /// What the saves came to.
    pub outcomes: Outcomes,
    /// Where the time of the acknowledged saves went, sums by class.
    pub phases: ByClass<Phases>,
    /// What the database was asked to do.
    pub database: DatabaseWork,
    /// Processor time of the arm's process, generator included, nanoseconds.
    pub cpu_ns: Option<u64>,
    /// Resident memory of the arm's process.
    pub resident: Option<Resident>,
    /// What the cache did; absent for a service without one.
    pub cache: Option<CacheActivity>,
    /// What a perfect LRU of the same size would have hit on this slice; absent for a service without a cache.
    pub implied: Option<ImpliedHits>,
    /// Saves that were due but not answered; absent in the closed model.
    pub backlog: Option<Backlog>,
    /// What else the process and its database used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resources: Option<Resources>,
}

/// Three latencies of the same saves, nanoseconds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Latencies {
    /// From the planned instant to the answer.
    pub response: Histogram,
    /// From the call to the answer.
    pub service: Histogram,
    /// From the planned instant to the call.
    pub schedule_lag: Histogram,
}

/// How many saves ended how.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Outcomes {
    /// Acknowledged and written.
    pub written: u64,
    /// Acknowledged because the state is the run's latest already.
    pub deduplicated: u64,
    /// Refused or failed, by kind.
    pub errors: BTreeMap<String, u64>,
}

impl Outcomes {
    /// Saves that the service promised to keep.
    #[must_use]
    pub fn acknowledged(&self) -> u64 {
        self.written.saturating_add(self.deduplicated)
    }

    /// Saves that failed.
    #[must_use]
    pub fn failed(&self) -> u64 {
        saturating_sum(self.errors.values().copied())
    }
}

/// Where time went: sums over saves, nanoseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Phases {
    /// Saves summed.
    pub operations: u64,
    /// Parsing the state and writing its stored form.
    pub serialize_ns: u64,
    /// Hashing.
    pub hash_ns: u64,
    /// Looking up the cache.
    pub lookup_ns: u64,
    /// Waiting for the run's turn and for a connection.
    pub wait_ns: u64,
    /// In the database, from the connection to the commit.
    pub write_ns: u64,
}

/// What the database was asked to do, sums over a block.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DatabaseWork {
    /// Rows inserted or updated.
    pub rows_written: u64,
    /// Rows deleted by retention.
    pub rows_deleted: u64,
    /// Statements executed.
    pub statements: u64,
    /// Transactions committed.
    pub commits: u64,
    /// Bytes of states handed over.
    pub state_bytes: u64,
    /// Time that connections were held, nanoseconds.
    pub connection_ns: u64,
}

/// Resident memory over a block, bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Resident {
    /// At its begin.
    pub start_bytes: u64,
    /// The highest sample.
    pub peak_bytes: u64,
    /// At its end.
    pub end_bytes: u64,
}

/// What a cache did over a block, by its own statistics.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CacheActivity {
    /// Entries at the end of the block.
    pub entries: u64,
    /// Look-ups that found the run with the same state.
    pub hits: u64,
    /// Look-ups that did not.
    pub misses: u64,
    /// Entries put in.
    pub insertions: u64,
    /// Entries that had to go because the cache was full.
    pub evictions: u64,
}

/// What a perfect LRU would have done with the same slice of the plan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ImpliedHits {
    /// Saves that may be skipped at all.
    pub lookups: u64,
    /// Saves whose state is that of the run's entry.
    pub hits: u64,
}

/// Saves due but not answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Backlog {
    /// When half of the block's saves were due.
    pub at_half: u64,
    /// When the last one was due.
    pub at_end: u64,
}

/// One interval of an arm's measured time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// Where it begins, nanoseconds of the arm's measured time (its open blocks joined).
    pub at_ns: u64,
    /// Its length, nanoseconds.
    pub length_ns: u64,
    /// Number of the pair that it belongs to.
    pub pair: u32,
    /// Saves acknowledged.
    pub acknowledged: u64,
    /// Saves that failed.
    pub failed: u64,
    /// Response times of the saves acknowledged in it, all classes.
    pub response: Histogram,
    /// Resident memory at its end, bytes.
    pub resident_bytes: Option<u64>,
    /// Processor time used in it, nanoseconds.
    pub cpu_ns: Option<u64>,
    /// The cache at its end (`entries`) and in it (the rest); absent without a cache.
    pub cache: Option<CacheActivity>,
    /// Database connections in use at its end.
    pub connections_in_use: Option<u32>,
    /// Size of the database file at its end, bytes.
    pub database_bytes: Option<u64>,
    /// Size of the write-ahead log at its end, bytes.
    pub wal_bytes: Option<u64>,
    /// What the process has of its allocator at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allocator: Option<Allocator>,
    /// Threads of the process at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threads: Option<u32>,
    /// Open database connections that nobody uses at its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connections_idle: Option<u32>,
    /// Saves that wait for a connection or for their commit at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connections_waited_for: Option<u32>,
}

/// Every acknowledged save held against the database through a reader of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct LedgerCheck {
    /// Saves acknowledged, warm-up aside.
    pub acknowledged: u64,
    /// Of these: found with the right hash.
    pub found: u64,
    /// Of these: removed by retention, as they should be.
    pub retired: u64,
    /// Of these: missing.
    pub lost: u64,
    /// Of these: there, but another state or another run.
    pub wrong: u64,
    /// Runs that were saved.
    pub runs: u64,
    /// Runs whose latest state is not the last one acknowledged.
    pub stale_runs: u64,
    /// Runs that keep more snapshots than retention allows.
    pub overfull_runs: u64,
    /// The first findings in words.
    pub findings: Vec<String>,
}

impl LedgerCheck {
    /// Whether each acknowledged save is there as promised.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.lost == 0 && self.wrong == 0 && self.stale_runs == 0
    }

    /// Saves or runs that are not as promised.
    #[must_use]
    pub fn violations(&self) -> u64 {
        saturating_sum([self.lost, self.wrong, self.stale_runs])
    }
}

/// How exact eviction is, measured through the service on a database of its own: once with the cache's
/// maintenance forced after every operation, once as it comes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct EvictionProbe {
    /// Limit of the cache, entries.
    pub capacity: u64,
    /// Maintenance forced after every operation.
    pub maintained: EvictionRun,
    /// Maintenance left to the cache.
    pub unmaintained: EvictionRun,
}

/// One pass of an eviction probe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct EvictionRun {
    /// Saves made.
    pub operations: u64,
    /// Evictions that a perfect LRU makes on the same saves.
    pub expected_evictions: u64,
    /// Evictions that the cache made.
    pub evictions: u64,
    /// Evictions that hit, at the same place of the sequence, the very entry that a perfect LRU evicts.
    pub exact: u64,
    /// The farthest that an evicted entry stood from its place in the perfect LRU's sequence, places.
    pub largest_displacement: u64,
    /// The most entries that were seen.
    pub highest_entries: u64,
    /// Entries after the last save, maintenance done.
    pub settled_entries: u64,
    /// Resident memory before the first save, bytes.
    pub resident_before_bytes: Option<u64>,
    /// The highest resident memory while entries were evicted, bytes.
    pub resident_peak_bytes: Option<u64>,
    /// Resident memory after the last save, bytes.
    pub resident_after_bytes: Option<u64>,
}
