//! What controller and arm say to each other: one JSON document a line over the arm's standard streams.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use shared::arms::ArmRole;
use shared::report::{
    Block, Build, CapacityStep, EvictionProbe, Fault, MemoryProfile, Promises, Sample,
};

use crate::place::Place;
use crate::plan::{Step, Stretch};
use crate::scenario::Spec;

/// Version of these messages. Arms of another version are refused by name.
///
/// | version | change |
/// | --- | --- |
/// | 1 | first messages |
/// | 2 | the arm says which build it is; acknowledgements as one text; steps of a search |
/// | 3 | databases that are no files; an arm that goes on where another ended; cache failures; states of a file; profiles of memory |
pub(crate) const PROTOCOL: u32 = 3;

/// From the controller.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub(crate) enum Request {
    /// Prepare for a scenario: plan, states, warm-up on a scratch database, then open the clean one.
    Open(Box<Open>),
    /// Run one block of the plan.
    Run {
        /// Its place in the plan.
        block: usize,
        /// The part of it that is asked for; none: all of it.
        #[serde(default)]
        stretch: Option<Stretch>,
        /// What the arm breaks in its own cache meanwhile.
        #[serde(default)]
        failure: Option<CacheFailure>,
    },
    /// Try one step of a search for the highest load.
    Try {
        /// What to offer.
        step: Step,
    },
    /// Probe the eviction on a scratch database.
    ProbeEviction,
    /// Profile what a cached entry and a save take of memory.
    ProfileMemory,
    /// Close the service and end.
    Close,
}

/// What an arm needs to know of a scenario.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Open {
    /// Which side the arm is.
    pub(crate) role: ArmRole,
    /// The service, as on the command line.
    pub(crate) service: String,
    /// The scenario.
    pub(crate) spec: Spec,
    /// Seed of plan and dataset.
    pub(crate) seed: u64,
    /// States of the dataset.
    pub(crate) states: u32,
    /// The only pair whose blocks will be asked for, where the arm lives for one pair: no other states are needed.
    #[serde(default)]
    pub(crate) pair: Option<u32>,
    /// States of the user's own, instead of generated ones.
    #[serde(default)]
    pub(crate) dataset: Option<PathBuf>,
    /// The arm's own database.
    pub(crate) place: Place,
    /// Whether another process ended in the middle of this scenario and its database is to be taken over as it is; else
    /// the database is clean.
    #[serde(default)]
    pub(crate) resumed: bool,
}

/// A failure of the cache, inflicted by the arm upon itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CacheFailure {
    /// Which of the cache's faults.
    pub(crate) fault: Fault,
    /// When, nanoseconds from the begin of the block.
    pub(crate) at_ns: u64,
    /// How long it lasts, nanoseconds; zero for an instant.
    pub(crate) length_ns: u64,
}

/// From the arm.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub(crate) enum Reply {
    /// The first line of an arm.
    Hello {
        /// Version of the messages that it speaks.
        protocol: u32,
        /// Which build it is; absent in protocol 1.
        #[serde(default)]
        build: Option<Build>,
    },
    /// Ready for blocks.
    Opened(Opened),
    /// Saves that were acknowledged; any number of these come while a block runs.
    Acknowledged {
        /// The saves.
        #[serde(with = "super::acks")]
        saves: Vec<Ack>,
    },
    /// A block ended.
    BlockDone(Box<BlockDone>),
    /// A step ended.
    Tried(Box<Tried>),
    /// The probe ended.
    Probed {
        /// What it found; none for a service without a cache.
        probe: Option<EvictionProbe>,
    },
    /// The profile of memory is there.
    Profiled {
        /// What it found; none for a service without a cache.
        profile: Option<MemoryProfile>,
    },
    /// The service is closed.
    Closed,
    /// The request could not be carried out.
    Failed {
        /// Why.
        cause: String,
    },
}

/// An arm that is ready.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Opened {
    /// What its service promises, read back from the database.
    pub(crate) promises: Promises,
    /// Whether its service stores what it acknowledges: a test service may not.
    pub(crate) stores: bool,
    /// Whether its service has a cache.
    pub(crate) caches: bool,
    /// Digest of all that it will be asked to save.
    pub(crate) plan: String,
    /// Resident memory after warm-up, bytes.
    pub(crate) idle_resident_bytes: Option<u64>,
    /// How long its service took to open the database, nanoseconds: recovery from the write-ahead log included.
    pub(crate) open_ns: u64,
    /// What its database does not let it measure, and why.
    #[serde(default)]
    pub(crate) unmeasured: Vec<String>,
}

/// One acknowledged save: its place in the plan, the answered snapshot, whether it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ack(pub(crate) u64, pub(crate) i64, pub(crate) bool);

/// The evidence of a block.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct BlockDone {
    /// The block; the controller adds when it began and what a perfect cache would have hit.
    pub(crate) block: Block,
    /// Samples over the block, from its begin; none in the closed model.
    pub(crate) samples: Vec<Sample>,
    /// Places in the plan of the saves that failed: they may or may not be stored.
    pub(crate) failed: Vec<u64>,
    /// What came of the cache's failure, where one was asked for.
    #[serde(default)]
    pub(crate) failure: Option<CacheFailed>,
}

/// What came of a failure of the cache. Times are nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CacheFailed {
    /// When it began, from the begin of the block.
    pub(crate) at_ns: u64,
    /// How long it lasted.
    pub(crate) length_ns: u64,
    /// From its end to normal service; absent where that was not seen again.
    pub(crate) recovery_ns: Option<u64>,
}

/// The evidence of a step of a search.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Tried {
    /// For the report.
    pub(crate) step: CapacityStep,
    /// Saves that failed, by kind of error.
    pub(crate) errors: BTreeMap<String, u64>,
    /// Places of the saves that failed: they may or may not be stored.
    pub(crate) failed: Vec<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_reply_survives_the_wire() {
        let replies = [
            Reply::Hello {
                protocol: PROTOCOL,
                build: None,
            },
            Reply::Acknowledged {
                saves: vec![Ack(1, -2, true)],
            },
            Reply::Probed { probe: None },
            Reply::Profiled { profile: None },
            Reply::Closed,
            Reply::Failed {
                cause: "x".to_owned(),
            },
        ];
        for reply in replies {
            let line = serde_json::to_string(&reply).unwrap();
            let read: Reply = serde_json::from_str(&line).unwrap();
            assert_eq!(format!("{read:?}"), format!("{reply:?}"));
        }
    }
}
