//! The evidence of a search for the highest load that still meets a latency target.

use serde::{Deserialize, Serialize};

use super::scenario::Backlog;
use crate::arms::{ArmRole, ByClass};
use crate::histogram::Histogram;

/// All searches of a scenario.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Capacity {
    /// The 95th percentile of each class may be this long, nanoseconds: response time of an open step, service time of a
    /// closed one.
    pub target_ns: ByClass<u64>,
    /// The searches, in the order they were made. Two of one pair and kind, one an arm, are compared.
    pub searches: Vec<CapacitySearch>,
}

/// One search on one arm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CapacitySearch {
    /// Number of the pair, from 0, counted apart for each kind.
    pub pair: u32,
    /// Who was searched.
    pub arm: ArmRole,
    /// What was raised.
    pub of: CapacityOf,
    /// The loads that were tried, in order.
    pub steps: Vec<CapacityStep>,
}

/// What a search raises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum CapacityOf {
    /// Saves a second in the open model.
    Rate,
    /// Concurrent users in the closed model, each of whom saves again as soon as answered.
    Users,
}

/// One load that was tried.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CapacityStep {
    /// Saves a second, or users.
    pub level: f64,
    /// Saves planned.
    pub planned: u64,
    /// Saves acknowledged.
    pub acknowledged: u64,
    /// From the begin to the last answer, nanoseconds.
    pub duration_ns: u64,
    /// Response times of the acknowledged saves of an open step, service times of a closed one, nanoseconds.
    pub latency: ByClass<Histogram>,
    /// Saves that were due but not answered; absent in the closed model.
    pub backlog: Option<Backlog>,
}
