//! Percentile curves of several histograms, each with its name at its end.

use shared::units::format_time;

use super::percentile::{Curve, NS_PER_MS, axes_of, grid};
use super::plot::{Anchor, Plot, draw, spread};
use super::svg::Paint;
use super::{Drawing, Layout};

/// So many curves have room for their names; later ones begin the styles anew.
pub(crate) const MOST: usize = 8;

const STYLES: [(Paint, Paint); 4] = [
    (Paint::CandidateLine, Paint::CandidateText),
    (Paint::BaselineLine, Paint::BaselineText),
    (Paint::Limit, Paint::StrongText),
    (Paint::BaselineSeries, Paint::BaselineText),
];

/// Draws the first [`MOST`] curves.
pub(crate) fn curves_chart(curves: &[Curve], label: &str) -> Option<Drawing> {
    let shown: Vec<&Curve> = curves.iter().take(MOST).collect();
    let (x, y) = axes_of(&shown, None)?;
    let layout = Layout {
        heights: (340.0, 340.0),
        wide: [52.0, 128.0, 14.0, 40.0],
        narrow: [48.0, 112.0, 14.0, 40.0],
    };
    Some(layout.draw(|frame| {
        draw(frame, x, y, label, |plot| {
            grid(plot);
            for (curve, (line, _)) in shown.iter().zip(STYLES.iter().cycle()) {
                let points = curve.points.iter();
                plot.line(points.map(|(nines, ns)| (*nines, ns / NS_PER_MS)), *line);
            }
            names(plot, &shown);
        })
    }))
}

fn names(plot: &Plot, curves: &[&Curve]) {
    let ends = curves.iter().zip(STYLES.iter().cycle());
    let ends: Vec<_> = ends
        .filter_map(|(curve, (_, text))| {
            let (nines, ns) = *curve.points.last()?;
            let height = plot.pixel((nines, ns / NS_PER_MS)).1;
            Some((curve, *text, height, ns))
        })
        .collect();
    let heights: Vec<f64> = ends.iter().map(|(_, _, height, _)| *height).collect();
    let x = plot.frame.width - plot.frame.right + 8.0;
    for ((curve, text, _, ns), y) in ends.into_iter().zip(spread(&heights, 34.0)) {
        plot.text_px((x, y + 1.0), &curve.label, text, Anchor::Start);
        plot.text_px((x, y + 16.0), &format_time(ns), text, Anchor::Start);
    }
}
