//! Whether what was broken on purpose, and what was switched off, agrees with the rest of a scenario.

use std::collections::BTreeSet;

use shared::arms::ArmRole;
use shared::report::{Fault, Incident, Scenario, Status, Variant};

/// Incidents against each other and against the blocks around them.
pub(super) fn check_faults(scenario: &Scenario, findings: &mut Vec<String>) {
    let mut known = BTreeSet::new();
    for (i, incident) in scenario.faults.iter().enumerate() {
        let place = format!("/faults/{i}");
        if !known.insert((incident.fault, incident.arm as u8, incident.number)) {
            findings.push(format!(
                "{place}/number: the {} has another fault of this kind with the number {}",
                incident.arm, incident.number
            ));
        }
        let failed = incident
            .errors
            .values()
            .fold(0, |sum: u64, n| sum.saturating_add(*n));
        if incident.meant_to_fail > failed {
            findings.push(format!(
                "{place}/meant_to_fail: {} of {failed} failed saves",
                incident.meant_to_fail
            ));
        }
        if incident.unanswered > 0 && incident.fault != Fault::ProcessKilled {
            findings.push(format!(
                "{place}/unanswered: {} saves, though no process was killed",
                incident.unanswered
            ));
        }
    }
    for arm in ArmRole::ALL {
        check_against_blocks(scenario, arm, findings);
    }
}

/// Each fault but a kill lies in a block of its own, so faults of one arm cannot have seen more saves than its blocks hold.
fn check_against_blocks(scenario: &Scenario, arm: ArmRole, findings: &mut Vec<String>) {
    let incidents = || scenario.faults.iter().filter(move |i| i.arm == arm);
    if incidents().next().is_none() || scenario.status != Status::Complete {
        return;
    }
    let blocks = || scenario.blocks.iter().filter(move |b| b.arm == arm);
    let sum = |counts: &mut dyn Iterator<Item = u64>| counts.fold(0, u64::saturating_add);
    let in_their_blocks = incidents().filter(|i| i.fault != Fault::ProcessKilled);
    let around = sum(&mut in_their_blocks.map(|i| i.acknowledged));
    let in_blocks =
        sum(&mut blocks().map(|b| b.outcomes.written.saturating_add(b.outcomes.deduplicated)));
    if around > in_blocks {
        findings.push(format!(
            "/faults: {around} saves acknowledged around the faults of the {arm}, {in_blocks} in its blocks"
        ));
    }
    let begun = blocks()
        .map(|b| b.started_ns.saturating_add(b.duration_ns))
        .max();
    let last = incidents().map(|i| i.at_ns).max();
    if last > begun {
        findings.push(format!(
            "/faults: a fault of the {arm} lies behind its last block"
        ));
    }
}

/// Saves that an arm acknowledged in blocks that ended with its kill: no block of the report holds them.
pub(super) fn acknowledged_before_kills(scenario: &Scenario, arm: ArmRole) -> u64 {
    let killed = |i: &&Incident| i.arm == arm && i.fault == Fault::ProcessKilled;
    let before = scenario.faults.iter().filter(killed);
    before.fold(0, |sum, i| sum.saturating_add(i.acknowledged))
}

/// All variants ran the same rounds, and each one's ledger holds what its rounds acknowledged.
pub(super) fn check_variants(scenario: &Scenario, findings: &mut Vec<String>) {
    let rounds = |variant: &Variant| variant.rounds.iter().map(|r| r.round).collect::<Vec<u32>>();
    let Some(first) = scenario.ablation.first().map(rounds) else {
        return;
    };
    for (i, variant) in scenario.ablation.iter().enumerate() {
        let place = format!("/ablation/{i}");
        if rounds(variant) != first && scenario.status == Status::Complete {
            findings.push(format!(
                "{place}/rounds: not the {} rounds of the first variant",
                first.len()
            ));
        }
        for (n, round) in variant.rounds.iter().enumerate() {
            if round.deduplicated > round.acknowledged {
                findings.push(format!(
                    "{place}/rounds/{n}/deduplicated: {} of {} acknowledged saves",
                    round.deduplicated, round.acknowledged
                ));
            }
        }
        let in_rounds = variant
            .rounds
            .iter()
            .fold(0, |sum: u64, r| sum.saturating_add(r.acknowledged));
        match &variant.ledger {
            Some(ledger) if ledger.acknowledged < in_rounds => findings.push(format!(
                "{place}/ledger/acknowledged: {} does not agree with {in_rounds} acknowledged saves of the rounds",
                ledger.acknowledged
            )),
            None if scenario.status == Status::Complete => findings.push(format!(
                "{place}/ledger: a complete scenario must have been held against the database"
            )),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::counts::check_counts;
    use super::super::sample;
    use super::*;
    use shared::report::{DatabaseWork, LedgerCheck, VariantRound};

    fn findings(change: impl FnOnce(&mut Scenario)) -> Vec<String> {
        let mut scenario = sample::scenario("r", "low-load");
        let kill = |number| Incident {
            fault: Fault::ProcessKilled,
            arm: ArmRole::Candidate,
            number,
            at_ns: 0,
            length_ns: 0,
            acknowledged: 2,
            errors: [("lost connection".to_owned(), 1)].into(),
            meant_to_fail: 0,
            unanswered: 1,
            violations: Some(0),
            recovery_ns: Some(1_000_000),
        };
        scenario.faults = vec![kill(0), kill(1)];
        if let Some(ledger) = &mut scenario.ledger {
            ledger.candidate.acknowledged += 4;
            ledger.candidate.found += 4;
        }
        let round = |round| VariantRound {
            round,
            acknowledged: 5,
            deduplicated: 2,
            failed: 0,
            duration_ns: 1_000,
            cpu_ns: None,
            database: DatabaseWork::default(),
        };
        let variant = |label: &str| Variant {
            service: label.to_owned(),
            label: label.to_owned(),
            rounds: vec![round(0), round(1)],
            ledger: Some(LedgerCheck {
                acknowledged: 10,
                found: 10,
                ..LedgerCheck::default()
            }),
        };
        scenario.ablation = vec![variant("whole"), variant("part")];
        change(&mut scenario);
        check_counts(&scenario)
    }

    #[test]
    fn right_evidence_has_no_findings() {
        assert_eq!(findings(|_| ()), Vec::<String>::new());
    }

    #[test]
    fn faults_that_cannot_be_are_named() {
        let found = findings(|s| {
            s.faults[1].number = 0;
            s.faults[1].meant_to_fail = 7;
        });
        assert_eq!(
            found,
            [
                "/faults/1/number: the candidate has another fault of this kind with the number 0",
                "/faults/1/meant_to_fail: 7 of 1 failed saves",
            ]
        );
        let found = findings(|s| {
            s.faults[0].fault = Fault::CacheEmptied;
            s.faults[1].acknowledged = 4;
        });
        assert_eq!(
            found,
            ["/faults/0/unanswered: 1 saves, though no process was killed"]
        );
        let found = findings(|s| {
            let cache = &mut s.faults[0];
            (cache.fault, cache.unanswered) = (Fault::CacheEmptied, 0);
            cache.acknowledged = u64::MAX;
            s.faults[1].at_ns = u64::MAX;
            s.faults[1].acknowledged = 4;
        });
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].contains("12 in its blocks"), "{found:?}");
        let found = findings(|s| s.faults[1].acknowledged += 1);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].starts_with("/ledger/candidate/acknowledged: "),
            "{found:?}"
        );
    }

    #[test]
    fn variants_ran_the_same_rounds_and_were_checked() {
        let found = findings(|s| {
            s.ablation[1].rounds[0].deduplicated = 6;
            s.ablation[1].ledger = None;
            s.ablation[1].rounds.pop();
        });
        assert_eq!(
            found,
            [
                "/ablation/1/rounds: not the 2 rounds of the first variant",
                "/ablation/1/rounds/0/deduplicated: 6 of 5 acknowledged saves",
                "/ablation/1/ledger: a complete scenario must have been held against the database",
            ]
        );
        let found = findings(|s| s.ablation[0].rounds[1].acknowledged += 1);
        assert_eq!(
            found,
            [
                "/ablation/0/ledger/acknowledged: 10 does not agree with 11 acknowledged saves of the rounds"
            ]
        );
    }
}
