//! What was broken on purpose, what came of it, and what was not tried.

use super::safety::{Fact, storing};
use crate::arms::{ArmRole, Arms};
use crate::estimate::{FaultGroup, collateral, incidents, is_unrecovered};
use crate::report::{Incident, Scenario};
use crate::units::{format_count, format_things, format_time, saturating_sum};

/// A group of faults over all scenarios.
struct Tried<'a>(Arms<Vec<&'a Incident>>);

impl<'a> Tried<'a> {
    fn of(scenarios: &'a [Scenario], group: FaultGroup) -> Self {
        let of = |role| {
            let all = storing(scenarios).flat_map(|s| incidents(s, role, group));
            all.collect()
        };
        Self(Arms {
            baseline: of(ArmRole::Baseline),
            candidate: of(ArmRole::Candidate),
        })
    }

    const fn is_empty(&self) -> bool {
        self.0.baseline.is_empty() && self.0.candidate.is_empty()
    }

    fn all(&self) -> impl Iterator<Item = &'a Incident> {
        self.0.baseline.iter().chain(&self.0.candidate).copied()
    }

    fn sum(&self, of: impl Fn(&Incident) -> u64) -> u64 {
        saturating_sum(self.all().map(of))
    }

    /// "25 and 25", or the one number of the arm that has any.
    fn count(&self) -> String {
        let [b, c] = [&self.0.baseline, &self.0.candidate].map(|of| format_count(of.len() as u64));
        match (self.0.baseline.is_empty(), self.0.candidate.is_empty()) {
            (false, false) => format!("{b} and {c}"),
            (false, true) => b,
            _ => c,
        }
    }

    /// Whose numbers [`Self::count`] gives.
    const fn whose(&self) -> &'static str {
        match (self.0.baseline.is_empty(), self.0.candidate.is_empty()) {
            (false, false) => "baseline and candidate",
            (false, true) => "baseline",
            _ => "candidate",
        }
    }

    /// The longest recovery, or how many there were none after.
    fn recovery(&self) -> String {
        let unrecovered = self.all().filter(|i| is_unrecovered(i)).count();
        let longest = self.all().filter_map(|i| i.recovery_ns).max();
        match (unrecovered, longest) {
            (0, Some(longest)) => format_time(longest as f64),
            (0, None) => "not measured".to_owned(),
            (n, _) => format!("not seen after {}", format_count(n as u64)),
        }
    }

    /// Violations found right after the faults; absent where nobody looked.
    fn violations(&self) -> Option<u64> {
        self.all()
            .filter_map(|i| i.violations)
            .reduce(u64::saturating_add)
    }

    fn failed(&self) -> u64 {
        self.sum(|i| saturating_sum(i.errors.values().copied()))
    }
}

/// A sentence about kills: what was tried, and that a kill is no power cut.
pub(super) fn kills_in_words(scenarios: &[Scenario]) -> String {
    let kills = Tried::of(scenarios, FaultGroup::Kill);
    let unrecovered = storing(scenarios).flat_map(|s| &s.faults);
    let unrecovered = match unrecovered.filter(|i| is_unrecovered(i)).count() {
        0 => String::new(),
        n => format!(
            " Normal service was not seen again after {}.",
            format_things(n as u64, "fault", "faults")
        ),
    };
    if kills.is_empty() {
        return format!("Process kills and power cuts were not part of this run.{unrecovered}");
    }
    let count = format_things(kills.all().count() as u64, "process kill", "process kills");
    format!("That includes {count}; power cuts were not tested.{unrecovered}")
}

/// What a scenario of faults found, and what stands behind it; none where nothing was broken.
pub(super) fn said(scenario: &Scenario) -> Option<(String, String)> {
    let all: Vec<&Incident> = scenario.faults.iter().collect();
    if all.is_empty() {
        return None;
    }
    let faults = format_things(all.len() as u64, "fault", "faults");
    let unrecovered = all.iter().filter(|i| is_unrecovered(i)).count() as u64;
    let longest = all.iter().filter_map(|i| i.recovery_ns).max();
    let sentence = match (unrecovered, longest) {
        (0, Some(longest)) => format!(
            "{faults}; service was back to normal within {} of each.",
            format_time(longest as f64)
        ),
        (0, None) => format!("{faults}, none of which interrupts service."),
        (n, _) => format!(
            "{faults}; normal service was not seen again after {}.",
            format_count(n)
        ),
    };
    let unanswered = saturating_sum(all.iter().map(|i| i.unanswered));
    let behind = match unanswered {
        0 => String::new(),
        n => format!(
            "{} left unanswered by kills.",
            format_things(n, "save", "saves")
        ),
    };
    Some((sentence, behind))
}

/// The lines of what was broken.
pub(super) fn of_faults(scenarios: &[Scenario]) -> Vec<Fact> {
    let mut facts = Vec::new();
    for group in FaultGroup::ALL {
        let tried = Tried::of(scenarios, group);
        if !tried.is_empty() {
            facts.extend(lines(group, &tried));
        }
    }
    facts
}

fn lines(group: FaultGroup, tried: &Tried<'_>) -> Vec<Fact> {
    let whose = tried.whose();
    let failed = format_things(tried.failed(), "save", "saves");
    let (title, how, recovery) = match group {
        FaultGroup::Kill => (
            "Process kills",
            format!("{whose}; SIGKILL in the middle of load, then restarted on the same database"),
            Some((
                "Longest recovery after a kill",
                "from opening the database to the first acknowledged save",
            )),
        ),
        FaultGroup::Outage => (
            "Database outages",
            format!("{whose}; {failed} failed meanwhile, each reported to its caller"),
            Some((
                "Longest recovery after an outage",
                "from its end to normal service, without help",
            )),
        ),
        FaultGroup::Cache => (
            "Cache failures",
            format!("{whose}; poisoned, emptied or erroring; {failed} failed"),
            Some((
                "Longest recovery after a cache failure",
                "until duplicates are answered without writing again",
            )),
        ),
        FaultGroup::Rejection => {
            let others = format_things(tried.sum(collateral), "other save", "other saves");
            let how = format!("each reported to its caller; {others} failed beside them");
            return vec![Fact::new(
                "Saves rejected by the database",
                how,
                format_count(tried.sum(|i| i.meant_to_fail)),
            )];
        }
    };
    let mut facts = vec![Fact::new(title, how, tried.count())];
    if let Some((title, detail)) = recovery {
        facts.push(Fact::new(title, detail, tried.recovery()));
    }
    if group == FaultGroup::Kill {
        facts.push(Fact::new(
            "Saves that a kill left unanswered",
            "stored or not: the caller was never told",
            format_count(tried.sum(|i| i.unanswered)),
        ));
    }
    if let Some(violations) = tried.violations() {
        facts.push(Fact::new(
            &format!("Lost, wrong or stale right after {}", once(group)),
            "the database read back before the load went on",
            format_count(violations),
        ));
    }
    facts
}

const fn once(group: FaultGroup) -> &'static str {
    match group {
        FaultGroup::Kill => "a kill",
        FaultGroup::Outage => "an outage",
        FaultGroup::Cache => "a cache failure",
        FaultGroup::Rejection => "a rejection",
    }
}

/// What this run says nothing about.
pub(super) fn not_tested(scenarios: &[Scenario]) -> Vec<Fact> {
    let missing = FaultGroup::ALL
        .into_iter()
        .filter(|group| Tried::of(scenarios, *group).is_empty())
        .map(|group| match group {
            FaultGroup::Kill => "process kills",
            FaultGroup::Outage => "database outages",
            FaultGroup::Cache => "cache failures",
            FaultGroup::Rejection => "rejected saves",
        })
        .collect::<Vec<_>>()
        .join(", ");
    let mut facts = vec![Fact::new(
        "Power cuts",
        "a process kill is not a power cut",
        "not tested",
    )];
    if !missing.is_empty() {
        facts.push(Fact::new(
            "Other faults",
            format!("not part of this run: {missing}"),
            "not tested",
        ));
    }
    facts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Fault;
    use crate::summary::safety::facts;
    use crate::testing::{Synthetic, incident, spaced};

    fn lines_of(faults: Vec<Incident>) -> Vec<String> {
        let scenario = Scenario {
            faults,
            ..Synthetic::default().scenario()
        };
        let scenarios = [scenario];
        let all = facts(&scenarios);
        let of_faults = all
            .iter()
            .skip_while(|f| !f.title.starts_with("Failed saves"))
            .skip(1);
        of_faults
            .map(|f| spaced(&format!("{}: {} ({})", f.title, f.value, f.detail)))
            .collect()
    }

    #[test]
    fn without_faults_everything_is_said_not_to_be_tested() {
        assert_eq!(
            lines_of(Vec::new()),
            [
                "Power cuts: not tested (a process kill is not a power cut)",
                "Other faults: not tested (not part of this run: process kills, database outages, cache failures, rejected \
                 saves)",
            ]
        );
    }

    #[test]
    fn each_kind_of_fault_has_its_lines() {
        let mut faults = vec![
            incident(Fault::ProcessKilled, ArmRole::Baseline, 90),
            incident(Fault::ProcessKilled, ArmRole::Candidate, 120),
            incident(Fault::CachePoisoned, ArmRole::Candidate, 3),
            incident(Fault::ServerStopped, ArmRole::Candidate, 400),
            incident(Fault::SavesRejected, ArmRole::Candidate, 0),
        ];
        faults[1].unanswered = 31;
        faults[0].violations = Some(0);
        faults[3].errors = [("unavailable".to_owned(), 40)].into();
        faults[3].recovery_ns = None;
        faults[4].errors = [("rejected".to_owned(), 8)].into();
        faults[4].meant_to_fail = 7;
        faults[4].recovery_ns = None;
        insta::assert_snapshot!(lines_of(faults).join("\n"));
    }

    #[test]
    fn a_scenario_of_faults_says_how_soon_service_was_back() {
        let mut faults = vec![
            incident(Fault::ProcessKilled, ArmRole::Baseline, 90),
            incident(Fault::ProcessKilled, ArmRole::Candidate, 120),
        ];
        faults[0].unanswered = 2;
        let mut scenario = Scenario {
            faults,
            ..Synthetic::default().scenario()
        };
        let (sentence, behind) = said(&scenario).unwrap();
        assert_eq!(
            spaced(&format!("{sentence} {behind}")),
            "2 faults; service was back to normal within 120 ms of each. 2 saves left unanswered by kills."
        );
        scenario.faults[1].recovery_ns = None;
        assert!(
            said(&scenario)
                .unwrap()
                .0
                .ends_with("not seen again after 1.")
        );
        assert!(
            kills_in_words(std::slice::from_ref(&scenario))
                .ends_with("not seen again after 1 fault.")
        );
        scenario.faults.clear();
        assert_eq!(said(&scenario), None);
    }

    #[test]
    fn kills_are_told_apart_from_power_cuts() {
        let scenario = Scenario {
            faults: vec![incident(Fault::ProcessKilled, ArmRole::Candidate, 1)],
            ..Synthetic::default().scenario()
        };
        assert_eq!(
            spaced(&kills_in_words(&[scenario])),
            "That includes 1 process kill; power cuts were not tested."
        );
    }
}
