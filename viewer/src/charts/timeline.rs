//! Something over the measured time of each arm.

use super::plot::{Anchor, Axis, Frame, draw, linear_ticks, spread};
use super::svg::Paint;
use super::{Drawing, Layout, tick_label};

/// One line of a timeline.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Series {
    /// What stands at its end.
    pub(crate) label: String,
    /// Time in units of the axis, and the value.
    pub(crate) points: Vec<(f64, f64)>,
    /// Whose it is.
    pub(crate) role: shared::arms::ArmRole,
}

/// What a timeline shows beside its series.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Timeline {
    /// The lines; those without points are left out.
    pub(crate) series: Vec<Series>,
    /// Dotted lines with their names.
    pub(crate) limits: Vec<(f64, String)>,
    /// Dotted lines from one point to another: what was fitted to a series.
    pub(crate) fits: Vec<[(f64, f64); 2]>,
    /// What the time axis counts.
    pub(crate) time_title: String,
    /// Where the value axis begins; above zero, the note below the title says so.
    pub(crate) from: f64,
    /// Room for the labels at the right, pixels.
    pub(crate) label_room: f64,
    /// Whether it stands in a third of the page: then one narrow drawing serves all pages.
    pub(crate) third: bool,
    /// For screen readers.
    pub(crate) aria: String,
}

/// Draws a timeline; `None` where no series has two points.
pub(crate) fn timeline_chart(timeline: &Timeline) -> Option<Drawing> {
    let drawn: Vec<&Series> = timeline
        .series
        .iter()
        .filter(|s| s.points.len() > 1)
        .collect();
    let points = || drawn.iter().flat_map(|s| &s.points);
    let end = points().map(|(t, _)| *t).fold(0.0, f64::max);
    let top = points()
        .map(|(_, v)| *v)
        .chain(timeline.limits.iter().map(|(v, _)| *v))
        .fold(timeline.from, f64::max);
    if drawn.is_empty() || end <= 0.0 || !top.is_finite() {
        return None;
    }
    let is_flat = top <= timeline.from;
    let top = if is_flat {
        timeline.from + 1.0
    } else {
        top * 1.02
    };
    let values = linear_ticks(timeline.from, top, 4.0);
    let times: Vec<f64> = linear_ticks(0.0, end, 5.0)
        .into_iter()
        .filter(|t| *t <= end * 1.001)
        .collect();
    let highest = values.iter().copied().fold(top, f64::max);
    let (x, y) = (Axis::linear(0.0, end), Axis::linear(timeline.from, highest));

    let room = timeline.label_room;
    let layout = Layout {
        heights: (220.0, 210.0),
        wide: [52.0, room, 16.0, 40.0],
        narrow: [48.0, room, 16.0, 40.0],
    };
    let chart = |frame: Frame| {
        draw(frame, x, y, &timeline.aria, |plot| {
            plot.y_grid(
                &values
                    .iter()
                    .map(|v| (*v, tick_label(*v)))
                    .collect::<Vec<_>>(),
            );
            plot.x_ticks(
                &times
                    .iter()
                    .map(|t| (*t, tick_label(*t)))
                    .collect::<Vec<_>>(),
                false,
            );
            plot.x_axis(&timeline.time_title);
            for (limit, _) in &timeline.limits {
                plot.line([(0.0, *limit), (end, *limit)], Paint::Limit);
            }
            let columns = frame.width - frame.left - frame.right;
            for series in &drawn {
                plot.line(thinned(&series.points, end, columns), styles(series).0);
            }
            for fit in &timeline.fits {
                plot.line(*fit, Paint::Limit);
            }
            let limits = timeline
                .limits
                .iter()
                .map(|(v, name)| (name.as_str(), Paint::StrongText, *v));
            let ends = drawn
                .iter()
                .filter_map(|s| Some((s.label.as_str(), styles(s).1, s.points.last()?.1)));
            let labels: Vec<_> = limits.chain(ends).collect();
            let places: Vec<f64> = labels
                .iter()
                .map(|(_, _, v)| plot.pixel((end, *v)).1)
                .collect();
            let x = frame.width - frame.right + 8.0;
            for ((label, paint, _), y) in labels.into_iter().zip(spread(&places, 15.0)) {
                plot.text_px((x, y + 4.0), label, paint, Anchor::Start);
            }
        })
    };
    Some(if timeline.third {
        layout.draw_narrow(chart)
    } else {
        layout.draw(chart)
    })
}

/// The lowest and the highest point of each column of pixels, in their order: what more points would paint over. All points
/// where they are few. `end` is the end of the time axis.
fn thinned(points: &[(f64, f64)], end: f64, columns: f64) -> Vec<(f64, f64)> {
    if points.len() as f64 <= 2.0 * columns {
        return points.to_vec();
    }
    let column = |i: usize| (points[i].0 / end * columns).floor();
    let (mut kept, mut first) = (Vec::new(), 0);
    while first < points.len() {
        let (mut low, mut high, mut next) = (first, first, first + 1);
        while next < points.len() && column(next) == column(first) {
            if points[next].1 < points[low].1 {
                low = next;
            }
            if points[next].1 > points[high].1 {
                high = next;
            }
            next += 1;
        }
        kept.push(points[low.min(high)]);
        if low != high {
            kept.push(points[low.max(high)]);
        }
        first = next;
    }
    kept
}

fn styles(series: &Series) -> (Paint, Paint) {
    match series.role {
        shared::arms::ArmRole::Baseline => (Paint::BaselineSeries, Paint::BaselineText),
        shared::arms::ArmRole::Candidate => (Paint::CandidateSeries, Paint::CandidateText),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::arms::ArmRole;

    fn timeline(points: Vec<(f64, f64)>) -> Timeline {
        Timeline {
            series: vec![Series {
                label: "Optimized <1>".to_owned(),
                points,
                role: ArmRole::Candidate,
            }],
            limits: vec![(5.0, "limit 5".to_owned())],
            fits: vec![[(0.0, 1.0), (2.0, 2.0)]],
            time_title: "seconds".to_owned(),
            from: 0.0,
            label_room: 80.0,
            third: false,
            aria: "aria".to_owned(),
        }
    }

    #[test]
    fn labels_from_reports_are_escaped() {
        let drawing = timeline_chart(&timeline(vec![(0.0, 1.0), (2.0, 3.0)])).unwrap();
        assert!(
            drawing.wide.contains("Optimized &lt;1&gt;"),
            "{}",
            drawing.wide
        );
    }

    #[test]
    fn a_flat_line_at_zero_is_drawn() {
        let mut flat = timeline(vec![(0.0, 0.0), (2.0, 0.0)]);
        flat.limits.clear();
        assert!(timeline_chart(&flat).unwrap().wide.contains("polyline"));
        let lines = |timeline: &Timeline| {
            let wide = timeline_chart(timeline).unwrap().wide;
            wide.matches("<polyline").count() + wide.matches("<line").count()
        };
        let with_fit = lines(&flat);
        flat.fits.clear();
        assert_eq!(lines(&flat) + 1, with_fit, "the fit is a line more");
    }

    #[test]
    fn thinned_lines_keep_every_extreme() {
        let value = |i: u32| match i {
            777 => 50.0,
            4_242 => -3.0,
            _ => f64::from(i % 7),
        };
        let many: Vec<_> = (0..6_000).map(|i| (f64::from(i), value(i))).collect();
        let thin = thinned(&many, 5_999.0, 400.0);
        assert!(thin.len() <= 802, "{} points", thin.len());
        assert!(thin.contains(&(777.0, 50.0)) && thin.contains(&(4_242.0, -3.0)));
        assert!(thin.is_sorted_by_key(|(x, _)| *x as u32), "in their order");
        assert_eq!(thinned(&many[..800], 799.0, 400.0).len(), 800);
    }

    #[test]
    fn nothing_to_show_is_no_chart() {
        assert_eq!(timeline_chart(&timeline(Vec::new())), None);
    }
}
