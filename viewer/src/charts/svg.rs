//! From what plotters draws to what the page shows.
//!
//! plotters knows fixed colours and whole pixels. Charts are therefore drawn in tenths of a pixel and in
//! colours that stand for a [`Paint`]; [`restyle`] turns these into fractions and classes, so that one
//! drawing serves both themes and print.

use std::fmt::Write as _;

use plotters::style::RGBColor;

/// Drawn units a pixel.
pub(crate) const SUB: f64 = 10.0;

macro_rules! paints {
    ($($name:ident = $class:literal,)+) => {
        /// What a mark stands for; its class in the style sheet decides colour, width and dashes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Paint { $($name,)+ }

        impl Paint {
            const CLASSES: &'static [&'static str] = &[$($class,)+];
        }
    };
}

paints! {
    Grid = "g",
    Axis = "axl",
    Limit = "slo",
    Join = "conn",
    Gap = "sep",
    Interval = "cib",
    Cap = "cap",
    BaselineLine = "lb",
    CandidateLine = "lo",
    BaselineSeries = "lb th sd",
    CandidateSeries = "lo th",
    BaselineStem = "sb",
    CandidateStem = "so",
    BaselineArea = "ab",
    CandidateArea = "ao",
    BaselineDot = "db",
    CandidateDot = "do",
    BaselineBar = "rb",
    CandidateBar = "ro",
    BaselineSoftBar = "rbs",
    CandidateSoftBar = "ros",
    BaselineText = "tb",
    CandidateText = "to",
    Text = "",
    StrongText = "ti",
    SoftText = "ti2",
    BoldText = "ti tw",
    WarnZone = "zw",
    FailZone = "zf",
    FailHatch = "hf",
}

impl Paint {
    /// The colour that stands for this in a drawing.
    pub(crate) const fn colour(self) -> RGBColor {
        RGBColor(0xC0, 0xDE, self as u8)
    }

    /// The class that a drawing's colour stands for.
    fn class_of(colour: &str) -> Option<&'static str> {
        let index = usize::from_str_radix(colour.strip_prefix("#C0DE")?, 16).ok()?;
        Self::CLASSES.get(index).copied()
    }
}

/// Rewrites a drawing of plotters: `class` decides when it is shown, `label` is what screen readers say, `place` where the
/// plot area lies and what its horizontal axis spans.
pub(crate) fn restyle(
    drawn: &str,
    (width, height): (u32, u32),
    (class, place): (&str, &str),
    label: &str,
) -> String {
    let mut out = format!(
        r#"<svg class="{class}" viewBox="0 0 {width} {height}" data-plot="{place}" role="img" aria-label="{}">"#,
        escape(label)
    );
    for line in drawn.lines().skip(1) {
        match line.strip_prefix('<').filter(|rest| !rest.starts_with('/')) {
            Some(tag) => write_tag(&mut out, tag),
            None => out.push_str(line),
        }
    }
    out
}

/// Text as it may stand between tags or in an attribute.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

fn write_tag(out: &mut String, tag: &str) {
    let (name, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
    let _ = write!(out, "<{name}");
    let mut class = None;
    while let Some((key, value, behind)) = attribute(rest) {
        rest = behind;
        match key {
            "fill" | "stroke" => class = class.or(Paint::class_of(value)),
            "points" => write_points(out, value),
            "text-anchor" if value != "start" => {
                let _ = write!(out, r#" text-anchor="{value}""#);
            }
            "x" | "y" | "x1" | "x2" | "y1" | "y2" | "cx" | "cy" | "r" | "width" | "height" => {
                let _ = write!(out, r#" {key}="{}""#, pixels(value));
            }
            _ => {}
        }
    }
    if let Some(class) = class.filter(|c| !c.is_empty()) {
        let _ = write!(out, r#" class="{class}""#);
    }
    out.push_str(rest.trim());
}

/// The next `key="value"` and what stands behind it.
fn attribute(text: &str) -> Option<(&str, &str, &str)> {
    let (key, rest) = text.split_once("=\"")?;
    let (value, behind) = rest.split_once('"')?;
    Some((key.trim(), value, behind))
}

fn write_points(out: &mut String, points: &str) {
    out.push_str(" points=\"");
    for (i, point) in points.split_whitespace().enumerate() {
        let (x, y) = point.split_once(',').unwrap_or((point, "0"));
        let _ = write!(
            out,
            "{}{},{}",
            if i == 0 { "" } else { " " },
            pixels(x),
            pixels(y)
        );
    }
    out.push('"');
}

fn pixels(drawn: &str) -> f64 {
    f64::from(drawn.parse::<i32>().unwrap_or(0)) / SUB
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(paint: Paint) -> String {
        let RGBColor(r, g, b) = paint.colour();
        format!("#{r:02X}{g:02X}{b:02X}")
    }

    #[test]
    fn colours_become_classes_and_tenths_become_pixels() {
        let (line, dot, text) = (
            hex(Paint::CandidateLine),
            hex(Paint::CandidateDot),
            hex(Paint::BaselineText),
        );
        let drawn = format!(
            r##"<svg width="5360" height="3400" viewBox="0 0 5360 3400" xmlns="http://www.w3.org/2000/svg">
<polyline fill="none" opacity="1" stroke="{line}" stroke-width="1" points="10,25 -3,40 "/>
<circle cx="15" cy="20" r="40" opacity="1" fill="{dot}" stroke="none" stroke-width="1"/>
<text x="80" y="121" dy="0.76em" text-anchor="end" font-family="sans-serif" font-size="9" opacity="1" fill="{text}">
a &lt;b&gt;
</text>
</svg>
"##
        );
        insta::assert_snapshot!(restyle(&drawn, (536, 340), ("w", "0 1"), "P95: 1 < 2"), @r#"<svg class="w" viewBox="0 0 536 340" data-plot="0 1" role="img" aria-label="P95: 1 &lt; 2"><polyline points="1,2.5 -0.3,4" class="lo"/><circle cx="1.5" cy="2" r="4" class="do"/><text x="8" y="12.1" text-anchor="end" class="tb">a &lt;b&gt;</text></svg>"#);
    }

    #[test]
    fn every_paint_finds_its_class_again() {
        assert_eq!(Paint::class_of(&hex(Paint::BoldText)), Some("ti tw"));
        assert_eq!(Paint::FailHatch as usize + 1, Paint::CLASSES.len());
        assert_eq!(Paint::class_of("#FFFFFF"), None);
    }
}
