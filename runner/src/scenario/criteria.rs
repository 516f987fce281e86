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
    #[serde(default)]
    needs_full_length: bool,
    not_judged_because: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPolicy {
    name: String,
    criteria: Vec<RawCriterion>,
}

/// Reads a policy; each of its criteria names one of `scenarios`.
pub(super) fn policy(file: &str, text: &str, scenarios: &[&str]) -> Result<Policy, ScenarioError> {
    let source = Source {
        file: file.to_owned(),
        text: text.to_owned(),
    };
    let raw: RawPolicy = toml::from_str(text).map_err(|error| source.refused(&error))?;
    Ok(Policy {
        name: raw.name,
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
        if written.unit == Unit::None || written.unit == unit {
            return Ok(written.value);
        }
        Err(source.invalid(figure.span(), format!("this limit is {}", unit.examples())))
    };
    let pass = limit(&raw.pass)?;
    let fail = raw.fail.as_ref().map(limit).transpose()?;
    if let (Some(figure), Some(fail)) = (&raw.fail, fail) {
        let (good_side, word) = match raw.better {
            Better::Lower => (fail < pass, "at least"),
            Better::Higher => (fail > pass, "at most"),
        };
        if good_side {
            let problem = format!(
                "failing begins on the good side of `pass`: it must be {word} {pass}{}",
                unit.base()
            );
            return Err(source.invalid(figure.span(), problem));
        }
    }
    Ok(Target {
        of: raw.of,
        better: raw.better,
        pass,
        fail,
    })
}

fn unit_of(metric: Metric) -> Unit {
    match metric {
        Metric::Latency { .. }
        | Metric::Plain(Plain::ConnectionPerSave | Plain::CpuPerSave | Plain::CacheRecovery) => {
            Unit::Time
        }
        Metric::Plain(Plain::MemoryGrowth | Plain::MemoryPerSave) => Unit::Size,
        Metric::Plain(_) => Unit::Share,
    }
}
