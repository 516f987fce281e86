//! Deliberate faults over time: how long each took to recover from.

use shared::arms::ArmRole;

use super::plot::{Anchor, Axis, draw, linear_ticks, log_ticks};
use super::svg::Paint;
use super::{Drawing, Layout, tick_label};

/// One fault.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct FaultDot {
    pub(crate) role: ArmRole,
    /// When, seconds since the first block.
    pub(crate) at: f64,
    /// Milliseconds; absent where normal service was not seen again.
    pub(crate) recovery: Option<f64>,
}

/// A recovery below this is drawn at it, milliseconds: the axis is logarithmic.
const SHORTEST: f64 = 0.01;
/// The recovery that the strategy allows, milliseconds.
const LIMIT: f64 = 1000.0;

/// Draws the faults; `None` without one.
pub(crate) fn recoveries_chart(dots: &[FaultDot], label: &str) -> Option<Drawing> {
    if dots.is_empty() {
        return None;
    }
    let end = dots.iter().map(|d| d.at).fold(1.0, f64::max);
    let times = || {
        dots.iter()
            .filter_map(|d| d.recovery)
            .map(|ms| ms.max(SHORTEST))
    };
    let low = times().fold(LIMIT, f64::min);
    let high = times().fold(LIMIT, f64::max);
    let x = Axis::linear(0.0, end * 1.03);
    let y = Axis::log(low / 2.0, high * 3.0);
    let margins = [56.0, 16.0, 18.0, 40.0];
    let layout = Layout {
        heights: (280.0, 260.0),
        wide: margins,
        narrow: margins,
    };
    Some(layout.draw(|frame| {
        draw(frame, x, y, label, |plot| {
            let ticks = log_ticks(y.low, y.high).into_iter();
            plot.y_grid(&ticks.map(|v| (v, tick_label(v))).collect::<Vec<_>>());
            plot.line([(x.low, LIMIT), (x.high, LIMIT)], Paint::Limit);
            plot.text(
                (x.high, LIMIT),
                (0.0, -6.0),
                "limit 1 s",
                Paint::Text,
                Anchor::End,
            );
            let seconds = linear_ticks(0.0, x.high, 5.0).into_iter();
            let seconds = seconds.filter(|s| *s <= x.high);
            plot.x_ticks(
                &seconds.map(|s| (s, tick_label(s))).collect::<Vec<_>>(),
                false,
            );
            plot.x_axis("seconds since the first block");
            for dot in dots {
                let (paint, text) = match dot.role {
                    ArmRole::Baseline => (Paint::BaselineDot, Paint::BaselineText),
                    ArmRole::Candidate => (Paint::CandidateDot, Paint::CandidateText),
                };
                match dot.recovery {
                    Some(ms) => plot.dot((dot.at, y.clamp(ms)), 3.5, paint),
                    None => plot.text((dot.at, y.high), (0.0, 10.0), "✕", text, Anchor::Middle),
                }
            }
        })
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_dots_and_those_without_an_end_are_crosses() {
        let dot = |at, recovery| FaultDot {
            role: ArmRole::Candidate,
            at,
            recovery,
        };
        let drawing = recoveries_chart(
            &[dot(1.0, Some(40.0)), dot(2.0, Some(0.0)), dot(3.0, None)],
            "label",
        )
        .unwrap();
        assert_eq!(drawing.wide.matches("<circle").count(), 2);
        assert_eq!(drawing.wide.matches('✕').count(), 1);
        assert_eq!(recoveries_chart(&[], "label"), None);
    }
}
