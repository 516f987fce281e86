//! `index.json`: the list of runs, made from the run folders and rebuilt from them at any time.

use serde::{Deserialize, Serialize};

use super::{Review, Status};
use crate::verdict::Verdict;

/// The list of runs beside the run folders.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Index {
    /// Version of the report format.
    pub format: u32,
    /// The runs, newest first.
    pub runs: Vec<IndexEntry>,
    /// Folders that look like runs but cannot be read.
    pub unreadable: Vec<Unreadable>,
}

/// One run in the list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct IndexEntry {
    /// Name of the run and of its folder.
    pub id: String,
    /// What people call it.
    pub title: String,
    /// When it began: RFC 3339, UTC.
    pub started_at: String,
    /// Profile: `full`, `quick` or `ci`.
    pub profile: String,
    /// Whether it is a gate's run.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub gate: bool,
    /// Revision of the sources; empty if unknown.
    pub revision: String,
    /// How it ended.
    pub status: Status,
    /// What the run's evidence came to when the index was made.
    pub headline: Headline,
    /// What the weekly review and the trends show; absent in lists of older builds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review: Option<Review>,
}

/// A run's figures in the list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Headline {
    /// The run's verdict.
    pub verdict: Verdict,
    /// The verdict as a sentence.
    pub sentence: String,
    /// Targets passed.
    pub passed: u32,
    /// Targets judged: passed, warned, failed or inconclusive.
    pub judged: u32,
    /// Change of the P95 response under medium load: candidate / baseline − 1.
    pub p95_change: Option<f64>,
    /// Change of the P99 response under medium load: candidate / baseline − 1.
    pub p99_change: Option<f64>,
    /// Throughput in the closed model: candidate / baseline.
    pub throughput_factor: Option<f64>,
    /// Change of database rows written per save under medium load: candidate / baseline − 1.
    pub rows_change: Option<f64>,
    /// Acknowledged saves lost or wrong, over both arms and all scenarios; absent where nothing was checked.
    pub saves_lost: Option<u64>,
}

/// A folder that looks like a run but cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Unreadable {
    /// File, relative to the index.
    pub file: String,
    /// What is wrong with it and where.
    pub reason: String,
}
