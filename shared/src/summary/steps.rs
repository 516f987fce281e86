//! What to do next, derived from the evidence by fixed rules.

use super::sentence::name_in_scenario;
use super::{RunSummary, safety};
use crate::arms::ArmRole;
use crate::criteria::Measure;
use crate::estimate::{Comparison, estimate};
use crate::metric::{Metric, Plain};
use crate::report::{Run, Scenario, Status};
use crate::trust::TrustCheck;
use crate::units::{Unit, format_count, format_things, format_value};
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

/// A target and the name of the scenario that judged it.
pub(crate) type Named<'a> = (&'a Judgement, Option<&'a str>);

pub(super) fn steps(run: &Run, summary: &RunSummary, scenarios: &[Scenario]) -> Vec<Step> {
    let mut steps = Vec::new();
    steps.extend(lost(scenarios));
    steps.extend(again(run));
    // Where nothing was measured, every check fails and none is the cause.
    if !scenarios.is_empty() {
        let failed = summary.trust_checks.iter();
        steps.extend(failed.filter(|c| c.verdict == Verdict::Fail).map(distrust));
    }
    let failed =
        judged_in(summary).filter(|(j, _)| matches!(j.verdict, Verdict::Fail | Verdict::Warn));
    steps.extend(failed.take(MOST_NAMED).map(missed));
    steps.extend(thin(summary));
    steps.extend(scenarios.iter().filter_map(small_cache));
    steps.extend(full_length(summary));
    if summary.verdict == Verdict::Pass {
        let targets = match summary.tally().inconclusive {
            0 => "Every judged target is met",
            _ => "No target is missed",
        };
        steps.push(Step {
            title: "Keep this run as the reference.".to_owned(),
            text: format!("{targets} and nothing was lost; later runs can be held against it."),
            scenario: None,
        });
    }
    steps
}

/// All targets: the policy's name their scenario, a scenario's own belong to it.
pub(crate) fn judged_in(summary: &RunSummary) -> impl Iterator<Item = Named<'_>> {
    let of_policy = summary.judgements.iter();
    let of_scenarios = summary.scenarios.iter();
    of_policy
        .map(|j| (j, j.criterion.scenario.as_deref()))
        .chain(of_scenarios.flat_map(|s| s.judgements.iter().map(|j| (j, Some(s.name.as_str())))))
}

fn lost(scenarios: &[Scenario]) -> Option<Step> {
    let (scenario, role, violations) = scenarios.iter().find_map(|s| {
        [ArmRole::Candidate, ArmRole::Baseline]
            .into_iter()
            .filter_map(|role| Some((s, role, s.violations(role)?)))
            .find(|(_, _, violations)| *violations > 0)
    })?;
    let variants = scenario
        .ablation
        .iter()
        .filter(|_| role == ArmRole::Candidate);
    let variants = variants.filter_map(|v| v.ledger.as_ref());
    let mut ledgers = scenario.ledger.iter().map(|l| l.get(role)).chain(variants);
    let finding = ledgers.find_map(|l| l.findings.first()).map_or_else(
        || safety::in_words(violations),
        |finding| finding.trim_end_matches('.').to_owned(),
    );
    Some(Step {
        title: "Do not deploy: find what was lost first.".to_owned(),
        text: format!("{}, {role}: {finding}.", scenario.title),
        scenario: Some(scenario.name.clone()),
    })
}

fn again(run: &Run) -> Option<Step> {
    let text = match &run.status {
        Status::Complete => return None,
        Status::Broken { cause } => format!("It broke: {}.", cause.trim_end_matches('.')),
        Status::Interrupted => "It was interrupted; what it has is shown.".to_owned(),
        Status::Pending | Status::Running => "It has not ended.".to_owned(),
    };
    Some(Step {
        title: "Complete the run.".to_owned(),
        text,
        scenario: None,
    })
}

fn distrust(check: &TrustCheck) -> Step {
    Step {
        title: format!("Mend the measurement: {}.", lower_first(&check.title)),
        text: format!("Found: {}. {}.", check.value, upper_first(&check.detail)),
        scenario: None,
    }
}

fn missed((judgement, scenario): Named<'_>) -> Step {
    let figure = judgement.measured().map_or_else(String::new, |estimate| {
        format!(
            "Measured: {}; the strategy asks for “{}”. ",
            format_value(estimate.value, unit_of(judgement)),
            judgement.criterion.quote
        )
    });
    Step {
        title: format!("Look into {}.", name_in_scenario(judgement)),
        text: format!("{figure}{}.", upper_first(&judgement.reason)),
        scenario: scenario.map(str::to_owned),
    }
}

/// The unit of what is held against the limits.
fn unit_of(judgement: &Judgement) -> Unit {
    match (judgement.criterion.target.of, &judgement.comparison) {
        (Measure::Change, _) => Unit::Growth,
        (_, Some(comparison)) => comparison.unit,
        (_, None) => Unit::Count,
    }
}

fn thin(summary: &RunSummary) -> Option<Step> {
    let mut open = judged_in(summary).filter(|(j, _)| j.verdict == Verdict::Inconclusive);
    let (first, scenario) = open.next()?;
    let others = match open.count() as u64 {
        0 => String::new(),
        n => format!(
            " {} open.",
            format_things(n, "more target is", "more targets are")
        ),
    };
    Some(Step {
        title: format!("Settle {}.", name_in_scenario(first)),
        text: format!("{}.{others}", upper_first(&first.reason)),
        scenario: scenario.map(str::to_owned),
    })
}

/// A cache that misses much of what the plan repeats. Of split traffic an arm gets fewer repetitions than were planned: what
/// they repeat may have gone to the other arm.
fn small_cache(scenario: &Scenario) -> Option<Step> {
    let figure = |plain| -> Option<Comparison> { estimate(Metric::Plain(plain), scenario).ok() };
    let hits = figure(Plain::HitRatio)?.candidate?.value;
    let offered = scenario.load.duplicate_share;
    let comparable = scenario.load.pattern == "mixed" && !scenario.load.split;
    (comparable && hits < offered - HITS_MISSED).then(|| Step {
        title: format!(
            "Try a larger cache than {} entries.",
            format_count(scenario.load.cache_entries)
        ),
        text: format!(
            "{}: {} of the saves repeat their run's last state, the cache answers {} of its look-ups.",
            scenario.title,
            format_value(offered, Unit::Share),
            format_value(hits, Unit::Share)
        ),
        scenario: Some(scenario.name.clone()),
    })
}

fn full_length(summary: &RunSummary) -> Option<Step> {
    let waits = |j: &Judgement| {
        j.verdict == Verdict::NotJudged && j.criterion.needs_full_length && j.comparison.is_some()
    };
    let (first, scenario) = judged_in(summary).find(|(j, _)| waits(j))?;
    let title = first.scenario_title.as_deref().unwrap_or("its scenario");
    let seen = first.measured().map_or_else(String::new, |e| {
        format!(" So far: {}.", format_value(e.value, unit_of(first)))
    });
    Some(Step {
        title: format!("Run the full profile on {title}."),
        text: format!("{} {}.{seen}", first.criterion.title, first.reason),
        scenario: scenario.map(str::to_owned),
    })
}

fn upper_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |c| {
        std::iter::once(c.to_ascii_uppercase())
            .chain(chars)
            .collect()
    })
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |c| {
        std::iter::once(c.to_ascii_lowercase())
            .chain(chars)
            .collect()
    })
}
