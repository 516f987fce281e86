//! What one process of an arm was seen to hold.

use crate::arms::ArmRole;
use crate::report::{Sample, Scenario};

/// The samples of the arm's process that lived longest: all of them, but in a run that was resumed. A new process begins with
/// nothing, which is no fall of what the service holds, and what it fills again is no leak.
pub(super) fn unbroken(scenario: &Scenario, role: ArmRole) -> &[Sample] {
    let all = scenario.series.get(role);
    let place = |at_ns: u64| all.partition_point(|sample| sample.at_ns < at_ns);
    let restarts = scenario
        .gaps
        .iter()
        .map(|gap| place(*gap.measured_ns.get(role)));
    let (mut longest, mut from) = (0..0, 0);
    for to in restarts.chain([all.len()]) {
        if to.saturating_sub(from) > longest.len() {
            longest = from..to;
        }
        from = from.max(to);
    }
    &all[longest]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arms::Arms;
    use crate::report::Gap;
    use crate::testing::Synthetic;

    fn lengths(restarts: &[u64]) -> (usize, Vec<u64>) {
        let mut scenario = Synthetic::default().scenario();
        let samples = scenario.series.get_mut(ArmRole::Candidate);
        let one = samples[0].clone();
        *samples = (0..10)
            .map(|number| Sample {
                at_ns: number * 100,
                ..one.clone()
            })
            .collect();
        scenario.gaps = restarts
            .iter()
            .map(|at| Gap {
                last_evidence_at: String::new(),
                resumed_at: String::new(),
                rebooted: None,
                measured_ns: Arms {
                    baseline: 0,
                    candidate: *at,
                },
                missing: Vec::new(),
            })
            .collect();
        let kept = unbroken(&scenario, ArmRole::Candidate);
        (kept.len(), kept.iter().map(|sample| sample.at_ns).collect())
    }

    #[test]
    fn the_longest_life_of_a_process_is_kept() {
        assert_eq!(lengths(&[]).0, 10);
        assert_eq!(lengths(&[300]), (7, (3..10).map(|n| n * 100).collect()));
        assert_eq!(lengths(&[700]).0, 7);
        assert_eq!(lengths(&[200, 650, 900]).1, [200, 300, 400, 500, 600]);
    }

    #[test]
    fn gaps_that_make_no_sense_leave_some_samples() {
        assert_eq!(lengths(&[900, 100]).0, 9);
        assert_eq!(lengths(&[u64::MAX, 0]).0, 10);
    }
}
