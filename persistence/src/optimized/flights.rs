//! What is known of each run's last save: committed, or on its way to the commit. Equal saves under
//! way at the same time are written once.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

use tokio::sync::oneshot;

use super::dedup::{Committed, CommittedStates, LookUp};
use super::fingerprint::Fingerprints;
use super::sync::{Mutex, MutexGuard};
use crate::{PersistenceError, SnapshotId};

pub(super) type Landing = Result<SnapshotId, PersistenceError>;

/// The last save of each run, wherever it is.
#[derive(Debug)]
pub(super) struct LastSaves {
    committed: Arc<CommittedStates>,
    /// Of each run the last save that was queued and not answered yet. Whoever changes what is
    /// known of a run holds this lock, so that cache and flights never contradict each other.
    flights: Mutex<HashMap<String, Arc<Flight>>>,
}

impl LastSaves {
    pub(super) fn new(committed: Arc<CommittedStates>) -> Self {
        Self {
            committed,
            flights: Mutex::new(HashMap::new()),
        }
    }

    pub(super) fn committed(&self) -> &CommittedStates {
        &self.committed
    }

    /// Begins to count a look-up: a miss unless it says otherwise.
    pub(super) fn look_up(&self) -> LookUp<'_> {
        self.committed.look_up()
    }

    /// The run's last save. To be called in the run's turn: it stays the last one meanwhile.
    pub(super) fn find(&self, run_id: &str) -> Option<LastSave> {
        let flight = self.flights().get(run_id).cloned();
        match flight {
            // The cache says nothing about such a run.
            Some(flight) => Some(LastSave::UnderWay(flight)),
            None => self.committed.find(run_id).map(LastSave::Committed),
        }
    }

    /// A save of the run is about to be queued. From here on, whatever happens, the cache holds
    /// nothing about the run until the last of its saves is committed.
    pub(super) fn depart(&self, run_id: &str, fingerprints: Fingerprints) -> Arc<Flight> {
        let flight = Arc::new(Flight::new(fingerprints));
        let mut flights = self.flights();
        self.committed.forget(run_id);
        flights.insert(run_id.to_owned(), Arc::clone(&flight));
        flight
    }

    /// The save was committed or failed.
    pub(super) fn land(&self, run_id: &str, flight: &Arc<Flight>, landing: Landing) {
        {
            let mut flights = self.flights();
            let is_last = flights
                .get(run_id)
                .is_some_and(|last| Arc::ptr_eq(last, flight));
            if is_last {
                if let Ok(snapshot_id) = landing {
                    self.committed
                        .remember(run_id, flight.fingerprints, snapshot_id);
                }
                flights.remove(run_id);
            }
        }
        flight.land(landing);
    }

    // A panic elsewhere cannot leave the map half-changed, so a poisoned lock is still good.
    fn flights(&self) -> MutexGuard<'_, HashMap<String, Arc<Flight>>> {
        self.flights.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The last save of a run.
pub(super) enum LastSave {
    Committed(Committed),
    UnderWay(Arc<Flight>),
}

impl LastSave {
    pub(super) fn fingerprints(&self) -> &Fingerprints {
        match self {
            Self::Committed(committed) => &committed.fingerprints,
            Self::UnderWay(flight) => &flight.fingerprints,
        }
    }
}

/// A save between queue and commit.
#[derive(Debug)]
pub(super) struct Flight {
    fingerprints: Fingerprints,
    progress: Mutex<Progress>,
}

#[derive(Debug)]
enum Progress {
    UnderWay(Vec<oneshot::Sender<Landing>>),
    Landed(Landing),
}

/// An equal save that need not be written.
pub(super) enum Joined {
    /// It is answered when the other one is.
    Waiting(oneshot::Receiver<Landing>),
    /// The other one ended between look-up and joining.
    Landed(Landing),
}

impl Flight {
    fn new(fingerprints: Fingerprints) -> Self {
        Self {
            fingerprints,
            progress: Mutex::new(Progress::UnderWay(Vec::new())),
        }
    }

    pub(super) fn join(&self) -> Joined {
        match &mut *self.progress() {
            Progress::UnderWay(joined) => {
                let (answer, answered) = oneshot::channel();
                joined.push(answer);
                Joined::Waiting(answered)
            }
            Progress::Landed(landing) => Joined::Landed(landing.clone()),
        }
    }

    fn land(&self, landing: Landing) {
        let before = std::mem::replace(&mut *self.progress(), Progress::Landed(landing.clone()));
        if let Progress::UnderWay(joined) = before {
            for answer in joined {
                // Who stopped waiting needs no answer.
                let _ = answer.send(landing.clone());
            }
        }
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
