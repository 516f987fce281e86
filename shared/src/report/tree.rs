//! Reading documents from a tree of JSON values.
//!
//! What serde derives for a struct reads it straight from the text and is three times the code: fast, and a tenth of what
//! the site's visitors would download. The lists of fields below are checked by the compiler (a struct is built of all its
//! fields), and a test reads every golden report both ways.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::value::{Error as WordError, StrDeserializer};
use serde_json::{Map, Value};

use super::seal::Seal;
use super::{
    Allocations, Allocator, ArmIdentity, Arrivals, Backlog, Block, Build, BytesRange,
    CacheActivity, Capacity, CapacityOf, CapacitySearch, CapacityStep, DatabaseCounters,
    DatabaseWork, Dataset, Environment, EvictionProbe, EvictionRun, Fault, FillStep, Gap, Headline,
    ImpliedHits, Incident, Index, IndexEntry, Latencies, LedgerCheck, Load, LoadFigures,
    MemoryProfile, Missing, Mode, Network, Outcomes, Phases, Resident, Resources, Run, Sample,
    SaveMemory, Scenario, ScenarioEntry, SizeClass, StageMemory, Status, Unreadable, Variant,
    VariantRound, WrittenStatus,
};
use crate::arms::{ArmRole, Arms, ByClass};
use crate::criteria::{Better, Criterion, Measure, Policy, Target};
use crate::histogram::Histogram;
use crate::metric::Metric;
use crate::verdict::Verdict;

/// A value that does not fit, and where it stands.
#[derive(Debug, PartialEq)]
pub(super) struct Misfit {
    /// Path of the field, `blocks[3].planned`; empty for the document itself.
    pub(super) field: String,
    /// What is wrong with it.
    pub(super) message: String,
}

impl Misfit {
    /// In a box: a result that is no larger than its value is half the code wherever one is handed on.
    fn new(message: String) -> Box<Self> {
        Box::new(Self {
            field: String::new(),
            message,
        })
    }

    fn wants(what: &str, found: &Value) -> Box<Self> {
        let found = match found {
            Value::Null => "nothing",
            Value::Bool(_) => "a truth value",
            Value::Number(_) => "another number",
            Value::String(_) => "a text",
            Value::Array(_) => "a list",
            Value::Object(_) => "an object",
        };
        Self::new(format!("{what} is wanted, {found} is there"))
    }

    pub(super) fn within(mut self: Box<Self>, outer: &str) -> Box<Self> {
        let dot = if self.field.is_empty() || self.field.starts_with('[') {
            ""
        } else {
            "."
        };
        self.field = format!("{outer}{dot}{}", self.field);
        self
    }
}

/// What can be made of a JSON value.
pub(super) trait FromTree: Sized {
    /// Reads it.
    fn from_tree(value: Value) -> Result<Self, Box<Misfit>>;

    /// What it is where its field is not there.
    fn absent() -> Option<Self> {
        None
    }
}

fn members(value: Value) -> Result<Map<String, Value>, Box<Misfit>> {
    match value {
        Value::Object(members) => Ok(members),
        other => Err(Misfit::wants("an object", &other)),
    }
}

fn take<T: FromTree>(members: &mut Map<String, Value>, name: &str) -> Result<T, Box<Misfit>> {
    take_or(members, name, T::absent())
}

fn take_or<T: FromTree>(
    members: &mut Map<String, Value>,
    name: &str,
    absent: Option<T>,
) -> Result<T, Box<Misfit>> {
    match members.remove(name) {
        Some(value) => T::from_tree(value).map_err(|misfit| misfit.within(name)),
        None => absent.ok_or_else(|| missing(name)),
    }
}

fn missing(name: &str) -> Box<Misfit> {
    Misfit::new(format!("missing field `{name}`"))
}

fn nothing_left(members: &Map<String, Value>) -> Result<(), Box<Misfit>> {
    match members.keys().next() {
        Some(name) => Err(Misfit::new(format!("unknown field `{name}`"))),
        None => Ok(()),
    }
}

/// Reads fields that are all of one kind.
#[inline(never)]
fn fill<T: FromTree>(value: Value, fields: &mut [(&str, &mut T)]) -> Result<(), Box<Misfit>> {
    let mut members = members(value)?;
    for (name, field) in fields {
        **field = take(&mut members, name)?;
    }
    nothing_left(&members)
}

macro_rules! take {
    ($members:ident, $field:ident) => {
        take(&mut $members, stringify!($field))?
    };
    ($members:ident, $field:ident, $default:expr) => {
        take_or(&mut $members, stringify!($field), Some($default))?
    };
}

/// A field with a value behind it may be missing.
macro_rules! structs {
    ($($name:ident { $($field:ident $(= $default:expr)?),+ })+) => {
        $(impl FromTree for $name {
            fn from_tree(value: Value) -> Result<Self, Box<Misfit>> {
                let mut members = members(value)?;
                let read = Self { $($field: take!(members, $field $(, $default)?),)+ };
                nothing_left(&members)?;
                Ok(read)
            }
        })+
    };
}

/// A struct of nothing but counts: a list of its fields takes less code than reading each by itself.
macro_rules! counts {
    ($($name:ident { $($field:ident),+ })+) => {
        $(impl FromTree for $name {
            fn from_tree(value: Value) -> Result<Self, Box<Misfit>> {
                let mut read = Self::default();
                let Self { $($field),+ } = &mut read;
                fill(value, &mut [$((stringify!($field), $field)),+])?;
                Ok(read)
            }
        })+
    };
}

macro_rules! words {
    ($($name:ident)+) => {
        $(impl FromTree for $name {
            fn from_tree(value: Value) -> Result<Self, Box<Misfit>> {
                let word = String::from_tree(value)?;
                let word: StrDeserializer<'_, WordError> = StrDeserializer::new(&word);
                Self::deserialize(word).map_err(|refused| Misfit::new(refused.to_string()))
            }
        })+
    };
}

words! { ArmRole Arrivals Better CapacityOf Fault Measure Mode Verdict }

counts! {
    Phases { operations, serialize_ns, hash_ns, lookup_ns, wait_ns, write_ns }
    DatabaseWork { rows_written, rows_deleted, statements, commits, state_bytes, connection_ns }
    CacheActivity { entries, hits, misses, insertions, evictions }
    ImpliedHits { lookups, hits }
    Allocations { count, bytes }
    Network { sent_bytes, received_bytes }
    Backlog { at_half, at_end }
    DatabaseCounters {
        transactions, transactions_rolled_back, rows_inserted, rows_updated, rows_deleted, wal_pages, wal_bytes,
        wal_position_bytes, wal_records, wal_full_pages, checkpoints, size_bytes, statements, statements_ns, pages_dirtied
    }
}

structs! {
    Policy { name, gate = false, criteria }
    Criterion { id, title, source, quote, scenario, metric, target, needs_full_length = false, not_judged_because }
    Target { of, better, pass, fail, warn_only = false }
    Variant { service, label, rounds, ledger }
    VariantRound { round, acknowledged, deduplicated, failed, duration_ns, cpu_ns, database }
    Capacity { target_ns, searches }
    CapacitySearch { pair, arm, of, steps }
    CapacityStep { level, planned, acknowledged, duration_ns, latency, backlog }
    Incident {
        fault, arm, number, at_ns, length_ns, acknowledged, errors, meant_to_fail, unanswered, violations,
        recovery_ns
    }
    Index { format, runs, unreadable }
    IndexEntry { id, title, started_at, profile, revision, status, headline }
    Headline { verdict, sentence, passed, judged, p95_change, p99_change, throughput_factor, rows_change, saves_lost }
    Unreadable { file, reason }
    Run {
        format, id, title, started_at, finished_at, status, build, environment, dataset, profile, seed, arms, policy,
        scenarios, seal
    }
    ArmIdentity { service, label, build }
    Build { version, revision, profile }
    Environment { system, processor, cores, memory_bytes, file_system, fingerprint }
    Dataset { source, states, bytes, blake3, size_classes, checkpoint_types }
    SizeClass { name, states, smallest_bytes, largest_bytes, bytes }
    ScenarioEntry { name, title, file, status, digest, bytes }
    Scenario {
        format, run, name, title, why, source, started_at, finished_at, status, arms, load, promises,
        idle_resident_bytes, blocks, series, ledger, eviction, memory_profile, capacity, faults = Vec::new(),
        ablation = Vec::new(), gaps = Vec::new(), criteria, seal
    }
    Load {
        users, full, offered, arrivals, state_bytes, duplicate_share, pattern, cache_entries, pairs, looks = 1,
        fresh_arms = false, split = false, overload = false, warm_up_operations
    }
    LoadFigures { operations_per_second, operations, seconds }
    BytesRange { min, max }
    Block {
        pair, arm, mode, pattern, started_ns, duration_ns, planned, latencies, dispatch_lag, outcomes, phases,
        database, cpu_ns, resident, cache, implied, backlog, resources
    }
    Latencies { response, service, schedule_lag }
    Outcomes { written, deduplicated, errors }
    Resident { start_bytes, peak_bytes, end_bytes }
    Resources { allocations, network, database, instruments_ns }
    Allocator { allocated_bytes, active_bytes, resident_bytes, retained_bytes }
    Sample {
        at_ns, length_ns, pair, acknowledged, failed, response, resident_bytes, cpu_ns, cache, connections_in_use,
        database_bytes, wal_bytes, allocator, threads, connections_idle, connections_waited_for
    }
    LedgerCheck { acknowledged, found, retired, lost, wrong, runs, stale_runs, overfull_runs, findings }
    EvictionProbe { capacity, maintained, unmaintained }
    EvictionRun {
        operations, expected_evictions, evictions, exact, largest_displacement, highest_entries, settled_entries,
        resident_before_bytes, resident_peak_bytes, resident_after_bytes
    }
    Gap { last_evidence_at, resumed_at, rebooted, measured_ns, missing }
    Missing { arm, pair, mode, from_ns, to_ns, saves }
    MemoryProfile { capacity, run_id_bytes, fill, saves }
    FillStep { entries, allocated_bytes }
    SaveMemory { state_bytes, serialize, hash, queue, left_bytes }
    StageMemory { allocations, allocated_bytes, freed_bytes }
    Seal { parts, blake3 }
    WrittenStatus { state, cause }
}

impl<T: FromTree> FromTree for Arms<T> {
    fn from_tree(value: Value) -> Result<Self, Box<Misfit>> {
        let mut members = members(value)?;
        Ok(Self {
            baseline: take!(members, baseline),
            candidate: take!(members, candidate),
        })
    }
}

impl<T: FromTree> FromTree for ByClass<T> {
    fn from_tree(value: Value) -> Result<Self, Box<Misfit>> {
        let mut members = members(value)?;
        Ok(Self {
            duplicate: take!(members, duplicate),
            unique: take!(members, unique),
        })
    }
}

impl<T: FromTree> FromTree for Option<T> {
    fn from_tree(value: Value) -> Result<Self, Box<Misfit>> {
        match value {
            Value::Null => Ok(None),
            value => T::from_tree(value).map(Some),
        }
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

impl<T: FromTree> FromTree for Vec<T> {
    fn from_tree(value: Value) -> Result<Self, Box<Misfit>> {
        let Value::Array(elements) = value else {
            return Err(Misfit::wants("a list", &value));
        };
        let mut list = Self::with_capacity(elements.len());
        for (i, element) in elements.into_iter().enumerate() {
            list.push(T::from_tree(element).map_err(|misfit| misfit.within(&format!("[{i}]")))?);
        }
        Ok(list)
    }
}

impl<T: FromTree> FromTree for BTreeMap<String, T> {
    fn from_tree(value: Value) -> Result<Self, Box<Misfit>> {
        let mut map = Self::new();
        for (name, value) in members(value)? {
            let value = T::from_tree(value).map_err(|misfit| misfit.within(&name))?;
            map.insert(name, value);
        }
        Ok(map)
    }
}

impl FromTree for String {
    fn from_tree(value: Value) -> Result<Self, Box<Misfit>> {
        match value {
            Value::String(text) => Ok(text),
            other => Err(Misfit::wants("a text", &other)),
        }
    }
}

impl FromTree for bool {
    fn from_tree(value: Value) -> Result<Self, Box<Misfit>> {
        value
            .as_bool()
            .ok_or_else(|| Misfit::wants("true or false", &value))
    }
}

impl FromTree for u64 {
    fn from_tree(value: Value) -> Result<Self, Box<Misfit>> {
        value
            .as_u64()
            .ok_or_else(|| Misfit::wants("a count", &value))
    }
}

impl FromTree for u32 {
    fn from_tree(value: Value) -> Result<Self, Box<Misfit>> {
        let count = value.as_u64().and_then(|count| Self::try_from(count).ok());
        count.ok_or_else(|| Misfit::wants("a count below 2³²", &value))
    }
}

impl FromTree for f64 {
    fn from_tree(value: Value) -> Result<Self, Box<Misfit>> {
        value
            .as_f64()
            .ok_or_else(|| Misfit::wants("a number", &value))
    }
}

impl FromTree for Status {
    fn from_tree(value: Value) -> Result<Self, Box<Misfit>> {
        Self::try_from(WrittenStatus::from_tree(value)?).map_err(Misfit::new)
    }
}

impl FromTree for Metric {
    fn from_tree(value: Value) -> Result<Self, Box<Misfit>> {
        let name = String::from_tree(value)?;
        name.parse()
            .map_err(|unknown: crate::metric::UnknownMetric| Misfit::new(unknown.to_string()))
    }
}

impl FromTree for Histogram {
    fn from_tree(value: Value) -> Result<Self, Box<Misfit>> {
        let text = String::from_tree(value)?;
        Self::decode(&text).map_err(|fault| Misfit::new(format!("the histogram {fault}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Serialize;
    use serde::de::DeserializeOwned;
    use std::fmt::Debug;

    fn both<T: FromTree + DeserializeOwned + Serialize + PartialEq + Debug>(value: &Value) {
        let derived: T = serde_json::from_value(value.clone()).unwrap();
        assert_eq!(T::from_tree(value.clone()).unwrap(), derived);
    }

    fn golden(version: u32, file: &str) -> Value {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let path = folder.join(format!("tests/golden/v{version}/{file}"));
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
    }

    #[test]
    fn every_golden_report_reads_as_serde_reads_it() {
        for version in 1..=crate::report::FORMAT_VERSION {
            both::<Run>(&golden(version, "run.json"));
            both::<Index>(&golden(version, "index.json"));
            both::<Scenario>(&golden(version, "tiny-load.json"));
        }
    }

    #[test]
    fn what_few_reports_have_reads_as_serde_reads_it() {
        let scenario = Scenario {
            eviction: Some(crate::testing::perfect_eviction()),
            memory_profile: Some(crate::testing::memory_profile()),
            capacity: Some(crate::testing::searches(&[(10.0, 5.0)])),
            ..crate::testing::noise_scenario(1)
        };
        both::<Scenario>(&serde_json::to_value(scenario).unwrap());
    }

    #[test]
    fn a_misfit_names_its_field() {
        let refused = |change: &dyn Fn(&mut Value)| {
            let mut value = golden(3, "tiny-load.json");
            change(&mut value);
            assert!(serde_json::from_value::<Scenario>(value.clone()).is_err());
            let Misfit { field, message } = *Scenario::from_tree(value).unwrap_err();
            format!("{field}: {message}")
        };
        type Harm<'a> = &'a dyn Fn(&mut Value);
        let cases: [(Harm<'_>, &str); 7] = [
            (
                &|v| v["blocks"][3]["planned"] = (-5).into(),
                "blocks[3].planned: a count is wanted, another number is there",
            ),
            (
                &|v| v["load"]["users"] = u64::MAX.into(),
                "load.users: a count below 2³² is wanted, another number is there",
            ),
            (
                &|v| v["faults"][0]["fault"] = "flood".into(),
                "faults[0].fault: unknown variant `flood`, expected one of",
            ),
            (
                &|v| v["status"]["state"] = "lost".into(),
                "status: no such status: `lost`",
            ),
            (
                &|v| v["series"]["baseline"][0]["response"] = "x".into(),
                "series.baseline[0].response: the histogram ",
            ),
            (
                &|v| v["load"]["surprise"] = true.into(),
                "load: unknown field `surprise`",
            ),
            (
                &|v| v["title"] = Value::Null,
                "title: a text is wanted, nothing is there",
            ),
        ];
        for (change, expected) in cases {
            let said = refused(change);
            assert!(said.starts_with(expected), "{said}");
        }
        let said = refused(&|v| drop(v.as_object_mut().unwrap().remove("title")));
        assert_eq!(said, ": missing field `title`");
    }
}
