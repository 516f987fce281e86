//! Charts: each takes figures and returns SVG texts, drawn by plotters at the two widths that pages have.

pub(crate) mod capacity;
pub(crate) mod change;
pub(crate) mod contributions;
pub(crate) mod curves;
pub(crate) mod density;
pub(crate) mod pairs;
pub(crate) mod percentile;
pub(crate) mod phases;
mod plot;
pub(crate) mod recoveries;
mod svg;
pub(crate) mod timeline;
pub(crate) mod trend;
pub(crate) mod work;

use plot::Frame;

/// One chart, drawn once for each width; text is never scaled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Drawing {
    /// The SVG for pages of more than 600 pixels; for all pages where there is no narrow one.
    pub(crate) wide: String,
    /// The SVG for narrower pages.
    pub(crate) narrow: Option<String>,
}

/// Sizes and margins of a chart, pixels.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Layout {
    /// Heights, wide and narrow.
    pub(crate) heights: (f64, f64),
    /// Left, right, top and bottom margin, wide.
    pub(crate) wide: [f64; 4],
    /// The same, narrow.
    pub(crate) narrow: [f64; 4],
}

/// Width of a chart in the half of a wide page.
const WIDE: f64 = 536.0;
/// Width of a chart on a narrow page.
const NARROW: f64 = 358.0;

impl Layout {
    fn frames(&self) -> [Frame; 2] {
        let frame = |width, height, [left, right, top, bottom]: [f64; 4], class| Frame {
            width,
            height,
            left,
            right,
            top,
            bottom,
            class,
        };
        [
            frame(WIDE, self.heights.0, self.wide, "w"),
            frame(NARROW, self.heights.1, self.narrow, "n"),
        ]
    }

    /// Draws at both widths.
    fn draw(&self, mut chart: impl FnMut(Frame) -> String) -> Drawing {
        let [wide, narrow] = self.frames();
        Drawing {
            wide: chart(wide),
            narrow: Some(chart(narrow)),
        }
    }

    /// Draws once, for a third of a wide page as for a narrow page.
    fn draw_narrow(&self, mut chart: impl FnMut(Frame) -> String) -> Drawing {
        let [_, narrow] = self.frames();
        Drawing {
            wide: chart(Frame {
                class: "w only",
                ..narrow
            }),
            narrow: None,
        }
    }
}

/// A number at an axis: as few digits as it needs.
pub(crate) fn tick_label(value: f64) -> String {
    if value.abs() >= 1000.0 {
        shared::units::format_value(value, shared::units::Unit::Count)
    } else {
        let text = format!("{:.3}", value);
        let text = text.trim_end_matches('0').trim_end_matches('.');
        text.replace('-', &shared::units::MINUS.to_string())
    }
}

/// A change at an axis: `+10 %`, `0`.
pub(crate) fn change_tick(change: f64) -> String {
    let sign = if change > 0.0 { "+" } else { "" };
    let unit = if change == 0.0 { "" } else { "\u{202f}%" };
    format!("{sign}{}{unit}", tick_label(change * 100.0))
}

#[cfg(test)]
mod tests {
    use super::tick_label;

    #[test]
    fn tick_labels_have_no_needless_digits() {
        assert_eq!(tick_label(0.05), "0.05");
        assert_eq!(tick_label(20.0), "20");
        assert_eq!(tick_label(-1.5), "−1.5");
        assert_eq!(tick_label(0.0), "0");
        assert_eq!(tick_label(12_000.0), "12\u{202f}000");
    }
}
