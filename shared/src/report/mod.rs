//! The report format: one folder a run, `run.json` and one `<scenario>.json` each.
//!
//! Format history (the number is in every file; a reader refuses a newer one by name):
//!
//! | version | change |
//! | --- | --- |
//! | 1 | first format |
//! | 2 | scenarios with services of their own (calibration), fresh processes for each pair, planned looks, split traffic, capacity searches; the build of each arm |
//! | 3 | deliberate faults; ablation; imported datasets; overloads; counters of allocator, network and database; memory profiles; key metrics in the list of runs |
//! | 4 | the target that a runner was built for |

mod ablation;
mod capacity;
mod compression;
mod faults;
mod gaps;
mod index;
mod layout;
mod memory_profile;
mod read;
mod resources;
mod review;
mod run;
mod scenario;
mod seal;
#[cfg(any(test, not(feature = "field-paths")))]
mod tree;

pub use ablation::{Variant, VariantRound};
pub use capacity::{Capacity, CapacityOf, CapacitySearch, CapacityStep};
pub use compression::duration;
pub use faults::{Fault, Incident};
pub use gaps::{Gap, Missing};
pub use index::{Headline, Index, IndexEntry, Unreadable};
pub use memory_profile::{FillStep, MemoryProfile, SaveMemory, StageMemory};
pub use read::{
    ReadError, listed_runs, read_index, read_policies, read_run, read_scenario, to_json,
};
pub use resources::{Allocations, Allocator, DatabaseCounters, Network, Resources};
pub use review::{Advice, Figure, Missed, Review};
pub use run::{
    ArmIdentity, Build, Dataset, Environment, NO_DATABASE, Promises, Run, ScenarioEntry, SizeClass,
};
pub use scenario::{
    Arrivals, Backlog, Block, BytesRange, CacheActivity, DatabaseWork, EvictionProbe, EvictionRun,
    ImpliedHits, Latencies, LedgerCheck, Load, LoadFigures, Mode, Outcomes, Phases, Resident,
    Sample, Scenario,
};
pub use seal::{Seal, SealFault, check_digest, check_seal, seal};

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

/// The version of the format that this build writes, and the newest that it reads.
pub const FORMAT_VERSION: u32 = 4;

/// How a run or a scenario ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "state", rename_all = "lowercase")]
pub enum Status {
    /// Not begun yet (a scenario that an interrupted run never reached).
    Pending,
    /// Still going on, or ended without a word (the machine went down).
    Running,
    /// All planned blocks were measured.
    Complete,
    /// Somebody stopped it; what is there is valid.
    Interrupted,
    /// It could not go on.
    Broken {
        /// What happened, in one sentence.
        cause: String,
    },
}

/// A status as it is written. Read by this, since what serde derives for a tagged enumeration keeps every kind of value
/// in between and is fifty times the code.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenStatus {
    state: String,
    #[serde(default)]
    cause: Option<String>,
}

impl<'de> Deserialize<'de> for Status {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::try_from(WrittenStatus::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl TryFrom<WrittenStatus> for Status {
    type Error = String;

    fn try_from(WrittenStatus { state, cause }: WrittenStatus) -> Result<Self, String> {
        Ok(match (state.as_str(), cause) {
            ("pending", None) => Self::Pending,
            ("running", None) => Self::Running,
            ("complete", None) => Self::Complete,
            ("interrupted", None) => Self::Interrupted,
            ("broken", Some(cause)) => Self::Broken { cause },
            ("broken", None) => return Err("missing field `cause`".to_owned()),
            _ => return Err(format!("no such status: `{state}`")),
        })
    }
}

impl Status {
    /// Whether all that was planned is there.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        matches!(self, Self::Complete)
    }
}

#[cfg(test)]
mod tests {
    use super::Status;

    #[test]
    fn every_status_survives_a_round_trip() {
        let broken = Status::Broken {
            cause: "disk full".to_owned(),
        };
        for status in [
            Status::Pending,
            Status::Running,
            Status::Complete,
            Status::Interrupted,
            broken,
        ] {
            let text = serde_json::to_string(&status).unwrap();
            assert_eq!(serde_json::from_str::<Status>(&text).unwrap(), status);
        }
    }

    #[test]
    fn what_is_no_status_is_refused() {
        for (text, named) in [
            (r#"{"state": "lost"}"#, "`lost`"),
            (r#"{"state": "broken"}"#, "`cause`"),
            (r#"{"state": "complete", "at": 3}"#, "`at`"),
            ("{}", "`state`"),
        ] {
            let refused = serde_json::from_str::<Status>(text).unwrap_err();
            assert!(refused.to_string().contains(named), "{refused}");
        }
    }
}
