//! A search for the highest load: the load of each step, and whether it met the target.

use shared::arms::ArmRole;

use super::plot::{Anchor, Axis, draw, log_ticks};
use super::svg::Paint;
use super::{Drawing, Layout, tick_label};

/// One search.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SearchLine {
    pub(crate) role: ArmRole,
    /// Load of each step in order, and whether it met the target.
    pub(crate) steps: Vec<(f64, bool)>,
}

/// Draws the searches; `None` where none has two steps.
pub(crate) fn capacity_chart(searches: &[SearchLine], what: &str, label: &str) -> Option<Drawing> {
    let levels = || {
        let steps = searches.iter().flat_map(|s| &s.steps);
        steps.map(|(level, _)| *level).filter(|level| *level > 0.0)
    };
    let low = levels().fold(f64::INFINITY, f64::min);
    let high = levels().fold(0.0, f64::max);
    let longest = searches.iter().map(|s| s.steps.len()).max().unwrap_or(0);
    if longest < 2 || !(low.is_finite() && high > 0.0) {
        return None;
    }
    let x = Axis::linear(1.0, longest as f64);
    let y = Axis::log(low / 1.3, high * 1.3);
    let margins = [64.0, 16.0, 14.0, 40.0];
    let layout = Layout {
        heights: (300.0, 260.0),
        wide: margins,
        narrow: margins,
    };
    Some(layout.draw(|frame| {
        draw(frame, x, y, label, |plot| {
            let values = log_ticks(y.low, y.high).into_iter();
            plot.y_grid(&values.map(|v| (v, tick_label(v))).collect::<Vec<_>>());
            for step in 1..=longest {
                let at = (step as f64, y.low);
                plot.text(
                    at,
                    (0.0, 17.0),
                    &step.to_string(),
                    Paint::Text,
                    Anchor::Middle,
                );
            }
            plot.x_axis(&format!("step of the search; {what}, log scale"));
            for search in searches {
                let (line, dot) = match search.role {
                    ArmRole::Baseline => (Paint::BaselineSeries, Paint::BaselineText),
                    ArmRole::Candidate => (Paint::CandidateSeries, Paint::CandidateText),
                };
                let points = || {
                    search
                        .steps
                        .iter()
                        .zip(1..)
                        .map(|((level, met), n)| ((f64::from(n), *level), *met))
                };
                plot.line(points().map(|(at, _)| at), line);
                for (at, met) in points() {
                    let mark = if met { "●" } else { "✕" };
                    plot.text(at, (0.0, 4.0), mark, dot, Anchor::Middle);
                }
            }
        })
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_marked_as_met_or_missed() {
        let search = SearchLine {
            role: ArmRole::Candidate,
            steps: vec![(100.0, true), (200.0, false), (150.0, true)],
        };
        let drawing = capacity_chart(&[search], "saves a second", "label").unwrap();
        assert_eq!(drawing.wide.matches('●').count(), 2);
        assert_eq!(drawing.wide.matches('✕').count(), 1);
    }

    #[test]
    fn a_search_of_one_step_is_no_chart() {
        let search = SearchLine {
            role: ArmRole::Baseline,
            steps: vec![(100.0, true)],
        };
        assert_eq!(capacity_chart(&[search], "", ""), None);
    }
}
