//! Was anything lost?

use super::Answer;
use super::broken::{kills_in_words, not_tested, of_faults};
use crate::arms::ArmRole;
use crate::calibration::is_generator;
use crate::report::{LedgerCheck, Scenario};
use crate::units::{format_count, format_things, saturating_sum};
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
    pub(super) fn new(title: &str, detail: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            title: title.to_owned(),
            detail: detail.into(),
            value: value.into(),
        }
    }
}

/// The scenarios that store something. The generator is measured on a service that does not, and promises so.
pub(super) fn storing(scenarios: &[Scenario]) -> impl Iterator<Item = &Scenario> {
    scenarios.iter().filter(|s| !is_generator(s))
}

fn ledgers(scenarios: &[Scenario]) -> impl Iterator<Item = &LedgerCheck> {
    storing(scenarios).flat_map(|s| {
        let arms = s.ledger.iter().flat_map(|l| [&l.baseline, &l.candidate]);
        arms.chain(s.ablation.iter().filter_map(|v| v.ledger.as_ref()))
    })
}

/// Violations in words: "1 acknowledged save lost, wrong or out of order".
pub(crate) fn in_words(violations: u64) -> String {
    let saves = format_things(violations, "acknowledged save", "acknowledged saves");
    format!("{saves} lost, wrong or out of order")
}

/// Scenarios of which no save was held against the database.
pub(super) fn unchecked(scenarios: &[Scenario]) -> usize {
    let held = |l: &LedgerCheck| l.acknowledged > 0 || !l.is_clean();
    let checked = |s: &&Scenario| {
        let variants = s.ablation.iter();
        let of_variants = || {
            variants
                .clone()
                .all(|v| v.ledger.as_ref().is_some_and(held))
        };
        match &s.ledger {
            Some(l) if !s.blocks.is_empty() || s.ablation.is_empty() => {
                held(&l.baseline) && held(&l.candidate) && of_variants()
            }
            // A scenario of nothing but variants has no arms to check.
            _ => s.blocks.is_empty() && !s.ablation.is_empty() && of_variants(),
        }
    };
    storing(scenarios).filter(|s| !checked(s)).count()
}

/// Violations of one arm over all scenarios.
pub(super) fn lost_by(scenarios: &[Scenario], role: ArmRole) -> u64 {
    saturating_sum(storing(scenarios).filter_map(|s| s.violations(role)))
}

/// Violations over both arms and all scenarios; absent where no scenario was checked.
pub(crate) fn saves_lost(scenarios: &[Scenario]) -> Option<u64> {
    let violations = storing(scenarios).filter_map(Scenario::all_violations);
    violations.reduce(u64::saturating_add)
}

pub(super) fn answer(scenarios: &[Scenario], lost: Option<u64>) -> Answer {
    let unchecked = unchecked(scenarios);
    let total = Totals::of(scenarios);
    match lost {
        None => Answer {
            verdict: Verdict::Inconclusive,
            word: "Not checked".to_owned(),
            text: "No database was read back, so nothing can be said.".to_owned(),
        },
        Some(0) if total.acknowledged == 0 => Answer {
            verdict: Verdict::Inconclusive,
            word: "Nothing to check".to_owned(),
            text: "No save was acknowledged.".to_owned(),
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
                "{} of {} acknowledged saves accounted for in both arms, 0 lost. {}",
                format_count(total.accounted_for()),
                format_count(total.acknowledged),
                kills_in_words(scenarios)
            ),
        },
        Some(lost) => Answer {
            verdict: Verdict::Fail,
            word: "No".to_owned(),
            text: format!(
                "{}, of {} in both arms.",
                in_words(lost),
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
    const fn accounted_for(&self) -> u64 {
        self.found.saturating_add(self.retired)
    }

    fn of(scenarios: &[Scenario]) -> Self {
        ledgers(scenarios).fold(Self::default(), |sum, ledger| Self {
            acknowledged: sum.acknowledged.saturating_add(ledger.acknowledged),
            found: sum.found.saturating_add(ledger.found),
            retired: sum.retired.saturating_add(ledger.retired),
            lost: sum.lost.saturating_add(ledger.lost),
            wrong: sum.wrong.saturating_add(ledger.wrong),
            runs: sum.runs.saturating_add(ledger.runs),
            stale_runs: sum.stale_runs.saturating_add(ledger.stale_runs),
        })
    }
}

pub(super) fn facts(scenarios: &[Scenario]) -> Vec<Fact> {
    let total = Totals::of(scenarios);
    let blocks = storing(scenarios).flat_map(|s| &s.blocks);
    let failed = saturating_sum(blocks.map(|b| b.outcomes.failed()));
    let mut facts = vec![
        Fact::new(
            "Acknowledged saves accounted for",
            "each held against the database by an independent reader, both arms",
            format!(
                "{} of {}",
                format_count(total.accounted_for()),
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
    ];
    facts.extend(of_faults(scenarios));
    facts.extend(not_tested(scenarios));
    facts
}
