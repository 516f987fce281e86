//! Work per thousand saves: a bar of each arm for each kind of work, scaled to the larger of the two.

use shared::arms::{ArmRole, Arms};

use super::plot::{Anchor, Axis, Plot, draw};
use super::svg::Paint;
use super::{Drawing, Layout};

/// One kind of work.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct WorkRow {
    pub(crate) name: &'static str,
    pub(crate) values: Arms<f64>,
    /// The values for people.
    pub(crate) shown: Arms<String>,
    /// The change for people; empty without a baseline above zero.
    pub(crate) change: String,
}

/// Draws the rows; `None` where there are none.
pub(crate) fn work_chart(rows: &[WorkRow], label: &str) -> Option<Drawing> {
    if rows.is_empty() {
        return None;
    }
    let count = rows.len() as f64;
    let layout = Layout {
        heights: (4.0 + 50.0 * count, 4.0 + 60.0 * count),
        wide: [112.0, 136.0, 4.0, 0.0],
        narrow: [0.0, 100.0, 4.0, 0.0],
    };
    Some(layout.draw(|frame| {
        let row_height = (frame.height - frame.top) / count;
        draw(
            frame,
            Axis::linear(0.0, 1.0),
            Axis::linear(0.0, 1.0),
            label,
            |plot| {
                for (i, row) in rows.iter().enumerate() {
                    draw_row(plot, row, frame.top + row_height * i as f64, row_height);
                }
            },
        )
    }))
}

fn draw_row(plot: &Plot, row: &WorkRow, top: f64, height: f64) {
    let middle = top + height / 2.0;
    let (name_y, bars_top) = if plot.frame.is_narrow() {
        (top + 14.0, top + 21.0)
    } else {
        (middle + 4.0, middle - 15.0)
    };
    plot.text_px((0.0, name_y), row.name, Paint::StrongText, Anchor::Start);
    plot.text_px(
        (plot.frame.width, name_y),
        &row.change,
        Paint::BoldText,
        Anchor::End,
    );
    let largest = row.values.baseline.max(row.values.candidate);
    let styles = [
        (ArmRole::Baseline, Paint::BaselineBar, Paint::BaselineText),
        (
            ArmRole::Candidate,
            Paint::CandidateBar,
            Paint::CandidateText,
        ),
    ];
    for (i, (role, bar, text)) in styles.into_iter().enumerate() {
        let y = bars_top + 16.0 * i as f64;
        let share = if largest > 0.0 {
            row.values.get(role) / largest
        } else {
            0.0
        };
        let (from, to) = (plot.pixel((0.0, 0.0)).0, plot.pixel((share, 0.0)).0);
        plot.bar_px((from, y), (to - from, 13.0), bar);
        plot.text_px(
            (to + 8.0, y + 11.0),
            row.shown.get(role),
            text,
            Anchor::Start,
        );
    }
}
