//! Arms: services under load, each in a process of its own.

mod acks;
mod choice;
mod messages;
mod process;
#[cfg(test)]
pub(crate) mod simulated;
pub(crate) mod worker;

use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use shared::report::{EvictionProbe, MemoryProfile};

pub(crate) use acks::{read_ack, write_ack};
pub(crate) use choice::{ArmSource, choose, identities, labels, own_arms, own_services};
pub(crate) use messages::{Ack, BlockDone, CacheFailure, Open, Opened, Tried};
pub(crate) use process::{ProcessArms, this_binary};
pub(crate) use worker::{LEAD, RETAINED_SNAPSHOTS, be_urgent, unreadable};

use crate::plan::{Step, Stretch};

/// Where an arm's acknowledgements go as they come.
pub(crate) type Acknowledge<'a> = &'a mut (dyn FnMut(Ack) + Send);

/// One arm of a scenario.
#[async_trait]
pub(crate) trait Arm: Send {
    /// Prepares for a scenario.
    async fn open(&mut self, open: Open) -> Result<Opened, ArmError>;
    /// Runs a block of the plan or a stretch of one; with `failure` its cache fails meanwhile.
    async fn run(
        &mut self,
        block: usize,
        stretch: Option<Stretch>,
        failure: Option<CacheFailure>,
        acknowledge: Acknowledge<'_>,
    ) -> Result<BlockDone, ArmError>;
    /// Begins a block of the plan and ends the arm by SIGKILL in the middle of it. What it had said by then is heard to
    /// the end. Returns the time from the request until the arm was gone for certain.
    async fn run_and_kill(
        &mut self,
        block: usize,
        kill: Kill,
        acknowledge: Acknowledge<'_>,
    ) -> Result<Duration, ArmError>;
    /// Tries one step of a search for the highest load.
    async fn attempt(
        &mut self,
        step: Step,
        acknowledge: Acknowledge<'_>,
    ) -> Result<Tried, ArmError>;
    /// Probes eviction; `None` for a service without a cache.
    async fn probe_eviction(&mut self) -> Result<Option<EvictionProbe>, ArmError>;
    /// Profiles what a cached entry and a save take of memory; `None` for a service without a cache.
    async fn profile_memory(&mut self) -> Result<Option<MemoryProfile>, ArmError>;
    /// Closes the service and ends the arm.
    async fn close(&mut self) -> Result<(), ArmError>;
}

/// When to kill an arm, from the request of the block on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kill {
    /// Not before this, and not before the arm acknowledged a save.
    pub(crate) after: Duration,
    /// At the latest, also where nothing was acknowledged.
    pub(crate) patience: Duration,
}

/// Starts arms.
#[async_trait]
pub(crate) trait StartArms: Send + Sync {
    /// Starts an arm of a binary.
    async fn start(&self, binary: &Path) -> Result<Box<dyn Arm>, ArmError>;
}

/// Why an arm cannot go on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ArmError {
    /// The process could not be started.
    #[error("`{binary}` does not start: {cause}", binary = binary.display())]
    Start {
        /// The binary.
        binary: PathBuf,
        /// What the system says.
        cause: std::io::Error,
    },
    /// The process started, but is no runner.
    #[error("`{binary}` is no runner: {why}", binary = binary.display())]
    NoRunner {
        /// The binary.
        binary: PathBuf,
        /// What it did.
        why: String,
    },
    /// The process speaks another version of the messages.
    #[error(
        "`{binary}`, {their_build}, speaks protocol {theirs}, this runner, {our_build}, speaks {ours}: arms can be \
         compared only between builds of one protocol", binary = binary.display()
    )]
    Protocol {
        /// The binary.
        binary: PathBuf,
        /// Version of its messages.
        theirs: u32,
        /// Its build, in words.
        their_build: String,
        /// Version of this runner's messages.
        ours: u32,
        /// This build, in words.
        our_build: String,
    },
    /// The process ended in the middle of something.
    #[error("the arm's process ended unexpectedly ({0})")]
    Died(String),
    /// The arm answered something that makes no sense here.
    #[error("the arm answered out of turn: {0}")]
    OutOfTurn(String),
    /// The arm could not do it.
    #[error("{0}")]
    Failed(String),
}
