//! The states that a plan derives from others, and their digests.
//!
//! Kept is only what is new in each: a message or a few values. The text of a conversation of `k` messages is put together
//! when it is asked for, so memory grows with the messages, not with their square.

use std::collections::HashMap;

use blake3::{Hash, Hasher};
use bytes::Bytes;

use crate::dataset::{Base, Dataset, Edit, FIRST_DERIVED};

/// What is new in a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    /// One message more than the state before it.
    Message(Box<str>),
    /// A few fields of a state of the dataset have other values.
    Fields(Edit),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Derivation {
    /// The state that it follows from: of the dataset, or an earlier one of these.
    from: u32,
    change: Change,
}

/// States by what is new in them; the first has the number [`FIRST_DERIVED`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Derived {
    list: Vec<Derivation>,
}

impl Derived {
    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    /// Adds a state; returns its number.
    pub(super) fn push(&mut self, from: u32, change: Change) -> u32 {
        self.list.push(Derivation { from, change });
        // A plan has at most as many saves as a scenario, far fewer than there are numbers.
        FIRST_DERIVED + (self.list.len() - 1) as u32
    }

    /// Memory of all that is kept, bytes.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        let text = |derivation: &Derivation| match &derivation.change {
            Change::Message(message) => message.len(),
            Change::Fields(_) => 0,
        };
        let texts: usize = self.list.iter().map(text).sum();
        texts + self.list.len() * size_of::<Derivation>()
    }

    fn get(&self, state: u32) -> Option<&Derivation> {
        self.list.get(state.checked_sub(FIRST_DERIVED)? as usize)
    }

    /// The state of the dataset that a state comes from: itself, where it is not derived.
    pub(super) fn base_of(&self, mut state: u32) -> u32 {
        while let Some(derivation) = self.get(state) {
            state = derivation.from;
        }
        state
    }

    /// The text of a derived state, whose base is `base`.
    pub(super) fn text(&self, mut state: u32, base: &Base) -> Bytes {
        let mut messages = Vec::new();
        while let Some(derivation) = self.get(state) {
            match &derivation.change {
                Change::Fields(edit) => return base.edited(edit),
                Change::Message(message) => messages.push(&**message),
            }
            state = derivation.from;
        }
        messages.reverse();
        base.with_messages(&messages)
    }

    /// The digests of all derived states, by their order. A conversation is read once: what its states have in common at
    /// their begin is hashed for all of them together, so only one digest in progress is kept for each conversation.
    pub(crate) fn hashes(&self, dataset: &Dataset) -> Vec<Hash> {
        let mut bases = HashMap::new();
        let mut open: HashMap<u32, Hasher> = HashMap::new();
        let hash = |(place, derivation): (usize, &Derivation)| {
            let number = self.base_of(derivation.from);
            let base: &mut Option<Base> = bases
                .entry(number)
                .or_insert_with(|| Base::new(dataset.state(number)));
            // A base that is none has no text, as in an arm.
            let Some(base) = base else {
                return blake3::hash(&[]);
            };
            let message = match &derivation.change {
                Change::Fields(edit) => return blake3::hash(&base.edited(edit)),
                Change::Message(message) => message,
            };
            let (head, tail) = base.around_messages();
            let before = open.remove(&derivation.from);
            let separator = base.separator(before.is_none());
            let mut hasher = before.unwrap_or_else(|| {
                let mut hasher = Hasher::new();
                hasher.update(head);
                hasher
            });
            hasher.update(separator.as_bytes());
            hasher.update(message.as_bytes());
            let mut whole = hasher.clone();
            whole.update(tail);
            open.insert(FIRST_DERIVED + place as u32, hasher);
            whole.finalize()
        };
        self.list.iter().enumerate().map(hash).collect()
    }
}
