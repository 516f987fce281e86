//! SIGKILL in the middle of load: the database is read at once, and another process goes on with it.
//!
//! A killed process is not a power cut: what the process handed to the operating system stays, flushed or not.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::Context;
use rand::RngExt;
use shared::arms::ArmRole;
use shared::report::{Fault, Incident};

use crate::arm::{Ack, Kill, LEAD};
use crate::run::course::Course;
use crate::run::side::Side;
use crate::seeded::seeded;

/// The part of a block within which the instant of its kill lies.
const WITHIN: std::ops::Range<f64> = 0.2..0.95;
/// How long an arm may take to acknowledge its first save after a kill. Without one it would be killed before it was seen
/// to have recovered from the last time.
const PATIENCE: Duration = Duration::from_secs(10);

impl Course<'_> {
    /// Begins a block, kills the arm at a random instant, holds the database against the ledger and starts the arm again.
    pub(super) async fn killed(
        &mut self,
        side: &mut Side,
        role: ArmRole,
        number: usize,
    ) -> anyhow::Result<()> {
        let started_ns = self.elapsed_ns();
        let kill = self.instant(role, number);
        let mut heard = FirstHeard::begin();
        let block = &self.plans.get(role).blocks[number];
        let killed = side
            .run_and_kill(number, &block.saves, kill, &mut |ack| heard.note(ack))
            .await
            .with_context(|| self.place(role, number))?;
        self.recovered(side, role, heard.first);
        let violations = self.violations(side).await;
        let violations = violations.with_context(|| format!("after a kill, {role}"))?;
        self.enter_fault(Incident {
            fault: Fault::ProcessKilled,
            arm: role,
            number: 0,
            at_ns: started_ns + nanoseconds(killed.until_gone),
            length_ns: 0,
            acknowledged: heard.count,
            // What failed before the kill was not said either: it counts as unanswered.
            errors: BTreeMap::new(),
            meant_to_fail: 0,
            unanswered: killed.unanswered,
            violations: Some(violations),
            recovery_ns: None,
        });
        let source = self.sources.get(role);
        side.restart(self.bench, source, role, self.spec)
            .await
            .context("starting it again after a kill")
    }

    /// The last block of the scenario, after the last kill: it runs to its end.
    pub(super) async fn recovering(
        &mut self,
        side: &mut Side,
        role: ArmRole,
        number: usize,
    ) -> anyhow::Result<()> {
        let started_ns = self.elapsed_ns();
        let mut heard = FirstHeard::begin();
        let saves = &self.plans.get(role).blocks[number].saves;
        let done = side
            .run_listening(number, saves, None, &mut |ack| heard.note(ack))
            .await
            .with_context(|| self.place(role, number))?;
        self.recovered(side, role, heard.first);
        self.record(role, number, started_ns, done)
    }

    /// When to kill an arm in a block: at random, but by the seed.
    fn instant(&self, role: ArmRole, number: usize) -> Kill {
        let purpose = format!("kill/{}/{role}/{number}", self.spec.name);
        let part = seeded(&purpose, self.bench.seed).random_range(WITHIN);
        let length = Duration::from_nanos(self.plans.get(role).blocks[number].length_ns);
        Kill {
            after: LEAD + length.mul_f64(part),
            patience: PATIENCE,
        }
    }

    /// Enters how long the arm took after its last kill, if there was one: opening the database, and from the request of
    /// the next block to its first acknowledgement as heard here, the block's lead and the wait for its first planned
    /// instant included. Starting a process and making its states is the instrument's work and not part of it.
    fn recovered(&mut self, side: &Side, role: ArmRole, first: Option<Duration>) {
        let open_ns = side.opened.open_ns;
        let last = self.scenario.faults.iter_mut().rev();
        if let Some(incident) = last.into_iter().find(|incident| incident.arm == role) {
            incident.recovery_ns = first.map(|first| open_ns + nanoseconds(first));
        }
    }

    /// Acknowledged saves that are lost or wrong now and were not before, and runs that are stale now.
    async fn violations(&self, side: &mut Side) -> anyhow::Result<u64> {
        if !side.opened.stores {
            return Ok(0);
        }
        side.wait_until_alone().await?;
        let check = side.check(|state| self.state_hash(state)).await?;
        let broken = check.lost.saturating_add(check.wrong);
        let new = broken.saturating_sub(side.known_broken);
        side.known_broken = side.known_broken.max(broken);
        Ok(new.saturating_add(check.stale_runs))
    }
}

/// Acknowledgements since a block was asked for.
struct FirstHeard {
    begun: Instant,
    first: Option<Duration>,
    count: u64,
}

impl FirstHeard {
    fn begin() -> Self {
        Self {
            begun: Instant::now(),
            first: None,
            count: 0,
        }
    }

    fn note(&mut self, _: Ack) {
        self.count += 1;
        self.first.get_or_insert_with(|| self.begun.elapsed());
    }
}

fn nanoseconds(length: Duration) -> u64 {
    u64::try_from(length.as_nanos()).unwrap_or(u64::MAX)
}
