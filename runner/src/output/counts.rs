//! Whether the counts of a scenario agree with each other. Each finding names its field as a JSON pointer.

use std::collections::BTreeMap;

use shared::arms::{ArmRole, Class};
use shared::report::{
    Block, LedgerCheck, Mode, NO_DATABASE, Outcomes, Promises, Sample, Scenario, Status,
};

use super::broken::{acknowledged_before_kills, check_faults, check_variants};
use super::capacity::{acknowledged_in_steps, check_capacity};
use super::resources::{check_allocator, check_memory_profile, check_resources};

/// Everything that disagrees within a scenario.
pub(crate) fn check_counts(scenario: &Scenario) -> Vec<String> {
    let mut findings = Vec::new();
    for (i, block) in scenario.blocks.iter().enumerate() {
        check_block(&format!("/blocks/{i}"), block, &mut findings);
    }
    check_pairs(scenario, &mut findings);
    check_capacity(scenario, &mut findings);
    check_faults(scenario, &mut findings);
    check_variants(scenario, &mut findings);
    if let Some(profile) = &scenario.memory_profile {
        check_memory_profile(profile, &mut findings);
    }
    for arm in ArmRole::ALL {
        let open = blocks_of(scenario, arm).filter(|b| b.mode == Mode::Open);
        check_series(
            &format!("/series/{arm}"),
            scenario.series.get(arm),
            open,
            &mut findings,
        );
        if let Some(ledger) = &scenario.ledger {
            let in_blocks = blocks_of(scenario, arm).map(|b| acknowledged(&b.outcomes));
            let elsewhere = [
                acknowledged_in_steps(scenario, arm),
                acknowledged_before_kills(scenario, arm),
            ];
            let acknowledged = sum(in_blocks.chain(elsewhere));
            check_ledger(
                &format!("/ledger/{arm}"),
                ledger.get(arm),
                acknowledged,
                &mut findings,
            );
        }
    }
    let stores = |promises: &Promises| promises.get("database").is_none_or(|d| d != NO_DATABASE);
    let both_store = stores(&scenario.promises.baseline) && stores(&scenario.promises.candidate);
    if scenario.status == Status::Complete && scenario.ledger.is_none() && both_store {
        findings.push(
            "/ledger: a complete scenario must have been held against the database".to_owned(),
        );
    }
    findings
}

fn check_block(place: &str, block: &Block, findings: &mut Vec<String>) {
    let mut compare = Comparer { findings };
    let acknowledged = acknowledged(&block.outcomes);
    let failed = sum(block.outcomes.errors.values().copied());
    compare.equal(
        &format!("{place}/planned"),
        block.planned,
        acknowledged.saturating_add(failed),
        "acknowledged and failed saves",
    );
    for class in Class::ALL {
        let name = class.as_str();
        let latencies = block.latencies.get(class);
        let service = latencies.service.count();
        let timed = if block.mode == Mode::Open { service } else { 0 };
        let place_of = |member: &str| format!("{place}/latencies/{name}/{member}");
        compare.equal(
            &place_of("response"),
            latencies.response.count(),
            timed,
            "values of the service times",
        );
        compare.equal(
            &place_of("schedule_lag"),
            latencies.schedule_lag.count(),
            timed,
            "values of the service times",
        );
        let operations = block.phases.get(class).operations;
        compare.equal(
            &format!("{place}/phases/{name}/operations"),
            operations,
            service,
            "values of the service times",
        );
    }
    let service = sum(Class::ALL.map(|class| block.latencies.get(class).service.count()));
    compare.equal(
        &format!("{place}/latencies"),
        service,
        acknowledged,
        "acknowledged saves",
    );
    let lag = block.dispatch_lag.count();
    if lag > block.planned {
        findings.push(format!(
            "{place}/dispatch_lag: {lag} values for {} planned saves",
            block.planned
        ));
    }
    if let Some(implied) = &block.implied
        && implied.hits > implied.lookups
    {
        findings.push(format!(
            "{place}/implied: {} hits in {} look-ups",
            implied.hits, implied.lookups
        ));
    }
    if let Some(resources) = &block.resources {
        check_resources(&format!("{place}/resources"), resources, findings);
    }
    if block.mode == Mode::Closed && block.backlog.is_some() {
        findings.push(format!("{place}/backlog: a closed block has none"));
    }
}

/// What blocks of the same slice have in common: whether they are open, their pair, their pattern.
type SliceKey<'a> = (bool, u32, Option<&'a str>);

/// Blocks of one pair, pattern and mode ran the same slice, one on each arm.
fn check_pairs(scenario: &Scenario, findings: &mut Vec<String>) {
    let mut pairs: BTreeMap<SliceKey<'_>, [Option<&Block>; 2]> = BTreeMap::new();
    for (i, block) in scenario.blocks.iter().enumerate() {
        let key = (
            block.mode == Mode::Open,
            block.pair,
            block.pattern.as_deref(),
        );
        let side = &mut pairs.entry(key).or_default()[usize::from(block.arm == ArmRole::Candidate)];
        if side.replace(block).is_some() {
            findings.push(format!(
                "/blocks/{i}: pair {} has another block of the {}",
                block.pair, block.arm
            ));
        }
    }
    for ((open, pair, _), sides) in pairs {
        if lacks_evidence(scenario, open, pair) {
            continue;
        }
        match sides {
            // Split traffic falls to the arms at random.
            [Some(baseline), Some(candidate)]
                if baseline.planned != candidate.planned && !scenario.load.split =>
            {
                findings.push(format!(
                    "/blocks: pair {pair} planned {} saves on the baseline and {} on the candidate",
                    baseline.planned, candidate.planned
                ));
            }
            [None, _] | [_, None] if scenario.status == Status::Complete => {
                findings.push(format!("/blocks: pair {pair} lacks the block of one arm"));
            }
            _ => {}
        }
    }
}

/// Whether the report says that a part of a pair was lost with the runner.
fn lacks_evidence(scenario: &Scenario, open: bool, pair: u32) -> bool {
    let mut missing = scenario.gaps.iter().flat_map(|gap| &gap.missing);
    missing.any(|missing| (missing.mode == Mode::Open) == open && missing.pair == pair)
}

fn check_series<'a>(
    place: &str,
    series: &[Sample],
    open: impl Iterator<Item = &'a Block> + Clone,
    findings: &mut Vec<String>,
) {
    for (i, sample) in series.iter().enumerate() {
        if let Some(allocator) = &sample.allocator {
            check_allocator(&format!("{place}/{i}/allocator"), allocator, findings);
        }
    }
    let mut compare = Comparer { findings };
    for (i, sample) in series.iter().enumerate() {
        let place = format!("{place}/{i}/response");
        compare.equal(
            &place,
            sample.response.count(),
            sample.acknowledged,
            "acknowledged saves of the sample",
        );
    }
    let in_blocks = sum(open.clone().map(|b| acknowledged(&b.outcomes)));
    let in_series = sum(series.iter().map(|s| s.acknowledged));
    compare.equal(
        place,
        in_series,
        in_blocks,
        "acknowledged saves of the open blocks",
    );
    let failed = sum(open.flat_map(|b| b.outcomes.errors.values().copied()));
    compare.equal(
        place,
        sum(series.iter().map(|s| s.failed)),
        failed,
        "failed saves of the open blocks",
    );
}

fn check_ledger(place: &str, ledger: &LedgerCheck, acknowledged: u64, findings: &mut Vec<String>) {
    let mut compare = Comparer { findings };
    compare.equal(
        &format!("{place}/acknowledged"),
        ledger.acknowledged,
        acknowledged,
        "acknowledged saves of the blocks and searches",
    );
    let judged = sum([ledger.found, ledger.retired, ledger.lost, ledger.wrong]);
    compare.equal(
        place,
        judged,
        ledger.acknowledged,
        "acknowledged saves of the ledger",
    );
}

fn blocks_of(scenario: &Scenario, arm: ArmRole) -> impl Iterator<Item = &Block> + Clone {
    scenario.blocks.iter().filter(move |b| b.arm == arm)
}

struct Comparer<'a> {
    findings: &'a mut Vec<String>,
}

impl Comparer<'_> {
    fn equal(&mut self, place: &str, found: u64, expected: u64, of: &str) {
        if found != expected {
            self.findings.push(format!(
                "{place}: {found} does not agree with {expected} {of}"
            ));
        }
    }
}

/// [`Outcomes::acknowledged`] for a file that nobody vouches for: figures may be absurd.
fn acknowledged(outcomes: &Outcomes) -> u64 {
    outcomes.written.saturating_add(outcomes.deduplicated)
}

fn sum(counts: impl IntoIterator<Item = u64>) -> u64 {
    counts.into_iter().fold(0, u64::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    fn findings(change: impl FnOnce(&mut Scenario)) -> Vec<String> {
        let mut scenario = sample::scenario("r", "low-load");
        change(&mut scenario);
        check_counts(&scenario)
    }

    #[test]
    fn a_right_scenario_has_no_findings() {
        assert_eq!(findings(|_| ()), Vec::<String>::new());
    }

    #[test]
    fn a_block_that_lost_a_save_is_found_everywhere_it_shows() {
        let found = findings(|s| s.blocks[0].outcomes.written -= 1);
        assert_eq!(
            found,
            [
                "/blocks/0/planned: 4 does not agree with 3 acknowledged and failed saves",
                "/blocks/0/latencies: 4 does not agree with 3 acknowledged saves",
                "/series/baseline: 8 does not agree with 7 acknowledged saves of the open blocks",
                "/ledger/baseline/acknowledged: 12 does not agree with 11 acknowledged saves of the blocks and searches",
            ]
        );
    }

    #[test]
    fn histograms_of_one_class_hold_the_same_saves() {
        let found = findings(|s| s.blocks[1].latencies.unique.response = sample::histogram(&[5]));
        assert_eq!(
            found,
            [
                "/blocks/1/latencies/unique/response: 1 does not agree with 2 values of the service times"
            ]
        );
    }

    #[test]
    fn closed_blocks_have_no_response_times() {
        let found =
            findings(|s| s.blocks[4].latencies.unique.response = sample::histogram(&[5, 6]));
        assert_eq!(
            found,
            [
                "/blocks/4/latencies/unique/response: 2 does not agree with 0 values of the service times"
            ]
        );
    }

    #[test]
    fn pairs_are_complete_and_equal() {
        let found = findings(|s| s.blocks[5].pair = 9);
        assert_eq!(
            found,
            [
                "/blocks: pair 0 lacks the block of one arm",
                "/blocks: pair 9 lacks the block of one arm"
            ]
        );
        let found = findings(|s| s.blocks[3].pair = 0);
        assert_eq!(
            found[0],
            "/blocks/3: pair 0 has another block of the candidate"
        );
        let interrupted = findings(|s| {
            s.status = Status::Interrupted;
            s.blocks[5].pair = 9;
        });
        assert_eq!(interrupted, Vec::<String>::new());
    }

    #[test]
    fn the_ledger_judged_each_acknowledged_save() {
        let found = findings(|s| s.ledger.as_mut().unwrap().candidate.found -= 1);
        assert_eq!(
            found,
            ["/ledger/candidate: 11 does not agree with 12 acknowledged saves of the ledger"]
        );
        let missing = findings(|s| s.ledger = None);
        assert_eq!(
            missing,
            ["/ledger: a complete scenario must have been held against the database"]
        );
        let null = findings(|s| {
            s.ledger = None;
            let stores_nothing = ("database".to_owned(), NO_DATABASE.to_owned());
            s.promises.candidate.extend([stores_nothing]);
        });
        assert!(
            null.is_empty(),
            "a service without a database cannot be checked: {null:?}"
        );
    }

    #[test]
    fn samples_agree_with_their_histogram() {
        let found = findings(|s| s.series.candidate[1].response = sample::histogram(&[1]));
        assert_eq!(
            found,
            [
                "/series/candidate/1/response: 1 does not agree with 4 acknowledged saves of the sample"
            ]
        );
    }

    #[test]
    fn absurd_figures_are_findings_not_panics() {
        let found = findings(|s| {
            s.blocks[0].outcomes.written = u64::MAX;
            s.blocks[0].outcomes.errors =
                [("a".to_owned(), u64::MAX), ("b".to_owned(), u64::MAX)].into();
        });
        assert!(!found.is_empty());
    }
}
