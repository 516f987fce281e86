//! A plot area with two axes, drawn by plotters.

use std::ops::Range;

use plotters::coord::cartesian::Cartesian2d;
use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint, Ranged};
use plotters::coord::{CoordTranslate, Shift};
use plotters::element::{Drawable, PointCollection};
use plotters::prelude::{
    Circle, DrawingArea, IntoDrawingArea, PathElement, Polygon, Rectangle, SVGBackend, Text,
};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontDesc, FontFamily, FontStyle, TextStyle};

use super::svg::{Paint, SUB, restyle};

/// Size of a chart and the margins around its plot area, pixels.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame {
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) left: f64,
    pub(crate) right: f64,
    pub(crate) top: f64,
    pub(crate) bottom: f64,
    /// Class of the drawing: `w` for wide pages, `n` for narrow ones, `w only` for both.
    pub(crate) class: &'static str,
}

impl Frame {
    /// Whether this is the drawing for narrow pages.
    pub(crate) fn is_narrow(&self) -> bool {
        self.width < 450.0
    }
}

/// An axis from `low` to `high`, linear or logarithmic. A logarithmic axis needs `low > 0`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Axis {
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) log: bool,
}

impl Axis {
    pub(crate) const fn linear(low: f64, high: f64) -> Self {
        Self {
            low,
            high,
            log: false,
        }
    }

    pub(crate) const fn log(low: f64, high: f64) -> Self {
        Self {
            low,
            high,
            log: true,
        }
    }

    /// Where a value lies, 0 at `low` and 1 at `high`. Values that no logarithm takes lie at the low end.
    fn share(&self, value: f64) -> f64 {
        let share = if self.log {
            (value.max(f64::MIN_POSITIVE) / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        };
        if share.is_finite() { share } else { 0.0 }
    }

    pub(crate) fn clamp(&self, value: f64) -> f64 {
        value.max(self.low).min(self.high)
    }
}

impl Ranged for Axis {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (from, to): (i32, i32)) -> i32 {
        (f64::from(from) + self.share(*value) * f64::from(to - from)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _: Hint) -> Vec<f64> {
        Vec::new()
    }

    fn range(&self) -> Range<f64> {
        self.low..self.high
    }
}

/// Which end of a text stands at its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// A plot area to draw into. Points are in units of the axes; offsets are pixels, down and right positive.
pub(crate) struct Plot<'a> {
    coordinates: Cartesian2d<Axis, Axis>,
    page: DrawingArea<SVGBackend<'a>, Shift>,
    pub(crate) frame: Frame,
    pub(crate) x: Axis,
    pub(crate) y: Axis,
}

/// Draws a chart and returns its SVG; `label` says for screen readers what it shows.
pub(crate) fn draw(
    frame: Frame,
    x: Axis,
    y: Axis,
    label: &str,
    paint: impl FnOnce(&Plot),
) -> String {
    let units = |pixels: f64| (pixels * SUB).round() as i32;
    let mut drawn = String::new();
    {
        let size = (units(frame.width) as u32, units(frame.height) as u32);
        let page = SVGBackend::with_string(&mut drawn, size).into_drawing_area();
        let place = (
            units(frame.left)..units(frame.width - frame.right),
            units(frame.height - frame.bottom)..units(frame.top),
        );
        let coordinates = Cartesian2d::new(x, y, place);
        let plot = Plot {
            coordinates,
            page,
            frame,
            x,
            y,
        };
        paint(&plot);
        let presented = plot.page.present();
        debug_assert!(presented.is_ok(), "drawing into a text cannot fail");
    }
    restyle(
        &drawn,
        (frame.width as u32, frame.height as u32),
        (frame.class, &place(frame, x)),
        label,
    )
}

/// Left, right, top and bottom of the plot area, pixels; what the horizontal axis spans; and whether it is logarithmic.
/// `web/instruments.js` reads it.
fn place(frame: Frame, x: Axis) -> String {
    format!(
        "{} {} {} {} {} {} {}",
        frame.left,
        frame.width - frame.right,
        frame.top,
        frame.height - frame.bottom,
        x.low,
        x.high,
        u8::from(x.log)
    )
}

impl Plot<'_> {
    pub(crate) fn line(&self, points: impl IntoIterator<Item = (f64, f64)>, paint: Paint) {
        let points = self.drawn(points);
        if points.len() > 1 {
            self.mark(&PathElement::new(points, paint.colour()));
        }
    }

    /// A filled area with these corners.
    pub(crate) fn area(&self, corners: impl IntoIterator<Item = (f64, f64)>, paint: Paint) {
        self.mark(&Polygon::new(self.drawn(corners), paint.colour().filled()));
    }

    pub(crate) fn dot(&self, at: (f64, f64), radius: f64, paint: Paint) {
        let centre = self.coordinates.translate(&at);
        self.mark(&Circle::new(
            centre,
            (radius * SUB).round() as i32,
            paint.colour().filled(),
        ));
    }

    fn drawn(&self, points: impl IntoIterator<Item = (f64, f64)>) -> Vec<(i32, i32)> {
        points
            .into_iter()
            .map(|point| self.coordinates.translate(&point))
            .collect()
    }

    /// A text whose baseline stands `dy` pixels below `at`, `dx` to the right.
    pub(crate) fn text(
        &self,
        at: (f64, f64),
        (dx, dy): (f64, f64),
        text: &str,
        paint: Paint,
        anchor: Anchor,
    ) {
        let (x, y) = self.pixel(at);
        self.text_px((x + dx, y + dy), text, paint, anchor);
    }

    /// A text with its baseline at a pixel of the chart.
    pub(crate) fn text_px(&self, at: (f64, f64), text: &str, paint: Paint, anchor: Anchor) {
        let h = match anchor {
            Anchor::Start => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::End => HPos::Right,
        };
        let colour = paint.colour();
        // Named by its kind: a family's name would bring the tables of all scripts' lower case letters along.
        let font = FontDesc::new(FontFamily::SansSerif, 12.0, FontStyle::Normal);
        let style = TextStyle::from(font)
            .color(&colour)
            .pos(Pos::new(h, VPos::Bottom));
        self.mark(&Text::new(text, units(at), style));
    }

    /// A line between two pixels of the chart.
    pub(crate) fn line_px(&self, from: (f64, f64), to: (f64, f64), paint: Paint) {
        self.mark(&PathElement::new(
            vec![units(from), units(to)],
            paint.colour(),
        ));
    }

    /// A filled rectangle between two pixels of the chart; at least half a pixel wide, so that it is seen.
    pub(crate) fn bar_px(&self, (x, y): (f64, f64), (width, height): (f64, f64), paint: Paint) {
        let corners = [units((x, y)), units((x + width.max(0.5), y + height))];
        self.mark(&Rectangle::new(corners, paint.colour().filled()));
    }

    /// The pixel of a point.
    pub(crate) fn pixel(&self, at: (f64, f64)) -> (f64, f64) {
        let (x, y) = self.coordinates.translate(&at);
        (f64::from(x) / SUB, f64::from(y) / SUB)
    }

    /// Horizontal grid lines with their values at the left.
    pub(crate) fn y_grid(&self, ticks: &[(f64, String)]) {
        for (value, label) in ticks {
            self.line([(self.x.low, *value), (self.x.high, *value)], Paint::Grid);
            self.text(
                (self.x.low, *value),
                (-8.0, 4.0),
                label,
                Paint::Text,
                Anchor::End,
            );
        }
    }

    /// Values along the bottom, with upright grid lines where `grid` says so, else with short ticks.
    pub(crate) fn x_ticks(&self, ticks: &[(f64, String)], grid: bool) {
        let bottom = self.frame.height - self.frame.bottom;
        for (value, label) in ticks {
            let (x, _) = self.pixel((*value, self.y.low));
            if grid {
                self.line_px((x, self.frame.top), (x, bottom), Paint::Grid);
            } else {
                self.line_px((x, bottom), (x, bottom + 4.0), Paint::Axis);
            }
            let anchor = if x < 8.0 {
                Anchor::Start
            } else {
                Anchor::Middle
            };
            self.text_px((x, bottom + 17.0), label, Paint::Text, anchor);
        }
    }

    /// The axis line at the bottom and what it measures.
    pub(crate) fn x_axis(&self, title: &str) {
        let bottom = self.frame.height - self.frame.bottom;
        self.line_px(
            (self.frame.left, bottom),
            (self.frame.width - self.frame.right, bottom),
            Paint::Axis,
        );
        self.text_px(
            (self.frame.left, self.frame.height - 4.0),
            title,
            Paint::Text,
            Anchor::Start,
        );
    }

    fn mark<'b, E>(&self, element: &'b E)
    where
        &'b E: PointCollection<'b, (i32, i32)>,
        E: for<'c> Drawable<SVGBackend<'c>>,
    {
        let drawn = self.page.draw(element);
        debug_assert!(drawn.is_ok(), "drawing into a text cannot fail");
    }
}

fn units((x, y): (f64, f64)) -> (i32, i32) {
    ((x * SUB).round() as i32, (y * SUB).round() as i32)
}

/// Pushes labels apart to at least `gap` pixels, keeping their order: takes and returns vertical places.
pub(crate) fn spread(places: &[f64], gap: f64) -> Vec<f64> {
    let mut spread = places.to_vec();
    let mut placed = Vec::new();
    // A chart has four labels at most: each time the highest of those left goes below the one before it.
    while let Some(next) = (0..places.len())
        .filter(|i| !placed.contains(i))
        .min_by(|a, b| places[*a].total_cmp(&places[*b]))
    {
        if let Some(above) = placed.last().map(|i: &usize| spread[*i]) {
            spread[next] = spread[next].max(above + gap);
        }
        placed.push(next);
    }
    spread
}

/// Round values of a linear axis: about `count` steps of 1, 2 or 5 times a power of ten that cover 0 … `high`.
pub(crate) fn linear_ticks(low: f64, high: f64, count: f64) -> Vec<f64> {
    let rough = (high - low) / count;
    if !(rough > 0.0 && rough.is_finite()) {
        return vec![low];
    }
    let power = 10_f64.powi(rough.log10().floor() as i32);
    let step = [1.0, 2.0, 5.0, 10.0]
        .iter()
        .map(|m| m * power)
        .find(|s| *s >= rough * 0.999)
        .unwrap_or(rough);
    let first = (low / step).floor() as i64;
    let last = (high / step - 1e-9).ceil() as i64;
    (first..=last).map(|i| i as f64 * step).collect()
}

/// Values of a logarithmic axis within `low` … `high`: decades, with 3 (or 2 and 5) between them where few.
pub(crate) fn log_ticks(low: f64, high: f64) -> Vec<f64> {
    let decades = (high / low).log10();
    let steps: &[f64] = if decades < 0.8 {
        &[1.0, 1.5, 2.0, 3.0, 5.0, 7.0]
    } else if decades > 3.5 {
        &[1.0]
    } else if decades > 1.5 {
        &[1.0, 3.0]
    } else {
        &[1.0, 2.0, 5.0]
    };
    let first = low.log10().floor() as i32;
    let last = high.log10().ceil() as i32;
    (first..=last)
        .flat_map(|power| steps.iter().map(move |step| step * 10_f64.powi(power)))
        .filter(|value| (low * 0.999..=high * 1.001).contains(value))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_keep_their_distance_and_order() {
        assert_eq!(spread(&[10.0, 12.0, 40.0], 15.0), vec![10.0, 25.0, 40.0]);
        assert_eq!(spread(&[12.0, 10.0], 15.0), vec![25.0, 10.0]);
    }

    #[test]
    fn linear_ticks_are_round_and_cover_the_range() {
        assert_eq!(
            linear_ticks(0.0, 473.0, 5.0),
            vec![0.0, 100.0, 200.0, 300.0, 400.0, 500.0]
        );
        assert_eq!(linear_ticks(0.0, 0.0, 5.0), vec![0.0]);
    }

    #[test]
    fn log_ticks_stay_within_the_range() {
        assert_eq!(log_ticks(0.1, 3.0).len(), 5, "0.1, 0.2, 0.5, 1, 2");
        assert_eq!(log_ticks(0.1, 30.0).len(), 6, "0.1, 0.3, 1, 3, 10, 30");
        assert_eq!(log_ticks(1e4, 1e9).len(), 6);
    }

    #[test]
    fn a_drawing_carries_classes_and_no_colours() {
        let frame = Frame {
            width: 100.0,
            height: 50.0,
            left: 10.0,
            right: 10.0,
            top: 5.0,
            bottom: 5.0,
            class: "w",
        };
        let svg = draw(
            frame,
            Axis::log(1.0, 100.0),
            Axis::linear(0.0, 1.0),
            "two points",
            |plot| {
                plot.line([(1.0, 0.0), (10.0, 1.0)], Paint::CandidateLine);
                plot.dot((100.0, 0.5), 4.5, Paint::CandidateDot);
            },
        );
        assert!(
            svg.contains(r#"<polyline points="10,45 50,5" class="lo"/>"#),
            "{svg}"
        );
        assert!(
            svg.contains(r#"<circle cx="90" cy="25" r="4.5" class="do"/>"#),
            "{svg}"
        );
        assert!(!svg.contains('#'), "{svg}");
    }
}
