//! States that follow from others: conversations that grow by a message, documents of which a few fields change.

use rand_chacha::ChaCha8Rng;
use shared::report::BytesRange;

use super::PlanError;
use super::derived::Change;
use super::sequence::{Origin, Sequence};
use super::states::States;
use crate::dataset::{Dataset, EDIT_BYTES, Edit, message};
use crate::scenario::{Pattern, Spec};

/// A conversation begins with a state of at most one part in so many of the largest size, so that it has room to grow.
const BEGIN_PART: u64 = 4;

impl<'a> Sequence<'a> {
    /// The states that the scenario draws from, at least `needed`.
    pub(super) fn states(
        spec: &Spec,
        needed: u64,
        dataset: &'a Dataset,
    ) -> Result<States, PlanError> {
        let BytesRange { min, max } = spec.state_bytes;
        let (min, max) = match spec.pattern {
            Pattern::Append => (min, (max / BEGIN_PART).max(min)),
            Pattern::Edit => (min + EDIT_BYTES, max.saturating_sub(EDIT_BYTES)),
            Pattern::Replay => return Ok(States::none()),
            Pattern::Mixed | Pattern::Unique | Pattern::Overflow | Pattern::Thrashing => (min, max),
        };
        States::new(&spec.name, BytesRange { min, max }, needed, dataset)
    }

    /// The next state of a conversation: one message more, or, where it would exceed the largest size, the first one of a
    /// new conversation, in a run of its own.
    pub(super) fn append(&mut self, run: u32) -> (Origin, u32) {
        let before = self.progress[run as usize];
        if let Some(before) = before {
            let origin = before.origin;
            let text = message(&mut self.next_stream(), origin.steps);
            let bytes = origin.bytes + text.len() as u64 + 1;
            if bytes <= self.spec.state_bytes.max {
                let state = self.derived.push(before.last_state, Change::Message(text));
                let steps = origin.steps + 1;
                return (
                    Origin {
                        steps,
                        bytes,
                        ..origin
                    },
                    state,
                );
            }
        }
        let last = before.map(|before| before.origin.base);
        let base = self.states.other_than(last, &mut self.rng);
        let run = match before {
            None => run,
            Some(_) => {
                self.runs += 1;
                self.runs - 1
            }
        };
        let origin = Origin {
            run,
            base,
            steps: 0,
            bytes: self.dataset.size(base),
        };
        (origin, base)
    }

    /// The run's first state with a few other values.
    pub(super) fn edit(&mut self, run: u32) -> (Origin, u32) {
        let Some(before) = self.progress[run as usize] else {
            let base = self.states.other_than(None, &mut self.rng);
            let origin = Origin {
                run,
                base,
                steps: 0,
                bytes: 0,
            };
            return (origin, base);
        };
        let origin = before.origin;
        let edit = Edit::new(&mut self.next_stream(), origin.steps);
        let state = self.derived.push(origin.base, Change::Fields(edit));
        let steps = origin.steps + 1;
        (Origin { steps, ..origin }, state)
    }

    /// Random numbers of the next derived state's own, so that its length does not change what is drawn after it.
    fn next_stream(&self) -> ChaCha8Rng {
        let mut rng = self.rng.clone();
        rng.set_stream(self.derived.len() as u64 + 1);
        rng.set_word_pos(0);
        rng
    }

    /// Clean databases know nothing of what was saved before, but the plan goes on: its states keep their numbers, and a
    /// file is replayed from where it was.
    pub(super) fn go_on_from(&mut self, before: Self) {
        self.derived = before.derived;
        self.replayed = before.replayed;
    }
}
