//! From what came of each save to the evidence of a step of a search.

use std::collections::BTreeMap;

use shared::arms::ByClass;
use shared::histogram::{Histogram, HistogramError, recording};
use shared::report::{CapacityStep, Mode};

use super::generator::Served;
use crate::arm::messages::Tried;
use crate::plan::{PlannedBlock, Step};

/// The evidence of a step.
///
/// # Errors
/// Where the histogram cannot be encoded.
pub(super) fn evidence(
    step: &Step,
    planned: &PlannedBlock,
    served: &Served,
) -> Result<Tried, HistogramError> {
    let mut latency = ByClass {
        duplicate: recording(),
        unique: recording(),
    };
    let mut errors = BTreeMap::<String, u64>::new();
    let mut failed = Vec::new();
    for completion in &served.completions {
        let save = &planned.saves[completion.place];
        let from_ns = match planned.mode {
            Mode::Open => save.at_ns,
            Mode::Closed => completion.called_ns,
        };
        match completion.answer {
            // A latency under the clock's grain still is one.
            Ok(_) => {
                let ns = completion.answered_ns.saturating_sub(from_ns).max(1);
                latency.get_mut(save.class).saturating_record(ns);
            }
            Err(kind) => {
                *errors.entry(kind.to_owned()).or_default() += 1;
                failed.push(save.index);
            }
        }
    }
    let answered = served.completions.iter().map(|c| c.answered_ns);
    Ok(Tried {
        step: CapacityStep {
            level: step.level,
            planned: planned.saves.len() as u64,
            acknowledged: latency.duplicate.len() + latency.unique.len(),
            duration_ns: answered.max().unwrap_or(0),
            latency: ByClass {
                duplicate: Histogram::from_recording(&latency.duplicate)?,
                unique: Histogram::from_recording(&latency.unique)?,
            },
            backlog: served.backlog,
        },
        errors,
        failed,
    })
}
