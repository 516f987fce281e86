//! What may happen to the service, at random.

use std::time::Duration;

use bytes::Bytes;
use persistence::{CheckpointType, OptimizedOptions, SaveRequest};
use proptest::prelude::*;

use crate::support::request;

/// The database rejects states that contain it.
pub(super) const POISON: &str = "poison";

/// What a snapshot must share with a save to answer it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Content {
    user: u8,
    state: u8,
    is_poison: bool,
}

impl Content {
    pub(super) fn user_id(self) -> String {
        format!("user {}", self.user)
    }

    /// In canonical form.
    pub(super) fn state(self) -> String {
        format!(r#"{{"{}":{}}}"#, self.name(), self.state)
    }

    fn state_with_spaces(self) -> String {
        format!(r#" {{ "{}" : {} }} "#, self.name(), self.state)
    }

    fn name(self) -> &'static str {
        if self.is_poison { POISON } else { "step" }
    }

    pub(super) fn is_poison(self) -> bool {
        self.is_poison
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Save {
    pub(super) run: u8,
    pub(super) content: Content,
    /// The first form is the canonical one.
    has_spaces: bool,
    pub(super) is_critical: bool,
    /// The caller stops waiting after as many polls and this time.
    pub(super) patience: Option<(usize, Duration)>,
}

impl Save {
    pub(super) fn request(&self) -> SaveRequest {
        let state = match self.has_spaces {
            true => self.content.state_with_spaces(),
            false => self.content.state(),
        };
        SaveRequest {
            user_id: self.content.user_id(),
            checkpoint_type: match self.is_critical {
                true => CheckpointType::Manual,
                false => CheckpointType::Auto,
            },
            state: Bytes::from(state),
            ..request(&self.run.to_string(), "{}")
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Breakage {
    Altered,
    Emptied,
    Fails(bool),
}

#[derive(Debug, Clone)]
pub(super) enum Step {
    /// Submitted in this order, before the first one is answered.
    Saves(Vec<Save>),
    /// A state that is no object.
    Refused {
        run: u8,
    },
    Load {
        run: u8,
    },
    BreakCache(Breakage),
    Reopen,
}

impl Step {
    pub(super) fn operations(&self) -> usize {
        match self {
            Self::Saves(saves) => saves.len(),
            _ => 1,
        }
    }
}

fn content() -> impl Strategy<Value = Content> {
    let user = prop_oneof![8 => Just(0_u8), 1 => 1_u8..4];
    let is_poison = prop::bool::weighted(0.1);
    (user, 0_u8..2, is_poison).prop_map(|(user, state, is_poison)| Content {
        user,
        state,
        is_poison,
    })
}

fn save() -> impl Strategy<Value = Save> {
    let patience = (0_usize..4, 0_u64..300)
        .prop_map(|(polls, microseconds)| (polls, Duration::from_micros(microseconds)));
    (
        0_u8..3,
        content(),
        prop::bool::weighted(0.2),
        prop::bool::weighted(0.1),
        prop::option::weighted(0.1, patience),
    )
        .prop_map(|(run, content, has_spaces, is_critical, patience)| Save {
            run,
            content,
            has_spaces,
            is_critical,
            patience,
        })
}

pub(super) fn steps(length: usize) -> impl Strategy<Value = Vec<Step>> {
    let breakage = prop_oneof![
        2 => Just(Breakage::Altered),
        1 => Just(Breakage::Emptied),
        1 => Just(Breakage::Fails(true)),
        3 => Just(Breakage::Fails(false)),
    ];
    let step = prop_oneof![
        40 => prop::collection::vec(save(), 1..7).prop_map(Step::Saves),
        2 => (0_u8..3).prop_map(|run| Step::Refused { run }),
        4 => (0_u8..3).prop_map(|run| Step::Load { run }),
        5 => breakage.prop_map(Step::BreakCache),
        1 => Just(Step::Reopen),
    ];
    prop::collection::vec(step, length..=length)
}

/// Sizes, and how the database rejects.
#[derive(Debug, Clone, Copy)]
pub(super) struct Setting {
    cache_entries: Option<u64>,
    queue_jobs: u32,
    queue_bytes: u32,
    pub(super) rolls_back: bool,
}

impl Setting {
    pub(super) fn apply_to(self, options: OptimizedOptions) -> OptimizedOptions {
        OptimizedOptions {
            cache_entries: self.cache_entries.filter(|_| options.dedup),
            queue_jobs: self.queue_jobs,
            queue_bytes: self.queue_bytes,
            ..options
        }
    }
}

/// Only SQLite rolls back by itself.
pub(super) fn setting(may_roll_back: bool) -> impl Strategy<Value = Setting> {
    let cache_entries = prop_oneof![
        3 => Just(None),
        1 => (0_u64..3).prop_map(Some),
    ];
    let queue_jobs = prop::sample::select(vec![1, 2, 1024]);
    let queue_bytes = prop::sample::select(vec![1, 25, 1 << 20]);
    (cache_entries, queue_jobs, queue_bytes, any::<bool>()).prop_map(
        move |(cache_entries, queue_jobs, queue_bytes, rolls_back)| Setting {
            cache_entries,
            queue_jobs,
            queue_bytes,
            rolls_back: may_roll_back && rolls_back,
        },
    )
}
