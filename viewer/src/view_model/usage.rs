//! How many writes the candidate saves: what the executive summary says of resources first.

use shared::arms::Arms;
use shared::cost::scenario_of_cost;
use shared::criteria::Criterion;
use shared::estimate::Comparison;
use shared::report::Scenario;
use shared::units::{THIN, Unit, format_value};

/// Rows saved are said for so many saves.
const PER_SAVES: f64 = 1000.0;

/// The finding, and the scenario that it is of: the one that the policy judges rows by, or else the first that has them.
/// Absent where none has.
pub(crate) fn usage<'a>(
    policy: &[Criterion],
    scenarios: &'a [Scenario],
    labels: &Arms<String>,
) -> Option<(String, &'a Scenario)> {
    let (scenario, rows) = scenario_of_cost(policy, scenarios)?;
    Some((title(&rows, labels)?, scenario))
}

/// How many writes the candidate saves.
fn title(rows: &Comparison, labels: &Arms<String>) -> Option<String> {
    let (from, to) = (
        rows.baseline.as_ref()?.value,
        rows.candidate.as_ref()?.value,
    );
    let count = |rows: f64| format_value(rows * PER_SAVES, Unit::Count);
    let of = format!("per 1{THIN}000 saves");
    Some(if to < from {
        format!(
            "{} saves {} of {} rows changed {of}",
            labels.candidate,
            count(from - to),
            count(from)
        )
    } else {
        format!(
            "{} saves no writes: {} rows changed {of}, {} by {}",
            labels.candidate,
            count(to),
            count(from),
            labels.baseline
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view_model::fixture;

    #[test]
    fn it_says_how_many_writes_are_saved() {
        let scenarios = [fixture::scenario()];
        let (title, scenario) = usage(&[], &scenarios, &fixture::labels()).unwrap();
        assert_eq!(
            title.replace('\u{202f}', " "),
            "Optimized saves 1 127 of 2 250 rows changed per 1 000 saves"
        );
        assert_eq!(scenario.name, scenarios[0].name);
    }

    #[test]
    fn more_writes_are_said_as_they_are() {
        let mut scenario = fixture::scenario();
        for block in &mut scenario.blocks {
            block.database.rows_written = 600;
            block.database.rows_deleted = 0;
        }
        let scenarios = [scenario];
        let (title, _) = usage(&[], &scenarios, &fixture::labels()).unwrap();
        assert!(title.starts_with("Optimized saves no writes: "), "{title}");
    }

    #[test]
    fn a_run_without_a_measured_scenario_says_nothing() {
        assert_eq!(usage(&[], &[], &fixture::labels()), None);
    }
}
