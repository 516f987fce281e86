//! Where saves wait until a transaction takes them: bounded, first come, first served.
//!
//! Callers are tasks and wait without a thread; the one writer is a thread and waits on a condition
//! variable.

use std::collections::VecDeque;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::{Semaphore, TryAcquireError};

use super::sync::{Condvar, Mutex, MutexGuard};
use crate::waiting::Waiting;

/// How much may wait.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// At least 1.
    pub(super) jobs: u32,
    /// At least 1; a larger job counts as this many.
    pub(super) bytes: u32,
}

/// The queue was closed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Closed;

/// A queue with one consumer. What was taken counts until its [`Batch`] is dropped: the limits hold
/// for all that is in memory.
#[derive(Debug)]
pub(super) struct CommitQueue<J> {
    limits: Limits,
    places: Semaphore,
    bytes: Semaphore,
    wait_for_room: AtomicU32,
    queued: Mutex<Queued<J>>,
    arrival: Condvar,
}

#[derive(Debug)]
struct Queued<J> {
    jobs: VecDeque<(J, u32)>,
    closed: bool,
    /// The consumer sleeps: who changes something wakes it.
    consumer_waits: bool,
}

impl<J> CommitQueue<J> {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            places: Semaphore::new(limits.jobs as usize),
            bytes: Semaphore::new(limits.bytes as usize),
            wait_for_room: AtomicU32::new(0),
            queued: Mutex::new(Queued {
                jobs: VecDeque::new(),
                closed: false,
                consumer_waits: false,
            }),
            arrival: Condvar::new(),
        }
    }

    /// Waits for room for a job of this size; first come, first served. Dropped, the room is free
    /// again.
    pub(super) async fn reserve(&self, bytes: usize) -> Result<Room<'_, J>, Closed> {
        let bytes = u32::try_from(bytes)
            .unwrap_or(u32::MAX)
            .min(self.limits.bytes);
        take(&self.places, 1, &self.wait_for_room).await?;
        let mut room = Room {
            queue: self,
            jobs: 1,
            bytes: 0,
        };
        take(&self.bytes, bytes, &self.wait_for_room).await?;
        room.bytes = bytes;
        Ok(room)
    }

    /// The jobs to commit next, in the order in which they were put in: waits for the first one,
    /// then takes what is there, up to the limit. `None` once the queue is closed and empty.
    pub(super) fn take_batch(&self, limit: Limits) -> Option<Batch<'_, J>> {
        let mut queued = self.queued();
        while queued.jobs.is_empty() {
            if queued.closed {
                return None;
            }
            queued.consumer_waits = true;
            queued = self
                .arrival
                .wait(queued)
                .unwrap_or_else(PoisonError::into_inner);
            queued.consumer_waits = false;
        }
        let mut batch = Batch {
            jobs: Vec::new(),
            room: Room {
                queue: self,
                jobs: 0,
                bytes: 0,
            },
        };
        while let Some((_, bytes)) = queued.jobs.front() {
            let bytes = batch.room.bytes.saturating_add(*bytes);
            let full = batch.room.jobs == limit.jobs || bytes > limit.bytes;
            if full && batch.room.jobs > 0 {
                break;
            }
            batch.room.jobs += 1;
            batch.room.bytes = bytes;
            batch
                .jobs
                .extend(queued.jobs.pop_front().map(|(job, _)| job));
        }
        Some(batch)
    }

    /// No job comes in any more; those that are in can still be taken.
    pub(super) fn close(&self) {
        self.places.close();
        self.bytes.close();
        let mut queued = self.queued();
        queued.closed = true;
        self.wake_consumer(queued);
    }

    /// Closes it and gives back all that was not taken: its consumer is gone.
    pub(super) fn abandon(&self) -> Vec<J> {
        self.close();
        let mut queued = self.queued();
        queued.jobs.drain(..).map(|(job, _)| job).collect()
    }

    /// How many of the jobs that were not taken yet satisfy `counts`, and how many callers wait for
    /// room.
    pub(super) fn count_waiting(&self, counts: impl Fn(&J) -> bool) -> u32 {
        let queued = self.queued();
        let queued = queued.jobs.iter().filter(|(job, _)| counts(job)).count();
        u32::try_from(queued).unwrap_or(u32::MAX) + self.wait_for_room.load(Ordering::Relaxed)
    }

    fn wake_consumer(&self, queued: MutexGuard<'_, Queued<J>>) {
        let waits = queued.consumer_waits;
        drop(queued);
        if waits {
            self.arrival.notify_one();
        }
    }

    // A panic elsewhere cannot leave the queue half-changed, so a poisoned lock is still good.
    fn queued(&self) -> MutexGuard<'_, Queued<J>> {
        self.queued.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes permits that [`Room`] gives back.
async fn take(semaphore: &Semaphore, permits: u32, waiting: &AtomicU32) -> Result<(), Closed> {
    let permit = match semaphore.try_acquire_many(permits) {
        Ok(permit) => permit,
        Err(TryAcquireError::Closed) => return Err(Closed),
        Err(TryAcquireError::NoPermits) => {
            let _waiting = Waiting::new(waiting);
            semaphore.acquire_many(permits).await.map_err(|_| Closed)?
        }
    };
    permit.forget();
    Ok(())
}

/// Room in the queue; free again when dropped.
#[derive(Debug)]
pub(super) struct Room<'a, J> {
    queue: &'a CommitQueue<J>,
    jobs: u32,
    bytes: u32,
}

impl<J> Room<'_, J> {
    /// Puts the job last. Gives it back if the queue was closed meanwhile.
    pub(super) fn fill(mut self, job: J) -> Result<(), J> {
        let queue = self.queue;
        let mut queued = queue.queued();
        if queued.closed {
            return Err(job);
        }
        queued.jobs.push_back((job, self.bytes));
        // From now on the room is the job's.
        (self.jobs, self.bytes) = (0, 0);
        queue.wake_consumer(queued);
        Ok(())
    }
}

impl<J> Drop for Room<'_, J> {
    fn drop(&mut self) {
        if self.jobs > 0 {
            self.queue.places.add_permits(self.jobs as usize);
            self.queue.bytes.add_permits(self.bytes as usize);
        }
    }
}

/// Jobs taken from the queue, and the room that they take up until it is dropped.
#[derive(Debug)]
pub(super) struct Batch<'a, J> {
    /// In the order in which they were put in; at least one.
    pub(super) jobs: Vec<J>,
    pub(super) room: Room<'a, J>,
}
