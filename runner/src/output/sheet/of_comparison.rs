//! A comparison of two runs or two arms as a sheet.

use shared::comparison::{DifferenceRow, RunComparison, SideFacts};
use shared::criteria::{Criterion, Measure, Policy};
use shared::verdict::Verdict;

use super::{Check, Kind, LeftOut, Limits, Row, SHEET_VERSION, Sheet, Side};

impl Sheet {
    /// All figures of a comparison: the policy's targets, and those without a limit.
    pub(crate) fn of_comparison(comparison: &RunComparison, policy: &Policy) -> Self {
        let rows = comparison.scenarios.iter().flat_map(|scenario| {
            let row = |row| Row::of_difference(row, &scenario.name, policy);
            scenario.rows.iter().map(row)
        });
        let left_out = comparison
            .left_out
            .iter()
            .map(|(scenario, reason)| LeftOut {
                scenario: scenario.clone(),
                reason: reason.clone(),
            });
        let mut sheet = Self {
            format: SHEET_VERSION,
            kind: Kind::Comparison,
            verdict: comparison.verdict,
            headline: comparison.headline.clone(),
            sub: comparison.sub.clone(),
            policy: policy.name.clone(),
            baseline: Side::of(&comparison.reference),
            candidate: Side::of(&comparison.candidate),
            targets: rows.collect(),
            checks: comparison.comparable.iter().map(Check::of).collect(),
            left_out: left_out.collect(),
            facts: Vec::new(),
        };
        for (name, side) in [
            ("baseline", &comparison.reference),
            ("candidate", &comparison.candidate),
        ] {
            sheet.fact(name, described(side));
        }
        sheet
    }
}

/// `Optimized over Standard, run 2026…, profile quick, revision 4c1d7e2, 2 cores`.
fn described(side: &SideFacts) -> String {
    let revision = if side.revision.is_empty() {
        "unknown"
    } else {
        &side.revision
    };
    format!(
        "{}, run {} of {}, profile {}, revision {revision}, {}",
        side.label, side.id, side.when, side.profile, side.machine
    )
}

impl Side {
    fn of(facts: &SideFacts) -> Self {
        Self {
            label: facts.label.clone(),
            run: facts.id.clone(),
            revision: facts.revision.clone(),
        }
    }
}

impl Row {
    fn of_difference(row: &DifferenceRow, scenario: &str, policy: &Policy) -> Self {
        let target = row.target.as_ref().and_then(|_| criterion(policy, &row.id));
        let of = target.map_or(Measure::Change, |criterion| criterion.target.of);
        let change = row.change.as_ref();
        let measured = match of {
            Measure::Change => change.map(|change| change.value),
            Measure::Candidate => row.candidate,
            Measure::Difference => row.candidate.zip(row.reference).map(|(c, r)| c - r),
        };
        let ends = match of {
            Measure::Change => change.and_then(|c| c.interval).map(|i| (i.low, i.high)),
            // What was counted is its own interval.
            Measure::Candidate | Measure::Difference => None,
        };
        Self {
            id: row.id.clone(),
            policy: target.map(|_| policy.name.clone()),
            title: row.title.clone(),
            scenario: scenario.to_owned(),
            source: target.map_or_else(String::new, |criterion| criterion.source.clone()),
            quote: target.map_or_else(String::new, |criterion| criterion.quote.clone()),
            metric: row.metric.to_string(),
            of,
            unit: row.unit,
            baseline: row.reference,
            candidate: row.candidate,
            change: change.map(|change| change.value),
            measured,
            low: ends.map(|(low, _)| low),
            high: ends.map(|(_, high)| high),
            better: row.better,
            limits: target.map(|criterion| Limits::of(&criterion.target)),
            effective: row.target.as_ref().map(Limits::of),
            noise_floor: row.floor,
            p_value: row.p_value,
            verdict: row.verdict,
            // That nothing limits a figure is seen in its row.
            reason: match (target, row.verdict) {
                (None, Verdict::NotJudged) => String::new(),
                _ => row.reason.clone(),
            },
        }
    }
}

/// The target that a row was judged by.
fn criterion<'a>(policy: &'a Policy, id: &str) -> Option<&'a Criterion> {
    policy.criteria.iter().find(|criterion| criterion.id == id)
}
