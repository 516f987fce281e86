//! The report format: one folder a run, `run.json` and one `<scenario>.json` each.
//!
//! Format history (the number is in every file; a reader refuses a newer one by name):
//!
//! | version | change |
//! | --- | --- |
//! | 1 | first format |
//! | 2 | scenarios with services of their own (calibration), fresh processes for each pair, planned looks, split traffic, capacity searches; the build of each arm |

mod capacity;
mod compression;
mod index;
mod read;
mod run;
mod scenario;
mod seal;

pub use capacity::{Capacity, CapacityOf, CapacitySearch, CapacityStep};
pub use compression::duration;
pub use index::{Headline, Index, IndexEntry, Unreadable};
pub use read::{ReadError, read_index, read_run, read_scenario, to_json};
pub use run::{
    ArmIdentity, Build, Dataset, Environment, NO_DATABASE, Promises, Run, ScenarioEntry, SizeClass,
};
pub use scenario::{
    Arrivals, Backlog, Block, BytesRange, CacheActivity, DatabaseWork, EvictionProbe, EvictionRun,
    ImpliedHits, Latencies, LedgerCheck, Load, LoadFigures, Mode, Outcomes, Phases, Resident,
    Sample, Scenario,
};
pub use seal::{Seal, SealFault, check_digest, check_seal, seal};

use serde::{Deserialize, Serialize};

/// The version of the format that this build writes, and the newest that it reads.
pub const FORMAT_VERSION: u32 = 2;

/// How a run or a scenario ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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

impl Status {
    /// Whether all that was planned is there.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        matches!(self, Self::Complete)
    }
}
