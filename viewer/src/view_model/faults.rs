//! Deliberate faults: what was broken, when, and how the arms came back.

use shared::arms::{ArmRole, Arms};
use shared::estimate::{FaultGroup, collateral, is_unrecovered};
use shared::report::{Fault, Incident, Scenario};
use shared::units::{format_count, format_time};

use super::chart::Chart;
use super::data::{Cell, Data};
use crate::charts::recoveries::{FaultDot, recoveries_chart};

/// Titles of the columns of [`rows`]; those from the third on are figures.
pub(crate) const COLUMNS: [&str; 8] = [
    "What was broken",
    "Arm",
    "Times",
    "Lasting",
    "Failed saves",
    "Unanswered",
    "Lost or wrong",
    "Recovery",
];

const NONE: &str = "–";

const fn in_words(fault: Fault) -> &'static str {
    match fault {
        Fault::ProcessKilled => "Process killed (SIGKILL)",
        Fault::CachePoisoned => "Cache entries altered",
        Fault::CacheEmptied => "Cache emptied",
        Fault::CacheErroring => "Cache returns errors",
        Fault::DatabaseLocked => "Database locked by another process",
        Fault::ConnectionsTerminated => "Database connections terminated",
        Fault::ServerStopped => "Database server stopped",
        Fault::SavesRejected => "Saves rejected by the database",
    }
}

/// A row for each kind of fault on each arm, in the order in which they first happened.
pub(crate) fn rows(scenario: &Scenario, labels: &Arms<String>) -> Vec<Vec<String>> {
    let mut groups: Vec<(Fault, ArmRole, Vec<&Incident>)> = Vec::new();
    for incident in &scenario.faults {
        let key = (incident.fault, incident.arm);
        match groups.iter_mut().find(|g| (g.0, g.1) == key) {
            Some(group) => group.2.push(incident),
            None => groups.push((incident.fault, incident.arm, vec![incident])),
        }
    }
    let row = |(fault, arm, incidents): &(Fault, ArmRole, Vec<&Incident>)| {
        vec![
            in_words(*fault).to_owned(),
            labels.get(*arm).clone(),
            format_count(incidents.len() as u64),
            lasting(incidents),
            failed(*fault, incidents),
            counted(incidents.iter().map(|i| i.unanswered)),
            (incidents.iter().filter_map(|i| i.violations))
                .reduce(u64::saturating_add)
                .map_or_else(|| NONE.to_owned(), format_count),
            recovery(*fault, incidents),
        ]
    };
    groups.iter().map(row).collect()
}

fn counted(counts: impl Iterator<Item = u64>) -> String {
    format_count(counts.fold(0, u64::saturating_add))
}

fn lasting(incidents: &[&Incident]) -> String {
    match incidents.iter().map(|i| i.length_ns).max() {
        None | Some(0) => "an instant".to_owned(),
        Some(longest) => format_time(longest as f64),
    }
}

/// Failed saves, and how many of them were not meant to fail where that is a matter.
fn failed(fault: Fault, incidents: &[&Incident]) -> String {
    let all = incidents.iter().flat_map(|i| i.errors.values().copied());
    let all = counted(all);
    match FaultGroup::of(fault) {
        FaultGroup::Rejection => {
            let others = counted(incidents.iter().map(|i| collateral(i)));
            format!("{all}, {others} beside those meant to")
        }
        _ => all,
    }
}

/// One recovery, or the median and the longest of several.
fn recovery(fault: Fault, incidents: &[&Incident]) -> String {
    if FaultGroup::of(fault) == FaultGroup::Rejection {
        return NONE.to_owned();
    }
    let unrecovered = incidents.iter().filter(|i| is_unrecovered(i)).count();
    if unrecovered > 0 {
        return format!("not seen after {}", format_count(unrecovered as u64));
    }
    let times: Vec<f64> = incidents
        .iter()
        .filter_map(|i| i.recovery_ns)
        .map(|ns| ns as f64)
        .collect();
    let longest = times.iter().copied().fold(0.0, f64::max);
    match shared::stats::median(&times) {
        Some(median) if times.len() > 1 => {
            format!("{}, longest {}", format_time(median), format_time(longest))
        }
        Some(only) => format_time(only),
        None => NONE.to_owned(),
    }
}

/// How long each fault took to recover from; `None` where nothing interrupted service.
pub(crate) fn chart(scenario: &Scenario, labels: &Arms<String>) -> Option<Chart> {
    let interrupting = || {
        let all = scenario.faults.iter();
        all.filter(|i| FaultGroup::of(i.fault) != FaultGroup::Rejection)
    };
    let dots: Vec<FaultDot> = interrupting()
        .map(|i| FaultDot {
            role: i.arm,
            at: i.at_ns as f64 / 1e9,
            recovery: i.recovery_ns.map(|ns| ns as f64 / 1e6),
        })
        .collect();
    let unrecovered = interrupting().filter(|i| is_unrecovered(i)).count() as u64;
    let longest = interrupting().filter_map(|i| i.recovery_ns).max();
    let count = format_count(dots.len() as u64);
    let title = match (unrecovered, longest) {
        (0, Some(longest)) if dots.len() == 1 => {
            format!(
                "Service is back to normal within {}",
                format_time(longest as f64)
            )
        }
        (0, Some(longest)) => format!(
            "Service is back to normal within {} of each of {count} faults",
            format_time(longest as f64)
        ),
        (n, _) => format!(
            "Normal service was not seen again after {} of {count} faults",
            format_count(n)
        ),
    };
    let aria = format!("{title}. {} and {}.", labels.baseline, labels.candidate);
    let drawing = recoveries_chart(&dots, &aria)?;
    let mut data = Data::named(&[("arm", ""), ("fault at", "s"), ("time to recover", "ms")]);
    for dot in &dots {
        let recovery = Cell::Number(dot.recovery.unwrap_or(f64::NAN));
        data.row(&[
            Cell::Text(labels.get(dot.role)),
            Cell::Number(dot.at),
            recovery,
        ]);
    }
    Some(Chart {
        title,
        note: "Time to recover, ms, log scale; a dot for each fault, a cross where there was no recovery.".to_owned(),
        drawing: Some(drawing),
        data: Some(data),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view_model::fixture;

    #[test]
    fn faults_of_a_kind_share_a_row_and_kills_are_summed_up() {
        let rows = rows(&fixture::broken(), &fixture::labels());
        let joined: Vec<String> = rows
            .iter()
            .map(|r| r.join(" | ").replace('\u{202f}', " "))
            .collect();
        insta::assert_debug_snapshot!(joined);
    }

    #[test]
    fn the_chart_names_the_longest_recovery_or_that_there_was_none() {
        let mut scenario = fixture::broken();
        let title = chart(&scenario, &fixture::labels())
            .unwrap()
            .title
            .replace('\u{202f}', " ");
        assert_eq!(
            title,
            "Service is back to normal within 412 ms of each of 52 faults"
        );
        scenario.faults[0].recovery_ns = None;
        let title = chart(&scenario, &fixture::labels()).unwrap().title;
        assert_eq!(
            title,
            "Normal service was not seen again after 1 of 52 faults"
        );
    }

    #[test]
    fn rejected_saves_need_no_recovery_and_absurd_counts_no_mercy() {
        let mut scenario = fixture::broken();
        scenario.faults.retain(|i| i.fault == Fault::SavesRejected);
        assert_eq!(chart(&scenario, &fixture::labels()), None);
        let rejected = &mut scenario.faults[0];
        rejected.errors = [("a".to_owned(), u64::MAX), ("b".to_owned(), u64::MAX)].into();
        (rejected.meant_to_fail, rejected.unanswered) = (u64::MAX, u64::MAX);
        let mut second = rejected.clone();
        second.violations = Some(u64::MAX);
        scenario.faults.push(second);
        assert_eq!(rows(&scenario, &fixture::labels()).len(), 1);
    }
}
