//! What the calibration scenarios found: how far one service differs from itself, and what the generator can do.

use shared::calibration::{Calibration, is_generator, is_noise};
use shared::estimate::Estimate;
use shared::metric::Metric;
use shared::report::Scenario;
use shared::summary::Fact;
use shared::units::{THIN, Unit, format_bytes, format_time, format_value, significant};
use shared::verdict::Verdict;

use super::forest::{Forest, ForestInput, forest};

/// Figures whose noise is drawn, by the metrics' names.
const FIGURES: [(&str, &str); 8] = [
    ("P50, duplicates", "response.p50.duplicate"),
    ("P50, unique states", "response.p50.unique"),
    ("P95", "response.p95"),
    ("P99", "response.p99"),
    ("Processor time per save", "cpu"),
    ("Rows written per save", "database.rows"),
    ("Connection time per save", "database.connection_time"),
    ("Resident memory, peak", "memory.peak"),
];

/// The noise of a run's figures.
#[derive(Debug, PartialEq)]
pub(crate) struct Noise {
    pub(crate) forest: Forest,
    /// One fact a figure: the floor, and the smallest change that would be found.
    pub(crate) facts: Vec<Fact>,
}

/// The noise that a scenario found; `None` for a scenario that does not look for it.
pub(crate) fn noise(scenario: &Scenario) -> Option<Noise> {
    if !is_noise(scenario) {
        return None;
    }
    let calibration = Calibration::of(std::slice::from_ref(scenario));
    let found: Vec<_> = FIGURES
        .iter()
        .filter_map(|(title, name)| {
            let metric: Metric = name.parse().ok()?;
            let floor = calibration.noise_floor(metric)?;
            let change = Estimate {
                value: floor.change,
                interval: Some(floor.interval),
                no_interval: None,
            };
            Some((*title, *name, floor, change))
        })
        .collect();
    let inputs: Vec<_> = found
        .iter()
        .map(|(title, name, floor, change)| ForestInput {
            title,
            change: Some(change),
            more_is_better: false,
            floor: Some(floor.floor),
            warn: None,
            fail: None,
            verdict: Verdict::NotJudged,
            id: name,
        })
        .collect();
    let percent = |ratio: f64| format!("{}{THIN}%", significant(ratio * 100.0, 2, 1));
    let facts = found.iter().map(|(title, _, floor, _)| Fact {
        title: (*title).to_owned(),
        detail: format!(
            "a change of {} is found four times in five",
            percent(floor.detectable)
        ),
        value: format!("±{}", percent(floor.floor)),
    });
    Some(Noise {
        forest: forest(&inputs),
        facts: facts.collect(),
    })
}

/// What the generator can do; `None` for a scenario that does not measure it.
pub(crate) fn generator(scenario: &Scenario) -> Option<Vec<Fact>> {
    if !is_generator(scenario) {
        return None;
    }
    let found = Calibration::of(std::slice::from_ref(scenario)).generator()?;
    let rate = format_value(found.rate_per_second, Unit::PerSecond);
    let fact = |title: &str, detail: String, value: Option<String>| Fact {
        title: title.to_owned(),
        detail,
        value: value.unwrap_or_else(|| "not measured".to_owned()),
    };
    Some(vec![
        fact(
            "Ceiling",
            "saves of a service that does nothing, each recorded in full".to_owned(),
            Some(format_value(found.ceiling_per_second, Unit::PerSecond)),
        ),
        fact(
            "Schedule lag, P99",
            format!("from the planned instant to the call, at {rate}"),
            found.schedule_lag_p99_ns.map(|ns| format_time(ns as f64)),
        ),
        fact(
            "Processor time per save",
            "the generator's own share".to_owned(),
            found.cpu_per_save_ns.map(format_time),
        ),
        fact(
            "Memory per save",
            "what a save leaves behind in the arm's process".to_owned(),
            found.memory_per_save_bytes.map(format_bytes),
        ),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view_model::fixture;
    use shared::arms::{ArmRole, Arms};
    use shared::report::ArmIdentity;

    /// The candidate's blocks once more as the baseline's.
    fn twice(name: &str) -> Scenario {
        let mut scenario = fixture::scenario();
        scenario.name = name.to_owned();
        let arm = ArmIdentity {
            service: "standard".to_owned(),
            label: "Standard".to_owned(),
            build: None,
        };
        scenario.arms = Some(Arms {
            baseline: arm.clone(),
            candidate: arm,
        });
        let mut blocks = Vec::new();
        for block in scenario
            .blocks
            .iter()
            .filter(|b| b.arm == ArmRole::Baseline)
        {
            blocks.extend([ArmRole::Baseline, ArmRole::Candidate].map(|arm| {
                let mut block = block.clone();
                block.arm = arm;
                block.cpu_ns = block
                    .cpu_ns
                    .map(|ns| ns + 100 * u64::from(block.pair % 3) * (arm as u64));
                block
            }));
        }
        scenario.blocks = blocks;
        scenario
    }

    #[test]
    fn an_ordinary_scenario_calibrates_nothing() {
        assert_eq!(noise(&fixture::scenario()), None);
        assert_eq!(generator(&fixture::scenario()), None);
    }

    #[test]
    fn noise_is_drawn_where_it_has_an_interval() {
        let found = noise(&twice("noise")).unwrap();
        assert_eq!(found.forest.rows.len(), found.facts.len());
        assert!(
            found
                .facts
                .iter()
                .any(|f| f.title == "Processor time per save")
        );
    }

    #[test]
    fn the_generator_says_its_ceiling_first() {
        let facts = generator(&twice("generator")).unwrap();
        assert_eq!(facts[0].title, "Ceiling");
        assert!(facts[0].value.contains("/s"), "{:?}", facts[0]);
    }
}
