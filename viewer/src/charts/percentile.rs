//! The percentile curve: latency over the rarity of being slower.

use shared::arms::{ArmRole, Arms};
use shared::units::format_time;

use super::plot::{Anchor, Axis, Plot, draw, linear_ticks, log_ticks, spread};
use super::svg::Paint;
use super::{Drawing, Layout, tick_label};

pub(super) const NS_PER_MS: f64 = 1e6;
/// The median in nines, where the axis begins.
pub(crate) const MEDIAN_NINES: f64 = std::f64::consts::LOG10_2;
const TICKS: [(f64, &str); 6] = [
    (MEDIAN_NINES, "50"),
    (1.0, "90"),
    (2.0, "99"),
    (3.0, "99.9"),
    (4.0, "99.99"),
    (5.0, "99.999"),
];

/// The curve of one arm.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Curve {
    pub(crate) label: String,
    /// Nines (2 is P99) and latency in nanoseconds, rising in both.
    pub(crate) points: Vec<(f64, f64)>,
    /// A percentile to point out: name, nines, latency in nanoseconds.
    pub(crate) mark: Option<(String, f64, f64)>,
}

/// Draws the curves; an arm without points is left out. `limit` is a latency in nanoseconds with its name; `linear` asks for
/// a linear latency axis.
pub(crate) fn percentile_chart(
    curves: &Arms<Curve>,
    limit: Option<(f64, &str)>,
    linear: bool,
    label: &str,
) -> Option<Drawing> {
    let (x, mut y) = axes(curves, limit)?;
    if linear {
        // From zero, as lengths are only then what they look like.
        y = Axis::linear(0.0, y.high);
    }
    let layout = Layout {
        heights: (340.0, 300.0),
        wide: [52.0, 96.0, 14.0, 40.0],
        narrow: [48.0, 84.0, 14.0, 40.0],
    };
    Some(layout.draw(|frame| {
        draw(frame, x, y, label, |plot| {
            grid(plot);
            if let Some((limit, name)) = limit {
                draw_limit(plot, limit / NS_PER_MS, name);
            }
            for (role, line, ..) in STYLES {
                plot.line(
                    curves
                        .get(role)
                        .points
                        .iter()
                        .map(|(n, ns)| (*n, ns / NS_PER_MS)),
                    line,
                );
            }
            end_labels(plot, curves);
            for (role, _, dot, text) in STYLES {
                if let Some((name, nines, ns)) = &curves.get(role).mark {
                    draw_mark(
                        plot,
                        (*nines, ns / NS_PER_MS),
                        &format!("{name} {}", format_time(*ns)),
                        (dot, text),
                    );
                }
            }
        })
    }))
}

const STYLES: [(ArmRole, Paint, Paint, Paint); 2] = [
    (
        ArmRole::Baseline,
        Paint::BaselineLine,
        Paint::BaselineDot,
        Paint::BaselineText,
    ),
    (
        ArmRole::Candidate,
        Paint::CandidateLine,
        Paint::CandidateDot,
        Paint::CandidateText,
    ),
];

fn axes(curves: &Arms<Curve>, limit: Option<(f64, &str)>) -> Option<(Axis, Axis)> {
    axes_of(
        &ArmRole::ALL.map(|role| curves.get(role)),
        limit.map(|(ns, _)| ns),
    )
}

/// Axes that hold all of these curves, and a limit in nanoseconds; `None` where there is nothing to draw.
pub(super) fn axes_of(curves: &[&Curve], limit: Option<f64>) -> Option<(Axis, Axis)> {
    let all = || curves.iter().flat_map(|curve| &curve.points);
    let highest_nines = all().map(|(n, _)| *n).fold(2.0, f64::max);
    let values = || {
        all()
            .map(|(_, ns)| ns / NS_PER_MS)
            .chain(limit.map(|ns| ns / NS_PER_MS))
    };
    let low = values().fold(f64::INFINITY, f64::min);
    let high = values().fold(0.0, f64::max);
    if !(low > 0.0 && low.is_finite() && high > 0.0) {
        return None;
    }
    // A little air, and never less than a decade, so that small differences do not look large.
    let (low, high) = (low / 1.25, high * 1.25);
    let stretch = (10.0 / (high / low)).max(1.0).sqrt();
    Some((
        Axis::linear(MEDIAN_NINES, highest_nines),
        Axis::log(low / stretch, high * stretch),
    ))
}

pub(super) fn grid(plot: &Plot) {
    let ticks = if plot.y.log {
        log_ticks(plot.y.low, plot.y.high)
    } else {
        linear_ticks(0.0, plot.y.high / 1.25, 5.0)
    };
    let ticks: Vec<_> = ticks
        .into_iter()
        .filter(|t| *t <= plot.y.high)
        .map(|t| (t, tick_label(t)))
        .collect();
    plot.y_grid(&ticks);
    let nines: Vec<_> = TICKS
        .iter()
        .filter(|(n, _)| *n <= plot.x.high + 0.01)
        .map(|(n, t)| (*n, (*t).to_owned()))
        .collect();
    plot.x_ticks(&nines, true);
    plot.x_axis(if plot.frame.is_narrow() {
        "percentile (log scale of rarity)"
    } else {
        "percentile; each step right is ten times rarer"
    });
}

fn draw_limit(plot: &Plot, limit: f64, name: &str) {
    plot.line([(plot.x.low, limit), (plot.x.high, limit)], Paint::Limit);
    plot.text(
        (plot.x.low, limit),
        (6.0, -6.0),
        name,
        Paint::StrongText,
        Anchor::Start,
    );
}

fn end_labels(plot: &Plot, curves: &Arms<Curve>) {
    let ends: Vec<_> = STYLES
        .iter()
        .filter_map(|(role, _, _, text)| {
            let curve = curves.get(*role);
            let (nines, ns) = *curve.points.last()?;
            Some((
                curve.label.as_str(),
                *text,
                plot.pixel((nines, ns / NS_PER_MS)).1,
                ns,
            ))
        })
        .collect();
    let places = spread(
        &ends.iter().map(|(_, _, y, _)| *y).collect::<Vec<_>>(),
        34.0,
    );
    let x = plot.frame.width - plot.frame.right + 8.0;
    for ((label, text, _, ns), y) in ends.into_iter().zip(places) {
        plot.text_px((x, y + 1.0), label, text, Anchor::Start);
        plot.text_px((x, y + 16.0), &format_time(ns), text, Anchor::Start);
    }
}

/// The slower arm's label stands above its curve, the faster one's below.
fn draw_mark(plot: &Plot, at: (f64, f64), text: &str, (dot, paint): (Paint, Paint)) {
    let above = dot == Paint::BaselineDot;
    plot.dot(at, if above { 4.0 } else { 4.5 }, dot);
    let x = plot.pixel(at).0;
    let is_near_left = x < plot.frame.left + 90.0;
    let is_near_right = x > plot.frame.width - plot.frame.right - 84.0;
    match (above, is_near_left, is_near_right) {
        (true, false, _) => plot.text(at, (-8.0, -9.0), text, paint, Anchor::End),
        (true, true, _) => plot.text(at, (-4.0, -10.0), text, paint, Anchor::Start),
        (false, false, true) => plot.text(at, (0.0, 32.0), text, paint, Anchor::Middle),
        (false, ..) => plot.text(at, (8.0, 18.0), text, paint, Anchor::Start),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(label: &str, factor: f64) -> Curve {
        let points = vec![
            (MEDIAN_NINES, factor),
            (1.0, 2.0 * factor),
            (2.0, 5.0 * factor),
        ];
        Curve {
            label: label.to_owned(),
            points,
            mark: Some(("P99".to_owned(), 2.0, 5.0 * factor)),
        }
    }

    #[test]
    fn the_axis_spans_a_decade_at_least() {
        let curves = Arms {
            baseline: curve("Standard", 1.0e6),
            candidate: curve("Optimized", 0.9e6),
        };
        let (_, y) = axes(&curves, None).unwrap();
        assert!(y.high / y.low >= 9.99, "{y:?}");
    }

    #[test]
    fn an_arm_without_samples_is_left_out() {
        let empty = Curve {
            points: Vec::new(),
            mark: None,
            ..curve("Standard", 1.0)
        };
        let curves = Arms {
            baseline: empty.clone(),
            candidate: curve("Optimized", 1.0e6),
        };
        let drawing = percentile_chart(&curves, Some((5.0e7, "limit")), false, "label").unwrap();
        assert!(!drawing.wide.contains("Standard"), "{}", drawing.wide);
        assert!(drawing.wide.contains("Optimized"), "{}", drawing.wide);
        assert!(
            percentile_chart(
                &Arms {
                    baseline: empty.clone(),
                    candidate: empty
                },
                None,
                true,
                ""
            )
            .is_none()
        );
    }
}
