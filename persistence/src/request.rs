//! What a caller asks to be saved, and what of it is accepted.

use std::fmt;
use std::str::FromStr;

use bytes::Bytes;
use serde_json::Value;

use crate::PersistenceError;

/// Largest accepted state and execution context, in bytes, as received and in canonical form.
pub const MAX_STATE_BYTES: usize = 16 * 1024 * 1024;

/// Deepest accepted nesting of arrays and objects, the outermost object included: the parser's own
/// limit.
pub const MAX_STATE_DEPTH: usize = 127;

/// Longest accepted id and agent phase, in bytes of UTF-8.
pub const MAX_ID_BYTES: usize = 256;

/// One state to persist.
///
/// States are kept in canonical form (keys sorted, no white space, of repeated keys the last one),
/// so equal documents are equal bytes. Numbers are kept as 64-bit integers or doubles; anything
/// beyond that range is rounded to a double.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaveRequest {
    /// The run whose state this is: 1 to [`MAX_ID_BYTES`] bytes.
    pub run_id: String,
    /// The thread that the run belongs to: 1 to [`MAX_ID_BYTES`] bytes.
    pub thread_id: String,
    /// The user who owns the thread: 1 to [`MAX_ID_BYTES`] bytes.
    pub user_id: String,
    /// JSON text of an object: at most [`MAX_STATE_BYTES`], nested at most [`MAX_STATE_DEPTH`]
    /// deep.
    pub state: Bytes,
    /// Why the state is saved.
    pub checkpoint_type: CheckpointType,
    /// The phase that the agent is in: at most [`MAX_ID_BYTES`] bytes.
    pub agent_phase: Option<String>,
    /// JSON text of any value, within the limits of `state`.
    pub execution_context: Option<Bytes>,
    /// Whether a recovery may start here. Such a save is always written, like a critical
    /// checkpoint.
    pub is_recovery_point: bool,
    /// When the snapshot may be dropped, in milliseconds since the Unix epoch, not negative. It is
    /// stored for whoever cleans up; the services themselves prune by count only.
    pub expires_at: Option<i64>,
}

/// Why a state is saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CheckpointType {
    /// Asked for by a person.
    Manual,
    /// Taken at the agent's own rhythm.
    Auto,
    /// Taken to recover from.
    Recovery,
    /// The agent enters another phase.
    PhaseTransition,
    /// A complete state.
    Full,
    /// A state that must not be lost.
    Critical,
    /// A step between two others.
    Intermediate,
    /// The pipeline has ended.
    PipelineComplete,
}

impl CheckpointType {
    /// Every type, in the order of declaration.
    pub const ALL: [Self; 8] = [
        Self::Manual,
        Self::Auto,
        Self::Recovery,
        Self::PhaseTransition,
        Self::Full,
        Self::Critical,
        Self::Intermediate,
        Self::PipelineComplete,
    ];

    /// The name in the database and in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Auto => "auto",
            Self::Recovery => "recovery",
            Self::PhaseTransition => "phase_transition",
            Self::Full => "full",
            Self::Critical => "critical",
            Self::Intermediate => "intermediate",
            Self::PipelineComplete => "pipeline_complete",
        }
    }

    /// Whether such a checkpoint is written even if the run's state has not changed.
    pub const fn is_critical(self) -> bool {
        match self {
            Self::Manual | Self::Recovery | Self::PhaseTransition | Self::Full | Self::Critical => {
                true
            }
            Self::Auto | Self::Intermediate | Self::PipelineComplete => false,
        }
    }
}

impl fmt::Display for CheckpointType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// The name is no checkpoint type's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown checkpoint type {name:?}: use one of manual, auto, recovery, phase_transition, full, \
     critical, intermediate, pipeline_complete"
)]
pub struct UnknownCheckpointType {
    /// The name given.
    pub name: String,
}

impl FromStr for CheckpointType {
    type Err = UnknownCheckpointType;

    fn from_str(name: &str) -> Result<Self, UnknownCheckpointType> {
        Self::ALL
            .into_iter()
            .find(|checkpoint_type| checkpoint_type.as_str() == name)
            .ok_or_else(|| UnknownCheckpointType {
                name: name.to_owned(),
            })
    }
}

/// A request that was accepted, with its JSON in canonical form: what is hashed and stored.
#[derive(Debug)]
pub(crate) struct AcceptedSave {
    pub(crate) run_id: String,
    pub(crate) thread_id: String,
    pub(crate) user_id: String,
    pub(crate) state: String,
    pub(crate) checkpoint_type: CheckpointType,
    pub(crate) agent_phase: Option<String>,
    pub(crate) execution_context: Option<String>,
    pub(crate) is_recovery_point: bool,
    pub(crate) expires_at: Option<i64>,
}

impl AcceptedSave {
    /// Checks every field and brings the JSON into canonical form.
    pub(crate) fn new(request: SaveRequest) -> Result<Self, PersistenceError> {
        check_id("run_id", &request.run_id)?;
        check_id("thread_id", &request.thread_id)?;
        check_id("user_id", &request.user_id)?;
        if let Some(phase) = &request.agent_phase {
            check_text("agent_phase", phase)?;
        }
        if let Some(instant) = request.expires_at.filter(|instant| *instant < 0) {
            let reason = format!("{instant} is before the Unix epoch; give milliseconds since it");
            return Err(PersistenceError::invalid_field("expires_at", reason));
        }
        let execution_context =
            match &request.execution_context {
                Some(text) => Some(canonical_json(text).map_err(|reason| {
                    PersistenceError::invalid_field("execution_context", reason)
                })?),
                None => None,
            };
        Ok(Self {
            state: canonical_state(&request.state)?,
            run_id: request.run_id,
            thread_id: request.thread_id,
            user_id: request.user_id,
            checkpoint_type: request.checkpoint_type,
            agent_phase: request.agent_phase,
            execution_context,
            is_recovery_point: request.is_recovery_point,
            expires_at: request.expires_at,
        })
    }

    /// Whether the save must leave a snapshot of its own even if the state has not changed.
    pub(crate) const fn must_be_written(&self) -> bool {
        self.checkpoint_type.is_critical() || self.is_recovery_point
    }
}

/// Ids: not empty, not too long, no NUL.
pub(crate) fn check_id(field: &'static str, id: &str) -> Result<(), PersistenceError> {
    if id.is_empty() {
        let reason = format!("it is empty; give 1 to {MAX_ID_BYTES} bytes");
        return Err(PersistenceError::invalid_field(field, reason));
    }
    check_text(field, id)
}

// NUL ends a text in C interfaces and is refused by PostgreSQL, so it would not survive every
// storage.
fn check_text(field: &'static str, text: &str) -> Result<(), PersistenceError> {
    if text.len() > MAX_ID_BYTES {
        let reason = format!(
            "it has {} bytes; at most {MAX_ID_BYTES} are accepted",
            text.len()
        );
        return Err(PersistenceError::invalid_field(field, reason));
    }
    if text.contains('\0') {
        return Err(PersistenceError::invalid_field(
            field,
            "it contains a NUL character",
        ));
    }
    Ok(())
}

fn canonical_state(text: &[u8]) -> Result<String, PersistenceError> {
    let invalid = |reason: String| PersistenceError::InvalidState { reason };
    let canonical = canonical_json(text).map_err(invalid)?;
    // Canonical text has no leading white space, so its first byte names its type.
    if !canonical.starts_with('{') {
        return Err(invalid("its JSON is not an object".into()));
    }
    Ok(canonical)
}

/// Canonical JSON: `serde_json`'s map sorts its keys as long as its feature `preserve_order` is
/// off, which a test guards.
fn canonical_json(text: &[u8]) -> Result<String, String> {
    check_size(text.len())?;
    let value: Value = serde_json::from_slice(text).map_err(|error| {
        format!("no valid JSON nested at most {MAX_STATE_DEPTH} deep ({error})")
    })?;
    let canonical = value.to_string();
    check_size(canonical.len())?;
    Ok(canonical)
}

fn check_size(bytes: usize) -> Result<(), String> {
    if bytes > MAX_STATE_BYTES {
        return Err(format!(
            "it has {bytes} bytes; at most {MAX_STATE_BYTES} are accepted"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_json_sorts_keys_and_drops_white_space() {
        let text = br#" { "b" : [1, 2.50, "\u00e9"], "a": {"z": null, "y": true} } "#;
        let canonical = canonical_json(text).unwrap();
        assert_eq!(canonical, r#"{"a":{"y":true,"z":null},"b":[1,2.5,"é"]}"#);
        assert_eq!(canonical_json(canonical.as_bytes()).unwrap(), canonical);
    }

    #[test]
    fn nesting_is_accepted_up_to_the_limit_only() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(canonical_json(nested(MAX_STATE_DEPTH).as_bytes()).is_ok());
        let reason = canonical_json(nested(MAX_STATE_DEPTH + 1).as_bytes()).unwrap_err();
        assert!(reason.contains("recursion limit"), "{reason}");
    }

    #[test]
    fn checkpoint_types_keep_their_names() {
        for checkpoint_type in CheckpointType::ALL {
            assert_eq!(checkpoint_type.as_str().parse(), Ok(checkpoint_type));
        }
        let critical: Vec<_> = CheckpointType::ALL
            .into_iter()
            .filter(|kind| kind.is_critical())
            .map(CheckpointType::as_str)
            .collect();
        assert_eq!(
            critical,
            ["manual", "recovery", "phase_transition", "full", "critical"]
        );
        assert!("Manual".parse::<CheckpointType>().is_err());
    }
}
