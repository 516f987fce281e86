//! What is missing of a scenario whose run was ended from outside and resumed.

use serde::{Deserialize, Serialize};

use super::Mode;
use crate::arms::{ArmRole, Arms};

/// The runner or its machine ended in the middle of a scenario, and the run went on later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Gap {
    /// When the last evidence before it was written: RFC 3339, UTC.
    pub last_evidence_at: String,
    /// When the run went on: RFC 3339, UTC. Earlier than `last_evidence_at` where the clock was set back meanwhile.
    pub resumed_at: String,
    /// Whether the machine was started anew meanwhile; absent where the system does not tell.
    pub rebooted: Option<bool>,
    /// Measured time of each arm before it, nanoseconds, as on the axis of the samples. From here on each arm is a new
    /// process, with an empty cache.
    pub measured_ns: Arms<u64>,
    /// Load that has no evidence: it may have been offered in part. It is not repeated.
    pub missing: Vec<Missing>,
}

/// A part of a block that has no evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Missing {
    /// Whose block.
    pub arm: ArmRole,
    /// Number of the pair.
    pub pair: u32,
    /// Open or closed model.
    pub mode: Mode,
    /// Where it begins, nanoseconds of the block's planned time.
    pub from_ns: u64,
    /// Where it ends.
    pub to_ns: u64,
    /// Saves that were planned in it: each may have been made or not.
    pub saves: u64,
}

impl Gap {
    /// Load without evidence, both arms together, nanoseconds.
    #[must_use]
    pub fn missing_ns(&self) -> u64 {
        let lengths = self
            .missing
            .iter()
            .map(|m| m.to_ns.saturating_sub(m.from_ns));
        lengths.fold(0, u64::saturating_add)
    }
}
