//! What to do next, derived from the evidence by fixed rules.

use super::RunSummary;
use super::sentence::name_in_scenario;
use crate::criteria::Measure;
use crate::estimate::{Comparison, estimate};
use crate::metric::{Metric, Plain};
use crate::report::Scenario;
use crate::trust::TrustCheck;
use crate::units::{Unit, format_change, format_value};
use crate::verdict::{Judgement, Verdict};

/// Failed targets that are named one by one; the table has the rest.
const MOST_NAMED: usize = 3;
/// A cache that hits this much less than the plan offers is too small.
const HITS_MISSED: f64 = 0.05;

/// One recommendation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What to do.
    pub title: String,
    /// Why.
    pub text: String,
    /// The scenario that shows it, by name.
    pub scenario: Option<String>,
}

pub(super) fn steps(summary: &RunSummary, scenarios: &[Scenario]) -> Vec<Step> {
    let mut steps = Vec::new();
    steps.extend(lost(scenarios));
    steps.extend(
        summary
            .trust_checks
            .iter()
            .filter(|c| c.verdict == Verdict::Fail)
            .map(distrust),
    );
    let failed = summary
        .all_judgements()
        .filter(|j| matches!(j.verdict, Verdict::Fail | Verdict::Warn));
    steps.extend(failed.take(MOST_NAMED).map(missed));
    steps.extend(thin(summary));
    steps.extend(scenarios.iter().filter_map(small_cache));
    steps.extend(full_length(summary));
    if summary.verdict == Verdict::Pass {
        steps.push(Step {
            title: "Keep this run as the reference.".to_owned(),
            text: "Every judged target is met and nothing was lost; later runs can be held against it.".to_owned(),
            scenario: None,
        });
    }
    steps
}

fn lost(scenarios: &[Scenario]) -> Option<Step> {
    let (scenario, finding) = scenarios.iter().find_map(|s| {
        let ledger = s.ledger.as_ref()?;
        let finding = ledger
            .candidate
            .findings
            .first()
            .or(ledger.baseline.findings.first())?;
        Some((s, finding))
    })?;
    Some(Step {
        title: "Do not deploy: find what was lost first.".to_owned(),
        text: format!("{}: {finding}", scenario.title),
        scenario: Some(scenario.name.clone()),
    })
}

fn distrust(check: &TrustCheck) -> Step {
    Step {
        title: format!("Mend the measurement: {}.", lower_first(&check.title)),
        text: format!("Found {}; {}.", check.value, check.detail),
        scenario: None,
    }
}

fn missed(judgement: &Judgement) -> Step {
    let figure = judgement.measured().map_or_else(String::new, |estimate| {
        let unit = match judgement.criterion.target.of {
            Measure::Change => Unit::Growth,
            _ => judgement
                .comparison
                .as_ref()
                .map_or(Unit::Count, |c| c.unit),
        };
        format!(
            "It is {}; the strategy asks for “{}”.",
            format_value(estimate.value, unit),
            judgement.criterion.quote
        )
    });
    Step {
        title: format!("Look into {}.", name_in_scenario(judgement)),
        text: format!("{figure} {}.", upper_first(&judgement.reason)),
        scenario: judgement.criterion.scenario.clone(),
    }
}

fn thin(summary: &RunSummary) -> Option<Step> {
    let open: Vec<&Judgement> = summary
        .all_judgements()
        .filter(|j| j.verdict == Verdict::Inconclusive)
        .collect();
    let first = open.first()?;
    Some(Step {
        title: format!("Settle {} with more pairs.", name_in_scenario(first)),
        text: match open.len() {
            1 => format!("{}.", upper_first(&first.reason)),
            n => format!(
                "{}. {} more targets are open.",
                upper_first(&first.reason),
                n - 1
            ),
        },
        scenario: first.criterion.scenario.clone(),
    })
}

/// A cache that misses much of what the plan repeats.
fn small_cache(scenario: &Scenario) -> Option<Step> {
    let figure = |plain| -> Option<Comparison> { estimate(Metric::Plain(plain), scenario).ok() };
    let hits = figure(Plain::HitRatio)?.candidate?.value;
    let offered = scenario.load.duplicate_share;
    (scenario.load.pattern == "mixed" && hits < offered - HITS_MISSED).then(|| Step {
        title: format!(
            "Try a larger cache than {} entries.",
            scenario.load.cache_entries
        ),
        text: format!(
            "{}: {} of the saves repeat their run's last state, the cache hits {}.",
            scenario.title,
            format_value(offered, Unit::Share),
            format_value(hits, Unit::Share)
        ),
        scenario: Some(scenario.name.clone()),
    })
}

fn full_length(summary: &RunSummary) -> Option<Step> {
    let waiting: Vec<&Judgement> = summary
        .all_judgements()
        .filter(|j| j.verdict == Verdict::NotJudged && j.criterion.needs_full_length)
        .collect();
    let first = waiting.first()?;
    let scenario = first.scenario_title.clone().unwrap_or_default();
    let seen = first
        .comparison
        .as_ref()
        .and_then(|c| c.candidate.as_ref())
        .map_or_else(String::new, |e| {
            format!(" So far: {}.", format_change(e.value))
        });
    Some(Step {
        title: format!("Run the full profile on {scenario}."),
        text: format!("{}: {}.{seen}", first.criterion.title, first.reason),
        scenario: first.criterion.scenario.clone(),
    })
}

fn upper_first(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map_or_else(String::new, |c| c.to_lowercase().chain(chars).collect())
}
