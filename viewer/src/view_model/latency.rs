//! The latency charts of a scenario: percentile curve and density.

use shared::arms::{ArmRole, Arms, Class};
use shared::criteria::{Better, Measure};
use shared::estimate::{Comparison, estimate, merged_latency};
use shared::histogram::Histogram;
use shared::metric::{LatencyKind, Metric};
use shared::report::Scenario;
use shared::units::{
    format_change, format_change_interval, format_time, percentile_name, significant,
};

use super::chart::Chart;
use crate::charts::density::{Density, density_chart};
use crate::charts::percentile::{Curve, MEDIAN_NINES, percentile_chart};
use crate::route::LatencyView;

/// Steps of a percentile curve.
const STEPS: u32 = 60;
/// Values that must lie beyond the end of a curve: beyond, it would draw single saves.
const BEYOND_END: f64 = 10.0;
/// The curve ends at P99.999.
const MOST_NINES: f64 = 5.0;
/// A limit farther above the curves than this would squeeze them; it is told instead.
const LIMIT_IN_SIGHT: f64 = 30.0;
/// Points of a density curve.
const BINS: usize = 160;
/// Share of values cut off at either end of the density's axis.
const DENSITY_TAIL: f64 = 0.0005;

/// The histograms that a view of the latency charts is about.
pub(crate) fn histograms(scenario: &Scenario, view: LatencyView) -> Arms<Histogram> {
    Arms {
        baseline: ArmRole::Baseline,
        candidate: ArmRole::Candidate,
    }
    .map(|_, role| merged_latency(scenario, *role, view.kind, view.class))
}

/// Whose latencies a view shows: `all saves`, `duplicates`.
pub(crate) fn whose(view: LatencyView) -> &'static str {
    match view.class {
        None => "all saves",
        Some(Class::Duplicate) => "duplicates",
        Some(Class::Unique) => "unique states",
    }
}

pub(crate) fn kind_name(kind: LatencyKind) -> &'static str {
    match kind {
        LatencyKind::Response => "response time",
        LatencyKind::Service => "service time",
        LatencyKind::ScheduleLag => "schedule lag",
    }
}

/// The percentile curve.
pub(crate) fn curve_chart(
    scenario: &Scenario,
    labels: &Arms<String>,
    view: LatencyView,
    histograms: &Arms<Histogram>,
) -> Chart {
    let curves = histograms.map(|role, histogram| curve(labels.get(role), histogram));
    let limit = limit(scenario, view);
    let highest = ArmRole::ALL
        .iter()
        .filter_map(|r| curves.get(*r).points.last())
        .map(|(_, ns)| *ns)
        .fold(0.0, f64::max);
    let in_sight = limit.filter(|l| highest > 0.0 && l.nanoseconds < highest * LIMIT_IN_SIGHT);
    let name = limit.map(|l| l.name()).unwrap_or_default();
    let title = curve_title(scenario, labels, view, histograms, limit);
    let marks = ArmRole::ALL
        .iter()
        .filter_map(|role| {
            curves
                .get(*role)
                .mark
                .as_ref()
                .map(|m| (labels.get(*role), m))
        })
        .map(|(label, (name, _, ns))| format!("{label} {name} {}", format_time(*ns)))
        .collect::<Vec<_>>()
        .join(", ");
    let aria = format!(
        "{title}. Percentile curve of {}, {}: {marks}.",
        whose(view),
        kind_name(view.kind)
    );
    let drawing = percentile_chart(
        &curves,
        in_sight.map(|l| (l.nanoseconds, name.as_str())),
        &aria,
    );
    if drawing.is_none() {
        return no_latency(scenario, view, "Percentiles");
    }
    let beyond = match (limit, in_sight) {
        (Some(l), None) => format!(" The {} is far above.", l.name()),
        _ => String::new(),
    };
    let note = format!(
        "{}, {}; ms, log scale.{beyond}",
        capital(whose(view)),
        kind_name(view.kind)
    );
    Chart {
        title,
        note,
        drawing,
    }
}

/// The density of the latencies.
pub(crate) fn density(
    scenario: &Scenario,
    labels: &Arms<String>,
    view: LatencyView,
    histograms: &Arms<Histogram>,
) -> Chart {
    let densities = densities(labels, histograms);
    let title = comparison_title(scenario, labels, view, 50.0, "the typical save");
    let medians = ArmRole::ALL
        .iter()
        .filter_map(|role| densities.get(*role).as_ref())
        .map(|d| format!("{} P50 {}", d.label, format_time(d.median)))
        .collect::<Vec<_>>()
        .join(", ");
    let aria = format!(
        "{title}. Distribution of {}, {}: {medians}.",
        whose(view),
        kind_name(view.kind)
    );
    match density_chart(&densities, &aria) {
        Some(drawing) => Chart {
            title,
            note: format!(
                "Share of {} by {}; equal areas. Stem: P50.",
                whose(view),
                kind_name(view.kind)
            ),
            drawing: Some(drawing),
        },
        None => no_latency(scenario, view, "Distribution"),
    }
}

fn no_latency(scenario: &Scenario, view: LatencyView, title: &str) -> Chart {
    let metric = Metric::Latency {
        kind: view.kind,
        percentile: 50.0,
        class: view.class,
    };
    let reason = estimate(metric, scenario)
        .err()
        .map_or_else(|| "too few saves to draw".to_owned(), |e| e.to_string());
    Chart::missing(
        &format!("{title} of {}: none", whose(view)),
        &format!("{}.", capital(&reason)),
    )
}

/// The percentile curve of one histogram.
pub(crate) fn curve(label: &str, histogram: &Histogram) -> Curve {
    let end = (histogram.count() as f64 / BEYOND_END)
        .log10()
        .min(MOST_NINES);
    let at = |nines: f64| {
        histogram
            .value_at_quantile(1.0 - (-nines * std::f64::consts::LN_10).exp())
            .map(|ns| (nines, ns.max(1) as f64))
    };
    let points: Vec<_> = if end > MEDIAN_NINES {
        (0..=STEPS)
            .filter_map(|i| {
                at(MEDIAN_NINES + (end - MEDIAN_NINES) * f64::from(i) / f64::from(STEPS))
            })
            .collect()
    } else {
        Vec::new()
    };
    let mark = [("P99", 2.0), ("P95", 1.301_029_995_663_981_2), ("P90", 1.0)]
        .into_iter()
        .find(|(_, nines)| *nines <= end)
        .and_then(|(name, nines)| at(nines).map(|(_, ns)| (name.to_owned(), nines, ns)));
    Curve {
        label: label.to_owned(),
        points,
        mark,
    }
}

/// A target for the candidate's own latency.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Limit {
    percentile: f64,
    nanoseconds: f64,
}

impl Limit {
    fn name(self) -> String {
        format!(
            "{} limit {}",
            percentile_name(self.percentile),
            format_time(self.nanoseconds)
        )
    }
}

fn limit(scenario: &Scenario, view: LatencyView) -> Option<Limit> {
    scenario.criteria.iter().find_map(|c| match c.metric {
        Metric::Latency {
            kind,
            percentile,
            class,
        } if kind == view.kind
            && class == view.class
            && c.target.of == Measure::Candidate
            && c.target.better == Better::Lower =>
        {
            Some(Limit {
                percentile,
                nanoseconds: c.target.pass,
            })
        }
        _ => None,
    })
}

fn curve_title(
    scenario: &Scenario,
    labels: &Arms<String>,
    view: LatencyView,
    histograms: &Arms<Histogram>,
    limit: Option<Limit>,
) -> String {
    let Some(limit) = limit else {
        return comparison_title(scenario, labels, view, 95.0, "P95");
    };
    let under = histograms.map(|_, h| {
        h.value_at_quantile(limit.percentile / 100.0)
            .map(|ns| ns as f64 <= limit.nanoseconds)
    });
    let (name, at) = (
        percentile_name(limit.percentile),
        format_time(limit.nanoseconds),
    );
    match (under.baseline, under.candidate) {
        (Some(true), Some(true)) => format!("Both arms keep {name} under the {at} limit"),
        (Some(false), Some(true)) => format!(
            "Only {} keeps {name} under the {at} limit",
            labels.candidate
        ),
        (Some(true), Some(false)) => {
            format!("Only {} keeps {name} under the {at} limit", labels.baseline)
        }
        (Some(false), Some(false)) => format!("Neither arm keeps {name} under the {at} limit"),
        _ => comparison_title(scenario, labels, view, 95.0, "P95"),
    }
}

/// A percentile's change as a sentence; says so where the interval holds "no change" or there is none.
fn comparison_title(
    scenario: &Scenario,
    labels: &Arms<String>,
    view: LatencyView,
    percentile: f64,
    what: &str,
) -> String {
    let metric = Metric::Latency {
        kind: view.kind,
        percentile,
        class: view.class,
    };
    let Some(change) = estimate(metric, scenario)
        .ok()
        .and_then(|c: Comparison| c.change)
    else {
        return format!("{} of {}", capital(kind_name(view.kind)), whose(view));
    };
    let name = &labels.candidate;
    let times = |ratio: f64| significant(ratio, 2, 1);
    match change.interval {
        Some(i) if i.high < 0.0 => format!(
            "{name} is {} times faster at {what}",
            times(1.0 / (1.0 + change.value))
        ),
        Some(i) if i.low > 0.0 => format!(
            "{name} is {} times slower at {what}",
            times(1.0 + change.value)
        ),
        Some(i) => format!(
            "No clear difference at {what}: {} ({})",
            format_change(change.value),
            format_change_interval(i.low, i.high)
        ),
        None => format!(
            "At {what} {name} is at {} against {}",
            format_change(change.value),
            labels.baseline
        ),
    }
}

fn densities(labels: &Arms<String>, histograms: &Arms<Histogram>) -> Arms<Option<Density>> {
    let edge = |quantile: f64, pick: fn(f64, f64) -> f64| {
        ArmRole::ALL
            .iter()
            .filter_map(|role| histograms.get(*role).value_at_quantile(quantile))
            .map(|ns| (ns.max(1) as f64).ln())
            .reduce(pick)
    };
    let range = edge(DENSITY_TAIL, f64::min).zip(edge(1.0 - DENSITY_TAIL, f64::max));
    histograms.map(|role, histogram| {
        let (low, high) = range?;
        let median = histogram.value_at_quantile(0.5)? as f64;
        let points = smoothed(histogram, low - 0.35, high + 0.35);
        Some(Density {
            label: labels.get(role).clone(),
            points,
            median,
        })
    })
}

/// Density per unit of ln(latency) by a Gaussian kernel, whose width follows Silverman's rule
/// (Density Estimation for Statistics and Data Analysis, 1986, eq. 3.31) within bounds that suit the chart.
fn smoothed(histogram: &Histogram, low: f64, high: f64) -> Vec<(f64, f64)> {
    let step = (high - low) / (BINS - 1) as f64;
    let mut bins = vec![0.0; BINS];
    for bucket in histogram.buckets() {
        let middle = (f64::midpoint(bucket.lowest as f64, bucket.highest as f64))
            .max(1.0)
            .ln();
        let bin = ((middle - low) / step)
            .round()
            .clamp(0.0, (BINS - 1) as f64) as usize;
        bins[bin] += bucket.count as f64;
    }
    let width = kernel_width(histogram).max(step * 1.5);
    let scale = 1.0 / (histogram.count() as f64 * width * (2.0 * std::f64::consts::PI).sqrt());
    (0..BINS)
        .map(|i| {
            let weight = |j: usize| (-0.5 * ((i as f64 - j as f64) * step / width).powi(2)).exp();
            let sum: f64 = bins
                .iter()
                .enumerate()
                .filter(|(_, n)| **n > 0.0)
                .map(|(j, n)| n * weight(j))
                .sum();
            ((low + step * i as f64).exp(), sum * scale)
        })
        .collect()
}

fn kernel_width(histogram: &Histogram) -> f64 {
    let ln_at = |q| {
        histogram
            .value_at_quantile(q)
            .map_or(0.0, |ns| (ns.max(1) as f64).ln())
    };
    let spread = (ln_at(0.75) - ln_at(0.25)) / 1.34;
    let scale = (-0.2 * (histogram.count().max(1) as f64).ln()).exp();
    (0.9 * spread * scale).clamp(0.03, 0.15)
}

/// A text of ours with its first letter as a capital.
pub(crate) fn capital(text: &str) -> String {
    let mut text = text.to_owned();
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view_model::fixture;

    #[test]
    fn a_curve_ends_where_ten_values_lie_beyond() {
        let histogram = fixture::histogram((0..10_000_u64).map(|i| 1_000_000 + i));
        let curve = curve("Standard", &histogram);
        assert!(
            (curve.points.last().unwrap().0 - 3.0).abs() < 1e-9,
            "P99.9 of 10 000: {:?}",
            curve.points.last()
        );
        assert_eq!(curve.mark.unwrap().0, "P99");
        assert!(
            super::curve("Standard", &fixture::histogram([5]))
                .points
                .is_empty()
        );
    }

    #[test]
    fn densities_have_equal_areas() {
        let labels = fixture::labels();
        let fast = fixture::histogram((0..2000_u64).map(|i| 20_000 + i * 7));
        let slow = fixture::histogram((0..5000_u64).map(|i| 400_000 + i * 90));
        let both = densities(
            &labels,
            &Arms {
                baseline: slow,
                candidate: fast,
            },
        );
        for density in [both.baseline.unwrap(), both.candidate.unwrap()] {
            let area: f64 = density
                .points
                .windows(2)
                .map(|w| w[0].1 * (w[1].0.ln() - w[0].0.ln()))
                .sum();
            assert!((area - 1.0).abs() < 0.02, "{area}");
        }
    }

    #[test]
    fn titles_state_the_finding() {
        let scenario = fixture::scenario();
        let labels = fixture::labels();
        let view = LatencyView::default();
        let found = histograms(&scenario, view);
        let chart = curve_chart(&scenario, &labels, view, &found);
        assert!(
            chart.title.starts_with("Optimized is ")
                && chart.title.ends_with("times faster at P95"),
            "{}",
            chart.title
        );
        let duplicates = LatencyView {
            class: Some(Class::Duplicate),
            ..view
        };
        let found = histograms(&scenario, duplicates);
        let chart = curve_chart(&scenario, &labels, duplicates, &found);
        assert!(
            chart.title.starts_with("Both arms keep P95 under the"),
            "{}",
            chart.title
        );
    }

    #[test]
    fn a_scenario_without_blocks_says_why_nothing_is_drawn() {
        let scenario = fixture::without_blocks();
        let view = LatencyView::default();
        let chart = curve_chart(
            &scenario,
            &fixture::labels(),
            view,
            &histograms(&scenario, view),
        );
        assert_eq!(chart.drawing, None);
        assert!(chart.note.starts_with("Not measured"), "{}", chart.note);
    }
}
