//! The thread behind each commit queue: takes what waits, commits it together, answers everybody.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::oneshot;

use super::commit_queue::{CommitQueue, Limits};
use super::flights::{Flight, LastSaves};
use super::write_path::unavailable;
use crate::request::AcceptedSave;
use crate::storage::{BatchError, BatchWriter, Job};
use crate::{Observation, PersistenceError, SnapshotId};

/// A snapshot that is durable.
#[derive(Debug)]
pub(super) struct Commit {
    pub(super) snapshot_id: SnapshotId,
    /// Its own waiting and writing; of the first save of a batch, also the work for all of them.
    pub(super) observation: Observation,
}

/// What the thread is asked to do.
#[expect(
    clippy::large_enum_variant,
    reason = "nearly all are saves; in a box each would be an allocation more"
)]
#[derive(Debug)]
pub(super) enum Errand {
    /// To commit a save.
    Save(QueuedSave),
    /// To have its session tell the database what it did.
    FlushStatistics(oneshot::Sender<Result<u64, PersistenceError>>),
}

impl Errand {
    /// Whether it is a save whose own caller still waits.
    pub(super) fn is_awaited_save(&self) -> bool {
        matches!(self, Self::Save(save) if save.is_awaited())
    }
}

/// A save in the queue. Whatever becomes of it, its caller and those who joined it are answered.
#[derive(Debug)]
pub(super) struct QueuedSave {
    save: AcceptedSave,
    flight: Option<(Arc<LastSaves>, Arc<Flight>)>,
    /// Taken by the answer.
    caller: Option<oneshot::Sender<Result<Commit, PersistenceError>>>,
    queued: Instant,
}

impl QueuedSave {
    pub(super) fn new(
        save: AcceptedSave,
        flight: Option<(Arc<LastSaves>, Arc<Flight>)>,
    ) -> (Self, oneshot::Receiver<Result<Commit, PersistenceError>>) {
        let (caller, answer) = oneshot::channel();
        let queued = Self {
            save,
            flight,
            caller: Some(caller),
            queued: Instant::now(),
        };
        (queued, answer)
    }

    /// Whether its own caller still waits.
    fn is_awaited(&self) -> bool {
        self.caller
            .as_ref()
            .is_some_and(|caller| !caller.is_closed())
    }

    /// Gives the answer back if nobody waits for it.
    fn answer(
        mut self,
        answer: Result<Commit, PersistenceError>,
    ) -> Result<(), Result<Commit, PersistenceError>> {
        self.land(&answer);
        match self.caller.take() {
            Some(caller) => caller.send(answer),
            None => Err(answer),
        }
    }

    /// What is known of the run changes before anybody is answered.
    fn land(&mut self, answer: &Result<Commit, PersistenceError>) {
        if let Some((last_saves, flight)) = self.flight.take() {
            let landing = answer
                .as_ref()
                .map(|commit| commit.snapshot_id)
                .map_err(Clone::clone);
            last_saves.land(&self.save.run_id, &flight, landing);
        }
    }
}

/// A save that nobody answered: the thread ended before.
impl Drop for QueuedSave {
    fn drop(&mut self) {
        if let Some(caller) = self.caller.take() {
            let unanswered = Err(unavailable());
            self.land(&unanswered);
            // Who stopped waiting needs no answer.
            let _ = caller.send(unanswered);
        }
    }
}

/// Commits what the queue yields until it is closed and empty. Should the thread panic, all who
/// wait or come later are answered that the service is not available.
pub(super) fn commit_all(
    queue: &CommitQueue<Errand>,
    writer: &mut dyn BatchWriter,
    batch_limit: Limits,
) {
    let _abandon = Abandon(queue);
    while let Some(batch) = queue.take_batch(batch_limit) {
        let taken = Instant::now();
        let (mut saves, mut flushes) = (Vec::with_capacity(batch.jobs.len()), Vec::new());
        for errand in batch.jobs {
            match errand {
                Errand::Save(save) => saves.push(save),
                Errand::FlushStatistics(caller) => flushes.push(caller),
            }
        }
        let mut transactions = Transactions {
            writer,
            taken,
            accounted: taken,
        };
        if !saves.is_empty() {
            transactions.commit(saves);
        }
        for caller in flushes {
            // Who stopped waiting needs no answer.
            let _ = caller.send(transactions.writer.flush_statistics());
        }
        // Only now is there room for others.
        drop(batch.room);
    }
}

struct Abandon<'a>(&'a CommitQueue<Errand>);

impl Drop for Abandon<'_> {
    fn drop(&mut self) {
        drop(self.0.abandon());
    }
}

/// The transactions of one batch: one, unless a save is rejected.
struct Transactions<'a> {
    writer: &'a mut dyn BatchWriter,
    taken: Instant,
    /// Until when the connection's time was attributed.
    accounted: Instant,
}

impl Transactions<'_> {
    fn commit(&mut self, mut saves: Vec<QueuedSave>) {
        let jobs: Vec<Job<'_>> = saves
            .iter()
            .map(|queued| Job { save: &queued.save })
            .collect();
        match self.writer.write(&jobs) {
            Ok(written) => {
                drop(jobs);
                self.answer(saves, &written.ids, written.work);
            }
            // Halves, until the save that is rejected stands alone.
            Err(BatchError::Rejected(_)) if saves.len() > 1 => {
                drop(jobs);
                let later = saves.split_off(saves.len() / 2);
                self.commit(saves);
                self.commit(later);
            }
            Err(BatchError::Rejected(error) | BatchError::Failed(error)) => {
                drop(jobs);
                for save in saves {
                    // Who stopped waiting needs no answer.
                    let _ = save.answer(Err(error.clone()));
                }
            }
        }
    }

    fn answer(&mut self, saves: Vec<QueuedSave>, ids: &[SnapshotId], work: Observation) {
        let committed = Instant::now();
        let nanoseconds = |from: Instant, to: Instant| {
            u64::try_from(to.saturating_duration_since(from).as_nanos()).unwrap_or(u64::MAX)
        };
        let write_ns = nanoseconds(self.taken, committed);
        // The first save whose caller still waits carries it, so that sums are right.
        let mut work = Some(Observation {
            connection_ns: nanoseconds(self.accounted, committed),
            ..work
        });
        self.accounted = committed;
        for (save, snapshot_id) in saves.into_iter().zip(ids) {
            let commit = Commit {
                snapshot_id: *snapshot_id,
                observation: Observation {
                    wait_ns: nanoseconds(save.queued, self.taken),
                    write_ns,
                    ..work.take().unwrap_or_default()
                },
            };
            if let Err(Ok(unwanted)) = save.answer(Ok(commit))
                && unwanted.observation.commits > 0
            {
                work = Some(unwanted.observation);
            }
        }
    }
}
