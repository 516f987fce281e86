//! What a scenario that looks for a leak says of the memory that the candidate had allocated.

use super::particular::Said;
use crate::arms::ArmRole;
use crate::estimate::{LeakFit, leak_fit};
use crate::metric::{Metric, Plain};
use crate::report::Scenario;
use crate::units::{
    THIN, format_bytes, format_change_interval_tenths, format_change_tenths, format_things,
    significant,
};

/// The finding, where a leak is the first thing that a scenario is judged by and there is a fit.
pub(super) fn said(scenario: &Scenario) -> Option<Said> {
    let leak = Metric::Plain(Plain::MemoryLeak);
    let looks_for_it = scenario.criteria.first().is_some_and(|c| c.metric == leak);
    let fit = looks_for_it.then(|| leak_fit(scenario, ArmRole::Candidate).ok())??;
    Some((leak_finding(&fit), behind(&fit)))
}

/// What a fit says of a leak, as a sentence.
#[must_use]
pub fn leak_finding(fit: &LeakFit) -> String {
    let day = fit.growth_of_a_day();
    let Some(interval) = day.interval else {
        let reason = day.no_interval.unwrap_or_default();
        return format!("Whether memory leaks is open: {reason}.");
    };
    let range = format_change_interval_tenths(interval.low, interval.high)
        .unwrap_or_else(|| format_change_tenths(day.value));
    if interval.low <= 0.0 && interval.high >= 0.0 {
        return format!(
            "No leak is seen: what is allocated changes by {range}{THIN}% in 24 hours of this load."
        );
    }
    let verb = if interval.low > 0.0 { "grows" } else { "falls" };
    format!(
        "What is allocated {verb} by {} bytes a save: {} in 24 hours of this load ({range}{THIN}%).",
        significant(fit.bytes_per_save().abs(), 3, 2),
        format_change_tenths(day.value),
    )
}

fn behind(fit: &LeakFit) -> String {
    let test = match fit.p_value {
        Some(p) if p < 0.001 => "; p < 0.001 by Mann and Kendall's test".to_owned(),
        Some(p) => format!("; p = {p:.3} by Mann and Kendall's test"),
        None => String::new(),
    };
    format!(
        "A line through {} of {} after the warm-up, from {}; 24 hours are {}{test}.",
        format_things(fit.points.len() as u64, "point", "points"),
        format_things(fit.saves, "save", "saves"),
        format_bytes(fit.level_bytes()),
        format_things(fit.saves_of_a_day as u64, "save", "saves"),
    )
}
