//! What the cache did over time, against what a perfect LRU would have done.

use shared::arms::{ArmRole, Arms};
use shared::estimate::estimate;
use shared::metric::{Metric, Plain};
use shared::report::{CacheActivity, EvictionProbe, EvictionRun, Mode, Sample, Scenario};
use shared::summary::Fact;
use shared::units::{THIN, Unit, format_count, format_interval, format_value, significant};

use super::chart::Chart;
use super::timelines::{Figure, TimeAxis, has_course, points};

/// The three charts of the section; empty where no arm has a cache.
pub(crate) fn charts(scenario: &Scenario, labels: &Arms<String>) -> Vec<Chart> {
    let has_cache = |role| scenario.series.get(role).iter().any(|s| s.cache.is_some());
    if !ArmRole::ALL.into_iter().any(has_cache) || !has_course(scenario) {
        return Vec::new();
    }
    let time = TimeAxis::of(scenario);
    vec![
        hits(scenario, labels, time),
        evictions(scenario, labels, time),
        entries(scenario, labels, time),
    ]
}

fn activity(samples: &[Sample]) -> Option<CacheActivity> {
    samples
        .iter()
        .filter_map(|s| s.cache)
        .reduce(|sum, c| CacheActivity {
            entries: c.entries,
            hits: sum.hits + c.hits,
            misses: sum.misses + c.misses,
            insertions: sum.insertions + c.insertions,
            evictions: sum.evictions + c.evictions,
        })
}

fn figure<'a>(
    labels: &'a Arms<String>,
    time: TimeAxis,
    (title, note, unit): (String, &str, &'static str),
    limits: Vec<(f64, String)>,
    lines: Arms<(Vec<(f64, f64)>, String)>,
) -> Figure<'a> {
    Figure {
        title,
        note: note.to_owned(),
        unit,
        limits,
        from: 0.0,
        label_room: 118.0,
        fits: Vec::new(),
        third: true,
        absence: "no cache",
        lines,
        time,
        labels,
    }
}

fn hits(scenario: &Scenario, labels: &Arms<String>, time: TimeAxis) -> Chart {
    let ratio = |samples: &[Sample]| {
        let cache = activity(samples)?;
        (cache.hits + cache.misses > 0)
            .then(|| cache.hits as f64 / (cache.hits + cache.misses) as f64 * 100.0)
    };
    let percent = |p: f64| format!("{}{THIN}%", significant(p, 3, 1));
    let overall = scenario.series.map(|_, samples| ratio(samples));
    let implied = implied_percent(scenario);
    let title = match (overall.candidate, implied) {
        (Some(hits), Some(implied)) if (hits - implied).abs() < 0.5 => {
            format!("Hits reach {}, what the plan allows", percent(hits))
        }
        (Some(hits), Some(implied)) => {
            let side = if hits < implied { "under" } else { "over" };
            let points = significant((hits - implied).abs(), 2, 1);
            format!(
                "Hits reach {}, {points} points {side} what the plan allows",
                percent(hits)
            )
        }
        (Some(hits), None) => format!("Hits reach {}", percent(hits)),
        _ => "No save was looked up".to_owned(),
    };
    let lines = scenario.series.map(|role, samples| {
        (
            points(samples, time, ratio),
            overall.get(role).map_or_else(String::new, percent),
        )
    });
    let limits = implied
        .map(|i| (i, format!("perfect LRU {}", percent(i))))
        .into_iter()
        .collect();
    figure(
        labels,
        time,
        (title, "Hits as % of look-ups.", "%"),
        limits,
        lines,
    )
    .chart()
}

/// What a perfect LRU hits on the same saves.
fn implied_percent(scenario: &Scenario) -> Option<f64> {
    let open = scenario
        .blocks
        .iter()
        .filter(|b| b.mode == Mode::Open && b.arm == ArmRole::Candidate);
    let (hits, lookups) = open
        .filter_map(|b| b.implied)
        .fold((0, 0), |(h, l), i| (h + i.hits, l + i.lookups));
    (lookups > 0).then(|| hits as f64 / lookups as f64 * 100.0)
}

fn evictions(scenario: &Scenario, labels: &Arms<String>, time: TimeAxis) -> Chart {
    let per_second = |samples: &[Sample]| {
        let seconds = samples.iter().map(|s| s.length_ns).sum::<u64>() as f64 / 1e9;
        Some(activity(samples)?.evictions as f64 / seconds)
    };
    let total = scenario
        .series
        .map(|_, samples| activity(samples).map(|c| c.evictions));
    let title = match total.candidate {
        Some(0) => "Nothing had to be evicted".to_owned(),
        Some(n) => format!("{} evicts {} entries", labels.candidate, format_count(n)),
        None => "Evictions".to_owned(),
    };
    let lines = scenario.series.map(|role, samples| {
        (
            points(samples, time, per_second),
            total.get(role).map_or_else(String::new, format_count),
        )
    });
    figure(
        labels,
        time,
        (
            title,
            "Evictions per second; at the end: all.",
            "evictions/s",
        ),
        Vec::new(),
        lines,
    )
    .chart()
}

fn entries(scenario: &Scenario, labels: &Arms<String>, time: TimeAxis) -> Chart {
    let held = |samples: &[Sample]| {
        samples
            .iter()
            .rev()
            .find_map(|s| s.cache)
            .map(|c| c.entries as f64)
    };
    let limit = scenario.load.cache_entries;
    let most = scenario
        .series
        .candidate
        .iter()
        .filter_map(|s| s.cache)
        .map(|c| c.entries)
        .max();
    let title = match most {
        Some(most) if most > limit => {
            format!(
                "Entries go {} over the limit of {}",
                format_count(most - limit),
                format_count(limit)
            )
        }
        Some(most) if most == limit => {
            format!("Entries stop at the limit of {}", format_count(limit))
        }
        Some(most) => format!(
            "Entries stay under the limit of {}: {} at most",
            format_count(limit),
            format_count(most)
        ),
        None => "Entries".to_owned(),
    };
    let lines = scenario.series.map(|_, samples| {
        let end = held(samples).map_or_else(String::new, |n| format_value(n, Unit::Count));
        (points(samples, time, held), end)
    });
    let limits = vec![(limit as f64, format!("limit {}", format_count(limit)))];
    figure(
        labels,
        time,
        (title, "Entries held in the cache.", "entries"),
        limits,
        lines,
    )
    .chart()
}

/// What the eviction probe found in each of its two passes: how it was done, and the facts.
pub(crate) fn probe_facts(probe: &EvictionProbe) -> [(&'static str, Vec<Fact>); 2] {
    [
        (
            "Eviction, maintenance forced after every save",
            pass_facts(&probe.maintained, probe.capacity),
        ),
        (
            "Eviction, maintenance left to the cache",
            pass_facts(&probe.unmaintained, probe.capacity),
        ),
    ]
}

fn pass_facts(run: &EvictionRun, capacity: u64) -> Vec<Fact> {
    let fact = |title: &str, detail: String, value: String| Fact {
        title: title.to_owned(),
        detail,
        value,
    };
    let mut facts = vec![
        fact(
            "Evictions of the least recently used entry",
            format!(
                "as a perfect LRU evicts on the same {} saves",
                format_count(run.operations)
            ),
            format!(
                "{} of {}",
                format_count(run.exact),
                format_count(run.evictions)
            ),
        ),
        fact(
            "Farthest from its place",
            "in the sequence in which a perfect LRU evicts".to_owned(),
            format!("{} places", format_count(run.largest_displacement)),
        ),
        fact(
            "Entries at the end",
            format!("limit {}", format_count(capacity)),
            format_count(run.settled_entries),
        ),
        fact(
            "Entries at most",
            "while entries were evicted".to_owned(),
            format_count(run.highest_entries),
        ),
    ];
    if let (Some(before), Some(peak)) = (run.resident_before_bytes, run.resident_peak_bytes) {
        let growth = format_value(peak as f64 - before as f64, Unit::Bytes);
        facts.push(fact(
            "Memory growth while evicting",
            "resident, highest against before".to_owned(),
            growth,
        ));
    }
    facts
}

/// What eviction and access pattern cost, where the scenario measures it.
pub(crate) fn penalty_facts(scenario: &Scenario) -> Vec<Fact> {
    let kinds = [
        (
            Plain::EvictionPenalty,
            "Cost of evicting",
            "median service time of unique states, evicting against filling",
        ),
        (
            Plain::PatternPenalty,
            "Cost of alternating",
            "mean service time against the sequential pattern",
        ),
    ];
    kinds
        .into_iter()
        .filter_map(|(plain, title, detail)| {
            let candidate = estimate(Metric::Plain(plain), scenario).ok()?.candidate?;
            let ends = candidate
                .interval
                .and_then(|i| format_interval(i.low, i.high, Unit::Factor));
            let interval = ends.map_or_else(String::new, |ends| format!("; 95 % interval {ends}"));
            Some(Fact {
                title: title.to_owned(),
                detail: format!("{detail}{interval}"),
                value: format_value(candidate.value, Unit::Factor),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view_model::fixture;

    #[test]
    fn titles_hold_hits_evictions_and_entries_against_their_limits() {
        let charts = charts(&fixture::scenario(), &fixture::labels());
        let titles: Vec<&str> = charts.iter().map(|c| c.title.as_str()).collect();
        insta::assert_debug_snapshot!(titles);
        assert!(
            charts[0].note.ends_with("Standard: no cache."),
            "{}",
            charts[0].note
        );
    }

    #[test]
    fn without_a_cache_there_is_no_section() {
        let mut scenario = fixture::scenario();
        scenario
            .series
            .candidate
            .iter_mut()
            .for_each(|s| s.cache = None);
        assert!(charts(&scenario, &fixture::labels()).is_empty());
    }
}
