//! What the strategy wants to be watched (§1.1, §4.1), in its own words, and the metrics that say it.

use crate::criteria::Policy;
use crate::estimate::{Point, Unavailable, point};
use crate::metric::{LatencyKind, Metric, Plain};
use crate::report::Scenario;
use crate::units::{format_change, format_value};

/// A line of the strategy.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// Its section.
    pub section: &'static str,
    /// Its heading there.
    pub heading: &'static str,
    /// Its own words.
    pub words: &'static str,
    /// The metrics that say it, the foremost first.
    pub metrics: &'static [Metric],
    /// Why it is not measured itself. There may be metrics that stand in for it.
    pub not_measured: Option<&'static str>,
}

const fn wanted(
    (section, heading): (&'static str, &'static str),
    words: &'static str,
    metrics: &'static [Metric],
) -> Wanted {
    Wanted {
        section,
        heading,
        words,
        metrics,
        not_measured: None,
    }
}

const fn missing(wanted: Wanted, why: &'static str) -> Wanted {
    Wanted {
        not_measured: Some(why),
        ..wanted
    }
}

const fn response(percentile: f64) -> Metric {
    Metric::Latency {
        kind: LatencyKind::Response,
        percentile,
        class: None,
    }
}

const LATENCY: (&str, &str) = ("§1.1", "Latency metrics");
const THROUGHPUT: (&str, &str) = ("§1.1", "Throughput metrics");
const RESOURCES: (&str, &str) = ("§1.1", "Resource utilization");
const BUSINESS: (&str, &str) = ("§1.1", "Business metrics");
const CACHE: (&str, &str) = ("§4.1", "Cache memory analysis");
const OBJECTS: (&str, &str) = ("§4.1", "Object lifecycle tracking");

/// Every line of §1.1 and §4.1, in order.
pub const WANTED: &[Wanted] = &[
    wanted(
        LATENCY,
        "State persistence operation latency (P50, P90, P95, P99)",
        &[
            response(50.0),
            response(90.0),
            response(95.0),
            response(99.0),
        ],
    ),
    wanted(
        LATENCY,
        "Cache lookup latency",
        &[Metric::Plain(Plain::LookupTime)],
    ),
    wanted(
        LATENCY,
        "Hash calculation time",
        &[Metric::Plain(Plain::HashTime)],
    ),
    wanted(
        LATENCY,
        "Database write operation latency",
        &[Metric::Plain(Plain::WriteTime)],
    ),
    wanted(
        THROUGHPUT,
        "Operations per second (state saves)",
        &[
            Metric::Plain(Plain::ClosedThroughput),
            Metric::Plain(Plain::OpenThroughput),
        ],
    ),
    wanted(
        THROUGHPUT,
        "Concurrent operation capacity",
        &[
            Metric::Plain(Plain::ConcurrentCapacity),
            Metric::Plain(Plain::CapacityRate),
        ],
    ),
    wanted(
        THROUGHPUT,
        "Cache operations per second",
        &[Metric::Plain(Plain::CacheOperations)],
    ),
    wanted(
        THROUGHPUT,
        "Deduplication rate percentage",
        &[Metric::Plain(Plain::Deduplication)],
    ),
    wanted(
        RESOURCES,
        "Memory usage (baseline and peak)",
        &[
            Metric::Plain(Plain::MemoryIdle),
            Metric::Plain(Plain::MemoryPeak),
            Metric::Plain(Plain::MemoryGrowth),
        ],
    ),
    wanted(
        RESOURCES,
        "CPU utilization during operations",
        &[
            Metric::Plain(Plain::CpuUtilization),
            Metric::Plain(Plain::CpuPerSave),
        ],
    ),
    wanted(
        RESOURCES,
        "Database connection pool utilization",
        &[
            Metric::Plain(Plain::PoolUtilization),
            Metric::Plain(Plain::ConnectionPerSave),
            Metric::Plain(Plain::PoolTimeouts),
        ],
    ),
    wanted(
        RESOURCES,
        "Network I/O for database operations",
        &[Metric::Plain(Plain::NetworkPerSave)],
    ),
    wanted(
        BUSINESS,
        "Database write reduction percentage",
        &[
            Metric::Plain(Plain::RowsPerSave),
            Metric::Plain(Plain::LogPerSave),
            Metric::Plain(Plain::TransactionsPerSave),
        ],
    ),
    missing(
        wanted(
            BUSINESS,
            "Cost reduction from fewer database operations",
            &[
                Metric::Plain(Plain::RowsPerSave),
                Metric::Plain(Plain::ConnectionPerSave),
            ],
        ),
        "a report holds no prices; `runner cost` and the run's page compute it from the reader's, and what is saved stands here",
    ),
    wanted(
        BUSINESS,
        "Cache hit ratio effectiveness",
        &[
            Metric::Plain(Plain::HitRatio),
            Metric::Plain(Plain::HitRatioError),
        ],
    ),
    wanted(
        CACHE,
        "Memory per cached entry (average, min, max)",
        &[
            Metric::Plain(Plain::EntryMemory),
            Metric::Plain(Plain::LeastEntryMemory),
            Metric::Plain(Plain::MostEntryMemory),
        ],
    ),
    wanted(
        CACHE,
        "Cache growth rate over time",
        &[Metric::Plain(Plain::CacheGrowth)],
    ),
    wanted(
        CACHE,
        "Memory fragmentation assessment",
        &[Metric::Plain(Plain::Fragmentation)],
    ),
    missing(
        wanted(
            CACHE,
            "GC pressure measurement",
            &[
                Metric::Plain(Plain::AllocationsPerSave),
                Metric::Plain(Plain::AllocatedPerSave),
            ],
        ),
        "Rust has no garbage collector; allocations stand nearest",
    ),
    wanted(
        OBJECTS,
        "State object creation and destruction",
        &[Metric::Plain(Plain::LeftMemory)],
    ),
    wanted(
        OBJECTS,
        "Deep copy memory overhead",
        &[Metric::Plain(Plain::CopyMemory)],
    ),
    wanted(
        OBJECTS,
        "JSON serialization memory usage",
        &[Metric::Plain(Plain::SerializeMemory)],
    ),
    wanted(
        OBJECTS,
        "Hash calculation memory impact",
        &[Metric::Plain(Plain::HashMemory)],
    ),
];

/// A metric of a line as a run measured it.
#[derive(Debug)]
pub struct KeyFigure<'a> {
    /// The scenario that it is from.
    pub scenario: &'a Scenario,
    /// The metric.
    pub metric: Metric,
    /// The figures.
    pub point: Point,
}

/// What a run says to a line of the strategy: its metrics, each from the first scenario that measured it, or why there is
/// none. The scenario that the policy judges first comes first; calibrations say nothing of the services.
#[must_use]
pub fn key_figures<'a>(
    wanted: &Wanted,
    policy: &Policy,
    scenarios: &'a [Scenario],
) -> Vec<Result<KeyFigure<'a>, (Metric, Unavailable)>> {
    let ordered = foremost_first(policy, scenarios);
    let of = |metric: &Metric| {
        let mut why = None;
        for scenario in &ordered {
            match point(*metric, scenario) {
                Ok(point) => {
                    return Ok(KeyFigure {
                        scenario,
                        metric: *metric,
                        point,
                    });
                }
                Err(unavailable) => drop(why.get_or_insert(unavailable)),
            }
        }
        let nothing = || Unavailable::NotMeasured("the run has no such scenario".to_owned());
        Err((*metric, why.unwrap_or_else(nothing)))
    };
    wanted.metrics.iter().map(of).collect()
}

/// The scenarios that say something of the services, the one that the policy judges first before the others.
pub(crate) fn foremost_first<'a>(policy: &Policy, scenarios: &'a [Scenario]) -> Vec<&'a Scenario> {
    let foremost = policy.criteria.iter().find_map(|c| c.scenario.as_deref());
    let mut ordered: Vec<&Scenario> = scenarios.iter().filter(|s| s.arms.is_none()).collect();
    let place = ordered
        .iter()
        .position(|s| Some(s.name.as_str()) == foremost);
    if let Some(place) = place {
        ordered[..=place].rotate_right(1);
    }
    ordered
}

impl KeyFigure<'_> {
    /// Baseline, candidate and change in words, a dash where there is none.
    #[must_use]
    pub fn in_words(&self) -> [String; 3] {
        // There is no unit of bytes a second.
        let rate = match self.metric {
            Metric::Plain(Plain::CacheGrowth) => "/s",
            _ => "",
        };
        let point = &self.point;
        let arm = |value: Option<f64>| match value {
            Some(value) => format_value(value, point.unit) + rate,
            None => DASH.to_owned(),
        };
        [
            arm(point.arms.baseline),
            arm(point.arms.candidate),
            point.change.map_or_else(|| DASH.to_owned(), format_change),
        ]
    }
}

/// What stands where there is no figure.
const DASH: &str = "–";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Synthetic, memory_profile, noise_scenario, run_of};

    #[test]
    fn a_line_takes_its_figures_from_the_foremost_scenario_that_has_them() {
        let mut plain = Synthetic::default().scenario();
        for block in &mut plain.blocks {
            block.phases.unique.hash_ns = 1;
        }
        let mut profiled = Synthetic::default().scenario();
        profiled.name = "overflow".to_owned();
        profiled.memory_profile = Some(memory_profile());
        let scenarios = [noise_scenario(1), plain, profiled];
        let policy = run_of(&scenarios, Vec::new()).policy;
        let line = |words: &str| {
            let wanted = WANTED.iter().find(|w| w.words.starts_with(words));
            key_figures(wanted.unwrap(), &policy, &scenarios)
        };
        let names = |words: &str| -> Vec<String> {
            let figures = line(words).into_iter();
            figures
                .map(|figure| match figure {
                    Ok(figure) => format!("{} in {}", figure.metric, figure.scenario.name),
                    Err((metric, why)) => format!("{metric}: {why}"),
                })
                .collect()
        };
        assert_eq!(
            names("Memory per cached"),
            [
                "memory.entry in overflow",
                "memory.entry_min in overflow",
                "memory.entry_max in overflow"
            ]
        );
        assert_eq!(names("Hash calculation time"), ["hash.time in medium"]);
        let capacity = names("Concurrent operation");
        assert!(
            capacity[0].starts_with("capacity.users: not measured: "),
            "{capacity:?}"
        );
        let network = names("Network");
        assert!(
            network[0].starts_with("network.bytes: not measured: "),
            "{network:?}"
        );
    }

    #[test]
    fn points_are_what_estimates_say() {
        use crate::estimate::estimate;
        let mut scenario = Synthetic::default().scenario();
        scenario.memory_profile = Some(memory_profile());
        for metric in WANTED.iter().flat_map(|w| w.metrics) {
            let (point, whole) = (point(*metric, &scenario), estimate(*metric, &scenario));
            let Ok(whole) = whole else {
                assert!(point.is_err(), "{metric}");
                continue;
            };
            let point = point.unwrap();
            let value = |e: &Option<crate::estimate::Estimate>| e.as_ref().map(|e| e.value);
            assert_eq!(point.unit, whole.unit, "{metric}");
            assert_eq!(point.arms.baseline, value(&whole.baseline), "{metric}");
            assert_eq!(point.arms.candidate, value(&whole.candidate), "{metric}");
            assert_eq!(point.change, value(&whole.change), "{metric}");
        }
    }

    #[test]
    fn every_line_has_metrics_or_says_why_not() {
        for wanted in WANTED {
            assert!(
                !wanted.metrics.is_empty() || wanted.not_measured.is_some(),
                "{}",
                wanted.words
            );
        }
    }
}
