//! The cache fails: one of its faults in each block, in turn. An arm without a cache runs the same blocks undisturbed.

use anyhow::Context;
use shared::arms::ArmRole;
use shared::report::Fault;

use super::incident_in;
use crate::arm::CacheFailure;
use crate::run::course::Course;
use crate::run::side::Side;

/// The faults, in the order of the blocks.
const FAULTS: [Fault; 3] = [
    Fault::CachePoisoned,
    Fault::CacheEmptied,
    Fault::CacheErroring,
];

impl Course<'_> {
    /// Runs a block in the middle of which the arm's cache fails, if it has one.
    pub(super) async fn without_cache(
        &mut self,
        side: &mut Side,
        role: ArmRole,
        number: usize,
        at_ns: u64,
        length_ns: u64,
    ) -> anyhow::Result<()> {
        let fault = FAULTS[number % FAULTS.len()];
        let failure = side.opened.caches.then_some(CacheFailure {
            fault,
            at_ns,
            length_ns,
        });
        let started_ns = self.elapsed_ns();
        let saves = &self.plans.get(role).blocks[number].saves;
        let done = side
            .run_listening(number, saves, failure, &mut |_| ())
            .await
            .with_context(|| self.place(role, number))?;
        if let Some(failed) = done.failure {
            let at_ns = started_ns + failed.at_ns;
            let mut incident = incident_in(&done.block, fault, at_ns, failed.length_ns);
            incident.recovery_ns = failed.recovery_ns;
            self.enter_fault(incident);
        }
        self.record(role, number, started_ns, done)
    }
}
