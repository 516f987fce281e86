//! What deliberate faults did, counted: one fault has no spread, and of many the longest recovery is what is promised.

use super::sampled::confidence;
use super::{Comparison, Unavailable, counted};
use crate::arms::{ArmRole, Arms};
use crate::metric::{Metric, Plain};
use crate::report::{Fault, Incident, Scenario};
use crate::units::saturating_sum;

/// What a group of faults has in common: which part of the system failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultGroup {
    /// The arm's process.
    Kill,
    /// The cache.
    Cache,
    /// The database.
    Outage,
    /// Single saves.
    Rejection,
}

impl FaultGroup {
    /// All of them, the gravest first.
    pub const ALL: [Self; 4] = [Self::Kill, Self::Outage, Self::Cache, Self::Rejection];

    /// The group of a fault.
    #[must_use]
    pub const fn of(fault: Fault) -> Self {
        match fault {
            Fault::ProcessKilled => Self::Kill,
            Fault::CachePoisoned | Fault::CacheEmptied | Fault::CacheErroring => Self::Cache,
            Fault::DatabaseLocked | Fault::ConnectionsTerminated | Fault::ServerStopped => {
                Self::Outage
            }
            Fault::SavesRejected => Self::Rejection,
        }
    }

    /// Whether saves other than those that were meant to fail must succeed all the same. A dead process and a database out
    /// of reach can acknowledge nothing.
    const fn spares_others(self) -> bool {
        matches!(self, Self::Cache | Self::Rejection)
    }

    /// Whether there is a normal service to come back to: rejected saves interrupt none.
    const fn interrupts(self) -> bool {
        !matches!(self, Self::Rejection)
    }
}

/// The incidents of an arm in which this part failed.
pub fn incidents(
    scenario: &Scenario,
    role: ArmRole,
    group: FaultGroup,
) -> impl Iterator<Item = &Incident> {
    scenario
        .faults
        .iter()
        .filter(move |i| i.arm == role && FaultGroup::of(i.fault) == group)
}

/// Saves of an incident that failed though nothing was meant to fail them.
#[must_use]
pub fn collateral(incident: &Incident) -> u64 {
    saturating_sum(incident.errors.values().copied()).saturating_sub(incident.meant_to_fail)
}

/// Whether normal service was not seen again after a fault.
#[must_use]
pub fn is_unrecovered(incident: &Incident) -> bool {
    FaultGroup::of(incident.fault).interrupts() && incident.recovery_ns.is_none()
}

pub(super) fn figure(
    metric: Metric,
    plain: Plain,
    scenario: &Scenario,
) -> Result<Comparison, Unavailable> {
    let values = match plain {
        Plain::CacheRecovery => longest(scenario, FaultGroup::Cache)?,
        Plain::KillRecovery => longest(scenario, FaultGroup::Kill)?,
        Plain::OutageRecovery => longest(scenario, FaultGroup::Outage)?,
        _ => counts(plain, scenario),
    };
    if values.candidate.is_none() {
        return Err(Unavailable::NotMeasured(missing(plain).to_owned()));
    }
    Ok(counted(
        metric,
        metric.unit(),
        values,
        acknowledged(scenario),
        confidence(scenario),
    ))
}

const fn missing(plain: Plain) -> &'static str {
    match plain {
        Plain::CacheRecovery => "no cache of the candidate was made to fail",
        Plain::KillRecovery => "no process of the candidate was killed",
        Plain::OutageRecovery => "the candidate’s database was never out of reach",
        Plain::FaultViolations => "no database was read right after a fault",
        Plain::CollateralErrors => {
            "nothing was broken on purpose that leaves the other saves unharmed"
        }
        _ => "nothing was broken on purpose",
    }
}

/// The longest recovery of each arm. One that was not seen to end is no figure, and for the candidate no pass either.
fn longest(scenario: &Scenario, group: FaultGroup) -> Result<Arms<Option<f64>>, Unavailable> {
    let all = |role| incidents(scenario, role, group);
    let candidates = all(ArmRole::Candidate);
    let unrecovered = candidates.filter(|i| is_unrecovered(i)).count();
    if unrecovered > 0 {
        return Err(Unavailable::Unrecovered {
            unrecovered,
            faults: all(ArmRole::Candidate).count(),
        });
    }
    let longest = |role| {
        let times: Option<Vec<u64>> = all(role).map(|i| i.recovery_ns).collect();
        times?.into_iter().max().map(|ns| ns as f64)
    };
    Ok(Arms {
        baseline: longest(ArmRole::Baseline),
        candidate: longest(ArmRole::Candidate),
    })
}

fn counts(plain: Plain, scenario: &Scenario) -> Arms<Option<f64>> {
    let of = |role| {
        let all = || scenario.faults.iter().filter(move |i| i.arm == role);
        let count = match plain {
            Plain::Unrecovered => {
                let interrupting = || all().filter(|i| FaultGroup::of(i.fault).interrupts());
                interrupting().next()?;
                interrupting().filter(|i| is_unrecovered(i)).count() as u64
            }
            Plain::FaultViolations => {
                let mut checked = all().filter_map(|i| i.violations).peekable();
                checked.peek()?;
                saturating_sum(checked)
            }
            _ => {
                let mut sparing = all()
                    .filter(|i| FaultGroup::of(i.fault).spares_others())
                    .peekable();
                sparing.peek()?;
                saturating_sum(sparing.map(collateral))
            }
        };
        Some(count as f64)
    };
    Arms {
        baseline: of(ArmRole::Baseline),
        candidate: of(ArmRole::Candidate),
    }
}

fn acknowledged(scenario: &Scenario) -> Arms<u64> {
    let of = |role| {
        let own = scenario.faults.iter().filter(move |i| i.arm == role);
        saturating_sum(own.map(|i| i.acknowledged))
    };
    Arms {
        baseline: of(ArmRole::Baseline),
        candidate: of(ArmRole::Candidate),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estimate::estimate;
    use crate::testing::{Synthetic, incident};
    use crate::units::Unit;

    fn broken(faults: Vec<Incident>) -> Scenario {
        Scenario {
            faults,
            ..Synthetic::default().scenario()
        }
    }

    fn figure(name: &str, scenario: &Scenario) -> Result<Comparison, Unavailable> {
        estimate(name.parse().unwrap(), scenario)
    }

    fn candidate(name: &str, scenario: &Scenario) -> f64 {
        figure(name, scenario).unwrap().candidate.unwrap().value
    }

    #[test]
    fn the_longest_recovery_of_each_arm_counts() {
        let mut faults = vec![
            incident(Fault::ProcessKilled, ArmRole::Baseline, 90),
            incident(Fault::ProcessKilled, ArmRole::Candidate, 120),
            incident(Fault::ProcessKilled, ArmRole::Candidate, 80),
        ];
        let kills = figure("recovery.kill", &broken(faults.clone())).unwrap();
        assert_eq!(kills.baseline.unwrap().value, 90e6);
        assert_eq!(kills.candidate.unwrap().value, 120e6);
        assert_eq!(kills.unit, Unit::Nanoseconds);
        faults[0].recovery_ns = None;
        let kills = figure("recovery.kill", &broken(faults.clone())).unwrap();
        assert_eq!((kills.baseline, kills.candidate.is_some()), (None, true));
        faults[1].recovery_ns = None;
        assert_eq!(
            figure("recovery.kill", &broken(faults)),
            Err(Unavailable::Unrecovered {
                unrecovered: 1,
                faults: 2
            })
        );
    }

    #[test]
    fn faults_of_another_kind_are_no_evidence() {
        let rejected = broken(vec![incident(Fault::SavesRejected, ArmRole::Candidate, 0)]);
        for name in [
            "recovery.cache",
            "recovery.kill",
            "recovery.outage",
            "faults.unrecovered",
            "faults.violations",
        ] {
            let refused = figure(name, &rejected).unwrap_err();
            assert!(matches!(refused, Unavailable::NotMeasured(_)), "{name}");
        }
        let only_baseline = broken(vec![incident(Fault::CacheEmptied, ArmRole::Baseline, 1)]);
        assert!(figure("recovery.cache", &only_baseline).is_err());
    }

    #[test]
    fn violations_and_unrecovered_faults_are_counted() {
        let mut faults = vec![
            incident(Fault::ServerStopped, ArmRole::Candidate, 5),
            incident(Fault::CachePoisoned, ArmRole::Candidate, 5),
        ];
        faults[0].violations = Some(0);
        faults[1].recovery_ns = None;
        assert_eq!(
            candidate("faults.unrecovered", &broken(faults.clone())),
            1.0
        );
        assert_eq!(candidate("faults.violations", &broken(faults.clone())), 0.0);
        faults[1].violations = Some(3);
        assert_eq!(candidate("faults.violations", &broken(faults)), 3.0);
    }

    #[test]
    fn neighbours_of_rejected_saves_must_not_fail_and_callers_of_a_dead_process_may() {
        let mut faults = vec![
            incident(Fault::SavesRejected, ArmRole::Candidate, 0),
            incident(Fault::ServerStopped, ArmRole::Candidate, 5),
        ];
        faults[0].errors = [("rejected".to_owned(), 7), ("busy".to_owned(), 2)].into();
        faults[0].meant_to_fail = 7;
        faults[1].errors = [("unavailable".to_owned(), 40)].into();
        assert_eq!(candidate("errors.collateral", &broken(faults.clone())), 2.0);
        assert!(figure("errors.collateral", &broken(faults.split_off(1))).is_err());
    }
}
