//! The saves of an imported file, in its order. When it ends it begins anew, with runs and threads of their own.

use std::sync::Arc;

use shared::arms::Class;

use super::PlannedSave;
use super::sequence::Sequence;
use crate::dataset::FIRST_IMPORTED;

impl Sequence<'_> {
    /// The next `count` saves of the file.
    pub(super) fn replay(&mut self, count: usize) -> Vec<PlannedSave> {
        let Some(import) = self.dataset.import().map(Arc::clone) else {
            return Vec::new();
        };
        let lines = import.lines();
        let length = lines.len() as u64;
        let mut saves = Vec::with_capacity(count);
        for place in (self.replayed..).take(count) {
            let (round, number) = ((place / length) as u32, (place % length) as u32);
            let line = &lines[number as usize];
            let run = line.run + round * import.runs();
            let repeats = self.last_imported.insert(run, line.state) == Some(line.state);
            let class = if repeats && line.may_be_skipped() {
                Class::Duplicate
            } else {
                Class::Unique
            };
            saves.push(PlannedSave {
                index: 0,
                at_ns: 0,
                user: line.user,
                thread: line.thread + round * import.threads(),
                run,
                state: FIRST_IMPORTED + line.state,
                class,
                checkpoint: line.checkpoint,
                recovery_point: line.recovery_point,
                rejected: false,
                line: Some(number),
                phase: 0,
            });
        }
        self.replayed += count as u64;
        saves
    }
}
