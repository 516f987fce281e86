//! Blocks cut into parts, so that a long one leaves evidence before it ends.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use shared::report::Mode;

use super::PlannedBlock;

/// A part of a block's planned time that an arm runs without a pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stretch {
    /// Where it begins, nanoseconds from the begin of the block.
    pub(crate) from_ns: u64,
    /// Where it ends.
    pub(crate) to_ns: u64,
}

impl PlannedBlock {
    /// Stretches of one length that are the block together, each as long as `longest` at the most. A closed block has no
    /// planned time and is one.
    pub(crate) fn stretches(&self, longest: Duration) -> Vec<Stretch> {
        let longest = u64::try_from(longest.as_nanos()).unwrap_or(u64::MAX).max(1);
        let count = self.length_ns.div_ceil(longest).max(1);
        let at = |number: u64| {
            let part = u128::from(self.length_ns) * u128::from(number) / u128::from(count);
            u64::try_from(part).unwrap_or(self.length_ns)
        };
        (0..count)
            .map(|number| Stretch {
                from_ns: at(number),
                to_ns: at(number + 1),
            })
            .collect()
    }

    /// The saves of a stretch as a block of their own: instants count from its begin.
    pub(crate) fn part(&self, stretch: Stretch) -> Self {
        let Stretch { from_ns, to_ns } = stretch;
        let is_last = self.mode == Mode::Closed || to_ns >= self.length_ns;
        let within = |at_ns: u64| from_ns <= at_ns && (at_ns < to_ns || is_last);
        let saves = self.saves.iter().filter(|save| within(save.at_ns));
        Self {
            pair: self.pair,
            mode: self.mode,
            pattern: self.pattern.clone(),
            saves: saves
                .map(|save| {
                    let mut save = *save;
                    save.at_ns -= from_ns;
                    save
                })
                .collect(),
            length_ns: to_ns.saturating_sub(from_ns),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::plan_of;
    use super::*;
    use crate::scenario::Pattern;

    #[test]
    fn stretches_are_the_block_together() {
        let plan = plan_of(Pattern::Mixed);
        let block = &plan.blocks[0];
        for parts in [1, 3, 7] {
            let longest = Duration::from_nanos(block.length_ns.div_ceil(parts));
            let stretches = block.stretches(longest);
            assert_eq!(stretches.len() as u64, parts);
            assert!(
                stretches
                    .windows(2)
                    .all(|pair| pair[0].to_ns == pair[1].from_ns)
            );
            let (mut saves, mut length_ns) = (Vec::new(), 0);
            for stretch in stretches {
                let part = block.part(stretch);
                assert!(part.saves.iter().all(|save| save.at_ns <= part.length_ns));
                length_ns += part.length_ns;
                saves.extend(part.saves.into_iter().map(|mut save| {
                    save.at_ns += stretch.from_ns;
                    save
                }));
            }
            assert_eq!(saves, block.saves);
            assert_eq!(length_ns, block.length_ns);
        }
    }

    #[test]
    fn a_closed_block_is_not_cut() {
        let mut block = plan_of(Pattern::Mixed).blocks[0].clone();
        block.mode = Mode::Closed;
        block.length_ns = 0;
        block.saves.iter_mut().for_each(|save| save.at_ns = 0);
        let stretches = block.stretches(Duration::from_secs(1));
        assert_eq!(stretches.len(), 1);
        assert_eq!(block.part(stretches[0]), block);
    }
}
