//! What the list of runs keeps of a run: its key metrics, the targets it missed and what to do next.

use crate::arms::Arms;
use crate::catalogue::foremost_first;
use crate::criteria::Better;
use crate::estimate::{Comparison, Estimate, estimate};
use crate::metric::{Metric, Plain};
use crate::report::{Advice, Figure, Missed, Review, Run, Scenario};
use crate::stats::Interval;
use crate::summary::{RunSummary, judged_in};
use crate::verdict::Verdict;

/// A metric that is followed from run to run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KeyMetric {
    /// The metric.
    pub metric: Metric,
    /// Name for people.
    pub title: &'static str,
    /// Which direction is good.
    pub better: Better,
}

const fn lower(metric: Metric, title: &'static str) -> KeyMetric {
    KeyMetric {
        metric,
        title,
        better: Better::Lower,
    }
}

const fn higher(plain: Plain, title: &'static str) -> KeyMetric {
    KeyMetric {
        metric: Metric::Plain(plain),
        title,
        better: Better::Higher,
    }
}

/// The metrics that the strategy's §1.1 names, as far as they can move from run to run: what only the plan decides (saves
/// and look-ups a second in the open model) is left out, and so is what another one says already.
pub const KEY_METRICS: &[KeyMetric] = &[
    lower(Metric::response(50.0), "Latency P50"),
    lower(Metric::response(90.0), "Latency P90"),
    lower(Metric::response(95.0), "Latency P95"),
    lower(Metric::response(99.0), "Latency P99"),
    lower(Metric::Plain(Plain::WriteTime), "Database write time"),
    lower(Metric::Plain(Plain::LookupTime), "Cache look-up time"),
    lower(Metric::Plain(Plain::HashTime), "Hash time"),
    higher(Plain::ClosedThroughput, "Throughput"),
    higher(Plain::ConcurrentCapacity, "Concurrent users"),
    higher(Plain::CapacityRate, "Highest rate"),
    higher(Plain::Deduplication, "Deduplicated saves"),
    higher(Plain::HitRatio, "Cache hit ratio"),
    lower(Metric::Plain(Plain::RowsPerSave), "Database rows"),
    lower(Metric::Plain(Plain::LogPerSave), "Database log"),
    lower(Metric::Plain(Plain::NetworkPerSave), "Network"),
    lower(Metric::Plain(Plain::ConnectionPerSave), "Connection time"),
    lower(Metric::Plain(Plain::CpuPerSave), "Processor time"),
    lower(Metric::Plain(Plain::MemoryGrowth), "Memory growth"),
    lower(Metric::Plain(Plain::ErrorRate), "Failed saves"),
];

/// What the list keeps of a run.
#[must_use]
pub fn review(run: &Run, scenarios: &[Scenario], summary: &RunSummary) -> Review {
    let mut review = Review {
        machine: run.environment.fingerprint.clone(),
        dataset: run.dataset.blake3.chars().take(DIGITS_OF_DATASET).collect(),
        demand: demand(scenarios),
        ..Review::default()
    };
    let ordered = foremost_first(&run.policy, scenarios);
    for key in KEY_METRICS {
        if let Some((scenario, comparison)) = comparison_of(key.metric, summary, &ordered) {
            let place = place_of(&mut review.scenarios, &scenario);
            review.figures.push(figure(key.metric, place, &comparison));
        }
    }
    for (judgement, scenario) in judged_in(summary) {
        let id = format!(
            "{}/{}",
            scenario.unwrap_or_default(),
            judgement.criterion.id
        );
        match judgement.verdict {
            Verdict::Pass => {}
            Verdict::NotJudged => review.not_judged.push(id),
            verdict => review.missed.push(Missed {
                id,
                title: judgement.criterion.title.clone(),
                verdict,
            }),
        }
    }
    for step in &summary.steps {
        let scenario = step.scenario.as_deref();
        review.steps.push(Advice {
            title: step.title.clone(),
            text: step.text.clone(),
            scenario: scenario.map(|name| place_of(&mut review.scenarios, name)),
        });
    }
    review
}

/// A metric from the scenario in which the policy judges it, or else from the first that measured it.
fn comparison_of(
    metric: Metric,
    summary: &RunSummary,
    ordered: &[&Scenario],
) -> Option<(String, Comparison)> {
    let judged = summary
        .judgements
        .iter()
        .filter(|j| j.criterion.metric == metric);
    let mut judged = judged.filter_map(|j| j.criterion.scenario.clone().zip(j.comparison.clone()));
    let measured =
        || (ordered.iter()).find_map(|s| Some((s.name.clone(), estimate(metric, s).ok()?)));
    judged.next().or_else(measured)
}

/// Enough to tell datasets apart.
const DIGITS_OF_DATASET: usize = 12;

/// Where the strategy asks for rates of load; elsewhere a rate is only the pace at which something else is looked at.
const GRADUATED_LOADS: &str = "strategy §2.1";

/// The highest rate that the strategy asks for.
fn demand(scenarios: &[Scenario]) -> Option<f64> {
    let asked = scenarios
        .iter()
        .filter(|s| s.arms.is_none() && s.source.starts_with(GRADUATED_LOADS))
        .map(|s| s.load.full.operations_per_second)
        .filter(|rate| rate.is_finite() && *rate > 0.0);
    asked.reduce(f64::max).map(rounded)
}

fn place_of(names: &mut Vec<String>, name: &str) -> u32 {
    let place = names.iter().position(|known| known == name);
    let place = place.unwrap_or_else(|| {
        names.push(name.to_owned());
        names.len() - 1
    });
    u32::try_from(place).unwrap_or(u32::MAX)
}

fn figure(metric: Metric, scenario: u32, comparison: &Comparison) -> Figure {
    let value = |e: &Option<Estimate>| e.as_ref().map(|e| rounded(e.value));
    let interval_of = comparison.change.as_ref().or(comparison.candidate.as_ref());
    Figure {
        metric: metric.to_string(),
        scenario,
        arms: Arms {
            baseline: value(&comparison.baseline),
            candidate: value(&comparison.candidate),
        },
        change: value(&comparison.change),
        interval: interval_of.and_then(|e| e.interval).map(|i| Interval {
            low: rounded(i.low),
            high: rounded(i.high),
        }),
    }
}

/// Four significant digits: a tenth of the narrowest interval that any page shows, and half the file.
fn rounded(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let scale = 10_f64.powi(3 - value.abs().log10().floor() as i32);
    // Divided by a power of ten, since the product with a tenth is not the decimal number that people write.
    if scale >= 1.0 {
        (value * scale).round() / scale
    } else {
        (value * scale).round() * (1.0 / scale).round()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::criteria::Measure;
    use crate::summary::summarize;
    use crate::testing::{Synthetic, criterion, noise_scenario, run_of, searches};

    fn reviewed(scenarios: &[Scenario]) -> Review {
        let criteria = [("fast", -0.25), ("faster", -0.99)].map(|(id, pass)| {
            let mut target = criterion("response.p50", Measure::Change, Better::Lower, pass);
            target.id = id.to_owned();
            target
        });
        let run = run_of(scenarios, criteria.into());
        review(&run, scenarios, &summarize(&run, scenarios))
    }

    #[test]
    fn a_review_keeps_figures_targets_and_steps_with_their_scenarios() {
        let mut scenario = Synthetic::default().scenario();
        scenario.capacity = Some(searches(&[(200.0, 100.0); 6]));
        scenario.load.full.operations_per_second = 40.0;
        scenario.source = format!("{GRADUATED_LOADS}, scenario 2");
        let review = reviewed(&[noise_scenario(1), scenario.clone()]);
        let of = |metric: &str| {
            let found = review.figures.iter().find(|f| f.metric == metric);
            found.unwrap_or_else(|| panic!("{metric}"))
        };
        let p95 = of("response.p95");
        assert_eq!(review.scenario(p95.scenario), Some("medium"));
        assert!(
            p95.change.unwrap() < 0.0 && p95.interval.is_some(),
            "{p95:?}"
        );
        assert_eq!(of("capacity.rate").arms.candidate, Some(200.0));
        assert_eq!(review.demand, Some(40.0));
        assert!(review.figures.iter().all(|f| f.metric != "network.bytes"));
        let missed: Vec<(&str, Verdict)> = (review.missed.iter())
            .map(|m| (m.id.as_str(), m.verdict))
            .collect();
        assert_eq!(missed, [("medium/faster", Verdict::Fail)]);
        let steps = review.steps.iter().map(|s| s.title.as_str());
        assert!(
            steps.clone().any(|title| title.starts_with("Look into")),
            "{:?}",
            steps.collect::<Vec<_>>()
        );
    }

    #[test]
    fn a_review_of_nothing_is_empty() {
        let review = reviewed(&[]);
        assert_eq!((review.figures.len(), review.demand), (0, None));
    }

    #[test]
    fn figures_have_four_digits() {
        for (value, written) in [
            (-0.731_223_7, "-0.7312"),
            (7_215_349.0, "7215000.0"),
            (13.094_19, "13.09"),
            (0.000_123_456, "0.0001235"),
            (0.0, "0.0"),
        ] {
            assert_eq!(serde_json::to_string(&rounded(value)).unwrap(), written);
        }
    }

    #[test]
    fn no_metric_is_followed_twice() {
        for (i, key) in KEY_METRICS.iter().enumerate() {
            assert!(
                !KEY_METRICS[..i]
                    .iter()
                    .any(|other| other.metric == key.metric)
            );
        }
    }
}
