//! The record of every answered save, and the check of the database against it.
//!
//! The ledger is kept by the controller, outside the arm, and the database is read by SQL of its own: neither the
//! service's code nor its cache can vouch for itself.

mod answers;
mod check;
mod reader;
#[cfg(test)]
mod tests;

use anyhow::Result;
use shared::report::LedgerCheck;

use self::answers::Answers;
use crate::place::Place;

/// Snapshots that retention keeps of a run: its newest. Both services promise it (design: the standard service).
pub(crate) const RETAINED: usize = 50;

/// What an arm answered to each save of the plan, warm-up aside.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ledger {
    answers: Answers,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    /// Acknowledged and written as this snapshot.
    Written(i64),
    /// Acknowledged: this snapshot is the run's latest and holds the state already.
    Deduplicated(i64),
    /// No promise was made; the state may be there or not.
    Failed,
}

/// What the plan says of a save.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Expected {
    /// The run's id as the service got it.
    pub(crate) run: String,
    /// BLAKE3 of the state's canonical bytes: compact JSON with sorted keys.
    pub(crate) state: blake3::Hash,
}

impl Ledger {
    /// Notes an acknowledged save by its place in the plan: the snapshot id answered, and whether it was written
    /// or deduplicated.
    pub(crate) fn record(&mut self, index: u64, snapshot_id: i64, written: bool) {
        let answer = if written {
            Answer::Written(snapshot_id)
        } else {
            Answer::Deduplicated(snapshot_id)
        };
        self.answers.insert(index, answer);
    }

    /// Notes a save that was called but not acknowledged: it may have been written all the same.
    pub(crate) fn record_failed(&mut self, index: u64) {
        self.answers.insert(index, Answer::Failed);
    }

    /// Whether the arm said anything about a save.
    pub(crate) fn is_answered(&self, index: u64) -> bool {
        self.answers.contains(index)
    }

    /// Holds every acknowledged save against the database. `expected` gives what the plan says of a save; the
    /// saves of one run must have been made in the order of their places in the plan.
    ///
    /// # Errors
    /// Where the database cannot be read: file and cause.
    pub(crate) async fn check(
        &self,
        expected: impl Fn(u64) -> Expected,
        place: &Place,
    ) -> Result<LedgerCheck> {
        let saves: Vec<Save> = self
            .answers
            .iter()
            .map(|(index, answer)| {
                let Expected { run, state } = expected(index);
                Save {
                    index,
                    run,
                    state,
                    answer,
                }
            })
            .collect();
        let known = saves.iter().map(|save| save.state).collect();
        let stored = reader::read(place, &known).await?;
        Ok(check::check(&saves, &stored))
    }
}

/// Adds a check of other databases to one: counts are summed, the first findings stay.
pub(crate) fn merge(sum: &mut LedgerCheck, other: &LedgerCheck) {
    for (total, more) in [
        (&mut sum.acknowledged, other.acknowledged),
        (&mut sum.found, other.found),
        (&mut sum.retired, other.retired),
        (&mut sum.lost, other.lost),
        (&mut sum.wrong, other.wrong),
        (&mut sum.runs, other.runs),
        (&mut sum.stale_runs, other.stale_runs),
        (&mut sum.overfull_runs, other.overfull_runs),
    ] {
        *total = total.saturating_add(more);
    }
    let room = check::FINDINGS.saturating_sub(sum.findings.len());
    sum.findings
        .extend(other.findings.iter().take(room).cloned());
}

/// A save with what was planned and what was answered.
#[derive(Debug, Clone)]
struct Save {
    index: u64,
    run: String,
    state: blake3::Hash,
    answer: Answer,
}
