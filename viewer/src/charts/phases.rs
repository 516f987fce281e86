//! Where the time of a save goes: one bar an arm, cut into phases.

use shared::arms::Arms;
use shared::units::format_time;

use super::plot::{Anchor, Axis, Plot, draw};
use super::svg::Paint;
use super::{Drawing, Layout};

/// Heights and places of the two bars, pixels.
const BASELINE_TOP: f64 = 62.0;
const CANDIDATE_TOP: f64 = 140.0;
const BAR: f64 = 34.0;

/// Mean nanoseconds of each phase, in the order of a save.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PhaseBars {
    pub(crate) names: Vec<&'static str>,
    pub(crate) labels: Arms<String>,
    pub(crate) means: Arms<Vec<f64>>,
}

/// Draws the bars on one scale; `None` where no arm spent any time.
pub(crate) fn phases_chart(bars: &PhaseBars, label: &str) -> Option<Drawing> {
    let total = |means: &[f64]| means.iter().sum::<f64>();
    let totals = bars.means.map(|_, means| total(means));
    let longest = totals.baseline.max(totals.candidate);
    if longest <= 0.0 {
        return None;
    }
    let margins = [0.0, 1.0, 0.0, 0.0];
    let layout = Layout {
        heights: (200.0, 200.0),
        wide: margins,
        narrow: margins,
    };
    Some(layout.draw(|frame| {
        draw(
            frame,
            Axis::linear(0.0, longest),
            Axis::linear(0.0, 1.0),
            label,
            |plot| {
                let title = |name: &str, total: f64| format!("{name}, {}", format_time(total));
                let (b, c) = (&bars.means.baseline, &bars.means.candidate);
                plot.text_px(
                    (0.0, 12.0),
                    &title(&bars.labels.baseline, totals.baseline),
                    Paint::BaselineText,
                    Anchor::Start,
                );
                let below = CANDIDATE_TOP + BAR + 18.0;
                let text = title(&bars.labels.candidate, totals.candidate);
                plot.text_px((0.0, below), &text, Paint::CandidateText, Anchor::Start);
                stack(
                    plot,
                    b,
                    BASELINE_TOP,
                    [Paint::BaselineBar, Paint::BaselineSoftBar],
                );
                stack(
                    plot,
                    c,
                    CANDIDATE_TOP,
                    [Paint::CandidateBar, Paint::CandidateSoftBar],
                );
                for (from, to) in ends(b).into_iter().zip(ends(c)) {
                    let from = (plot.pixel((from, 0.0)).0, BASELINE_TOP + BAR + 2.0);
                    plot.line_px(
                        from,
                        (plot.pixel((to, 0.0)).0, CANDIDATE_TOP - 2.0),
                        Paint::Join,
                    );
                }
                name_phases(plot, bars);
            },
        )
    }))
}

fn ends(means: &[f64]) -> Vec<f64> {
    means
        .iter()
        .scan(0.0, |end, mean| {
            *end += mean;
            Some(*end)
        })
        .collect()
}

fn stack(plot: &Plot, means: &[f64], top: f64, paints: [Paint; 2]) {
    let mut start = 0.0;
    for (i, mean) in means.iter().enumerate().filter(|(_, mean)| **mean > 0.0) {
        let (from, to) = (
            plot.pixel((start, 0.0)).0,
            plot.pixel((start + mean, 0.0)).0,
        );
        plot.bar_px((from, top), (to - from, BAR), paints[i % 2]);
        plot.line_px((from, top), (from, top + BAR), Paint::Gap);
        start += mean;
    }
}

/// Names the phases that have room above the baseline's bar; the table below the chart has them all.
fn name_phases(plot: &Plot, bars: &PhaseBars) {
    let mut start = 0.0;
    for (name, mean) in bars.names.iter().zip(&bars.means.baseline) {
        let (from, to) = (
            plot.pixel((start, 0.0)).0,
            plot.pixel((start + mean, 0.0)).0,
        );
        if to - from > name.len() as f64 * 7.0 {
            plot.text_px(
                (f64::midpoint(from, to), BASELINE_TOP - 8.0),
                name,
                Paint::SoftText,
                Anchor::Middle,
            );
        }
        start += mean;
    }
}
