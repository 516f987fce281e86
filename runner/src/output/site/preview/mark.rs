//! The verdict's mark: the shapes of `web/index.html`, on the same grid of 16.

use shared::verdict::Verdict;
use tiny_skia::{PathBuilder, Rect};

use super::canvas::{Canvas, Rgb};
use super::picture::colours;

/// A line through these points.
fn line(points: &[(f32, f32)], at: impl Fn(f32, f32) -> (f32, f32)) -> PathBuilder {
    let mut path = PathBuilder::new();
    for (i, (x, y)) in points.iter().enumerate() {
        let (x, y) = at(*x, *y);
        match i {
            0 => path.move_to(x, y),
            _ => path.line_to(x, y),
        }
    }
    path
}

/// Draws a mark whose grid begins at `x`, `y` and is `size` pixels wide.
pub(super) fn draw(canvas: &mut Canvas, verdict: Verdict, x: f32, y: f32, size: f32) {
    let unit = size / 16.0;
    let at = |px: f32, py: f32| (x + px * unit, y + py * unit);
    let colour = colours::of(verdict);
    let circle = |px, py, radius: f32| {
        let (x, y) = at(px, py);
        PathBuilder::from_circle(x, y, radius * unit)
    };
    let shut = |points: &[(f32, f32)]| {
        let mut path = line(points, at);
        path.close();
        path.finish()
    };
    let ink = |canvas: &mut Canvas, points: &[(f32, f32)], width: f32, ink: Rgb| {
        canvas.stroke(line(points, at).finish(), width * unit, None, ink);
    };
    match verdict {
        Verdict::Pass => {
            canvas.fill(circle(8.0, 8.0, 7.5), colour);
            ink(
                canvas,
                &[(4.6, 8.3), (7.0, 10.7), (11.5, 5.6)],
                2.0,
                colours::GROUND,
            );
        }
        Verdict::Fail => {
            let (x, y) = at(0.8, 0.8);
            let square = Rect::from_xywh(x, y, 14.4 * unit, 14.4 * unit);
            canvas.fill(square.map(PathBuilder::from_rect), colour);
            ink(canvas, &[(5.0, 5.0), (11.0, 11.0)], 2.0, colours::GROUND);
            ink(canvas, &[(11.0, 5.0), (5.0, 11.0)], 2.0, colours::GROUND);
        }
        Verdict::Warn => {
            canvas.fill(shut(&[(8.0, 1.2), (15.4, 14.6), (0.6, 14.6)]), colour);
            ink(canvas, &[(8.0, 6.0), (8.0, 10.0)], 2.0, colours::GROUND);
            canvas.fill(circle(8.0, 12.5, 1.1), colours::GROUND);
        }
        Verdict::Inconclusive => {
            let diamond = [(8.0, 0.9), (15.1, 8.0), (8.0, 15.1), (0.9, 8.0)];
            canvas.stroke(shut(&diamond), 1.6 * unit, None, colour);
            canvas.stroke(question(at), 1.4 * unit, None, colour);
            canvas.fill(circle(8.0, 11.3, 1.0), colour);
        }
        Verdict::NotJudged => {
            let dash = Some([2.4 * unit, 2.0 * unit]);
            canvas.stroke(circle(8.0, 8.0, 7.0), 1.6 * unit, dash, colour);
            ink(canvas, &[(5.2, 8.0), (10.8, 8.0)], 1.8, colour);
        }
    }
}

/// The hook of a question mark.
fn question(at: impl Fn(f32, f32) -> (f32, f32)) -> Option<tiny_skia::Path> {
    let mut path = PathBuilder::new();
    let (x, y) = at(6.2, 6.6);
    path.move_to(x, y);
    for curve in [
        [(6.2, 4.3), (9.8, 4.3), (9.8, 6.5)],
        [(9.8, 7.8), (8.0, 7.8), (8.0, 9.2)],
    ] {
        let [(x1, y1), (x2, y2), (x, y)] = curve.map(|(x, y)| at(x, y));
        path.cubic_to(x1, y1, x2, y2, x, y);
    }
    path.finish()
}
