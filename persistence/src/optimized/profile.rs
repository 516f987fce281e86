//! Parts of the optimized service alone, on the calling thread: without database, runtime and other threads, what a part
//! takes of memory is its own.

use std::sync::Arc;

use super::committer::QueuedSave;
use super::dedup::CommittedStates;
use super::fingerprint::{CanonicalFingerprint, Fingerprints, RawFingerprint};
use super::flights::LastSaves;
use crate::request::{self, AcceptedSave};
use crate::{MAX_STATE_BYTES, PersistenceError, SaveRequest, SnapshotId};

/// The cache of an optimized service without the service.
#[derive(Debug)]
pub struct CacheProfile(Arc<CommittedStates>);

impl CacheProfile {
    /// An empty cache for so many entries.
    pub fn new(capacity: u64) -> Self {
        Self(CommittedStates::new(capacity, None, None))
    }

    /// Enters a save, as its commit does, and applies what the cache has put off. Entries are of one size, whatever the
    /// state; only the length of the run's id counts.
    ///
    /// # Errors
    /// `InvalidField` and `InvalidState` for what a service would refuse.
    pub fn enter(&self, request: SaveRequest, id: SnapshotId) -> Result<(), PersistenceError> {
        request::check_fields(&request)?;
        let raw = RawFingerprint::of(&request);
        let state = request.state.clone();
        let save = AcceptedSave::within(request, MAX_STATE_BYTES)?;
        let canonical = CanonicalFingerprint::of(&save, Some((&raw, &state)));
        let fingerprints = Fingerprints {
            raw: Some(raw),
            canonical,
        };
        self.0.remember(&save.run_id, fingerprints, id);
        self.0.maintain();
        Ok(())
    }

    /// Entries in it.
    pub fn entries(&self) -> u64 {
        self.0.statistics().entries
    }
}

/// What happens to a save between request and commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SaveStage {
    /// Its bytes as received are hashed; happens before it is parsed.
    HashRequest,
    /// It is checked, parsed and written in canonical form.
    Serialize,
    /// The canonical form is hashed, unless it is what was received.
    HashCanonical,
    /// It is handed to the commit queue.
    Queue,
}

/// The way of saves up to the commit queue, one at a time.
#[derive(Debug)]
pub struct SaveProfile(Arc<LastSaves>);

impl Default for SaveProfile {
    fn default() -> Self {
        Self(Arc::new(LastSaves::new(CommittedStates::new(
            0, None, None,
        ))))
    }
}

impl SaveProfile {
    /// Takes a save that is no duplicate through its stages, by the functions that the service itself calls. `done` hears of
    /// each stage at its end, while all that it made is there; at the end everything is given up.
    ///
    /// # Errors
    /// `InvalidField` and `InvalidState` for what a service would refuse.
    pub fn walk(
        &self,
        request: SaveRequest,
        mut done: impl FnMut(SaveStage),
    ) -> Result<(), PersistenceError> {
        request::check_fields(&request)?;
        let raw = RawFingerprint::of(&request);
        done(SaveStage::HashRequest);
        let state = request.state.clone();
        let save = AcceptedSave::within(request, MAX_STATE_BYTES)?;
        done(SaveStage::Serialize);
        let canonical = CanonicalFingerprint::of(&save, Some((&raw, &state)));
        drop(state);
        done(SaveStage::HashCanonical);
        let fingerprints = Fingerprints {
            raw: Some(raw),
            canonical,
        };
        let flight = self.0.depart(&save.run_id, fingerprints);
        let queued = QueuedSave::new(save, Some((Arc::clone(&self.0), flight)));
        done(SaveStage::Queue);
        drop(queued);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::CheckpointType;

    fn request(run: u64, state: &'static [u8]) -> SaveRequest {
        SaveRequest {
            run_id: format!("run-{run:06}"),
            thread_id: "thread".to_owned(),
            user_id: "user".to_owned(),
            state: Bytes::from_static(state),
            checkpoint_type: CheckpointType::Auto,
            agent_phase: None,
            execution_context: None,
            is_recovery_point: false,
            expires_at: None,
        }
    }

    #[test]
    fn entries_are_those_of_runs_up_to_the_capacity() {
        let cache = CacheProfile::new(3);
        for (run, entries) in [(1, 1), (2, 2), (2, 2), (3, 3), (4, 3)] {
            cache.enter(request(run, b"{}"), SnapshotId(1)).unwrap();
            assert_eq!(cache.entries(), entries, "run {run}");
        }
        assert!(cache.enter(request(5, b"no JSON"), SnapshotId(1)).is_err());
    }
}
