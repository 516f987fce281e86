//! From which share of duplicates on the candidate pays, in words.

use crate::calibration::is_calibration;
use crate::criteria::Policy;
use crate::estimate::{Estimate, estimate};
use crate::metric::{Metric, Plain};
use crate::report::Scenario;
use crate::units::{THIN, Unit, format_interval, format_value};

use super::particular::P95;

/// The break-even of a scenario with both classes of saves, its figure and a sentence about it. None for calibration, which
/// compares a service with itself or with nothing, and where something was broken on purpose.
#[must_use]
pub fn break_even(scenario: &Scenario) -> Option<(Estimate, String)> {
    if is_calibration(scenario) || !scenario.faults.is_empty() {
        return None;
    }
    let found = estimate(Metric::Plain(Plain::BreakEven), scenario).ok()?;
    let share = found.candidate?;
    let sentence = in_words(&share);
    Some((share, sentence))
}

fn in_words(share: &Estimate) -> String {
    let interval = match share.interval {
        Some(i) => format_interval(i.low, i.high, Unit::Share)
            .map_or_else(String::new, |ends| format!(", 95{THIN}% interval {ends}")),
        None => ", without an interval".to_owned(),
    };
    match share.value {
        v if v <= 0.0 => format!("Pays at any share of duplicates{interval}."),
        v if v >= 1.0 => format!("Does not pay at any share of duplicates{interval}."),
        v => format!(
            "Pays from a share of duplicates of {} on{interval}.",
            format_value(v, Unit::Share)
        ),
    }
}

/// That of the scenario by which the policy judges the P95 response, or else of the first that has one.
pub(super) fn of_run(policy: &Policy, scenarios: &[Scenario]) -> Option<String> {
    let judged = policy.criteria.iter().find(|c| c.metric == P95);
    let judged = judged.and_then(|c| c.scenario.as_deref());
    let first = scenarios.iter().filter(|s| Some(s.name.as_str()) == judged);
    first.chain(scenarios).find_map(|scenario| {
        let (_, sentence) = break_even(scenario)?;
        Some(format!(
            "{} ({}).",
            sentence.trim_end_matches('.'),
            scenario.title
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Interval;
    use crate::testing::{Synthetic, noise_scenario, promised_gains, run_of, spaced};

    #[test]
    fn the_share_is_said_with_its_interval() {
        let said = |value, low, high| {
            let interval = Some(Interval { low, high });
            spaced(&in_words(&Estimate {
                value,
                interval,
                no_interval: None,
            }))
        };
        assert_eq!(
            said(0.124, 0.091, 0.15),
            "Pays from a share of duplicates of 12.4 % on, 95 % interval 9.10 … 15.0 %."
        );
        assert_eq!(said(0.0, 0.0, 0.0), "Pays at any share of duplicates.");
        assert_eq!(
            said(1.0, 0.8, 1.0),
            "Does not pay at any share of duplicates, 95 % interval 80.0 … 100 %."
        );
    }

    #[test]
    fn a_run_says_that_of_the_scenario_that_its_policy_judges() {
        let mut scenarios = vec![
            noise_scenario(1),
            Synthetic::default().scenario(),
            Synthetic::default().scenario(),
        ];
        (scenarios[1].name, scenarios[1].title) = ("low".to_owned(), "Low load".to_owned());
        let policy = run_of(&scenarios, promised_gains()).policy;
        let said = of_run(&policy, &scenarios).unwrap();
        assert_eq!(said, "Pays at any share of duplicates (Medium load).");
        let said = of_run(&policy, &scenarios[..2]).unwrap();
        assert_eq!(said, "Pays at any share of duplicates (Low load).");
        assert_eq!(
            of_run(&policy, &scenarios[..1]),
            None,
            "noise compares nothing"
        );
    }
}
