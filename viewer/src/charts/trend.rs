//! A metric from run to run. Places are shares of the drawing, so that one drawing fits every width and no text is scaled;
//! plotters knows pixels alone.

use maud::{Markup, html};
use shared::arms::ArmRole;

use super::plot::linear_ticks;
use crate::view_model::percent;

/// One arm's figures, or what the arms come to.
#[derive(Debug)]
pub(crate) struct TrendLine {
    pub(crate) role: ArmRole,
    /// Place of each run from 0 on, and the figure.
    pub(crate) points: Vec<TrendPoint>,
}

/// A figure of a run.
#[derive(Debug)]
pub(crate) struct TrendPoint {
    /// Place of the run.
    pub(crate) at: usize,
    pub(crate) value: f64,
    /// Its interval.
    pub(crate) whisker: Option<(f64, f64)>,
    /// What stands under the pointer.
    pub(crate) hint: String,
}

/// A change of level.
#[derive(Debug)]
pub(crate) struct TrendMark {
    /// Place of the first run of the new level.
    pub(crate) at: usize,
    /// Its number, or an arrow, which always stands there.
    pub(crate) sign: String,
    /// What stands behind it where there is room.
    pub(crate) text: String,
}

/// A chart of a metric.
#[derive(Debug)]
pub(crate) struct TrendChart {
    pub(crate) lines: Vec<TrendLine>,
    pub(crate) marks: Vec<TrendMark>,
    /// Places with their days.
    pub(crate) days: Vec<(usize, String)>,
    /// How many runs there are.
    pub(crate) runs: usize,
    /// Writes a value beside the axis.
    pub(crate) tick: fn(f64) -> String,
    /// Whether the axis begins at zero.
    pub(crate) from_zero: bool,
    /// What screen readers say.
    pub(crate) aria: String,
}

/// From this number of runs on, dots would run into each other.
const MOST_DOTS: usize = 150;
/// The signs of so many changes stand above each other before they begin again at the bottom.
const ROWS: usize = 3;

/// Shares of the drawing, percent.
struct Scales {
    runs: f64,
    low: f64,
    high: f64,
}

impl Scales {
    fn x(&self, at: usize) -> f64 {
        (at as f64 + 0.5) / self.runs * 100.0
    }

    fn y(&self, value: f64) -> f64 {
        let share = (value - self.low) / (self.high - self.low);
        let share = if share.is_finite() { share } else { 0.5 };
        (1.0 - share) * 100.0
    }
}

impl TrendChart {
    fn range(&self) -> (f64, f64) {
        let points = || self.lines.iter().flat_map(|line| &line.points);
        let ends = |p: &TrendPoint| {
            let (low, high) = p.whisker.unwrap_or((p.value, p.value));
            [low, high, p.value]
        };
        let values = || points().flat_map(ends).filter(|v| v.is_finite());
        let low = values().fold(f64::INFINITY, f64::min);
        let high = values().fold(f64::NEG_INFINITY, f64::max);
        (if self.from_zero { low.min(0.0) } else { low }, high)
    }

    /// The whole chart, its values and days beside it.
    pub(crate) fn large(&self) -> Markup {
        let (low, high) = self.range();
        let ticks = linear_ticks(low, high, 4.0);
        let end = |pick: fn(f64, f64) -> f64, from: f64| ticks.iter().copied().fold(from, pick);
        let scales = self.scales(end(f64::min, low), end(f64::max, high));
        html! {
            svg.tr.marked[!self.marks.is_empty()] role="img" aria-label=(self.aria) data-plot=(self.plot_area()) {
                @for tick in &ticks {
                    @let y = percent(scales.y(*tick));
                    line.g x1="0" x2="100%" y1=(y) y2=(y) {}
                    text x="-8" y=(y) dy="4" text-anchor="end" { ((self.tick)(*tick)) }
                }
                line.axl x1="0" x2="100%" y1="100%" y2="100%" {}
                @for (i, (at, day)) in self.days.iter().enumerate() {
                    text.lbl[i % 2 == 1] x=(percent(scales.x(*at))) y="100%" dy="17" text-anchor="middle" { (day) }
                }
                (self.marks(&scales, &MARK_TOPS))
                @for line in &self.lines { (self.line(line, &scales)) }
            }
        }
    }

    /// Where the plot area lies, for `web/instruments.js`: shares of the drawing, and the runs' numbers at its ends.
    fn plot_area(&self) -> String {
        format!("0 100 0 100 0.5 {}.5 0", self.runs)
    }

    /// The line and the marks alone, for a table of many.
    pub(crate) fn small(&self) -> Markup {
        let (low, high) = self.range();
        let middle = (low + high) / 2.0;
        // At least a twentieth from bottom to top, so that noise does not look like a mountain range.
        let half = ((high - low) / 2.0).max(0.025 * (1.0 + middle.abs())) * 1.2;
        let scales = self.scales(middle - half, middle + half);
        html! {
            svg role="img" aria-label=(self.aria) {
                (self.marks(&scales, &["8"; ROWS]))
                @for line in &self.lines {
                    (path(line, &scales))
                    @if let Some(last) = line.points.last() {
                        circle.do cx=(percent(scales.x(last.at))) cy=(percent(scales.y(last.value))) r="4.5" {}
                    }
                }
            }
        }
    }

    fn scales(&self, low: f64, high: f64) -> Scales {
        Scales {
            runs: self.runs.max(1) as f64,
            low,
            high,
        }
    }

    fn marks(&self, scales: &Scales, tops: &[&str; ROWS]) -> Markup {
        html! {
            @for (i, mark) in self.marks.iter().enumerate() {
                // Between the last run of the old level and the first of the new.
                @let x = percent(mark.at as f64 / scales.runs * 100.0);
                @let ends = mark.at * 2 > self.runs;
                line.chg x1=(x) x2=(x) y1="0" y2="100%" {}
                text.ti.tw x=(x) y="0" dx=(if ends { "-4" } else { "4" }) dy=(tops[i % ROWS])
                    text-anchor=[ends.then_some("end")] { (mark.sign) tspan.lbl { (mark.text) } }
            }
        }
    }

    fn line(&self, line: &TrendLine, scales: &Scales) -> Markup {
        let (dot, radius) = match line.role {
            ArmRole::Baseline => ("db", "3"),
            ArmRole::Candidate => ("do", "3.5"),
        };
        html! {
            @for point in &line.points {
                @if let Some((low, high)) = point.whisker {
                    @let x = percent(scales.x(point.at));
                    line.wk x1=(x) x2=(x) y1=(percent(scales.y(low))) y2=(percent(scales.y(high))) {}
                }
            }
            (path(line, scales))
            @if self.runs <= MOST_DOTS {
                @for point in &line.points {
                    circle class=(dot) r=(radius) cx=(percent(scales.x(point.at))) cy=(percent(scales.y(point.value))) {
                        title { (point.hint) }
                    }
                }
            }
        }
    }
}

/// Where the signs of changes stand above the drawing, pixels.
const MARK_TOPS: [&str; ROWS] = ["-34", "-20", "-6"];

/// A line of its own within the drawing, in ten thousandths of it: points of lines know no shares.
fn path(line: &TrendLine, scales: &Scales) -> Markup {
    let mut points = String::new();
    for point in &line.points {
        for place in [scales.x(point.at), scales.y(point.value)] {
            points.push_str(&((place * 100.0).round() as i32).to_string());
            points.push(' ');
        }
    }
    let class = match line.role {
        ArmRole::Baseline => "lb th",
        ArmRole::Candidate => "lo th",
    };
    html! {
        svg width="100%" height="100%" viewBox="0 0 10000 10000" preserveAspectRatio="none" {
            polyline class=(class) points=(points) {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charts::change_tick;

    fn chart(values: &[f64]) -> TrendChart {
        let points = values.iter().enumerate().map(|(at, value)| TrendPoint {
            at,
            value: *value,
            whisker: Some((value - 0.1, value + 0.1)),
            hint: "<b>".to_owned(),
        });
        TrendChart {
            lines: vec![TrendLine {
                role: ArmRole::Candidate,
                points: points.collect(),
            }],
            marks: vec![TrendMark {
                at: 1,
                sign: "1".to_owned(),
                text: " 3 Nov 2025".to_owned(),
            }],
            days: vec![(0, "3 Nov".to_owned())],
            runs: values.len(),
            tick: change_tick,
            from_zero: false,
            aria: "P99 & \"more\"".to_owned(),
        }
    }

    #[test]
    fn places_are_shares_and_texts_are_escaped() {
        let drawn = chart(&[-0.7, -0.5]).large().into_string();
        assert!(drawn.contains(r#"points="2500 "#), "{drawn}");
        assert!(drawn.contains("P99 &amp; &quot;more&quot;"), "{drawn}");
        assert!(drawn.contains("<title>&lt;b&gt;</title>"), "{drawn}");
        assert!(drawn.contains(r#"<line class="chg" x1="50.0%""#), "{drawn}");
        assert!(drawn.contains("−60\u{202f}%</text>"), "{drawn}");
        let small = chart(&[-0.7, -0.5]).small().into_string();
        assert_eq!(small.matches("<circle").count(), 1, "{small}");
    }

    #[test]
    fn many_runs_have_a_line_without_dots() {
        let drawn = chart(&[-0.5; 500]).large().into_string();
        assert_eq!(drawn.matches("<circle").count(), 0);
        assert_eq!(drawn.matches("class=\"wk\"").count(), 500);
    }

    #[test]
    fn figures_without_a_spread_are_drawn() {
        for values in [
            vec![],
            vec![0.0],
            vec![f64::MAX, -f64::MAX],
            vec![1e-300; 3],
        ] {
            let drawn =
                chart(&values).large().into_string() + &chart(&values).small().into_string();
            assert!(!drawn.contains("NaN") && !drawn.contains("inf"), "{drawn}");
        }
    }
}
