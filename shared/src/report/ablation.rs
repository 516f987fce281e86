//! The evidence of what each part of a service contributes.

use serde::{Deserialize, Serialize};

use super::{DatabaseWork, LedgerCheck};

/// A service with one part switched off, or the whole one that it is compared with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// The service with its options, as on the command line.
    pub service: String,
    /// What it is called.
    pub label: String,
    /// The same slices of the plan for every variant, in the closed model.
    pub rounds: Vec<VariantRound>,
    /// Its acknowledged saves held against its database.
    pub ledger: Option<LedgerCheck>,
}

/// One slice of the plan on one variant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct VariantRound {
    /// Number of the round, from 0.
    pub round: u32,
    /// Saves acknowledged.
    pub acknowledged: u64,
    /// Of these: answered without writing.
    pub deduplicated: u64,
    /// Saves that failed.
    pub failed: u64,
    /// From its begin to the last answer, nanoseconds.
    pub duration_ns: u64,
    /// Processor time of the variant's process, generator included, nanoseconds.
    pub cpu_ns: Option<u64>,
    /// What the database was asked to do.
    pub database: DatabaseWork,
}
