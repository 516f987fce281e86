//! The way of a save: first what is known of its run, then the queue of the run's writer.

use std::hash::{BuildHasher, RandomState};
use std::io;
use std::sync::{Arc, PoisonError};
use std::time::Instant;

use tokio::sync::oneshot;

use super::commit_queue::{CommitQueue, Limits};
use super::committer::{Commit, Errand, QueuedSave, commit_all};
use super::dedup::{CommittedStates, LookUp};
use super::fingerprint::{CanonicalFingerprint, Fingerprints, RawFingerprint};
use super::flights::{Joined, LastSave, LastSaves};
use super::options::{DEFAULT_CACHE_ENTRIES, OptimizedOptions};
use super::sync::{Mutex, MutexGuard, thread};
use super::turns::{Turn, Turns};
use crate::request::{self, AcceptedSave};
use crate::stopwatch::nanoseconds_since;
use crate::storage::{BatchWriter, Storage};
use crate::{Observation, Outcome, PersistenceError, SaveRequest, Saved, SnapshotId};

/// What one transaction takes at most: beyond that nobody gains, and the last one waits longer.
const BATCH: Limits = Limits {
    jobs: 256,
    bytes: 8 * 1024 * 1024,
};

/// From a request to its commit, for all runs.
#[derive(Debug)]
pub(super) struct WritePath {
    options: OptimizedOptions,
    max_state_bytes: usize,
    turns: Turns,
    last_saves: Arc<LastSaves>,
    /// One for each writer. A run always goes to the same, which keeps its order.
    queues: Vec<Arc<CommitQueue<Errand>>>,
    names: RandomState,
    /// Empty once the path is closed.
    writers: Mutex<Vec<thread::JoinHandle<()>>>,
}

impl WritePath {
    pub(super) fn new(options: OptimizedOptions, max_state_bytes: usize) -> Self {
        let capacity = match options.dedup {
            true => options.cache_entries.unwrap_or(DEFAULT_CACHE_ENTRIES),
            false => 0,
        };
        let committed = CommittedStates::new(
            capacity,
            options.on_evict.clone(),
            options.cache_faults.clone(),
        );
        Self {
            options,
            max_state_bytes,
            turns: Turns::default(),
            last_saves: Arc::new(LastSaves::new(committed)),
            queues: Vec::new(),
            names: RandomState::new(),
            writers: Mutex::new(Vec::new()),
        }
    }

    /// Starts a thread that commits with this writer.
    pub(super) fn start(
        &mut self,
        mut writer: Box<dyn BatchWriter>,
    ) -> Result<(), PersistenceError> {
        let queue = Arc::new(CommitQueue::new(Limits {
            jobs: self.options.queue_jobs,
            bytes: self.options.queue_bytes,
        }));
        let batch = match self.options.batch {
            true => BATCH,
            false => Limits { jobs: 1, ..BATCH },
        };
        self.queues.push(Arc::clone(&queue));
        let thread = thread::Builder::new()
            .name("commits".to_owned())
            .spawn(move || commit_all(&queue, &mut *writer, batch))
            .map_err(|error| PersistenceError::Unavailable(Arc::new(error)))?;
        self.writers().push(thread);
        Ok(())
    }

    /// `shared`: the storage to confirm hits by, where others write to it too.
    pub(super) async fn save(
        &self,
        request: SaveRequest,
        shared: Option<&Storage>,
    ) -> Result<Saved, PersistenceError> {
        let mut observation = Observation::default();
        let waiting = Instant::now();
        let mut turn = Some(self.turns.take(&request.run_id).await);
        observation.wait_ns = nanoseconds_since(waiting);

        request::check_fields(&request)?;
        if !self.options.dedup {
            let save = self.accept(request, &mut observation)?;
            return self.write(save, None, turn, observation).await;
        }

        let raw = self.raw_fingerprint(&request, &mut observation);
        let mut known = self.look_up(&request, &mut observation);
        let equal = |known: &mut Known| raw.is_some() && known.last.fingerprints().raw == raw;
        if let Some(known) = known.take_if(equal)
            && let Some(saved) = known
                .answer(&request.run_id, shared, &mut turn, observation)
                .await?
        {
            return Ok(saved);
        }

        let state = request.state.clone();
        let save = self.accept(request, &mut observation)?;
        let hashing = Instant::now();
        let received = raw.as_ref().map(|raw| (raw, state.as_ref()));
        let canonical = CanonicalFingerprint::of(&save, received);
        drop(state);
        observation.hash_ns += nanoseconds_since(hashing);

        let equal = |known: &mut Known| known.last.fingerprints().canonical == canonical;
        if let Some(known) = known.take_if(equal)
            && let Some(saved) = known
                .answer(&save.run_id, shared, &mut turn, observation)
                .await?
        {
            return Ok(saved);
        }
        drop(known);
        let fingerprints = Fingerprints { raw, canonical };
        self.write(save, Some(fingerprints), turn, observation)
            .await
    }

    fn accept(
        &self,
        request: SaveRequest,
        observation: &mut Observation,
    ) -> Result<AcceptedSave, PersistenceError> {
        let serializing = Instant::now();
        let save = AcceptedSave::within(request, self.max_state_bytes);
        observation.serialize_ns = nanoseconds_since(serializing);
        save
    }

    fn raw_fingerprint(
        &self,
        request: &SaveRequest,
        observation: &mut Observation,
    ) -> Option<RawFingerprint> {
        let hashing = Instant::now();
        let raw = self.options.fast_path.then(|| RawFingerprint::of(request));
        observation.hash_ns = nanoseconds_since(hashing);
        raw
    }

    /// What is known of the run's last save, if that may answer this one. To be called in the run's
    /// turn: it stays the last one meanwhile.
    fn look_up(&self, request: &SaveRequest, observation: &mut Observation) -> Option<Known<'_>> {
        if request.must_be_written() {
            return None;
        }
        let looking = Instant::now();
        let look_up = self.last_saves.look_up();
        let last = self.last_saves.find(&request.run_id);
        observation.lookup_ns = nanoseconds_since(looking);
        Some(Known {
            look_up,
            last: last?,
        })
    }

    /// Queues the save and waits for its commit. The turn ends as soon as it is queued.
    async fn write(
        &self,
        save: AcceptedSave,
        fingerprints: Option<Fingerprints>,
        turn: Option<Turn<'_>>,
        before: Observation,
    ) -> Result<Saved, PersistenceError> {
        let reserving = Instant::now();
        let context = save.execution_context.as_ref().map_or(0, String::len);
        let queue = self.queue_of(&save.run_id)?;
        let room = queue
            .reserve(save.state.len().saturating_add(context))
            .await
            .map_err(|_| unavailable())?;
        let reserve_ns = nanoseconds_since(reserving);
        let flight = fingerprints.map(|fingerprints| {
            let flight = self.last_saves.depart(&save.run_id, fingerprints);
            (Arc::clone(&self.last_saves), flight)
        });
        let (queued, answer) = QueuedSave::new(save, flight);
        // What comes back after the queue was closed is answered by being dropped.
        drop(room.fill(Errand::Save(queued)));
        drop(turn);
        let commit = answer.await.map_err(|_| unavailable())??;
        Ok(written(commit, before, reserve_ns))
    }

    fn queue_of(&self, run_id: &str) -> Result<&CommitQueue<Errand>, PersistenceError> {
        let place = self.names.hash_one(run_id) % self.queues.len().max(1) as u64;
        let queue = usize::try_from(place)
            .ok()
            .and_then(|place| self.queues.get(place));
        queue.map(Arc::as_ref).ok_or_else(unavailable)
    }

    pub(super) fn committed(&self) -> &CommittedStates {
        self.last_saves.committed()
    }

    /// Saves whose callers wait for a transaction to take them.
    pub(super) fn waiting(&self) -> u32 {
        let queues = self.queues.iter();
        queues
            .map(|queue| queue.count_waiting(Errand::is_awaited_save))
            .sum()
    }

    /// Has the sessions of all writers tell the database what they did; returns the transactions that
    /// this took.
    pub(super) async fn flush_statistics(&self) -> Result<u64, PersistenceError> {
        let mut transactions = 0;
        for queue in &self.queues {
            let room = queue.reserve(0).await.map_err(|_| unavailable())?;
            let (caller, answer) = oneshot::channel();
            drop(room.fill(Errand::FlushStatistics(caller)));
            transactions += answer.await.map_err(|_| unavailable())??;
        }
        Ok(transactions)
    }

    /// From now on saves fail; what is queued is committed. Returns the threads that do so.
    pub(super) fn close(&self) -> Vec<thread::JoinHandle<()>> {
        for queue in &self.queues {
            queue.close();
        }
        std::mem::take(&mut *self.writers())
    }

    fn writers(&self) -> MutexGuard<'_, Vec<thread::JoinHandle<()>>> {
        self.writers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The threads end once they have committed what is queued; nobody waits for them.
impl Drop for WritePath {
    fn drop(&mut self) {
        drop(self.close());
    }
}

/// A look-up that found the run's last save. Dropped without an answer, it counts as a miss.
struct Known<'a> {
    look_up: LookUp<'a>,
    last: LastSave,
}

impl Known<'_> {
    /// The answer to a save of an equal state. `None`: the last save failed meanwhile or is, as the
    /// database says, not the last any more. The turn ends where nothing is left to decide.
    async fn answer(
        self,
        run_id: &str,
        shared: Option<&Storage>,
        turn: &mut Option<Turn<'_>>,
        mut observation: Observation,
    ) -> Result<Option<Saved>, PersistenceError> {
        let snapshot_id = match self.last {
            LastSave::Committed(committed) => match shared {
                None => Some(committed.snapshot_id),
                Some(storage) => is_latest(storage, run_id, committed.snapshot_id).await?,
            },
            LastSave::UnderWay(flight) => match flight.join() {
                Joined::Waiting(answer) => {
                    drop(turn.take());
                    let waiting = Instant::now();
                    let landing = answer.await.map_err(|_| unavailable())?;
                    observation.wait_ns += nanoseconds_since(waiting);
                    Some(landing?)
                }
                // Committed within this call, or failed, which says nothing about this save.
                Joined::Landed(landing) => landing.ok(),
            },
        };
        Ok(snapshot_id.map(|snapshot_id| {
            self.look_up.hit();
            Saved {
                snapshot_id,
                outcome: Outcome::Deduplicated,
                observation,
            }
        }))
    }
}

async fn is_latest(
    storage: &Storage,
    run_id: &str,
    id: SnapshotId,
) -> Result<Option<SnapshotId>, PersistenceError> {
    Ok(storage.is_latest(run_id, id).await?.then_some(id))
}

/// The answer of a service that is closed, or whose writing thread is gone.
pub(super) fn unavailable() -> PersistenceError {
    let cause = io::Error::new(io::ErrorKind::NotConnected, "the service was closed");
    PersistenceError::Unavailable(Arc::new(cause))
}

/// The answer to a save that was committed: its own phases and those of its commit.
fn written(commit: Commit, before: Observation, reserve_ns: u64) -> Saved {
    Saved {
        snapshot_id: commit.snapshot_id,
        outcome: Outcome::Written,
        observation: Observation {
            serialize_ns: before.serialize_ns,
            hash_ns: before.hash_ns,
            lookup_ns: before.lookup_ns,
            wait_ns: before
                .wait_ns
                .saturating_add(reserve_ns)
                .saturating_add(commit.observation.wait_ns),
            ..commit.observation
        },
    }
}
