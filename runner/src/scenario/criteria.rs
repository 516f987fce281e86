//! Criteria as they stand in scenario and policy files.

use std::collections::BTreeSet;

use serde::Deserialize;
use shared::criteria::{Better, Criterion, Measure, Policy, Target};
use shared::metric::{LatencyKind, Metric, Plain};
use toml::Spanned;

use super::error::{ScenarioError, Source, did_you_mean};
use super::figure::{Figure, Unit};

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCriterion {
    id: Spanned<String>,
    title: String,
    source: String,
    quote: String,
    /// Policies only.
    scenario: Option<Spanned<String>>,
    metric: Spanned<String>,
    of: Measure,
    better: Better,
    pass: Spanned<Figure>,
    fail: Option<Spanned<Figure>>,
    /// Whether it only ever warns.
    #[serde(default)]
    warn_only: bool,
    #[serde(default)]
    needs_full_length: bool,
    not_judged_because: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPolicy {
    name: Spanned<String>,
    /// Whether it judges a new build against the last good one.
    #[serde(default)]
    gate: bool,
    #[serde(default)]
    criteria: Vec<RawCriterion>,
}

/// Reads a policy; each of its criteria names one of `scenarios`.
///
/// # Errors
/// [`ScenarioError::Invalid`] with the first thing that is wrong.
pub(super) fn policy(file: &str, text: &str, scenarios: &[&str]) -> Result<Policy, ScenarioError> {
    let source = Source {
        file: file.to_owned(),
        text: text.to_owned(),
    };
    let raw: RawPolicy = toml::from_str(text).map_err(|error| source.refused(&error))?;
    if raw.criteria.is_empty() {
        let problem =
            "a policy needs at least one table `[[criteria]]`: without one nothing is judged";
        return Err(source.invalid(raw.name.span(), problem));
    }
    Ok(Policy {
        name: raw.name.get_ref().clone(),
        gate: raw.gate,
        criteria: resolve(&source, &raw.criteria, Some(scenarios))?,
    })
}

/// Checks criteria. `scenarios` are those that a policy may name; `None` for a scenario's own criteria, which name none.
pub(super) fn resolve(
    source: &Source,
    raw: &[RawCriterion],
    scenarios: Option<&[&str]>,
) -> Result<Vec<Criterion>, ScenarioError> {
    let mut ids = BTreeSet::new();
    raw.iter()
        .map(|criterion| {
            if !ids.insert(criterion.id.get_ref()) {
                return Err(source.invalid(
                    criterion.id.span(),
                    "two criteria have this id: each needs one of its own",
                ));
            }
            check_scenario(source, criterion, scenarios)?;
            let metric = metric(source, &criterion.metric)?;
            Ok(Criterion {
                id: criterion.id.get_ref().clone(),
                title: criterion.title.clone(),
                source: criterion.source.clone(),
                quote: criterion.quote.clone(),
                scenario: criterion
                    .scenario
                    .as_ref()
                    .map(|name| name.get_ref().clone()),
                metric,
                target: target(source, criterion, metric)?,
                needs_full_length: criterion.needs_full_length,
                not_judged_because: criterion.not_judged_because.clone(),
            })
        })
        .collect()
}

fn check_scenario(
    source: &Source,
    raw: &RawCriterion,
    scenarios: Option<&[&str]>,
) -> Result<(), ScenarioError> {
    match (&raw.scenario, scenarios) {
        (Some(name), None) => Err(source.invalid(
            name.span(),
            "a scenario's own criteria name no scenario: leave this out",
        )),
        (None, Some(_)) => Err(source.invalid(
            raw.id.span(),
            "a policy's criterion needs `scenario`, the one that measures it",
        )),
        (Some(name), Some(known)) if !known.contains(&name.get_ref().as_str()) => {
            let close = did_you_mean(name.get_ref(), known.iter().copied());
            Err(source.invalid(
                name.span(),
                format!("unknown scenario, known are {}{close}", known.join(", ")),
            ))
        }
        _ => Ok(()),
    }
}

fn metric(source: &Source, raw: &Spanned<String>) -> Result<Metric, ScenarioError> {
    raw.get_ref().parse().map_err(|unknown| {
        let latencies = LatencyKind::ALL.map(|kind| format!("{}.p95", kind.as_str()));
        let known = Plain::ALL
            .iter()
            .map(|plain| plain.as_str())
            .chain(latencies.iter().map(String::as_str));
        source.invalid(
            raw.span(),
            format!("{unknown}{}", did_you_mean(raw.get_ref(), known)),
        )
    })
}

fn target(source: &Source, raw: &RawCriterion, metric: Metric) -> Result<Target, ScenarioError> {
    let unit = if raw.of == Measure::Change {
        Unit::Share
    } else {
        unit_of(metric)
    };
    let limit = |figure: &Spanned<Figure>| {
        let written = figure.get_ref();
        if written.unit != Unit::None && written.unit != unit {
            let problem = format!("this limit is {}", unit.examples());
            return Err(source.invalid(figure.span(), problem));
        }
        match impossible(raw.of, metric, written.value) {
            Some(problem) => Err(source.invalid(figure.span(), problem)),
            None => Ok(written.value),
        }
    };
    let pass = limit(&raw.pass)?;
    let fail = raw.fail.as_ref().map(limit).transpose()?;
    check_fail(source, raw, unit, pass, fail)?;
    Ok(Target {
        of: raw.of,
        better: raw.better,
        pass,
        fail,
        warn_only: raw.warn_only,
    })
}

/// Why no figure can ever lie at a limit; none where one can.
fn impossible(of: Measure, metric: Metric, limit: f64) -> Option<String> {
    let percent = |limit: f64| format!("{} %", limit * 100.0);
    if !limit.is_finite() {
        return Some("this limit is no finite number".to_owned());
    }
    let share = is_share(metric);
    match of {
        Measure::Change if limit < -1.0 => Some(format!(
            "a change of {} is impossible: nothing falls by more than 100 %",
            percent(limit)
        )),
        Measure::Candidate if share && !(0.0..=1.0).contains(&limit) => Some(format!(
            "a share of {} is impossible: 0 % to 100 % are",
            percent(limit)
        )),
        Measure::Difference if share && limit.abs() > 1.0 => Some(format!(
            "a difference of shares of {} is impossible: −100 % to 100 % are",
            percent(limit)
        )),
        Measure::Candidate if limit < 0.0 && !is_growth(metric) => {
            Some(format!("{metric} is never below zero"))
        }
        _ => None,
    }
}

fn check_fail(
    source: &Source,
    raw: &RawCriterion,
    unit: Unit,
    pass: f64,
    fail: Option<f64>,
) -> Result<(), ScenarioError> {
    let (Some(figure), Some(fail)) = (&raw.fail, fail) else {
        return Ok(());
    };
    if raw.warn_only {
        let problem =
            "a target that only warns has no failing limit: leave this or `warn_only` out";
        return Err(source.invalid(figure.span(), problem));
    }
    let (good_side, word) = match raw.better {
        Better::Lower => (fail < pass, "at least"),
        Better::Higher => (fail > pass, "at most"),
    };
    if !good_side {
        return Ok(());
    }
    let problem = format!(
        "failing begins on the good side of `pass`: it must be {word} {pass}{}",
        unit.base()
    );
    Err(source.invalid(figure.span(), problem))
}

/// Figures between 0 and 1 by their nature.
const fn is_share(metric: Metric) -> bool {
    matches!(
        metric,
        Metric::Plain(
            Plain::ErrorRate
                | Plain::SuccessRate
                | Plain::EvictionExact
                | Plain::HitRatio
                | Plain::HitRatioError
                | Plain::Fragmentation
                | Plain::Deduplication
                | Plain::SamplingShare
        )
    )
}

/// Figures that are changes themselves, and so may be below zero.
const fn is_growth(metric: Metric) -> bool {
    matches!(
        metric,
        Metric::Plain(
            Plain::MemoryTrend
                | Plain::MemoryLeak
                | Plain::LatencyTrend
                | Plain::EvictionMemory
                | Plain::MemoryGrowth
        )
    )
}

/// The unit that a limit on a metric's own figure is written in. Counts and factors are plain numbers, as shares may be.
const fn unit_of(metric: Metric) -> Unit {
    match metric {
        Metric::Latency { .. }
        | Metric::Plain(
            Plain::ConnectionPerSave
            | Plain::CpuPerSave
            | Plain::HashTime
            | Plain::LookupTime
            | Plain::WriteTime
            | Plain::CacheRecovery
            | Plain::KillRecovery
            | Plain::OutageRecovery,
        ) => Unit::Time,
        Metric::Plain(
            Plain::MemoryGrowth
            | Plain::MemoryIdle
            | Plain::LeftMemory
            | Plain::MemoryPerSave
            | Plain::MemoryPeak
            | Plain::AllocatedPerSave
            | Plain::LogPerSave
            | Plain::NetworkPerSave
            | Plain::EntryMemory
            | Plain::LeastEntryMemory
            | Plain::MostEntryMemory
            | Plain::CacheGrowth
            | Plain::HashMemory
            | Plain::CopyMemory,
        ) => Unit::Size,
        Metric::Plain(
            Plain::ClosedThroughput
            | Plain::OpenThroughput
            | Plain::CacheOperations
            | Plain::CapacityRate,
        ) => Unit::Rate,
        Metric::Plain(_) => Unit::Share,
    }
}
