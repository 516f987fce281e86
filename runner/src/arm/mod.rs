//! Arms: services under load, each in a process of its own.

mod messages;
mod process;
#[cfg(test)]
pub(crate) mod simulated;
pub(crate) mod worker;

use async_trait::async_trait;
use shared::report::EvictionProbe;

pub(crate) use messages::{Ack, BlockDone, Open, Opened};
pub(crate) use process::ProcessArms;

/// Where an arm's acknowledgements go as they come.
pub(crate) type Acknowledge<'a> = &'a mut (dyn FnMut(Ack) + Send);

/// One arm of a scenario.
#[async_trait]
pub(crate) trait Arm: Send {
    /// Prepares for a scenario.
    async fn open(&mut self, open: Open) -> Result<Opened, ArmError>;
    /// Runs a block of the plan.
    async fn run(
        &mut self,
        block: usize,
        acknowledge: Acknowledge<'_>,
    ) -> Result<BlockDone, ArmError>;
    /// Probes eviction; `None` for a service without a cache.
    async fn probe_eviction(&mut self) -> Result<Option<EvictionProbe>, ArmError>;
    /// Closes the service and ends the arm.
    async fn close(&mut self) -> Result<(), ArmError>;
}

/// Starts arms.
#[async_trait]
pub(crate) trait StartArms: Send + Sync {
    /// Starts one arm.
    async fn start(&self) -> Result<Box<dyn Arm>, ArmError>;
}

/// Why an arm cannot go on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ArmError {
    /// The process could not be started.
    #[error("the arm's process could not be started: {0}")]
    Start(std::io::Error),
    /// The process speaks another version of the messages.
    #[error(
        "the arm speaks protocol {theirs}, this runner speaks {ours}: use builds of the same protocol"
    )]
    Protocol {
        /// Version of the arm.
        theirs: u32,
        /// Version of this runner.
        ours: u32,
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
