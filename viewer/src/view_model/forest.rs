//! A forest plot: the change of many figures on one axis, each with its interval, its noise and its limits.
//!
//! The axis is logarithmic in the ratio, so that twice as slow stands as far from no change as twice as fast. Right is
//! worse in every row.

use shared::estimate::{Estimate, Interval};
use shared::units::{format_change_interval_tenths, format_change_tenths};
use shared::verdict::Verdict;

use crate::charts::change_tick;

/// Changes that may stand at the axis, the first ones first where there is no room for all.
const TICKS: [f64; 17] = [
    0.0, 0.1, -0.1, 0.2, -0.2, 0.5, -0.5, 1.0, 2.0, -0.3, 0.3, 0.05, -0.05, -0.7, 0.02, -0.02, -0.9,
];
/// Ticks stand at least this far apart, percent of the width.
const TICK_GAP: f64 = 9.0;
/// The axis shows at least this change on both sides.
const LEAST: f64 = 0.04;
/// Ratios beyond this, and below its reciprocal, are drawn at the axis's end.
const MOST: f64 = 8.0;

/// What a row is made from. Limits and floor count in the worse direction, as positive ratios: 0.1 = 10 %.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ForestInput<'a> {
    pub(crate) title: &'a str,
    pub(crate) change: Option<&'a Estimate>,
    /// Whether more is better: the row is mirrored then.
    pub(crate) more_is_better: bool,
    pub(crate) floor: Option<f64>,
    pub(crate) warn: Option<f64>,
    pub(crate) fail: Option<f64>,
    pub(crate) verdict: Verdict,
    /// What identifies the row to a test and to a link.
    pub(crate) id: &'a str,
}

/// A forest plot, places in percent of its width.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Forest {
    pub(crate) rows: Vec<ForestRow>,
    pub(crate) ticks: Vec<(f64, String)>,
    /// Where no change is.
    pub(crate) zero: f64,
}

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ForestRow {
    pub(crate) id: String,
    pub(crate) title: String,
    /// The change in words, with its interval.
    pub(crate) change: String,
    pub(crate) bar: Option<ForestBar>,
    pub(crate) verdict: Verdict,
}

/// What is drawn of a row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ForestBar {
    pub(crate) point: f64,
    pub(crate) interval: Option<(f64, f64)>,
    pub(crate) noise: Option<(f64, f64)>,
    /// Where the warning zone begins and ends.
    pub(crate) warn: Option<(f64, f64)>,
    /// Where the failing zone begins; it ends at the right edge.
    pub(crate) fail: Option<f64>,
}

/// Lays rows out on one axis.
pub(crate) fn forest(inputs: &[ForestInput]) -> Forest {
    let axis = Axis::around(inputs);
    let rows = inputs
        .iter()
        .map(|input| ForestRow {
            id: input.id.to_owned(),
            title: input.title.to_owned(),
            change: change_text(input.change),
            bar: bar(input, &axis),
            verdict: input.verdict,
        })
        .collect();
    Forest {
        rows,
        ticks: axis.ticks(),
        zero: axis.place(0.0),
    }
}

/// A change with its interval: `+13.0 % (+10.6 … +15.8)`.
pub(crate) fn change_text(change: Option<&Estimate>) -> String {
    let Some(change) = change else {
        return "–".to_owned();
    };
    let value = format_change_tenths(change.value);
    let ends = change
        .interval
        .and_then(|i| format_change_interval_tenths(i.low, i.high));
    match ends {
        Some(ends) => format!("{value} ({ends})"),
        None => value,
    }
}

/// How far a change lies in the worse direction, as the logarithm of the ratio.
fn worse(change: f64, more_is_better: bool) -> f64 {
    let ratio = (1.0 + change).clamp(1.0 / MOST, MOST).ln();
    if more_is_better { -ratio } else { ratio }
}

/// The same for a limit, which counts in the worse direction already.
fn limit(limit: f64, more_is_better: bool) -> f64 {
    let change = if more_is_better { -limit } else { limit };
    worse(change, more_is_better)
}

fn bar(input: &ForestInput, axis: &Axis) -> Option<ForestBar> {
    let change = input.change.filter(|c| c.value.is_finite())?;
    let place = |change: f64| axis.place(worse(change, input.more_is_better));
    let edge = |at: f64| axis.place(limit(at, input.more_is_better));
    let fail = input.fail.map(edge);
    Some(ForestBar {
        point: place(change.value),
        interval: change.interval.and_then(Interval::measured).map(|i| {
            let (a, b) = (place(i.low), place(i.high));
            (a.min(b), a.max(b))
        }),
        noise: input.floor.map(|floor| (edge(-floor), edge(floor))),
        warn: input
            .warn
            .filter(|warn| input.fail != Some(*warn))
            .map(|warn| (edge(warn), fail.unwrap_or(100.0))),
        fail,
    })
}

struct Axis {
    low: f64,
    high: f64,
}

impl Axis {
    /// Holds every interval and the begin of every zone.
    fn around(inputs: &[ForestInput]) -> Self {
        let mut axis = Self {
            low: -LEAST,
            high: LEAST,
        };
        for input in inputs {
            let mirrored = input.more_is_better;
            let changes = input.change.into_iter().flat_map(|c| {
                let ends = c.interval.map_or([c.value; 2], |i| [i.low, i.high]);
                [c.value, ends[0], ends[1]].map(|v| worse(v, mirrored))
            });
            let zones = [input.warn, input.fail, input.floor];
            let zones = zones.into_iter().flatten().map(|l| limit(l, mirrored));
            let floor = input.floor.map(|floor| limit(-floor, mirrored));
            for value in changes.chain(zones).chain(floor) {
                axis.low = axis.low.min(value);
                axis.high = axis.high.max(value);
            }
        }
        let air = (axis.high - axis.low) * 0.08;
        Self {
            low: axis.low - air,
            high: axis.high + air,
        }
    }

    fn place(&self, value: f64) -> f64 {
        ((value - self.low) / (self.high - self.low) * 100.0).clamp(0.0, 100.0)
    }

    fn ticks(&self) -> Vec<(f64, String)> {
        let mut ticks: Vec<(f64, String)> = Vec::new();
        for change in TICKS {
            let value = (1.0_f64 + change).ln();
            let place = self.place(value);
            let fits = (self.low..=self.high).contains(&value)
                && ticks.iter().all(|(at, _)| (at - place).abs() >= TICK_GAP);
            if fits {
                ticks.push((place, change_tick(change)));
            }
        }
        ticks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimate(value: f64, low: f64, high: f64) -> Estimate {
        Estimate {
            value,
            interval: Some(Interval { low, high }),
            no_interval: None,
        }
    }

    fn input(change: Option<&Estimate>) -> ForestInput<'_> {
        ForestInput {
            title: "P99",
            change,
            more_is_better: false,
            floor: Some(0.03),
            warn: Some(0.1),
            fail: Some(0.2),
            verdict: Verdict::Warn,
            id: "p99",
        }
    }

    #[test]
    fn zones_lie_right_of_no_change_and_in_order() {
        let change = estimate(0.13, 0.106, 0.158);
        let plot = forest(&[input(Some(&change))]);
        let bar = plot.rows[0].bar.clone().unwrap();
        let (low, high) = bar.interval.unwrap();
        let (warn, warn_end) = bar.warn.unwrap();
        let fail = bar.fail.unwrap();
        assert!(plot.zero < warn && warn < low && low < bar.point, "{bar:?}");
        assert!(bar.point < high && high < fail && fail < 100.0, "{bar:?}");
        assert_eq!(warn_end, fail);
        let (left, right) = bar.noise.unwrap();
        assert!(left < plot.zero && plot.zero < right && right < warn);
    }

    #[test]
    fn less_throughput_stands_at_the_right() {
        let change = estimate(-0.2, -0.25, -0.15);
        let mirrored = ForestInput {
            more_is_better: true,
            ..input(Some(&change))
        };
        let plot = forest(&[mirrored]);
        let bar = plot.rows[0].bar.clone().unwrap();
        let (low, high) = bar.interval.unwrap();
        assert!(plot.zero < low && low < bar.point && bar.point < high);
        assert!(
            (bar.fail.unwrap() - bar.point).abs() < 1e-9,
            "20 % less is the limit"
        );
    }

    #[test]
    fn a_row_without_a_change_is_listed_without_a_bar() {
        let plot = forest(&[input(None)]);
        assert_eq!(plot.rows[0].bar, None);
        assert_eq!(plot.rows[0].change, "–");
        assert!(plot.ticks.iter().any(|(_, label)| label == "0"));
    }

    #[test]
    fn undefined_and_huge_changes_stay_on_the_axis() {
        let huge = estimate(f64::INFINITY, -1.0, 1e9);
        let gone = estimate(-1.0, -1.0, -1.0);
        for row in forest(&[input(Some(&huge)), input(Some(&gone))]).rows {
            for place in row.bar.into_iter().map(|bar| bar.point) {
                assert!((0.0..=100.0).contains(&place), "{place}");
            }
        }
    }

    #[test]
    fn ticks_keep_their_distance() {
        let change = estimate(0.0, -0.3, 1.5);
        let plot = forest(&[input(Some(&change))]);
        for (i, (a, _)) in plot.ticks.iter().enumerate() {
            for (b, _) in &plot.ticks[i + 1..] {
                assert!((a - b).abs() >= TICK_GAP);
            }
        }
    }
}
