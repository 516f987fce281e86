//! What is broken on purpose while load runs, and the evidence of it. Each fault lies in an open block of its own.

mod cache;
mod kill;
mod outage;
mod rejected;

use shared::arms::ArmRole;
use shared::report::{Block, Fault, Incident};

pub(super) use self::rejected::reject_marked;
use super::course::Course;
use super::events::Event;
use super::side::Side;
use crate::scenario::FaultSpec;

impl Course<'_> {
    /// Runs a block in which something is broken.
    ///
    /// # Errors
    /// The arm ends by itself, cannot be started again, or the fault cannot be inflicted.
    pub(super) async fn disturbed(
        &mut self,
        side: &mut Side,
        role: ArmRole,
        number: usize,
        fault: FaultSpec,
    ) -> anyhow::Result<()> {
        match fault {
            FaultSpec::Crash if number + 1 < self.plans.get(role).blocks.len() => {
                self.killed(side, role, number).await
            }
            FaultSpec::Crash => self.recovering(side, role, number).await,
            FaultSpec::CacheFailure { at_ns, length_ns } => {
                self.without_cache(side, role, number, at_ns, length_ns)
                    .await
            }
            FaultSpec::DatabaseOutage {
                at_ns, length_ns, ..
            } => {
                self.without_database(side, role, number, at_ns, length_ns)
                    .await
            }
            FaultSpec::Errors { .. } => self.rejecting(side, role, number).await,
        }
    }

    /// Enters a fault into the report, with the next number of its kind on this arm.
    fn enter_fault(&mut self, mut incident: Incident) {
        let alike = |other: &&Incident| (other.arm, other.fault) == (incident.arm, incident.fault);
        incident.number = self.scenario.faults.iter().filter(alike).count() as u32;
        self.scenario.faults.push(incident);
        if let Some(incident) = self.scenario.faults.last() {
            self.listener.hear(&Event::FaultDone {
                spec: self.spec,
                incident,
                done: self.scenario.faults.len(),
            });
        }
    }
}

/// A fault in a block that ran to its end.
fn incident_in(block: &Block, fault: Fault, at_ns: u64, length_ns: u64) -> Incident {
    Incident {
        fault,
        arm: block.arm,
        number: 0,
        at_ns,
        length_ns,
        acknowledged: block.outcomes.acknowledged(),
        errors: block.outcomes.errors.clone(),
        meant_to_fail: 0,
        unanswered: 0,
        violations: None,
        recovery_ns: None,
    }
}
