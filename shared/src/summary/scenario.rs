//! One scenario as its readers see it.

use crate::arms::Arms;
use crate::estimate::{Comparison, estimate};
use crate::metric::{Metric, Plain};
use crate::report::{Scenario, Status};
use crate::units::{
    Unit, format_change, format_change_interval, format_count, format_time, format_value,
};
use crate::verdict::{Judgement, Verdict, judge, overall};

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

/// Judges a scenario by its own targets.
#[must_use]
pub fn summarize_scenario(scenario: &Scenario) -> ScenarioSummary {
    let judgements: Vec<Judgement> = scenario
        .criteria
        .iter()
        .map(|c| judge(c, Some(scenario)))
        .collect();
    ScenarioSummary {
        name: scenario.name.clone(),
        title: scenario.title.clone(),
        verdict: verdict(scenario, &judgements),
        sentence: sentence(scenario),
        sub: sub(scenario),
        label: scenario.load.label(),
        judgements,
    }
}

fn verdict(scenario: &Scenario, judgements: &[Judgement]) -> Verdict {
    let lost = scenario
        .ledger
        .as_ref()
        .is_some_and(|l| !l.baseline.is_clean() || !l.candidate.is_clean());
    let targets = overall(judgements.iter().map(|j| j.verdict));
    if lost || targets == Verdict::Fail {
        Verdict::Fail
    } else if scenario.ledger.is_none() || !scenario.status.is_complete() {
        Verdict::Inconclusive
    } else {
        targets
    }
}

fn sentence(scenario: &Scenario) -> String {
    if let Status::Broken { cause } = &scenario.status {
        return format!("Broke: {cause}.");
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
        "Alternating hits and misses cost {} against the sequential pattern; the cache hits {}.",
        format_change(penalty),
        format_value(hits, Unit::Share)
    ))
}

fn latency_sentence(scenario: &Scenario) -> Option<String> {
    let p95 = p95(scenario)?;
    let (b, c) = (p95.baseline.as_ref()?.value, p95.candidate.as_ref()?.value);
    let change = p95.change.as_ref()?.value;
    let verb = match format_change(change).chars().next() {
        Some('+') => "rises",
        Some('0') => "stays",
        _ => "falls",
    };
    Some(format!(
        "P95 {verb} from {} to {} ({}).",
        format_time(b),
        format_time(c),
        format_change(change)
    ))
}

fn sub(scenario: &Scenario) -> String {
    let mut parts = Vec::new();
    if let Some(p95) = p95(scenario) {
        if let Some(interval) = p95.change.as_ref().and_then(|c| c.interval) {
            let range = format_change_interval(interval.low, interval.high);
            parts.push(format!(
                "P95 change, 95 % interval {range} %, over {} pairs.",
                p95.pairs
            ));
        }
    } else if let Err(missing) = estimate(P95, scenario) {
        parts.push(format!("Latency is {missing}."));
    }
    let failed = Arms {
        baseline: plain(scenario, Plain::ErrorCount).and_then(|c| c.baseline),
        candidate: plain(scenario, Plain::ErrorCount).and_then(|c| c.candidate),
    };
    if let (Some(b), Some(c)) = (failed.baseline, failed.candidate) {
        parts.push(if b.value + c.value == 0.0 {
            "No save failed in either arm.".to_owned()
        } else {
            format!(
                "Failed saves: {} and {}.",
                format_value(b.value, Unit::Count),
                format_value(c.value, Unit::Count)
            )
        });
    }
    parts.push(match &scenario.ledger {
        Some(l) if l.baseline.is_clean() && l.candidate.is_clean() => {
            "Nothing was lost.".to_owned()
        }
        Some(l) => format!(
            "Lost or wrong: {} by the baseline, {} by the candidate.",
            format_count(l.baseline.violations()),
            format_count(l.candidate.violations())
        ),
        None => "What was stored was not checked.".to_owned(),
    });
    parts.join(" ")
}

const P95: Metric = Metric::Latency {
    kind: crate::metric::LatencyKind::Response,
    percentile: 95.0,
    class: None,
};

fn p95(scenario: &Scenario) -> Option<Comparison> {
    estimate(P95, scenario).ok()
}

fn plain(scenario: &Scenario, plain: Plain) -> Option<Comparison> {
    estimate(Metric::Plain(plain), scenario).ok()
}
