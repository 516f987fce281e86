//! `run.json`: what a run was, and which scenarios belong to it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Seal, Status};
use crate::arms::Arms;
use crate::criteria::Policy;

/// A run: all scenarios of one call of the runner.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// Version of the report format.
    pub format: u32,
    /// Name of the run and of its folder: unique, sortable by time.
    pub id: String,
    /// What people call it.
    pub title: String,
    /// When it began: RFC 3339, UTC.
    pub started_at: String,
    /// When it ended: RFC 3339, UTC.
    pub finished_at: Option<String>,
    /// How it ended.
    pub status: Status,
    /// The runner that measured.
    pub build: Build,
    /// The machine.
    pub environment: Environment,
    /// The states that were saved.
    pub dataset: Dataset,
    /// Profile: `full`, `quick` or `ci`.
    pub profile: String,
    /// The seed that plan, order and dataset follow from.
    pub seed: u64,
    /// What was compared.
    pub arms: Arms<ArmIdentity>,
    /// The targets for the whole run.
    pub policy: Policy,
    /// The scenarios, in the order they were run.
    pub scenarios: Vec<ScenarioEntry>,
    /// Proof against damage.
    pub seal: Seal,
}

/// A service that took part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ArmIdentity {
    /// Name of the service with its options, as given on the command line.
    pub service: String,
    /// Name for people: `Standard`, `Optimized`.
    pub label: String,
    /// The build that ran it, where it is another one than the run's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build: Option<Build>,
}

/// The build of the runner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Build {
    /// Version of the runner.
    pub version: String,
    /// Revision of the sources, abbreviated; `-dirty` behind it where they were changed; empty if unknown.
    pub revision: String,
    /// Cargo profile: `release` or `debug`. Only `release` is worth a verdict.
    pub profile: String,
    /// The target that it was built for, as the compiler names it: `x86_64-unknown-linux-gnu`. Absent before format 4.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
}

impl Build {
    /// `0.1.0, 4c1d7e2, release, x86_64-unknown-linux-gnu`: what is known of it.
    #[must_use]
    pub fn in_words(&self) -> String {
        let target = self.target.as_deref().unwrap_or_default();
        let mut parts = vec![self.version.as_str(), &self.revision, &self.profile, target];
        parts.retain(|part| !part.is_empty());
        parts.join(", ")
    }
}

/// The machine and the system under the run. An absent figure could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// Operating system and kernel.
    pub system: String,
    /// Model of the processor.
    pub processor: Option<String>,
    /// Cores that the runner may use.
    pub cores: u32,
    /// Memory of the machine, bytes.
    pub memory_bytes: Option<u64>,
    /// File system that the databases lie on.
    pub file_system: Option<String>,
    /// BLAKE3 over the figures above, abbreviated: equal on equal machines.
    pub fingerprint: String,
}

/// The states of a run. Never the states themselves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Dataset {
    /// Where it comes from: `generated`, or `imported` for states of somebody's own, of which a report holds sizes and digest
    /// only.
    pub source: String,
    /// Number of states.
    pub states: u64,
    /// All states together, bytes.
    pub bytes: u64,
    /// BLAKE3 over all states in order, hexadecimal.
    pub blake3: String,
    /// Sizes by class.
    pub size_classes: Vec<SizeClass>,
    /// Share of each checkpoint type, by name; the sum is 1.
    pub checkpoint_types: BTreeMap<String, f64>,
}

/// States of about one size.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SizeClass {
    /// Name of the class.
    pub name: String,
    /// Number of states.
    pub states: u64,
    /// Smallest state, bytes.
    pub smallest_bytes: u64,
    /// Largest state, bytes.
    pub largest_bytes: u64,
    /// All states of the class together, bytes.
    pub bytes: u64,
}

/// What an arm promises, as read back from its live database: name → value. Arms are compared only where equal.
pub type Promises = BTreeMap<String, String>;

/// What a service that stores nothing promises as its `database`: nothing can be held against it.
pub const NO_DATABASE: &str = "none";

/// A scenario of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ScenarioEntry {
    /// Name, as in links.
    pub name: String,
    /// Name for people.
    pub title: String,
    /// File beside `run.json`.
    pub file: String,
    /// How it ended.
    pub status: Status,
    /// The file's seal; absent while there is no file.
    pub digest: Option<String>,
    /// The file's length, bytes; absent while there is no file.
    pub bytes: Option<u64>,
}
