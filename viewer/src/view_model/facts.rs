//! The load of a scenario as facts, and what its ledger says.

use shared::arms::{ArmRole, Arms};
use shared::report::{Arrivals, LedgerCheck, Load, LoadFigures, Mode, Promises, Run, Scenario};
use shared::summary::Fact;
use shared::units::{THIN, Unit, format_bytes, format_count, format_value, significant};

fn fact(title: &str, value: String, detail: String) -> Fact {
    Fact {
        title: title.to_owned(),
        detail,
        value,
    }
}

/// The load, each figure with the strategy's own where it differs.
pub(crate) fn load_facts(scenario: &Scenario) -> Vec<Fact> {
    let load = &scenario.load;
    let offered = &load.offered;
    let arrivals = match load.arrivals {
        Arrivals::Poisson => "Poisson arrivals",
        Arrivals::Uniform => "equal gaps",
    };
    let measured = |role| {
        scenario
            .blocks
            .iter()
            .filter(move |b| b.mode == Mode::Open && b.arm == role)
    };
    let pairs = measured(ArmRole::Candidate).count();
    let saves: u64 = measured(ArmRole::Candidate).map(|b| b.planned).sum();
    vec![
        fact(
            "Offered load",
            format!(
                "{} by {} users, open model, {arrivals}",
                rate(offered),
                format_count(u64::from(load.users))
            ),
            asked(load, rate),
        ),
        fact("Length per arm", length(offered), asked(load, length)),
        fact(
            "Operations measured",
            format!("{} per arm", format_count(saves)),
            asked(load, |f| format_count(f.operations)),
        ),
        fact("Mix", mix(load), format!("pattern: {}", load.pattern)),
        fact(
            "State size",
            format!(
                "{} … {}",
                format_bytes(load.state_bytes.min as f64),
                format_bytes(load.state_bytes.max as f64)
            ),
            String::new(),
        ),
        fact(
            "Blocks",
            format!("{pairs} of {} pairs, order random", load.pairs),
            String::new(),
        ),
        fact(
            "Warm-up",
            format!(
                "{} saves, not counted",
                format_count(load.warm_up_operations)
            ),
            String::new(),
        ),
        fact(
            "Cache limit",
            format!("{} entries", format_count(load.cache_entries)),
            String::new(),
        ),
    ]
}

fn rate(figures: &LoadFigures) -> String {
    let rate = figures.operations_per_second;
    if rate < 100.0 {
        format!("{}{THIN}op/s", significant(rate, 3, 1))
    } else {
        format_value(rate, Unit::PerSecond)
    }
}

fn length(figures: &LoadFigures) -> String {
    shared::report::duration(figures.seconds)
}

/// The strategy's own figure, where this run differs from it.
fn asked(load: &Load, show: impl Fn(&LoadFigures) -> String) -> String {
    let (full, offered) = (show(&load.full), show(&load.offered));
    if full == offered {
        String::new()
    } else {
        format!("strategy: {full}")
    }
}

fn mix(load: &Load) -> String {
    let percent = |share| format!("{}{THIN}%", significant(share * 100.0, 3, 0));
    format!(
        "{} duplicates, {} unique",
        percent(load.duplicate_share),
        percent(1.0 - load.duplicate_share)
    )
}

/// What the ledger check found in each arm; `None` where it was not made.
pub(crate) fn ledger_facts(scenario: &Scenario, labels: &Arms<String>) -> Option<Vec<Fact>> {
    let ledger = scenario.ledger.as_ref()?;
    let both = |of: &dyn Fn(&LedgerCheck) -> String| {
        let values = ledger.map(|_, l| of(l));
        if values.baseline == values.candidate {
            values.baseline
        } else {
            format!("{} and {}", values.baseline, values.candidate)
        }
    };
    let names = format!("{} and {}", labels.baseline, labels.candidate);
    let count = |of: fn(&LedgerCheck) -> u64| both(&|l| format_count(of(l)));
    let mut facts = vec![
        fact(
            "Acknowledged saves accounted for",
            both(&|l| {
                format!(
                    "{} of {}",
                    format_count(l.found + l.retired),
                    format_count(l.acknowledged)
                )
            }),
            format!("{names}; by an independent reader, after the last block"),
        ),
        fact(
            "Retired as promised",
            count(|l| l.retired),
            "older than the newest snapshots that are kept of a run".to_owned(),
        ),
        fact("Lost", count(|l| l.lost), String::new()),
        fact("Wrong state", count(|l| l.wrong), String::new()),
        fact(
            "Latest state is the last one acknowledged",
            both(&|l| {
                format!(
                    "{} of {} runs",
                    format_count(l.runs.saturating_sub(l.stale_runs)),
                    format_count(l.runs)
                )
            }),
            String::new(),
        ),
        fact(
            "Runs that keep too many snapshots",
            count(|l| l.overfull_runs),
            String::new(),
        ),
    ];
    for role in ArmRole::ALL {
        for finding in &ledger.get(role).findings {
            facts.push(fact(
                &format!("Finding, {}", labels.get(role)),
                String::new(),
                finding.clone(),
            ));
        }
    }
    Some(facts)
}

/// Errors by kind over both arms' blocks; empty where none failed.
pub(crate) fn error_facts(scenario: &Scenario, labels: &Arms<String>) -> Vec<Fact> {
    let mut kinds: Vec<(&str, Arms<u64>)> = Vec::new();
    for block in &scenario.blocks {
        for (kind, count) in &block.outcomes.errors {
            let known = kinds.iter().position(|(known, _)| known == kind);
            let at = known.unwrap_or_else(|| {
                kinds.push((kind, Arms::default()));
                kinds.len() - 1
            });
            *kinds[at].1.get_mut(block.arm) += count;
        }
    }
    kinds
        .into_iter()
        .filter(|(_, count)| count.baseline + count.candidate > 0)
        .map(|(kind, count)| {
            let value = format!(
                "{} and {}",
                format_count(count.baseline),
                format_count(count.candidate)
            );
            fact(
                &format!("Failed: {kind}"),
                value,
                format!("{} and {}", labels.baseline, labels.candidate),
            )
        })
        .collect()
}

/// The machine in a few words.
pub(crate) fn machine(run: &Run) -> String {
    let environment = &run.environment;
    let cores = match environment.cores {
        1 => "1 core".to_owned(),
        n => format!("{n} cores"),
    };
    match environment.memory_bytes {
        Some(bytes) => format!("{cores}, {}", format_bytes(bytes as f64)),
        None => cores,
    }
}

/// What the arms promise about durability, where they promise the same; the trust checks list all of it.
pub(crate) fn promises(promises: &Arms<Promises>) -> String {
    if promises.baseline != promises.candidate {
        return "the arms promise different things".to_owned();
    }
    let said = |name: &str, word: &str| {
        let value = promises.baseline.get(name)?;
        Some(format!("{word}{value}"))
    };
    [
        said("database", ""),
        said("journal_mode", "journal "),
        said("synchronous", "synchronous "),
        said("synchronous_commit", "synchronous_commit "),
        said("fsync", "fsync "),
    ]
    .into_iter()
    .flatten()
    .collect::<Vec<_>>()
    .join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view_model::fixture;

    #[test]
    fn figures_that_differ_from_the_strategy_name_its_own() {
        let facts = load_facts(&fixture::scenario());
        assert_eq!(facts[0].detail, "strategy: 16.7\u{202f}op/s");
        assert!(
            facts[1].detail.starts_with("strategy: 20"),
            "{:?}",
            facts[1]
        );
        assert!(facts[0].value.contains("by 50 users"), "{:?}", facts[0]);
    }

    #[test]
    fn findings_of_the_ledger_are_told() {
        let mut scenario = fixture::scenario();
        let ledger = scenario.ledger.as_mut().unwrap();
        ledger.candidate.lost = 1;
        ledger
            .candidate
            .findings
            .push("save 7 of run 3 is missing".to_owned());
        let facts = ledger_facts(&scenario, &fixture::labels()).unwrap();
        assert_eq!(facts[2].value, "0 and 1");
        assert_eq!(facts.last().unwrap().detail, "save 7 of run 3 is missing");
    }

    #[test]
    fn equal_promises_are_listed_and_unequal_ones_are_not_hidden() {
        let scenario = fixture::scenario();
        assert_eq!(
            promises(&scenario.promises),
            "journal wal, synchronous FULL"
        );
        let mut unequal = scenario.promises;
        unequal
            .candidate
            .insert("synchronous".to_owned(), "OFF".to_owned());
        assert_eq!(promises(&unequal), "the arms promise different things");
    }
}
