//! Traffic that is split between both arms: their blocks of a pair run at the same time, as one window.

use std::ops::Range;

use anyhow::Context;
use shared::arms::{ArmRole, Arms};
use shared::report::Status;

use super::course::Course;
use super::side::Side;

impl Course<'_> {
    /// Runs windows one after the other, each on both arms at once, unless asked to stop.
    pub(super) async fn windows(
        &mut self,
        sides: &mut Arms<Side>,
        blocks: Range<usize>,
    ) -> anyhow::Result<Status> {
        for number in blocks {
            if self.bench.interrupt.is_asked() {
                return Ok(Status::Interrupted);
            }
            let started_ns = self.elapsed_ns();
            let saves = |role| &self.plans.get(role).blocks[number].saves;
            let (baseline, candidate) = tokio::join!(
                sides.baseline.run_block(number, saves(ArmRole::Baseline)),
                sides.candidate.run_block(number, saves(ArmRole::Candidate)),
            );
            for (role, done) in [
                (ArmRole::Baseline, baseline),
                (ArmRole::Candidate, candidate),
            ] {
                let done = done.with_context(|| self.place(role, number))?;
                self.record(role, number, started_ns, done)?;
            }
        }
        Ok(Status::Complete)
    }
}
