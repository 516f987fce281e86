//! Where latencies lie: density over a logarithmic axis, equal areas.

use shared::arms::{ArmRole, Arms};
use shared::units::format_time;

use super::plot::{Anchor, Axis, draw, linear_ticks, log_ticks};
use super::svg::Paint;
use super::{Drawing, Layout, tick_label};

const NS_PER_MS: f64 = 1e6;

/// The distribution of one arm.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Density {
    pub(crate) label: String,
    /// Latency in nanoseconds, and the density per unit of its logarithm.
    pub(crate) points: Vec<(f64, f64)>,
    /// The median, nanoseconds.
    pub(crate) median: f64,
}

struct Style {
    role: ArmRole,
    area: Paint,
    line: Paint,
    stem: Paint,
    dot: Paint,
    text: Paint,
}

const STYLES: [Style; 2] = [
    Style {
        role: ArmRole::Baseline,
        area: Paint::BaselineArea,
        line: Paint::BaselineLine,
        stem: Paint::BaselineStem,
        dot: Paint::BaselineDot,
        text: Paint::BaselineText,
    },
    Style {
        role: ArmRole::Candidate,
        area: Paint::CandidateArea,
        line: Paint::CandidateLine,
        stem: Paint::CandidateStem,
        dot: Paint::CandidateDot,
        text: Paint::CandidateText,
    },
];

/// Draws both densities; an arm without samples is left out. On a linear axis they are densities per millisecond, so that
/// areas stay equal.
pub(crate) fn density_chart(
    arms: &Arms<Option<Density>>,
    linear: bool,
    label: &str,
) -> Option<Drawing> {
    let height = |ns: f64, density: f64| {
        if linear {
            density / (ns / NS_PER_MS)
        } else {
            density
        }
    };
    let all = || {
        ArmRole::ALL
            .into_iter()
            .filter_map(|role| arms.get(role).as_ref())
            .flat_map(|d| &d.points)
    };
    let low = all()
        .map(|(ns, _)| ns / NS_PER_MS)
        .fold(f64::INFINITY, f64::min);
    let high = all().map(|(ns, _)| ns / NS_PER_MS).fold(0.0, f64::max);
    let top = all()
        .map(|(ns, density)| height(*ns, *density))
        .fold(0.0, f64::max);
    if !(low > 0.0 && high > low && top > 0.0) {
        return None;
    }
    let margins = [4.0, 4.0, 44.0, 40.0];
    let layout = Layout {
        heights: (340.0, 260.0),
        wide: margins,
        narrow: margins,
    };
    let (x, title) = if linear {
        (Axis::linear(0.0, high), "latency, ms")
    } else {
        (Axis::log(low, high), "latency, ms (log scale)")
    };
    let y = Axis::linear(0.0, top);
    Some(layout.draw(|frame| {
        draw(frame, x, y, label, |plot| {
            let ticks = if linear {
                linear_ticks(0.0, high, 5.0)
            } else {
                log_ticks(low, high)
            };
            let ticks: Vec<_> = ticks
                .into_iter()
                .filter(|t| *t <= high)
                .map(|t| (t, tick_label(t)))
                .collect();
            plot.x_ticks(&ticks, true);
            for style in &STYLES {
                let Some(density) = arms.get(style.role) else {
                    continue;
                };
                let curve: Vec<_> = density
                    .points
                    .iter()
                    .map(|(ns, d)| (ns / NS_PER_MS, height(*ns, *d)))
                    .collect();
                let ends = [curve.last(), curve.first()]
                    .into_iter()
                    .flatten()
                    .map(|(x, _)| (*x, 0.0));
                plot.area(curve.iter().copied().chain(ends), style.area);
                plot.line(curve, style.line);
            }
            plot.x_axis(title);
            for (i, style) in STYLES.iter().enumerate() {
                let Some(density) = arms.get(style.role) else {
                    continue;
                };
                let at = x.clamp(density.median / NS_PER_MS);
                let stem = height(density.median, height_at(&density.points, density.median));
                plot.line([(at, 0.0), (at, stem)], style.stem);
                plot.dot((at, 0.0), 4.0, style.dot);
                let text = format!("{}, P50 {}", density.label, format_time(density.median));
                plot.text_px(
                    (4.0, 12.0 + 16.0 * i as f64),
                    &text,
                    style.text,
                    Anchor::Start,
                );
            }
        })
    }))
}

fn height_at(points: &[(f64, f64)], latency: f64) -> f64 {
    points
        .iter()
        .min_by(|a, b| (a.0 - latency).abs().total_cmp(&(b.0 - latency).abs()))
        .map_or(0.0, |(_, density)| *density)
}
