//! Was anything lost?

use super::Answer;
use crate::report::{LedgerCheck, Scenario};
use crate::units::format_count;
use crate::verdict::Verdict;

/// A line of a fact list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// What.
    pub title: String,
    /// How it was found; may be empty.
    pub detail: String,
    /// The figure.
    pub value: String,
}

impl Fact {
    fn new(title: &str, detail: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            title: title.to_owned(),
            detail: detail.into(),
            value: value.into(),
        }
    }
}

fn ledgers(scenarios: &[Scenario]) -> impl Iterator<Item = &LedgerCheck> {
    scenarios
        .iter()
        .filter_map(|s| s.ledger.as_ref())
        .flat_map(|l| [&l.baseline, &l.candidate])
}

/// Violations over both arms and all scenarios; absent where no scenario was checked.
pub(super) fn saves_lost(scenarios: &[Scenario]) -> Option<u64> {
    scenarios
        .iter()
        .any(|s| s.ledger.is_some())
        .then(|| ledgers(scenarios).map(LedgerCheck::violations).sum())
}

pub(super) fn answer(scenarios: &[Scenario], lost: Option<u64>) -> Answer {
    let unchecked = scenarios.iter().filter(|s| s.ledger.is_none()).count();
    let total = Totals::of(scenarios);
    match lost {
        None => Answer {
            verdict: Verdict::Inconclusive,
            word: "Not checked".to_owned(),
            text: "No database was read back, so nothing can be said.".to_owned(),
        },
        Some(0) => Answer {
            verdict: if unchecked == 0 {
                Verdict::Pass
            } else {
                Verdict::Inconclusive
            },
            word: if unchecked == 0 {
                "Yes".to_owned()
            } else {
                "As far as checked".to_owned()
            },
            text: format!(
                "{} of {} acknowledged saves accounted for in both arms, 0 lost. Process kills and power cuts were not part of this run.",
                format_count(total.found + total.retired),
                format_count(total.acknowledged)
            ),
        },
        Some(lost) => Answer {
            verdict: Verdict::Fail,
            word: "No".to_owned(),
            text: format!(
                "{} of {} acknowledged saves or latest states are lost or wrong.",
                format_count(lost),
                format_count(total.acknowledged)
            ),
        },
    }
}

#[derive(Default)]
struct Totals {
    acknowledged: u64,
    found: u64,
    retired: u64,
    lost: u64,
    wrong: u64,
    runs: u64,
    stale_runs: u64,
}

impl Totals {
    fn of(scenarios: &[Scenario]) -> Self {
        ledgers(scenarios).fold(Self::default(), |sum, ledger| Self {
            acknowledged: sum.acknowledged + ledger.acknowledged,
            found: sum.found + ledger.found,
            retired: sum.retired + ledger.retired,
            lost: sum.lost + ledger.lost,
            wrong: sum.wrong + ledger.wrong,
            runs: sum.runs + ledger.runs,
            stale_runs: sum.stale_runs + ledger.stale_runs,
        })
    }
}

pub(super) fn facts(scenarios: &[Scenario]) -> Vec<Fact> {
    let total = Totals::of(scenarios);
    let failed: u64 = scenarios
        .iter()
        .flat_map(|s| &s.blocks)
        .map(|b| b.outcomes.failed())
        .sum();
    vec![
        Fact::new(
            "Acknowledged saves accounted for",
            "each held against the database by an independent reader, both arms",
            format!(
                "{} of {}",
                format_count(total.found + total.retired),
                format_count(total.acknowledged)
            ),
        ),
        Fact::new(
            "Read back with the right hash",
            "BLAKE3 over the state in canonical form",
            format_count(total.found),
        ),
        Fact::new(
            "Retired as promised",
            "older than the newest snapshots that retention keeps of a run",
            format_count(total.retired),
        ),
        Fact::new("Acknowledged saves lost", "", format_count(total.lost)),
        Fact::new(
            "Acknowledged saves with a wrong state",
            "",
            format_count(total.wrong),
        ),
        Fact::new(
            "Latest state is the last one acknowledged",
            "one latest state a run",
            format!(
                "{} of {} runs",
                format_count(total.runs - total.stale_runs.min(total.runs)),
                format_count(total.runs)
            ),
        ),
        Fact::new(
            "Failed saves, reported to the caller",
            "allowed: the caller was never told they were stored",
            format_count(failed),
        ),
        Fact::new(
            "Process kills and power cuts",
            "not part of this run",
            "not tested",
        ),
    ]
}
