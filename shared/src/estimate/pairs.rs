//! Which blocks belong together.

use crate::arms::{ArmRole, Arms};
use crate::report::{Backlog, Block, Mode, Scenario};

/// A backlog below this is the ordinary queue of a busy moment, whatever the block's length: it is what fifty users
/// with one save waiting each look like.
const ORDINARY_BACKLOG: u64 = 50;
/// Share of a block's saves that, still unanswered when the last one is due, shows that the arm does not keep up.
const SATURATED_SHARE: f64 = 0.05;

/// The same slice of the plan on both arms.
#[derive(Debug, Clone, Copy)]
pub struct Pair<'a> {
    /// Number of the pair.
    pub index: u32,
    /// Its two blocks.
    pub blocks: Arms<&'a Block>,
}

/// Whether an arm fell behind in a block: its backlog grew from the middle to the end and is more than a moment's queue.
#[must_use]
pub fn is_saturated(block: &Block) -> bool {
    fell_behind(block.backlog, block.planned)
}

/// The generator may be this late at its 99th percentile, nanoseconds: a fifth of the shortest interval that the
/// operating system schedules by, and small beside the milliseconds that are judged.
pub const DISPATCH_LAG_P99_NS: u64 = 1_000_000;

/// Whether a block says nothing about latency: the arm or the generator fell behind the plan.
#[must_use]
pub fn is_behind(block: &Block) -> bool {
    let late = block.dispatch_lag.value_at_quantile(0.99);
    is_saturated(block) || late.is_some_and(|ns| ns > DISPATCH_LAG_P99_NS)
}

/// The same of any load of so many planned saves.
pub(super) fn fell_behind(backlog: Option<Backlog>, planned: u64) -> bool {
    backlog.is_some_and(|backlog| {
        backlog.at_end > backlog.at_half
            && backlog.at_end > ORDINARY_BACKLOG
            && backlog.at_end as f64 > planned as f64 * SATURATED_SHARE
    })
}

/// The pairs of the open model, in the order they were run. A block without its twin is left out.
#[must_use]
pub fn open_pairs(scenario: &Scenario) -> Vec<Pair<'_>> {
    pairs(scenario, Mode::Open)
}

/// The pairs of the closed model.
#[must_use]
pub fn closed_pairs(scenario: &Scenario) -> Vec<Pair<'_>> {
    pairs(scenario, Mode::Closed)
}

fn pairs(scenario: &Scenario, mode: Mode) -> Vec<Pair<'_>> {
    let of = |role: ArmRole| {
        scenario
            .blocks
            .iter()
            .filter(move |b| b.mode == mode && b.arm == role)
    };
    of(ArmRole::Baseline)
        .filter_map(|baseline| {
            let twin = |c: &&Block| c.pair == baseline.pair && c.pattern == baseline.pattern;
            let candidate = of(ArmRole::Candidate).find(twin)?;
            Some(Pair {
                index: baseline.pair,
                blocks: Arms {
                    baseline,
                    candidate,
                },
            })
        })
        .collect()
}
