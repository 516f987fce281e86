//! The change by percentile: how much slower or faster, the rarer the save.

use super::plot::{Anchor, Axis, Plot, draw};
use super::svg::Paint;
use super::{Drawing, Layout, change_tick};

/// The change at one percentile, as ratios: 0.13 = 13 % slower.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ChangePoint {
    /// `P99`.
    pub(crate) name: String,
    /// Rarity of being slower: 2 is P99.
    pub(crate) nines: f64,
    pub(crate) change: f64,
    pub(crate) interval: Option<(f64, f64)>,
}

/// Changes by percentile, in the order of the percentiles, with the limits of their targets as ratios.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Changes {
    pub(crate) points: Vec<ChangePoint>,
    pub(crate) warn: Option<f64>,
    pub(crate) fail: Option<f64>,
}

/// Ratios outside of this are drawn at the edge.
const WIDEST: (f64, f64) = (0.125, 8.0);
/// Changes that may stand at the axis, and the least room between two of them, as the logarithm of the ratio.
const STEPS: [(f64, &[f64]); 3] = [
    (0.16, &[-0.1, -0.05, 0.0, 0.05, 0.1]),
    (
        0.9,
        &[-0.5, -0.4, -0.3, -0.2, -0.1, 0.0, 0.1, 0.2, 0.3, 0.4, 0.5],
    ),
    (f64::INFINITY, &[-0.8, -0.5, 0.0, 0.5, 1.0, 3.0, 7.0]),
];

/// Draws the changes; `None` with fewer than two points.
pub(crate) fn change_chart(changes: &Changes, label: &str) -> Option<Drawing> {
    let points = &changes.points;
    let (first, last) = (points.first()?, points.last()?);
    if points.len() < 2 {
        return None;
    }
    let x = Axis::linear(first.nines, last.nines);
    let y = vertical(changes);
    let layout = Layout {
        heights: (340.0, 300.0),
        wide: [56.0, 56.0, 14.0, 40.0],
        narrow: [56.0, 44.0, 14.0, 40.0],
    };
    Some(layout.draw(|frame| {
        draw(frame, x, y, label, |plot| {
            zones(plot, changes);
            axes(plot, points);
            let banded = || points.iter().filter_map(|p| Some((p.nines, p.interval?)));
            let upper = banded().map(|(n, (_, high))| (n, at(plot, high)));
            let lower = banded().map(|(n, (low, _))| (n, at(plot, low)));
            let corners: Vec<_> = upper
                .chain(lower.collect::<Vec<_>>().into_iter().rev())
                .collect();
            plot.area(corners, Paint::CandidateArea);
            plot.line(
                points.iter().map(|p| (p.nines, at(plot, p.change))),
                Paint::CandidateLine,
            );
            for point in points {
                plot.dot(
                    (point.nines, at(plot, point.change)),
                    4.0,
                    Paint::CandidateDot,
                );
            }
        })
    }))
}

/// Where a change lies on the axis.
fn at(plot: &Plot, change: f64) -> f64 {
    plot.y.clamp(log_ratio(change))
}

fn log_ratio(change: f64) -> f64 {
    (1.0 + change).clamp(WIDEST.0, WIDEST.1).ln()
}

/// Holds every interval, no change, and the begin of each zone.
fn vertical(changes: &Changes) -> Axis {
    let ends = changes.points.iter().flat_map(|p| {
        let (low, high) = p.interval.unwrap_or((p.change, p.change));
        [p.change, low, high]
    });
    let zones = changes.warn.into_iter().chain(changes.fail);
    let (low, high) = ends
        .chain(zones)
        .map(log_ratio)
        .fold((-0.05_f64, 0.05_f64), |(low, high), v| {
            (low.min(v), high.max(v))
        });
    let air = (high - low) * 0.08;
    Axis::linear(low - air, high + air)
}

fn zones(plot: &Plot, changes: &Changes) {
    let (left, right) = (plot.x.low, plot.x.high);
    let zone = |from: f64, to: f64, paint| {
        plot.area(
            [(left, from), (right, from), (right, to), (left, to)],
            paint,
        );
    };
    let name = |from: f64, to: f64, text| {
        let middle = f64::midpoint(from, to);
        plot.text(
            (right, middle),
            (8.0, 4.0),
            text,
            Paint::Text,
            Anchor::Start,
        );
    };
    let top = plot.y.high;
    let fail = changes.fail.map_or(top, |fail| at(plot, fail));
    if let Some(warn) = changes.warn.filter(|warn| changes.fail != Some(*warn)) {
        zone(at(plot, warn), fail, Paint::WarnZone);
        name(at(plot, warn), fail, "warn");
    }
    if changes.fail.is_some() {
        zone(fail, top, Paint::FailZone);
        zone(fail, top, Paint::FailHatch);
        name(fail, top, "fail");
    }
}

fn axes(plot: &Plot, points: &[ChangePoint]) {
    let span = plot.y.high - plot.y.low;
    let steps = STEPS.iter().find(|(widest, _)| span < *widest);
    let values = steps.map_or(&[][..], |(_, values)| values).iter();
    let ticks: Vec<_> = values
        .map(|change| (log_ratio(*change), change_tick(*change)))
        .filter(|(value, _)| (plot.y.low..=plot.y.high).contains(value))
        .collect();
    plot.y_grid(&ticks);
    plot.line([(plot.x.low, 0.0), (plot.x.high, 0.0)], Paint::Axis);
    let names: Vec<_> = points
        .iter()
        .map(|p| (p.nines, p.name.trim_start_matches('P').to_owned()))
        .collect();
    plot.x_ticks(&names, false);
    plot.x_axis("percentile; each step right is rarer");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(nines: f64, change: f64, interval: Option<(f64, f64)>) -> ChangePoint {
        ChangePoint {
            name: "P99".to_owned(),
            nines,
            change,
            interval,
        }
    }

    #[test]
    fn both_zones_are_drawn_and_named() {
        let changes = Changes {
            points: vec![
                point(0.3, -0.03, Some((-0.05, -0.01))),
                point(2.0, 0.13, Some((0.1, 0.16))),
                point(3.0, 0.08, None),
            ],
            warn: Some(0.1),
            fail: Some(0.2),
        };
        let drawing = change_chart(&changes, "label").unwrap();
        for part in [
            "class=\"zw\"",
            "class=\"zf\"",
            "class=\"hf\"",
            ">warn<",
            ">fail<",
        ] {
            assert!(drawing.wide.contains(part), "{part}: {}", drawing.wide);
        }
    }

    #[test]
    fn one_point_is_no_curve() {
        let changes = Changes {
            points: vec![point(2.0, f64::INFINITY, None)],
            warn: None,
            fail: None,
        };
        assert_eq!(change_chart(&changes, ""), None);
    }
}
