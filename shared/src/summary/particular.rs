//! What is particular of scenarios that ask something else than how two services compare under one load.

use super::scenario::latency_sentence;
use super::{broken, leak};
use crate::ablation::{contributions, costliest};
use crate::arms::{ArmRole, Arms};
use crate::calibration::{Calibration, is_generator, is_noise, is_sampling};
use crate::estimate::{Comparison, Estimate, estimate, target_in_words};
use crate::metric::{Metric, Plain};
use crate::report::{ArmIdentity, Scenario};
use crate::units::{
    THIN, Unit, format_change, format_change_interval_tenths, format_change_tenths, format_count,
    format_interval, format_percent_tenths, format_things, format_time, format_value,
};

pub(super) const P95: Metric = Metric::response(95.0);

/// A finding and what stands behind it.
pub(super) type Said = (String, String);

/// What a scenario of a kind of its own says; none for an ordinary one.
pub(super) fn said(
    scenario: &Scenario,
    arms: &Arms<ArmIdentity>,
    calibration: &Calibration<'_>,
) -> Option<Said> {
    if is_noise(scenario) {
        noise(scenario, calibration)
    } else if is_generator(scenario) {
        generator(calibration)
    } else if is_sampling(scenario) {
        sampling(scenario)
    } else if scenario.capacity.is_some() {
        capacity(scenario, arms)
    } else if scenario.load.split {
        split(scenario)
    } else {
        leak::said(scenario)
            .or_else(|| broken::said(scenario))
            .or_else(|| ablation(scenario))
    }
}

fn ablation(scenario: &Scenario) -> Option<Said> {
    let variants = contributions(scenario);
    let (part, ratio) = costliest(&variants)?;
    let rounds = scenario.ablation.first()?.rounds.len() as u64;
    Some((
        format!(
            "Of all parts, {} costs most: {} throughput of the whole service.",
            part.label,
            format_value(ratio, Unit::Factor)
        ),
        format!(
            "{} over {}.",
            format_things(variants.len() as u64, "variant", "variants"),
            format_things(rounds, "round", "rounds")
        ),
    ))
}

fn noise(scenario: &Scenario, calibration: &Calibration<'_>) -> Option<Said> {
    let noise = calibration.noise_floor(P95)?;
    let range = format_change_interval_tenths(noise.interval.low, noise.interval.high)?;
    let floor = format_percent_tenths(noise.floor);
    let found = format_percent_tenths(noise.detectable);
    Some((
        format!(
            "The same service twice: P95 differs by {} ({range}{THIN}%); changes under ±{floor} are noise.",
            format_change_tenths(noise.change),
        ),
        format!(
            "Over {}. A true change of {found} is found four times in five.",
            format_things(u64::from(scenario.load.pairs), "pair", "pairs")
        ),
    ))
}

fn generator(calibration: &Calibration<'_>) -> Option<Said> {
    let generator = calibration.generator()?;
    let lag = generator.schedule_lag_p99_ns.map(|lag| {
        format!(
            "; at {} a second it is {} late at P99",
            format_value(generator.rate_per_second, Unit::Count),
            format_time(lag as f64)
        )
    });
    let cost = match generator.cost() {
        cost if cost.is_empty() => cost,
        cost => format!("A save costs it {cost}. "),
    };
    Some((
        format!(
            "The generator makes {} saves a second{}.",
            format_value(rounded(generator.ceiling_per_second), Unit::Count),
            lag.unwrap_or_default()
        ),
        format!("{cost}The service does nothing, so nothing is stored."),
    ))
}

/// The rest stands in its targets.
fn sampling(scenario: &Scenario) -> Option<Said> {
    let throughput = estimate(Metric::Plain(Plain::ClosedThroughput), scenario);
    let change = throughput.ok()?.change?.value;
    Some((
        format!(
            "Sampling changes throughput by {}.",
            format_change_tenths(change)
        ),
        String::new(),
    ))
}

/// Three significant digits: what a ceiling or a capacity is good for.
fn rounded(value: f64) -> f64 {
    let magnitude = value.abs().max(1.0).log10().floor();
    let step = 10_f64.powi(magnitude as i32 - 2).max(1.0);
    (value / step).round() * step
}

fn capacity(scenario: &Scenario, arms: &Arms<ArmIdentity>) -> Option<Said> {
    let target = scenario.capacity.as_ref()?.target_ns;
    let of = |plain| estimate(Metric::Plain(plain), scenario).ok();
    let rate = of(Plain::CapacityRate);
    let users = of(Plain::ConcurrentCapacity);
    let (found, unit, other) = match (rate, users) {
        (Some(rate), users) => (rate, "saves a second", users),
        (None, Some(users)) => (users, "concurrent users", None),
        (None, None) => return None,
    };
    let level = |estimate: &Option<Estimate>| {
        estimate
            .as_ref()
            .map(|e| format_value(rounded(e.value), Unit::Count))
    };
    let parts = [
        level(&found.candidate).map(|l| format!("up to {l} {unit}")),
        level(&found.baseline).map(|l| format!("{} up to {l}", arms.get(ArmRole::Baseline).label)),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    let sentence = format!(
        "{} meets {} {}.",
        arms.candidate.label,
        target_in_words(target),
        parts.join(", ")
    );
    let mut behind = vec![change(&found, "Change of the rate")];
    if let Some(users) = other {
        let [b, c] = [level(&users.baseline)?, level(&users.candidate)?];
        behind.push(format!("Concurrent users: {b} and {c}."));
        behind.push(change(&users, "Change of the users"));
    }
    behind.retain(|part| !part.is_empty());
    Some((sentence, behind.join(" ")))
}

fn change(comparison: &Comparison, what: &str) -> String {
    let Some(change) = &comparison.change else {
        return String::new();
    };
    let ends = change
        .interval
        .and_then(|i| format_interval(i.low, i.high, Unit::Growth));
    let interval = ends.map_or_else(String::new, |ends| format!(", 95{THIN}% interval {ends}"));
    format!(
        "{what}: {}{interval}, over {}.",
        format_change(change.value),
        format_things(comparison.pairs as u64, "pair", "pairs")
    )
}

fn split(scenario: &Scenario) -> Option<Said> {
    let p95 = estimate(P95, scenario).ok()?;
    let change = p95.change.as_ref()?;
    let sentence = format!(
        "Both services live at once. {}",
        latency_sentence(scenario)?
    );
    let windows = format_count(p95.pairs as u64);
    let ends = change
        .interval
        .and_then(|i| format_interval(i.low, i.high, Unit::Growth));
    let behind = match (ends, &change.no_interval) {
        (Some(ends), _) => format!(
            "95{THIN}% interval {ends}, over {windows} windows of time, neighbours drawn together."
        ),
        (None, reason) => format!(
            "No interval over {windows} windows: {}.",
            reason.as_deref().unwrap_or("too little evidence")
        ),
    };
    Some((sentence, behind))
}
