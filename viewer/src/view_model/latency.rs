//! The percentile curve of a scenario's latency section, and the words for what it shows.

use shared::arms::{ArmRole, Arms, Class};
use shared::criteria::{Better, Measure};
use shared::histogram::Histogram;
use shared::metric::{LatencyKind, Metric};
use shared::report::Scenario;
use shared::units::{
    format_change, format_change_interval, format_time, percentile_name, significant,
};

use super::chart::Chart;
use super::data::{Across, Data};
use super::shown::{PERCENTILES, Percentile, Shown};
use crate::charts::percentile::{Curve, MEDIAN_NINES, percentile_chart};
use crate::route::LatencyView;

/// Points of a percentile curve from one decade of rarity to the next.
const STEPS: u32 = 20;
/// Values that must lie beyond the end of a curve: beyond, it would draw single saves.
const BEYOND_END: f64 = 10.0;
/// The curve ends at P99.999.
const MOST_NINES: f64 = 5.0;
/// A limit farther above the curves than this would squeeze them; it is told instead.
const LIMIT_IN_SIGHT: f64 = 30.0;

const NS_PER_MS: f64 = 1e6;
/// Nines that differ by less are the same, logarithms being what they are.
const SAME_PLACE: f64 = 1e-9;

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
pub(crate) fn curve_chart(shown: &Shown<'_>) -> Chart {
    let (labels, view) = (shown.labels, shown.view);
    let curves = shown
        .merged
        .map(|role, histogram| curve(labels.get(role), histogram, view.percentile()));
    let limit = limit(shown.scenario, view);
    let highest = ArmRole::ALL
        .iter()
        .filter_map(|r| curves.get(*r).points.last())
        .map(|(_, ns)| *ns)
        .fold(0.0, f64::max);
    let in_sight = limit.filter(|l| highest > 0.0 && l.nanoseconds < highest * LIMIT_IN_SIGHT);
    let name = limit.map(|l| l.name()).unwrap_or_default();
    let title = curve_title(shown, limit);
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
    let aria = format!("{title}. Percentile curve of {}: {marks}.", shown.what());
    let drawing = percentile_chart(
        &curves,
        in_sight.map(|l| (l.nanoseconds, name.as_str())),
        view.linear,
        &aria,
    );
    if drawing.is_none() {
        return shown.missing("Percentiles");
    }
    let beyond = match (limit, in_sight) {
        (Some(l), None) => format!(" The {} is far above.", l.name()),
        _ => String::new(),
    };
    let scale = if view.linear { "linear" } else { "log" };
    let note = format!("{}; ms, {scale} scale.{beyond}", capital(&shown.what()));
    Chart {
        title,
        note,
        drawing,
        data: Some(curve_data(&curves, labels)),
    }
}

/// The figures of percentile curves.
pub(crate) fn curve_data(curves: &Arms<Curve>, labels: &Arms<String>) -> Data {
    let lines = curves.map(|_, curve| {
        let point = |(nines, ns): &(f64, f64)| (percentile_at(*nines), ns / NS_PER_MS);
        curve.points.iter().map(point).collect()
    });
    Data::of_lines(Across::Percentile, ("percentile", ""), labels, "ms", &lines)
}

fn percentile_at(nines: f64) -> f64 {
    100.0 * quantile_at(nines)
}

fn quantile_at(nines: f64) -> f64 {
    1.0 - (-nines * std::f64::consts::LN_10).exp()
}

/// The percentile curve of one histogram; `mark` is the percentile to point out, or the next lower one that it reaches.
pub(crate) fn curve(label: &str, histogram: &Histogram, mark: f64) -> Curve {
    let end = (histogram.count() as f64 / BEYOND_END)
        .log10()
        .min(MOST_NINES);
    let at = |nines: f64| {
        histogram
            .value_at_quantile(quantile_at(nines))
            .map(|ns| (nines, ns.max(1) as f64))
    };
    // The same places for every curve, so that a row of the table has both arms; empty below the median.
    let points = (0..=MOST_NINES as u32 * STEPS)
        .map(place)
        .filter(|nines| (MEDIAN_NINES..=end + SAME_PLACE).contains(nines))
        .filter_map(at)
        .collect();
    let mark = PERCENTILES
        .into_iter()
        .rev()
        .map(|percentile| (percentile, nines(percentile)))
        .find(|(percentile, nines)| *percentile <= mark && *nines <= end + SAME_PLACE)
        .and_then(|(percentile, nines)| {
            at(nines).map(|(_, ns)| (percentile_name(percentile), nines, ns))
        });
    Curve {
        label: label.to_owned(),
        points,
        mark,
    }
}

/// The i-th place of a curve, in nines: steps of equal rarity, but P50, P95, P99.5 … instead of their neighbours.
fn place(i: u32) -> f64 {
    let (decade, step) = (i / STEPS, i % STEPS);
    if step == 6 {
        f64::from(decade) + MEDIAN_NINES
    } else {
        f64::from(i) / f64::from(STEPS)
    }
}

fn nines(percentile: f64) -> f64 {
    -(1.0 - percentile / 100.0).log10()
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

fn curve_title(shown: &Shown<'_>, limit: Option<Limit>) -> String {
    let labels = shown.labels;
    let marked = || {
        let percentile = shown.view.percentile();
        comparison_title(shown, percentile, &percentile_name(percentile))
    };
    let Some(limit) = limit else {
        return marked();
    };
    let under = shown.merged.map(|_, h| {
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
        _ => marked(),
    }
}

/// A percentile's change as a sentence; says so where the interval holds "no change" or there is none.
pub(crate) fn comparison_title(shown: &Shown<'_>, percentile: f64, what: &str) -> String {
    let (labels, view) = (shown.labels, shown.view);
    let of_this = |p: &&Percentile| p.percentile.total_cmp(&percentile).is_eq();
    let found = shown.percentiles.iter().flatten().find(of_this);
    let Some((value, interval)) = found.and_then(|p| p.change) else {
        return format!("{} of {}", capital(kind_name(view.kind)), whose(view));
    };
    let name = &labels.candidate;
    let times = |ratio: f64| significant(ratio, 2, 1);
    match interval {
        Some(i) if i.high < 0.0 => format!(
            "{name} is {} times faster at {what}",
            times(1.0 / (1.0 + value))
        ),
        Some(i) if i.low > 0.0 => {
            format!("{name} is {} times slower at {what}", times(1.0 + value))
        }
        Some(i) => {
            let ends = format_change_interval(i.low, i.high);
            let interval = ends.map_or_else(String::new, |ends| format!(" ({ends})"));
            let change = format_change(value);
            format!("No clear difference at {what}: {change}{interval}")
        }
        None => format!(
            "At {what} {name} is at {} against {}",
            format_change(value),
            labels.baseline
        ),
    }
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
    use shared::estimate::PairLatencies;

    use super::*;
    use crate::route::TimeRange;
    use crate::view_model::fixture;
    use crate::view_model::range;
    use crate::view_model::shown::{figures, latencies_of};

    #[test]
    fn a_curve_ends_where_ten_values_lie_beyond() {
        let histogram = fixture::histogram((0..10_000_u64).map(|i| 1_000_000 + i));
        let curve = curve("Standard", &histogram, 99.9);
        assert!(
            (curve.points.last().unwrap().0 - 3.0).abs() < 1e-9,
            "P99.9 of 10 000: {:?}",
            curve.points.last()
        );
        assert_eq!(curve.mark.unwrap().0, "P99.9");
        let few = super::curve("Standard", &fixture::histogram(1..2_000), 99.9);
        assert_eq!(few.mark.unwrap().0, "P99", "the next lower one");
        assert!(
            super::curve("Standard", &fixture::histogram([5]), 50.0)
                .points
                .is_empty()
        );
    }

    /// What a view shows, intervals included.
    fn shown<'a>(scenario: &'a Scenario, labels: &'a Arms<String>, view: LatencyView) -> Shown<'a> {
        let all = PairLatencies::new(scenario, view.kind, view.class);
        let found = latencies_of(&(all, range::spans(scenario)), view.range);
        let exact: Option<Vec<Percentile>> = found.as_ref().ok().map(|found| {
            let of = |percentile| figures(found, percentile, true).unwrap();
            PERCENTILES.into_iter().map(of).collect()
        });
        Shown::new(scenario, labels, view, &found, exact.as_deref())
    }

    #[test]
    fn titles_state_the_finding() {
        let scenario = fixture::scenario();
        let labels = fixture::labels();
        let view = LatencyView::default();
        let chart = curve_chart(&shown(&scenario, &labels, view));
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
        let chart = curve_chart(&shown(&scenario, &labels, duplicates));
        assert!(
            chart.title.starts_with("Both arms keep P95 under the"),
            "{}",
            chart.title
        );
    }

    #[test]
    fn a_scenario_without_blocks_says_why_nothing_is_drawn() {
        let scenario = fixture::without_blocks();
        let labels = fixture::labels();
        let chart = curve_chart(&shown(&scenario, &labels, LatencyView::default()));
        assert_eq!(chart.drawing, None);
        assert!(chart.note.starts_with("Not measured"), "{}", chart.note);
    }

    #[test]
    fn a_range_shows_what_its_blocks_come_to() {
        let (scenario, labels) = (fixture::scenario(), fixture::labels());
        let spans = range::spans(&scenario);
        let (from, to) = (&spans[1], &spans[2]);
        let view = LatencyView {
            range: Some(TimeRange {
                from_ms: from.from_ns / 1_000_000,
                to_ms: to.to_ns / 1_000_000,
            }),
            ..LatencyView::default()
        };
        let part = Scenario {
            blocks: (scenario.blocks.iter())
                .filter(|b| [from.pair, to.pair].contains(&b.pair))
                .cloned()
                .collect(),
            ..scenario.clone()
        };
        let (ranged, whole) = (
            shown(&scenario, &labels, view),
            shown(&part, &labels, LatencyView::default()),
        );
        assert_eq!(ranged.percentiles, whole.percentiles);
        assert_eq!(ranged.merged, whole.merged);
        assert!(
            ranged
                .few_pairs
                .is_some_and(|why| why.contains("there are 2"))
        );
        let nothing = LatencyView {
            range: Some(TimeRange {
                from_ms: 0,
                to_ms: 1,
            }),
            ..view
        };
        let chart = curve_chart(&shown(&scenario, &labels, nothing));
        assert_eq!(chart.note, "No block lies within the chosen time.");
    }

    #[test]
    fn the_same_places_are_computed_for_both_arms() {
        let (scenario, labels) = (fixture::scenario(), fixture::labels());
        let csv = curve_chart(&shown(&scenario, &labels, LatencyView::default()))
            .data
            .unwrap()
            .csv;
        let rows: Vec<&str> = csv.lines().collect();
        assert_eq!(rows[0], "percentile,Standard (ms),Optimized (ms)");
        for name in ["50,", "90,", "95,", "99,"] {
            assert!(rows.iter().any(|row| row.starts_with(name)), "{name} {csv}");
        }
        assert!(rows.iter().all(|row| !row.ends_with(',')), "{csv}");
    }
}
