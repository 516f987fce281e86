//! Is the gain consistent? One dot for each pair of blocks, and the figure of all together with its interval.

use shared::units::format_factor;

use super::plot::{Anchor, Axis, Plot, draw, log_ticks};
use super::svg::Paint;
use super::{Drawing, Layout};

/// Ratios candidate / baseline of one percentile.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PairRatios {
    /// Number of the pair, from 1, and its ratio, in run order.
    pub(crate) pairs: Vec<(u32, f64)>,
    /// The ratio over all pairs.
    pub(crate) all: f64,
    /// Its interval.
    pub(crate) interval: Option<(f64, f64)>,
    /// What is compared: `P95, Optimized ÷ Standard`.
    pub(crate) what: String,
}

/// The most dots that are drawn one below the other with their number.
const NUMBERED: usize = 16;

/// Draws the dots; `None` without pairs.
pub(crate) fn pairs_chart(ratios: &PairRatios, label: &str) -> Option<Drawing> {
    let x = axis(ratios)?;
    let rows = ratios.pairs.len() as f64 + 1.6;
    let row = if ratios.pairs.len() > NUMBERED {
        12.0
    } else {
        20.0
    };
    let height = 66.0 + rows * row;
    let layout = Layout {
        heights: (height, height),
        wide: [52.0, 16.0, 26.0, 40.0],
        narrow: [52.0, 16.0, 26.0, 40.0],
    };
    Some(layout.draw(|frame| {
        draw(frame, x, Axis::linear(rows, 0.0), label, |plot| {
            grid(plot, &ratios.what);
            for (i, (number, ratio)) in ratios.pairs.iter().enumerate() {
                let at = (x.clamp(*ratio), i as f64 + 0.6);
                if ratios.pairs.len() <= NUMBERED || i % 5 == 4 {
                    plot.text(
                        (x.low, at.1),
                        (-12.0, 4.0),
                        &number.to_string(),
                        Paint::Text,
                        Anchor::End,
                    );
                }
                plot.dot(at, 4.0, Paint::CandidateDot);
            }
            draw_all(plot, ratios, rows);
        })
    }))
}

/// Holds every ratio and ×1.
fn axis(ratios: &PairRatios) -> Option<Axis> {
    let values = || {
        let interval = ratios.interval.iter().flat_map(|(low, high)| [*low, *high]);
        ratios
            .pairs
            .iter()
            .map(|(_, r)| *r)
            .chain([1.0, ratios.all])
            .chain(interval)
            .filter(|v| *v > 0.0)
    };
    let low = values().fold(f64::INFINITY, f64::min);
    let high = values().fold(0.0, f64::max);
    let known = !ratios.pairs.is_empty() && low.is_finite() && high.is_finite();
    known.then(|| Axis::log(low / 1.25, high * 1.25))
}

fn grid(plot: &Plot, what: &str) {
    let bottom = plot.y.low;
    for tick in log_ticks(plot.x.low, plot.x.high) {
        let is_one = (tick - 1.0).abs() < 1e-9;
        plot.line(
            [(tick, bottom), (tick, 0.0)],
            if is_one { Paint::Axis } else { Paint::Grid },
        );
        let factor = format!("×{}", super::tick_label(tick));
        plot.text(
            (tick, bottom),
            (0.0, 17.0),
            &factor,
            Paint::Text,
            Anchor::Middle,
        );
    }
    let near_end = plot.pixel((1.0, 0.0)).0 > plot.frame.width - plot.frame.right - 40.0;
    let anchor = if near_end {
        Anchor::End
    } else {
        Anchor::Middle
    };
    plot.text((1.0, 0.0), (0.0, -8.0), "no change", Paint::Text, anchor);
    plot.x_axis(&format!("{what} (log scale); left is better"));
}

fn draw_all(plot: &Plot, ratios: &PairRatios, rows: f64) {
    let y = rows - 0.6;
    plot.line(
        [(plot.x.low, rows - 1.3), (plot.x.high, rows - 1.3)],
        Paint::Grid,
    );
    plot.text(
        (plot.x.low, y),
        (-12.0, 4.0),
        "all",
        Paint::StrongText,
        Anchor::End,
    );
    if let Some((low, high)) = ratios.interval {
        plot.line([(low, y), (high, y)], Paint::Interval);
        for end in [low, high] {
            let (x, y) = plot.pixel((end, y));
            plot.line_px((x, y - 6.0), (x, y + 6.0), Paint::Cap);
        }
    }
    plot.dot((ratios.all, y), 5.5, Paint::CandidateDot);
    let end = ratios.interval.map_or(ratios.all, |(_, high)| high);
    plot.text(
        (end, y),
        (10.0, 4.0),
        &format_factor(ratios.all),
        Paint::CandidateText,
        Anchor::Start,
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ratios(pairs: Vec<(u32, f64)>) -> PairRatios {
        PairRatios {
            pairs,
            all: 0.4,
            interval: Some((0.35, 0.45)),
            what: "P95".to_owned(),
        }
    }

    #[test]
    fn each_pair_has_its_dot() {
        let drawing = pairs_chart(&ratios(vec![(1, 0.3), (2, 0.5), (3, 0.45)]), "label").unwrap();
        assert_eq!(drawing.wide.matches("<circle").count(), 4);
        assert!(drawing.wide.contains("no change"));
    }

    #[test]
    fn no_pairs_no_chart() {
        assert_eq!(pairs_chart(&ratios(Vec::new()), "label"), None);
    }
}
