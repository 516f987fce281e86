//! What a caller asks to be saved, and what of it is accepted.

use std::fmt;
use std::str::FromStr;

use bytes::Bytes;

use crate::PersistenceError;
use crate::canonical::canonical_json;

/// Largest accepted state and execution context, in bytes, as received and in canonical form,
/// unless [`DatabaseOptions::max_state_bytes`](crate::DatabaseOptions::max_state_bytes) says
/// otherwise.
pub const MAX_STATE_BYTES: usize = 16 * 1024 * 1024;

/// The smallest limit that a database can be opened with: that of `{}`.
const SMALLEST_STATE_BYTES: usize = 2;

/// The largest limit that a database can be opened with, 256 MiB. SQLite and PostgreSQL hold texts
/// of up to 1 GB, the latter in messages of up to 1 GB, and a batch holds several states.
const LARGEST_STATE_BYTES: usize = 256 * 1024 * 1024;

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
    /// JSON text of an object, in UTF-8 and without NUL characters: at most [`MAX_STATE_BYTES`]
    /// unless the database was opened with another limit, nested at most [`MAX_STATE_DEPTH`] deep.
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

impl SaveRequest {
    /// Whether the save must leave a snapshot of its own even if the state has not changed.
    pub(crate) const fn must_be_written(&self) -> bool {
        self.checkpoint_type.is_critical() || self.is_recovery_point
    }
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
    /// Checks every field and brings the JSON into canonical form. At most `max_state_bytes` are
    /// accepted of state and execution context each.
    pub(crate) fn within(
        request: SaveRequest,
        max_state_bytes: usize,
    ) -> Result<Self, PersistenceError> {
        check_fields(&request)?;
        let execution_context = request
            .execution_context
            .as_deref()
            .map(|text| canonical_within(text, max_state_bytes))
            .transpose()
            .map_err(|reason| PersistenceError::invalid_field("execution_context", reason))?;
        Ok(Self {
            state: canonical_state_within(&request.state, max_state_bytes)?,
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
}

/// Checks the fields that are no JSON, without a look at state and execution context.
pub(crate) fn check_fields(request: &SaveRequest) -> Result<(), PersistenceError> {
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
    Ok(())
}

/// Checks the limit that a database is opened with.
pub(crate) fn check_max_state_bytes(limit: usize) -> Result<(), PersistenceError> {
    if (SMALLEST_STATE_BYTES..=LARGEST_STATE_BYTES).contains(&limit) {
        return Ok(());
    }
    Err(PersistenceError::invalid_field(
        "max_state_bytes",
        format!("it is {limit}; give {SMALLEST_STATE_BYTES} to {LARGEST_STATE_BYTES}"),
    ))
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

/// The form in which a state is stored, and in which it is loaded again: keys sorted by their bytes,
/// no white space, of repeated keys the last one.
///
/// # Errors
/// `InvalidState` for what a service would refuse; at most [`MAX_STATE_BYTES`] are accepted.
pub fn canonical_state(state: &[u8]) -> Result<String, PersistenceError> {
    canonical_state_within(state, MAX_STATE_BYTES)
}

fn canonical_state_within(text: &[u8], limit: usize) -> Result<String, PersistenceError> {
    let invalid = |reason: String| PersistenceError::InvalidState { reason };
    let canonical = canonical_within(text, limit).map_err(invalid)?;
    // Canonical text has no leading white space, so its first byte names its type.
    if !canonical.starts_with('{') {
        return Err(invalid(
            "its JSON is not an object; wrap it into one, {…}".into(),
        ));
    }
    Ok(canonical)
}

fn canonical_within(text: &[u8], limit: usize) -> Result<String, String> {
    check_size(text.len(), limit)?;
    let canonical = canonical_json(text).map_err(|malformed| malformed.to_string())?;
    // Some numbers are longer in canonical form.
    check_size(canonical.len(), limit)?;
    Ok(canonical)
}

fn check_size(bytes: usize, limit: usize) -> Result<(), String> {
    if bytes > limit {
        return Err(format!(
            "it has {bytes} bytes; at most {limit} are accepted"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(state: &[u8]) -> SaveRequest {
        SaveRequest {
            run_id: "run".into(),
            thread_id: "thread".into(),
            user_id: "user".into(),
            state: Bytes::copy_from_slice(state),
            checkpoint_type: CheckpointType::Auto,
            agent_phase: None,
            execution_context: None,
            is_recovery_point: false,
            expires_at: None,
        }
    }

    fn refusal(request: SaveRequest, limit: usize) -> String {
        AcceptedSave::within(request, limit)
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn the_limit_counts_as_received_and_in_canonical_form() {
        let spaced = br#"{ "a" : 1 }"#;
        assert!(AcceptedSave::within(request(spaced), 11).is_ok());
        let refused = refusal(request(spaced), 10);
        assert!(
            refused.contains("it has 11 bytes; at most 10 are accepted"),
            "{refused}"
        );
        // 11 bytes as received, 15 as printed: 1e9 is 1000000000.0.
        let refused = refusal(request(br#"{"a" : 1e9}"#), 12);
        assert!(refused.contains("at most 12 are accepted"), "{refused}");
    }

    #[test]
    fn a_limit_is_within_what_databases_hold() {
        for limit in [SMALLEST_STATE_BYTES, MAX_STATE_BYTES, LARGEST_STATE_BYTES] {
            assert!(check_max_state_bytes(limit).is_ok());
        }
        for limit in [0, LARGEST_STATE_BYTES + 1] {
            let refused = check_max_state_bytes(limit).unwrap_err().to_string();
            assert!(
                refused.contains("`max_state_bytes`") && refused.contains("2 to 268435456"),
                "{refused}"
            );
        }
    }

    #[test]
    fn a_context_is_refused_by_its_name() {
        let with_context = |context: &'static [u8]| SaveRequest {
            execution_context: Some(Bytes::from_static(context)),
            ..request(b"{}")
        };
        for (context, reason) in [
            (&b"[\"\\u0000\"]"[..], "NUL character"),
            (b"[1,]", "line 1 column 4"),
            (b"\xff", "UTF-8"),
            (b"[          ]", "at most 10"),
        ] {
            let refused = refusal(with_context(context), 10);
            assert!(
                refused.contains("`execution_context`") && refused.contains(reason),
                "{refused}"
            );
        }
        let accepted = AcceptedSave::within(with_context(b" [ 1 ] "), MAX_STATE_BYTES).unwrap();
        assert_eq!(accepted.execution_context.as_deref(), Some("[1]"));
    }

    #[test]
    fn fields_are_checked_without_the_state() {
        assert!(check_fields(&request(b"no JSON at all")).is_ok());
        let bad = SaveRequest {
            run_id: String::new(),
            ..request(b"{}")
        };
        assert_eq!(check_fields(&bad).unwrap_err().kind(), "invalid_field");
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
