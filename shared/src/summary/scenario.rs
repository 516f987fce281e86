//! One scenario as its readers see it.

use super::particular::{P95, said};
use super::safety;
use crate::arms::{ArmRole, Arms};
use crate::calibration::{Calibration, is_generator};
use crate::estimate::{Comparison, Estimate, estimate};
use crate::metric::{Metric, Plain};
use crate::pace;
use crate::report::{ArmIdentity, Scenario, Status};
use crate::units::{
    THIN, Unit, format_change, format_count, format_from_to, format_interval, format_things,
    format_time, format_value,
};
use crate::verdict::{Judgement, Verdict, judge_own_in_steps, overall};

/// One scenario's outcome.
#[derive(Debug, Clone, PartialEq)]
pub struct ScenarioSummary {
    /// Name, as in links.
    pub name: String,
    /// Name for people.
    pub title: String,
    /// Its verdict: by its own targets and by what it lost.
    pub verdict: Verdict,
    /// Its finding in one sentence.
    pub sentence: String,
    /// Interval, errors and what is particular.
    pub sub: String,
    /// How far the load is from the strategy's; absent in full.
    pub label: Option<String>,
    /// Its own targets.
    pub judgements: Vec<Judgement>,
}

/// Judges a scenario by its own targets. `arms` are the run's; a scenario may have its own.
#[must_use]
pub fn summarize_scenario(
    scenario: &Scenario,
    arms: &Arms<ArmIdentity>,
    calibration: &Calibration<'_>,
) -> ScenarioSummary {
    pace::at_once(summarize_scenario_in_steps(
        scenario,
        arms,
        calibration,
        &pace::none,
    ))
}

/// [`summarize_scenario`] with a pause after each target.
pub(super) async fn summarize_scenario_in_steps(
    scenario: &Scenario,
    arms: &Arms<ArmIdentity>,
    calibration: &Calibration<'_>,
    pause: &impl AsyncFn(),
) -> ScenarioSummary {
    let judgements = judge_own_in_steps(scenario, calibration, pause).await;
    let arms = scenario.arms.as_ref().unwrap_or(arms);
    let (sentence, behind) = match said(scenario, arms, calibration) {
        Some((sentence, behind)) if scenario.status.is_complete() => (sentence, behind),
        _ => (sentence(scenario), p95_behind(scenario)),
    };
    ScenarioSummary {
        name: scenario.name.clone(),
        title: scenario.title.clone(),
        verdict: verdict(scenario, &judgements),
        sentence,
        sub: sub(scenario, behind),
        label: scenario.load.label(),
        judgements,
    }
}

fn verdict(scenario: &Scenario, judgements: &[Judgement]) -> Verdict {
    let lost = scenario.all_violations().is_some_and(|lost| lost > 0);
    let targets = overall(judgements.iter().map(|j| j.verdict));
    if lost || targets == Verdict::Fail {
        Verdict::Fail
    } else if safety::unchecked(std::slice::from_ref(scenario)) > 0
        || !scenario.status.is_complete()
    {
        Verdict::Inconclusive
    } else {
        targets
    }
}

fn sentence(scenario: &Scenario) -> String {
    if let Status::Broken { cause } = &scenario.status {
        return format!("Broke: {}.", cause.trim_end_matches('.'));
    }
    eviction_sentence(scenario)
        .or_else(|| pattern_sentence(scenario))
        .or_else(|| latency_sentence(scenario))
        .unwrap_or_else(|| "No pair of blocks was measured.".to_owned())
}

fn eviction_sentence(scenario: &Scenario) -> Option<String> {
    let probe = scenario.eviction.as_ref()?;
    Some(format!(
        "The cache settles at {} of {} entries; {} of {} evictions hit the least recently used entry.",
        format_count(probe.maintained.settled_entries),
        format_count(probe.capacity),
        format_count(probe.maintained.exact),
        format_count(probe.maintained.evictions),
    ))
}

fn pattern_sentence(scenario: &Scenario) -> Option<String> {
    let penalty = plain(scenario, Plain::PatternPenalty)?.candidate?.value - 1.0;
    let hits = plain(scenario, Plain::HitRatio)?.candidate?.value;
    Some(format!(
        "Mean service time changes by {} from the sequential to the alternating pattern; the cache answers {} of its look-ups.",
        format_change(penalty),
        format_value(hits, Unit::Share)
    ))
}

pub(super) fn latency_sentence(scenario: &Scenario) -> Option<String> {
    let p95 = p95(scenario)?;
    let (b, c) = (p95.baseline.as_ref()?.value, p95.candidate.as_ref()?.value);
    let change = p95.change.as_ref()?.value;
    let verb = match format_change(change).chars().next() {
        Some('+') => "rises",
        Some('0') => return Some(format!("P95 stays at {} (0{THIN}%).", format_time(c))),
        _ => "falls",
    };
    Some(format!(
        "P95 {verb} from {} ({}).",
        format_from_to(b, c),
        format_change(change)
    ))
}

/// What stands behind the finding of an ordinary scenario.
fn p95_behind(scenario: &Scenario) -> String {
    match estimate(P95, scenario) {
        Ok(p95) => (p95.change.as_ref()).map_or_else(String::new, |c| p95_interval(c, p95.pairs)),
        Err(missing) => format!("No P95: {missing}."),
    }
}

fn sub(scenario: &Scenario, behind: String) -> String {
    if is_generator(scenario) {
        return behind;
    }
    let mut parts: Vec<String> = Some(behind).filter(|b| !b.is_empty()).into_iter().collect();
    let failed = Arms {
        baseline: plain(scenario, Plain::ErrorCount).and_then(|c| c.baseline),
        candidate: plain(scenario, Plain::ErrorCount).and_then(|c| c.candidate),
    };
    if let (Some(b), Some(c)) = (failed.baseline, failed.candidate) {
        parts.push(if b.value + c.value == 0.0 {
            "No save failed in either arm.".to_owned()
        } else {
            format!(
                "Failed saves: {} by the baseline, {} by the candidate.",
                format_value(b.value, Unit::Count),
                format_value(c.value, Unit::Count)
            )
        });
    }
    parts.push(match scenario.all_violations() {
        Some(lost) if lost > 0 => {
            let by = |role| format_count(scenario.violations(role).unwrap_or(0));
            format!(
                "Lost, wrong or out of order: {} by the baseline, {} by the candidate.",
                by(ArmRole::Baseline),
                by(ArmRole::Candidate)
            )
        }
        _ if safety::unchecked(std::slice::from_ref(scenario)) > 0 => {
            "What was stored was not checked.".to_owned()
        }
        _ => "Nothing was lost.".to_owned(),
    });
    parts.join(" ")
}

fn p95_interval(change: &Estimate, pairs: usize) -> String {
    let ends = change
        .interval
        .and_then(|i| format_interval(i.low, i.high, Unit::Growth));
    match (ends, &change.no_interval) {
        (Some(ends), _) => format!(
            "P95 change, 95{THIN}% interval {ends}, over {}.",
            format_things(pairs as u64, "pair", "pairs")
        ),
        (None, Some(reason)) => format!("P95 change without an interval: {reason}."),
        (None, None) if change.interval.is_some() => format!(
            "P95 does not vary over {}.",
            format_things(pairs as u64, "pair", "pairs")
        ),
        (None, None) => "P95 change without an interval.".to_owned(),
    }
}

fn p95(scenario: &Scenario) -> Option<Comparison> {
    estimate(P95, scenario).ok()
}

fn plain(scenario: &Scenario, plain: Plain) -> Option<Comparison> {
    estimate(Metric::Plain(plain), scenario).ok()
}
