//! States of somebody's own: a file of save requests, replayed in its order.
//!
//! What the services get are the file's states, phases and contexts; runs, threads and users become numbers, so no id of
//! the file can come into a report. Distinct states are kept in memory, once in the controller and once in each arm.

mod error;
mod line;
mod read;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use shared::report::{BytesRange, Dataset as Description};

pub(crate) use self::error::ImportError;
use super::profile::Profile;
use crate::plan::Checkpoint;

/// One save of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// Number of the run, by first mention.
    pub(crate) run: u32,
    /// Number of the thread; it has one user.
    pub(crate) thread: u32,
    /// Number of the user.
    pub(crate) user: u32,
    /// Number of the state, by first mention; equal states have one number.
    pub(crate) state: u32,
    /// Why it was saved.
    pub(crate) checkpoint: Checkpoint,
    /// Whether a recovery may start here.
    pub(crate) recovery_point: bool,
    /// The phase that the agent was in.
    pub(crate) agent_phase: Option<Arc<str>>,
    /// JSON of what the agent ran in.
    pub(crate) execution_context: Option<Bytes>,
}

impl Line {
    /// Whether a service may skip the save when the run's latest state is the same.
    pub(crate) const fn may_be_skipped(&self) -> bool {
        self.checkpoint.may_be_skipped() && !self.recovery_point
    }
}

/// A file that was read and found right.
#[derive(Debug)]
pub(crate) struct Import {
    file: PathBuf,
    /// Distinct states in canonical form, with their digests.
    states: Vec<(Bytes, blake3::Hash)>,
    /// At least one.
    lines: Vec<Line>,
    runs: u32,
    threads: u32,
    users: u32,
    /// Lines that repeat their run's last state and may be skipped.
    duplicates: u64,
}

impl Import {
    /// Reads and checks a whole file, plain or compressed by gzip.
    ///
    /// # Errors
    /// The first thing that is wrong: file, line, field and what to do.
    pub(crate) fn read(file: &Path) -> Result<Self, ImportError> {
        read::read(file)
    }

    /// Where it was read, for the arms, which read it too.
    pub(crate) fn file(&self) -> &Path {
        &self.file
    }

    /// The saves in the order of the file, at least one.
    pub(crate) fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// Number of runs, at least 1.
    pub(crate) fn runs(&self) -> u32 {
        self.runs
    }

    /// Number of threads, at least 1.
    pub(crate) fn threads(&self) -> u32 {
        self.threads
    }

    /// Number of users, at least 1.
    pub(crate) fn users(&self) -> u32 {
        self.users
    }

    /// Share of the lines that repeat their run's last state and may be skipped, 0 to 1.
    pub(crate) fn duplicate_share(&self) -> f64 {
        self.duplicates as f64 / self.lines.len() as f64
    }

    /// Sizes of the smallest and the largest state, bytes.
    pub(crate) fn state_bytes(&self) -> BytesRange {
        let sizes = || self.states.iter().map(|(text, _)| text.len() as u64);
        BytesRange {
            min: sizes().min().unwrap_or(0),
            max: sizes().max().unwrap_or(0),
        }
    }

    /// A state in canonical form; none for a number that no line has.
    pub(crate) fn state(&self, number: u32) -> Option<&Bytes> {
        self.states.get(number as usize).map(|(text, _)| text)
    }

    /// The digest of a state.
    pub(crate) fn hash(&self, number: u32) -> Option<blake3::Hash> {
        self.states.get(number as usize).map(|(_, hash)| *hash)
    }

    /// For the report: sizes, digest and checkpoint types, nothing of what the states say.
    pub(crate) fn describe(&self) -> Description {
        let mut profile = Profile::new(self.states.len() as u64);
        for (text, _) in &self.states {
            profile.add(text);
        }
        let share = |kind: Checkpoint| {
            let lines = self.lines.iter().filter(|line| line.checkpoint == kind);
            lines.count() as f64 / self.lines.len() as f64
        };
        let types = Checkpoint::ALL.map(|kind| (kind.as_str().to_owned(), share(kind)));
        let types = types.into_iter().filter(|(_, share)| *share > 0.0);
        profile.describe("imported", types.collect())
    }

    /// A digest of all that is saved and in which order.
    pub(crate) fn fingerprint(&self) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new();
        for line in &self.lines {
            for number in [line.run, line.thread, line.user] {
                hasher.update(&number.to_le_bytes());
            }
            if let Some(state) = self.hash(line.state) {
                hasher.update(state.as_bytes());
            }
            hasher.update(line.checkpoint.as_str().as_bytes());
            hasher.update(&[0, u8::from(line.recovery_point)]);
            let phase = line.agent_phase.as_deref().map(str::as_bytes);
            for text in [phase, line.execution_context.as_deref()] {
                // The length tells an absent text from an empty one, and where it ends.
                let length = text.map_or(u64::MAX, |text| text.len() as u64);
                hasher.update(&length.to_le_bytes());
                hasher.update(text.unwrap_or_default());
            }
        }
        hasher.finalize()
    }
}
