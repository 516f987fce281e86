//! Reading documents from a tree of JSON values.
//!
//! What serde derives for a struct reads it straight from the text and is three times the code: fast, and a tenth of what
//! the site's visitors would download. The lists of fields below are checked by the compiler (a struct is built of all its
//! fields), and a test reads every golden report both ways.
//!
//! Reading never stops in the middle: the first misfit is kept, and what does not fit is read as something blank that nobody
//! gets to see. A way out at each field, with all that was read before it to be dropped, would be half of the code.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::value::{Error as WordError, StrDeserializer};
use serde_json::{Map, Value};

use super::review::{WrittenAdvice, WrittenFigure, WrittenMissed};
use super::seal::Seal;
use super::{
    Advice, Allocations, Allocator, ArmIdentity, Arrivals, Backlog, Block, Build, BytesRange,
    CacheActivity, Capacity, CapacityOf, CapacitySearch, CapacityStep, DatabaseCounters,
    DatabaseWork, Dataset, Environment, EvictionProbe, EvictionRun, Fault, Figure, FillStep, Gap,
    Headline, ImpliedHits, Incident, Index, IndexEntry, Latencies, LedgerCheck, Load, LoadFigures,
    MemoryProfile, Missed, Missing, Mode, Network, Outcomes, Phases, Resident, Resources, Review,
    Run, Sample, SaveMemory, Scenario, ScenarioEntry, SizeClass, StageMemory, Status, Unreadable,
    Variant, VariantRound, WrittenStatus,
};
use crate::arms::{ArmRole, Arms, ByClass};
use crate::criteria::{Better, Criterion, Measure, Policy, Target};
use crate::histogram::Histogram;
use crate::metric::{Metric, Plain};
use crate::verdict::Verdict;

/// A value that does not fit, and where it stands.
#[derive(Debug, PartialEq)]
pub(super) struct Misfit {
    /// Path of the field, `blocks[3].planned`; empty for the document itself.
    pub(super) field: String,
    /// What is wrong with it.
    pub(super) message: String,
}

/// Reads a document.
pub(super) fn read_tree<T: FromTree>(mut tree: Value) -> Result<T, Misfit> {
    let mut misfits = FirstMisfit(None);
    let read = T::from_tree(&mut tree, &mut misfits);
    misfits.0.map_or(Ok(read), Err)
}

/// The first misfit of a document; the later ones may only come of it.
pub(super) struct FirstMisfit(Option<Misfit>);

impl FirstMisfit {
    fn add(&mut self, message: String) {
        self.0.get_or_insert(Misfit {
            field: String::new(),
            message,
        });
    }

    fn wants(&mut self, what: &str, found: &Value) {
        let found = match found {
            Value::Null => "nothing",
            Value::Bool(_) => "a truth value",
            Value::Number(_) => "another number",
            Value::String(_) => "a text",
            Value::Array(_) => "a list",
            Value::Object(_) => "an object",
        };
        self.add(format!("{what} is wanted, {found} is there"));
    }

    /// Puts a place in front of a misfit's path, where it was found since `fitted` was asked.
    fn within(&mut self, fitted: bool, outer: &str) {
        if let Some(misfit) = self.0.as_mut().filter(|_| fitted) {
            let dot = if misfit.field.is_empty() || misfit.field.starts_with('[') {
                ""
            } else {
                "."
            };
            misfit.field = format!("{outer}{dot}{}", misfit.field);
        }
    }

    /// Whether all fitted so far.
    const fn fitted(&self) -> bool {
        self.0.is_none()
    }
}

/// What can be made of a JSON value.
pub(super) trait FromTree: Sized {
    /// Whether its field may be missing.
    const OPTIONAL: bool = false;

    /// Reads it, taking out of the value what it needs. What does not fit is blank.
    fn from_tree(value: &mut Value, misfits: &mut FirstMisfit) -> Self;
}

/// The members of an object, taken in the order in which its type lists them.
struct Fields<'a> {
    members: Map<String, Value>,
    names: &'static [&'static str],
    next: usize,
    found: usize,
    misfits: &'a mut FirstMisfit,
}

impl<'a> Fields<'a> {
    fn of(value: &mut Value, names: &'static [&'static str], misfits: &'a mut FirstMisfit) -> Self {
        Self {
            members: members(value, misfits),
            names,
            next: 0,
            found: 0,
            misfits,
        }
    }

    fn next(&mut self) -> (&'static str, Option<Value>) {
        let name = self.names.get(self.next).copied().unwrap_or_default();
        self.next += 1;
        let value = self.members.get_mut(name).map(std::mem::take);
        self.found += usize::from(value.is_some());
        (name, value)
    }

    fn take<T: FromTree>(&mut self) -> T {
        let (name, value) = self.next();
        if value.is_none() && !T::OPTIONAL {
            self.misfits.add(format!("missing field `{name}`"));
        }
        self.read(name, value.unwrap_or_default())
    }

    fn take_or<T: FromTree>(&mut self, absent: impl FnOnce() -> T) -> T {
        match self.next() {
            (name, Some(value)) => self.read(name, value),
            (_, None) => absent(),
        }
    }

    fn read<T: FromTree>(&mut self, name: &str, mut value: Value) -> T {
        let fitted = self.misfits.fitted();
        let read = T::from_tree(&mut value, self.misfits);
        self.misfits.within(fitted, name);
        read
    }

    /// Takes all fields, which are of one kind.
    fn fill<T: FromTree>(mut self, fields: &mut [&mut T]) {
        for field in fields {
            **field = self.take();
        }
        self.end();
    }

    /// All that the type lists was taken: nothing may be left.
    fn end(self) {
        if self.found == self.members.len() {
            return;
        }
        let unknown = |name: &&String| !self.names.contains(&name.as_str());
        if let Some(name) = self.members.keys().find(unknown) {
            self.misfits.add(format!("unknown field `{name}`"));
        }
    }
}

fn members(value: &mut Value, misfits: &mut FirstMisfit) -> Map<String, Value> {
    match value {
        Value::Object(members) => std::mem::take(members),
        other => {
            misfits.wants("an object", other);
            Map::new()
        }
    }
}

macro_rules! field {
    ($fields:ident) => {
        $fields.take()
    };
    ($fields:ident, $absent:expr) => {
        $fields.take_or(|| $absent)
    };
}

/// A field with a value behind it may be missing.
macro_rules! structs {
    ($($name:ident { $($field:ident $(= $absent:expr)?),+ })+) => {
        $(impl FromTree for $name {
            fn from_tree(value: &mut Value, misfits: &mut FirstMisfit) -> Self {
                let mut fields = Fields::of(value, &[$(stringify!($field)),+], misfits);
                let read = Self { $($field: field!(fields $(, $absent)?),)+ };
                fields.end();
                read
            }
        })+
    };
}

/// A struct of nothing but counts: a list of its fields takes less code than reading each by itself.
macro_rules! counts {
    ($($name:ident { $($field:ident),+ })+) => {
        $(impl FromTree for $name {
            fn from_tree(value: &mut Value, misfits: &mut FirstMisfit) -> Self {
                let mut read = Self::default();
                let Self { $($field),+ } = &mut read;
                let fields = Fields::of(value, &[$(stringify!($field)),+], misfits);
                fields.fill(&mut [$($field),+]);
                read
            }
        })+
    };
}

/// Enumerations of words, each with what is blank of it.
macro_rules! words {
    ($($name:ident = $blank:ident),+) => {
        $(impl FromTree for $name {
            fn from_tree(value: &mut Value, misfits: &mut FirstMisfit) -> Self {
                let word = String::from_tree(value, misfits);
                let word: StrDeserializer<'_, WordError> = StrDeserializer::new(&word);
                accepted(Self::deserialize(word), Self::$blank, misfits)
            }
        })+
    };
}

words! {
    ArmRole = Baseline, Arrivals = Poisson, Better = Lower, CapacityOf = Rate, Fault = CacheEmptied, Measure = Candidate,
    Mode = Open, Verdict = NotJudged
}

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
    IndexEntry { id, title, started_at, profile, gate = false, revision, status, headline, review }
    Review { machine, dataset, demand, scenarios, figures, missed, not_judged, steps }
    Headline { verdict, sentence, passed, judged, p95_change, p99_change, throughput_factor, rows_change, saves_lost }
    Unreadable { file, reason }
    Run {
        format, id, title, started_at, finished_at, status, build, environment, dataset, profile, seed, arms, policy,
        scenarios, seal
    }
    ArmIdentity { service, label, build }
    Build { version, revision, profile, target }
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

/// Members that a newer report may add to both arms, or both classes, are passed over.
macro_rules! pairs {
    ($($name:ident { $one:ident, $other:ident })+) => {
        $(impl<T: FromTree> FromTree for $name<T> {
            fn from_tree(value: &mut Value, misfits: &mut FirstMisfit) -> Self {
                let names = &[stringify!($one), stringify!($other)];
                let mut fields = Fields::of(value, names, misfits);
                Self { $one: fields.take(), $other: fields.take() }
            }
        })+
    };
}

pairs! {
    Arms { baseline, candidate }
    ByClass { duplicate, unique }
}

impl<T: FromTree> FromTree for Option<T> {
    const OPTIONAL: bool = true;

    fn from_tree(value: &mut Value, misfits: &mut FirstMisfit) -> Self {
        match value {
            Value::Null => None,
            value => Some(T::from_tree(value, misfits)),
        }
    }
}

impl<T: FromTree> FromTree for Vec<T> {
    fn from_tree(value: &mut Value, misfits: &mut FirstMisfit) -> Self {
        let Value::Array(elements) = value else {
            misfits.wants("a list", value);
            return Self::new();
        };
        let mut list = Self::with_capacity(elements.len());
        for (i, element) in elements.iter_mut().enumerate() {
            let fitted = misfits.fitted();
            list.push(T::from_tree(element, misfits));
            if fitted && !misfits.fitted() {
                misfits.within(fitted, &format!("[{i}]"));
            }
        }
        list
    }
}

impl<T: FromTree> FromTree for BTreeMap<String, T> {
    fn from_tree(value: &mut Value, misfits: &mut FirstMisfit) -> Self {
        let mut map = Self::new();
        for (name, mut value) in members(value, misfits) {
            let fitted = misfits.fitted();
            let value = T::from_tree(&mut value, misfits);
            misfits.within(fitted, &name);
            map.insert(name, value);
        }
        map
    }
}

/// The elements of a list that has so many, each of a type of its own.
struct Elements<'a> {
    left: std::vec::IntoIter<Value>,
    misfits: &'a mut FirstMisfit,
}

impl<'a> Elements<'a> {
    fn of(value: &mut Value, count: usize, misfits: &'a mut FirstMisfit) -> Self {
        let elements = Vec::from_tree(value, misfits);
        if elements.len() != count {
            misfits.add(format!(
                "a list of {count} is wanted, one of {} is there",
                elements.len()
            ));
        }
        Self {
            left: elements.into_iter(),
            misfits,
        }
    }

    fn take<T: FromTree>(&mut self) -> T {
        T::from_tree(&mut self.left.next().unwrap_or_default(), self.misfits)
    }
}

impl FromTree for Value {
    fn from_tree(value: &mut Value, _: &mut FirstMisfit) -> Self {
        value.take()
    }
}

/// Short lists whose elements each have a type of their own.
macro_rules! rows {
    ($($name:ident: $written:ident = [$($field:ident),+] of $count:literal;)+) => {
        $(impl FromTree for $name {
            fn from_tree(value: &mut Value, misfits: &mut FirstMisfit) -> Self {
                let mut elements = Elements::of(value, $count, misfits);
                $(let $field = elements.take();)+
                let written: $written = ($($field),+);
                written.into()
            }
        })+
    };
}

rows! {
    Figure: WrittenFigure = [metric, scenario, baseline, candidate, change, low, high] of 7;
    Missed: WrittenMissed = [id, title, verdict] of 3;
    Advice: WrittenAdvice = [title, text, scenario] of 3;
}

impl FromTree for String {
    fn from_tree(value: &mut Value, misfits: &mut FirstMisfit) -> Self {
        match value {
            Value::String(text) => std::mem::take(text),
            other => {
                misfits.wants("a text", other);
                Self::new()
            }
        }
    }
}

/// What a JSON value gives itself.
macro_rules! plain {
    ($($name:ident = $what:literal, $of:expr;)+) => {
        $(impl FromTree for $name {
            fn from_tree(value: &mut Value, misfits: &mut FirstMisfit) -> Self {
                let of: fn(&Value) -> Option<Self> = $of;
                of(value).unwrap_or_else(|| {
                    misfits.wants($what, value);
                    Self::default()
                })
            }
        })+
    };
}

plain! {
    bool = "true or false", Value::as_bool;
    u64 = "a count", Value::as_u64;
    u32 = "a count below 2³²", |value| value.as_u64().and_then(|count| Self::try_from(count).ok());
    f64 = "a number", Value::as_f64;
}

/// What is read from a text or a simpler type, and refused with a reason.
fn accepted<T, E: ToString>(read: Result<T, E>, blank: T, misfits: &mut FirstMisfit) -> T {
    read.unwrap_or_else(|refused| {
        misfits.add(refused.to_string());
        blank
    })
}

impl FromTree for Status {
    fn from_tree(value: &mut Value, misfits: &mut FirstMisfit) -> Self {
        let written = WrittenStatus::from_tree(value, misfits);
        accepted(Self::try_from(written), Self::Pending, misfits)
    }
}

impl FromTree for Metric {
    fn from_tree(value: &mut Value, misfits: &mut FirstMisfit) -> Self {
        let name = String::from_tree(value, misfits);
        accepted(name.parse(), Self::Plain(Plain::LostSaves), misfits)
    }
}

impl FromTree for Histogram {
    fn from_tree(value: &mut Value, misfits: &mut FirstMisfit) -> Self {
        let text = String::from_tree(value, misfits);
        let read = Self::decode(&text).map_err(|fault| format!("the histogram {fault}"));
        accepted(read, Self::default(), misfits)
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
        assert_eq!(read_tree::<T>(value.clone()).unwrap(), derived);
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
            gaps: vec![Gap {
                last_evidence_at: "2026-11-23T03:15:00Z".to_owned(),
                resumed_at: "2026-11-23T04:15:00Z".to_owned(),
                rebooted: Some(true),
                measured_ns: Arms::default(),
                missing: vec![Missing {
                    arm: ArmRole::Candidate,
                    pair: 2,
                    mode: Mode::Open,
                    from_ns: 0,
                    to_ns: 5,
                    saves: 10,
                }],
            }],
            ..crate::testing::noise_scenario(1)
        };
        both::<Scenario>(&serde_json::to_value(scenario).unwrap());
    }

    fn reviewed() -> Value {
        let mut index = golden(3, "index.json");
        index["runs"][0]["review"] = serde_json::json!({
            "machine": "m", "dataset": "d", "demand": 83.3, "scenarios": ["medium-load"],
            "figures": [["response.p95", 0, 7e6, 2e6, -0.7, -0.8, -0.6], ["cache.hit_ratio", 0, null, 0.5, null, null, null]],
            "missed": [["medium-load/p95", "P95 (Medium load)", "fail"]],
            "not_judged": ["stability/memory"],
            "steps": [["Look.", "Why.", 0], ["Keep.", "Why.", null]],
        });
        index
    }

    #[test]
    fn short_lists_read_as_serde_reads_them() {
        both::<Index>(&reviewed());
    }

    #[test]
    fn a_short_list_of_another_length_is_refused() {
        let mut index = reviewed();
        index["runs"][0]["review"]["figures"][1] = serde_json::json!(["response.p95", 0, 7e6]);
        assert!(serde_json::from_value::<Index>(index.clone()).is_err());
        let Misfit { field, message } = read_tree::<Index>(index).unwrap_err();
        assert_eq!(field, "runs[0].review.figures[1]");
        assert_eq!(message, "a list of 7 is wanted, one of 3 is there");
    }

    #[test]
    fn a_misfit_names_its_field() {
        let refused = |change: &dyn Fn(&mut Value)| {
            let mut value = golden(3, "tiny-load.json");
            change(&mut value);
            assert!(serde_json::from_value::<Scenario>(value.clone()).is_err());
            let Misfit { field, message } = read_tree::<Scenario>(value).unwrap_err();
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
