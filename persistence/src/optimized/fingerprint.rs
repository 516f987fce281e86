//! When a snapshot may answer a save.

use crate::SaveRequest;
use crate::request::AcceptedSave;

/// BLAKE3 over what a snapshot must share with a save to answer it: the state, and whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Fingerprint([u8; blake3::OUT_LEN]);

impl Fingerprint {
    fn of(thread_id: &str, user_id: &str, state: &[u8]) -> Self {
        let mut owner = blake3::Hasher::new();
        // NUL occurs in neither id, so it separates them without ambiguity.
        for text in [thread_id.as_bytes(), &[0], user_id.as_bytes()] {
            owner.update(text);
        }
        // As a key rather than before the state: BLAKE3 hashes several chunks at once only where
        // they begin where its own do.
        Self(blake3::keyed_hash(owner.finalize().as_bytes(), state).into())
    }
}

/// A request as it was received, before anything was parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct RawFingerprint {
    save: Fingerprint,
    /// A snapshot need not share it, but only equal bytes are known to be valid.
    execution_context: Option<[u8; blake3::OUT_LEN]>,
}

impl RawFingerprint {
    /// The ids must have been checked: NUL in them would be ambiguous.
    pub(super) fn of(request: &SaveRequest) -> Self {
        let context = request.execution_context.as_ref();
        Self {
            save: Fingerprint::of(&request.thread_id, &request.user_id, &request.state),
            execution_context: context.map(|text| blake3::hash(text).into()),
        }
    }
}

/// The fingerprint of an accepted save, its state in canonical form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct CanonicalFingerprint(Fingerprint);

impl CanonicalFingerprint {
    /// `raw` is the request's state, whose fingerprint need not be taken twice.
    pub(super) fn of(save: &AcceptedSave, raw: Option<(&RawFingerprint, &[u8])>) -> Self {
        match raw {
            Some((raw, state)) if state == save.state.as_bytes() => Self(raw.save),
            _ => Self(Fingerprint::of(
                &save.thread_id,
                &save.user_id,
                save.state.as_bytes(),
            )),
        }
    }
}

/// A committed save, or one on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Fingerprints {
    /// `None` where requests are not compared before they are parsed.
    pub(super) raw: Option<RawFingerprint>,
    pub(super) canonical: CanonicalFingerprint,
}

#[cfg(test)]
impl Fingerprints {
    pub(super) fn of_text(text: &[u8]) -> Self {
        Self {
            raw: None,
            canonical: CanonicalFingerprint(Fingerprint::of("thread", "user", text)),
        }
    }
}
