//! What a service does with one part switched off: a bar for each variant, the whole service is 1.

use super::plot::{Anchor, Axis, draw, linear_ticks};
use super::svg::Paint;
use super::{Drawing, Layout, tick_label};

/// One variant.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct VariantBar {
    pub(crate) label: String,
    /// The figure in words, behind the label.
    pub(crate) shown: String,
    /// Ratio to the whole service; absent where it has none.
    pub(crate) ratio: Option<f64>,
    pub(crate) interval: Option<(f64, f64)>,
    /// Whether it is the whole service.
    pub(crate) whole: bool,
}

/// Height of a variant's label and bar, pixels.
const ROW: f64 = 38.0;

/// Draws the bars; `None` where no variant has a figure.
pub(crate) fn contributions_chart(bars: &[VariantBar], label: &str) -> Option<Drawing> {
    let ends = bars
        .iter()
        .flat_map(|b| b.ratio.into_iter().chain(b.interval.map(|i| i.1)));
    let high = ends.filter(|r| r.is_finite()).fold(0.0, f64::max);
    if high <= 0.0 {
        return None;
    }
    let x = Axis::linear(0.0, high.max(1.0) * 1.05);
    let y = Axis::linear(bars.len() as f64, 0.0);
    let height = bars.len() as f64 * ROW + 50.0;
    let margins = [4.0, 12.0, 8.0, 40.0];
    let layout = Layout {
        heights: (height, height),
        wide: margins,
        narrow: margins,
    };
    Some(layout.draw(|frame| {
        draw(frame, x, y, label, |plot| {
            let ticks = linear_ticks(0.0, x.high, 5.0)
                .into_iter()
                .filter(|t| *t <= x.high);
            plot.x_ticks(&ticks.map(|t| (t, tick_label(t))).collect::<Vec<_>>(), true);
            plot.x_axis("throughput, the whole service is 1");
            for (i, bar) in bars.iter().enumerate() {
                let row = i as f64;
                let text = format!("{}  {}", bar.label, bar.shown);
                let paint = if bar.whole {
                    Paint::BoldText
                } else {
                    Paint::StrongText
                };
                plot.text((0.0, row), (2.0, 13.0), &text, paint, Anchor::Start);
                let (left, top) = plot.pixel((0.0, row));
                if let Some(ratio) = bar.ratio {
                    let right = plot.pixel((x.clamp(ratio), row)).0;
                    let paint = if bar.whole {
                        Paint::CandidateBar
                    } else {
                        Paint::CandidateSoftBar
                    };
                    plot.bar_px((left, top + 18.0), (right - left, 12.0), paint);
                }
                if let Some((low, high)) = bar.interval {
                    let at = |value| plot.pixel((x.clamp(value), row)).0;
                    let middle = top + 24.0;
                    plot.line_px((at(low), middle), (at(high), middle), Paint::Interval);
                    for end in [at(low), at(high)] {
                        plot.line_px((end, middle - 4.0), (end, middle + 4.0), Paint::Cap);
                    }
                }
            }
            plot.line([(1.0, y.low), (1.0, 0.0)], Paint::Limit);
        })
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(ratio: Option<f64>) -> VariantBar {
        VariantBar {
            label: "Without batching".to_owned(),
            shown: "×0.25".to_owned(),
            ratio,
            interval: ratio.map(|r| (r * 0.9, r * 1.1)),
            whole: false,
        }
    }

    #[test]
    fn each_variant_with_a_figure_has_a_bar() {
        let drawing = contributions_chart(&[bar(Some(0.25)), bar(None)], "label").unwrap();
        assert_eq!(drawing.wide.matches("class=\"ros\"").count(), 1);
        assert_eq!(drawing.wide.matches("Without batching").count(), 2);
    }

    #[test]
    fn without_a_figure_there_is_no_chart() {
        assert_eq!(contributions_chart(&[bar(None)], "label"), None);
        assert_eq!(contributions_chart(&[bar(Some(f64::NAN))], "label"), None);
    }
}
