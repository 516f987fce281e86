//! A generated state from which others are derived: what an agent adds to it, or changes in it.
//!
//! Every derived text is canonical JSON like the generated ones: members stay where they are, sorted by their keys.

use std::ops::Range;

use bytes::Bytes;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::compose;

/// Numbers of messages that are appended begin here; those of generated states are smaller.
const FIRST_MESSAGE: u32 = 10_000;

/// Steps of an agent's plan: `plan.current` is below.
const PLAN_STEPS: u32 = 40;

/// Bytes that an edited state may be longer or shorter than the one it comes from: the digits of a count, two short
/// numbers and the metrics.
pub(crate) const EDIT_BYTES: u64 = 48;

/// A message that an agent appends to its conversation; `step` counts them from 0.
pub(crate) fn message(rng: &mut ChaCha8Rng, step: u32) -> Box<str> {
    compose::message(rng, FIRST_MESSAGE.saturating_add(step)).into_boxed_str()
}

/// The few fields that change from one save to the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Edit {
    /// `checkpoint.sequence`: counts the edits, so that no two states of a run are the same.
    sequence: u32,
    /// `metrics`.
    metrics: Box<str>,
    /// `plan.current`.
    current: u32,
}

impl Edit {
    /// The edit number `step` of a run, from 0.
    pub(crate) fn new(rng: &mut ChaCha8Rng, step: u32) -> Self {
        Self {
            sequence: FIRST_MESSAGE.saturating_add(step),
            metrics: compose::metrics(rng).into_boxed_str(),
            current: rng.random_range(0..PLAN_STEPS),
        }
    }
}

/// A generated text, with the places where something is added or changed.
#[derive(Debug, Clone)]
pub(crate) struct Base {
    text: Bytes,
    sequence: Range<usize>,
    /// Behind the last message, before the bracket.
    messages_end: usize,
    metrics: Range<usize>,
    current: Range<usize>,
}

impl Base {
    /// Opens a generated state; none where the text has not the members of one.
    pub(crate) fn new(text: Bytes) -> Option<Self> {
        // Within a string quotes are escaped, so these can only be members.
        let json = std::str::from_utf8(&text).ok()?;
        let sequence = value(json, 0, r#""checkpoint":{"schema":3,"sequence":"#, '}')?;
        let messages = json[sequence.end..].find(r#"],"metrics":{"#)? + sequence.end;
        let metrics_begin = messages + r#"],"metrics":"#.len();
        let metrics_end = json[metrics_begin..].find('}')? + metrics_begin + 1;
        let current = value(json, metrics_end, r#","plan":{"current":"#, ',')?;
        Some(Self {
            sequence,
            messages_end: messages,
            metrics: metrics_begin..metrics_end,
            current,
            text,
        })
    }

    /// What stands before the messages that are appended, and what behind them.
    pub(crate) fn around_messages(&self) -> (&[u8], &[u8]) {
        self.text.split_at(self.messages_end)
    }

    /// What stands before an appended message, the first one or another.
    pub(crate) fn separator(&self, first: bool) -> &'static str {
        let empty = self.text[..self.messages_end].ends_with(b"[");
        if first && empty { "" } else { "," }
    }

    /// The state with more messages.
    pub(crate) fn with_messages(&self, messages: &[&str]) -> Bytes {
        let (head, tail) = self.around_messages();
        let added: usize = messages.iter().map(|message| message.len() + 1).sum();
        let mut text = Vec::with_capacity(self.text.len() + added);
        text.extend_from_slice(head);
        for (place, message) in messages.iter().enumerate() {
            text.extend_from_slice(self.separator(place == 0).as_bytes());
            text.extend_from_slice(message.as_bytes());
        }
        text.extend_from_slice(tail);
        Bytes::from(text)
    }

    /// The state with a few fields changed.
    pub(crate) fn edited(&self, edit: &Edit) -> Bytes {
        let mut text = Vec::with_capacity(self.text.len() + EDIT_BYTES as usize);
        let (sequence, current) = (edit.sequence.to_string(), edit.current.to_string());
        let mut copied = 0;
        for (place, new) in [
            (&self.sequence, sequence.as_str()),
            (&self.metrics, &edit.metrics),
            (&self.current, &current),
        ] {
            text.extend_from_slice(&self.text[copied..place.start]);
            text.extend_from_slice(new.as_bytes());
            copied = place.end;
        }
        text.extend_from_slice(&self.text[copied..]);
        Bytes::from(text)
    }
}

/// Where the value stands that follows `member`, up to `end`.
fn value(json: &str, from: usize, member: &str, end: char) -> Option<Range<usize>> {
    let begin = json[from..].find(member)? + from + member.len();
    let length = json[begin..].find(end)?;
    Some(begin..begin + length)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;
    use crate::dataset::Dataset;
    use crate::seeded::seeded;

    fn canonical(text: &[u8]) -> Value {
        let value: Value = serde_json::from_slice(text).unwrap();
        assert_eq!(serde_json::to_vec(&value).unwrap(), text);
        value
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn messages_are_added_and_nothing_else_changes(seed in any::<u64>(), index in 0_u32..200, count in 1_usize..8) {
            let text = Dataset::new(seed, 1).state(index);
            let base = Base::new(text.clone()).unwrap();
            let mut rng = seeded("test", seed);
            let messages: Vec<Box<str>> = (0..count as u32).map(|step| message(&mut rng, step)).collect();
            let added: Vec<&str> = messages.iter().map(|m| &**m).collect();
            let mut expected = canonical(&text);
            for message in &added {
                prop_assert!(message.len() <= 1_050, "{}", message.len());
                expected["messages"].as_array_mut().unwrap().push(serde_json::from_str(message).unwrap());
            }
            prop_assert_eq!(canonical(&base.with_messages(&added)), expected);
        }

        #[test]
        fn an_edit_changes_seven_values_and_hardly_the_length(seed in any::<u64>(), index in 0_u32..200, step in 0_u32..1_000_000) {
            let text = Dataset::new(seed, 1).state(index);
            let edited = Base::new(text.clone()).unwrap().edited(&Edit::new(&mut seeded("test", seed), step));
            prop_assert!((edited.len() as i64 - text.len() as i64).unsigned_abs() <= EDIT_BYTES);
            let (mut before, after) = (canonical(&text), canonical(&edited));
            prop_assert_ne!(&before, &after);
            for place in ["/checkpoint/sequence", "/plan/current", "/metrics"] {
                *before.pointer_mut(place).unwrap() = after.pointer(place).unwrap().clone();
            }
            prop_assert_eq!(before, after);
        }
    }

    #[test]
    fn what_is_no_generated_state_cannot_be_opened() {
        for text in [
            "{}",
            r#"{"messages":[],"metrics":{}}"#,
            r#"{"checkpoint":{"schema":3,"sequence":1}}"#,
        ] {
            assert!(Base::new(Bytes::from(text)).is_none(), "{text}");
        }
        assert!(Base::new(Bytes::from_static(b"\xff")).is_none());
    }
}
