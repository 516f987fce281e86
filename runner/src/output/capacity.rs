//! Whether the counts of the searches for a capacity agree with each other.

use shared::arms::ArmRole;
use shared::report::{CapacityOf, CapacitySearch, CapacityStep, Scenario};

/// Everything that disagrees within the steps of all searches.
pub(super) fn check_capacity(scenario: &Scenario, findings: &mut Vec<String>) {
    for (i, search) in searches(scenario).enumerate() {
        for (j, step) in search.steps.iter().enumerate() {
            let place = format!("/capacity/searches/{i}/steps/{j}");
            check_step(&place, search.of, step, findings);
        }
    }
}

/// Saves that an arm acknowledged in its searches.
pub(super) fn acknowledged_in_steps(scenario: &Scenario, arm: ArmRole) -> u64 {
    searches(scenario)
        .filter(|search| search.arm == arm)
        .flat_map(|search| &search.steps)
        .fold(0, |sum, step| sum.saturating_add(step.acknowledged))
}

fn searches(scenario: &Scenario) -> impl Iterator<Item = &CapacitySearch> {
    scenario.capacity.iter().flat_map(|c| &c.searches)
}

fn check_step(place: &str, of: CapacityOf, step: &CapacityStep, findings: &mut Vec<String>) {
    if !(step.level.is_finite() && step.level > 0.0) {
        findings.push(format!("{place}/level: {} is no load", step.level));
    }
    if step.acknowledged > step.planned {
        findings.push(format!(
            "{place}/acknowledged: {} of {} planned saves",
            step.acknowledged, step.planned
        ));
    }
    let values = (step.latency.duplicate.count()).saturating_add(step.latency.unique.count());
    if values != step.acknowledged {
        findings.push(format!(
            "{place}/latency: {values} values for {} acknowledged saves",
            step.acknowledged
        ));
    }
    if of == CapacityOf::Users && step.backlog.is_some() {
        findings.push(format!("{place}/backlog: a closed step has none"));
    }
}

#[cfg(test)]
mod tests {
    use shared::arms::ByClass;
    use shared::histogram::Histogram;
    use shared::report::{Backlog, Capacity};

    use super::super::counts::check_counts;
    use super::super::sample;
    use super::*;

    fn findings(change: impl FnOnce(&mut CapacityStep)) -> Vec<String> {
        let mut scenario = sample::scenario("r", "low-load");
        let mut step = CapacityStep {
            level: 16.0,
            planned: 3,
            acknowledged: 2,
            duration_ns: 5_000_000,
            latency: ByClass {
                duplicate: sample::histogram(&[5]),
                unique: sample::histogram(&[7]),
            },
            backlog: None,
        };
        change(&mut step);
        scenario.capacity = Some(Capacity {
            target_ns: ByClass {
                duplicate: 200_000_000,
                unique: 500_000_000,
            },
            searches: vec![CapacitySearch {
                pair: 0,
                arm: ArmRole::Candidate,
                of: CapacityOf::Users,
                steps: vec![step],
            }],
        });
        if let Some(ledger) = &mut scenario.ledger {
            ledger.candidate.acknowledged += 2;
            ledger.candidate.found += 2;
        }
        check_counts(&scenario)
    }

    #[test]
    fn the_ledger_covers_the_saves_of_searches() {
        assert_eq!(findings(|_| ()), Vec::<String>::new());
    }

    #[test]
    fn a_step_that_does_not_add_up_is_named() {
        let found = findings(|step| {
            step.level = f64::NAN;
            step.planned = 1;
            step.latency.unique = Histogram::default();
            step.backlog = Some(Backlog::default());
        });
        let place = "/capacity/searches/0/steps/0";
        assert_eq!(
            found,
            [
                format!("{place}/level: NaN is no load"),
                format!("{place}/acknowledged: 2 of 1 planned saves"),
                format!("{place}/latency: 1 values for 2 acknowledged saves"),
                format!("{place}/backlog: a closed step has none"),
            ]
        );
    }

    #[test]
    fn a_search_that_lost_a_save_disagrees_with_the_ledger() {
        let found = findings(|step| {
            step.acknowledged = 1;
            step.latency.unique = Histogram::default();
        });
        assert_eq!(found.len(), 1);
        assert!(
            found[0].starts_with("/ledger/candidate/acknowledged: "),
            "{found:?}"
        );
    }
}
