//! The picture of a preview: the verdict, its sentence, and the promised improvements against their targets.

use anyhow::Result;
use shared::summary::{Improvement, ImprovementBar};

use super::canvas::{Canvas, Style, Weight};
use super::text::wrapped;
use super::{Preview, mark};

/// Pixels: the size that Open Graph's readers recommend for a large picture.
pub(super) const WIDTH: u32 = 1_200;
/// Pixels.
pub(super) const HEIGHT: u32 = 630;
/// Improvements that there is room for.
pub(super) const MOST_GAINS: usize = 6;

/// Pixels that stay free on each side.
const MARGIN: f32 = 56.0;
const INNER: f32 = WIDTH as f32 - 2.0 * MARGIN;
const COLUMNS: usize = 3;
/// Pixels between columns.
const GAP: f32 = 48.0;
const COLUMN: f32 = (INNER - (COLUMNS - 1) as f32 * GAP) / COLUMNS as f32;
/// Lines that the sentence may take.
const SENTENCE_LINES: usize = 3;

/// The site's colours on light ground: `web/statebench.css` (a test holds them against it).
pub(super) mod colours {
    use super::super::canvas::Rgb;
    use shared::verdict::Verdict;

    pub(in super::super) const GROUND: Rgb = [0xff, 0xff, 0xff];
    pub(in super::super) const INK: Rgb = [0x14, 0x20, 0x2b];
    pub(in super::super) const INK_2: Rgb = [0x43, 0x50, 0x5c];
    pub(in super::super) const INK_3: Rgb = [0x5c, 0x69, 0x75];
    pub(in super::super) const RULE: Rgb = [0xd7, 0xde, 0xe5];
    pub(in super::super) const RULE_STRONG: Rgb = [0x84, 0x91, 0x9d];
    pub(in super::super) const BASELINE: Rgb = [0x57, 0x70, 0x8c];
    pub(in super::super) const CANDIDATE: Rgb = [0xd5, 0x5e, 0x00];
    pub(in super::super) const MET: Rgb = [0xe3, 0xf3, 0xec];
    pub(in super::super) const PASS: Rgb = [0x00, 0x69, 0x4b];
    pub(in super::super) const FAIL: Rgb = [0xad, 0x10, 0x40];
    pub(in super::super) const UNSURE: Rgb = [0x73, 0x55, 0x00];

    /// The colour of a verdict's mark and word.
    pub(in super::super) const fn of(verdict: Verdict) -> Rgb {
        match verdict {
            Verdict::Pass => PASS,
            Verdict::Fail => FAIL,
            Verdict::Warn | Verdict::Inconclusive => UNSURE,
            Verdict::NotJudged => INK_3,
        }
    }
}

const fn regular(size: f32, colour: [u8; 3]) -> Style {
    Style {
        size,
        weight: Weight::Regular,
        colour,
    }
}

const fn bold(size: f32, colour: [u8; 3]) -> Style {
    Style {
        size,
        weight: Weight::Bold,
        colour,
    }
}

/// The picture, a PNG file.
///
/// # Errors
/// Where there is no room to draw.
pub(super) fn draw(preview: &Preview) -> Result<Vec<u8>> {
    let mut canvas = Canvas::new(WIDTH, HEIGHT, colours::GROUND)?;
    head(&mut canvas, preview);
    foot(&mut canvas, preview);
    let top = verdict(&mut canvas, preview);
    if preview.gains.is_empty() {
        answers(&mut canvas, preview, top);
    } else {
        gains(&mut canvas, preview, top);
    }
    canvas.into_png()
}

/// The site's mark and name, and the run's title.
fn head(canvas: &mut Canvas, preview: &Preview) {
    canvas.rectangle(MARGIN, 40.0, 26.0, 8.0, colours::BASELINE);
    canvas.rectangle(MARGIN, 54.0, 10.0, 8.0, colours::CANDIDATE);
    let name = bold(24.0, colours::INK);
    canvas.text("Statebench", MARGIN + 38.0, 60.0, name);
    let left = MARGIN + 38.0 + canvas.measure("Statebench", name) + 24.0;
    let style = regular(22.0, colours::INK_2);
    let width = MARGIN + INNER - left;
    line(canvas, &preview.title, left, 60.0, width, style);
    canvas.rectangle(MARGIN, 84.0, INNER, 3.0, colours::INK);
}

/// Day and profile, which every figure needs, and whether there are more improvements than there is room for.
fn foot(canvas: &mut Canvas, preview: &Preview) {
    let style = regular(20.0, colours::INK_3);
    let y = HEIGHT as f32 - 22.0;
    let all = preview.gains.len();
    let note = match all > MOST_GAINS {
        true => format!("{MOST_GAINS} of {all} promised improvements"),
        false => String::new(),
    };
    let width = canvas.measure(&note, style);
    canvas.text(&note, MARGIN + INNER - width, y, style);
    line(
        canvas,
        &preview.about,
        MARGIN,
        y,
        INNER - width - 24.0,
        style,
    );
}

/// The verdict with its mark and its sentence; says where they end.
fn verdict(canvas: &mut Canvas, preview: &Preview) -> f32 {
    const MARK: f32 = 72.0;
    mark::draw(canvas, preview.verdict, MARGIN, 114.0, MARK);
    let left = MARGIN + MARK + 24.0;
    let word = bold(26.0, colours::of(preview.verdict));
    canvas.text(preview.verdict.word(), left, 136.0, word);
    let style = bold(36.0, colours::INK);
    let width = MARGIN + INNER - left;
    let lines = wrapped(&preview.sentence, width, SENTENCE_LINES, |text| {
        canvas.measure(text, style)
    });
    let mut y = 136.0;
    for line in lines {
        y += 44.0;
        canvas.text(&line, left, y, style);
    }
    y + 34.0
}

/// The three questions, where nothing was promised.
fn answers(canvas: &mut Canvas, preview: &Preview, top: f32) {
    for (i, (question, answer)) in preview.answers.iter().enumerate() {
        let left = MARGIN + i as f32 * (COLUMN + GAP);
        canvas.rectangle(left, top, COLUMN, 1.0, colours::RULE_STRONG);
        canvas.text(question, left, top + 40.0, bold(24.0, colours::INK));
        mark::draw(canvas, answer.verdict, left, top + 56.0, 24.0);
        let word = bold(24.0, colours::of(answer.verdict));
        line(
            canvas,
            &answer.word,
            left + 34.0,
            top + 77.0,
            COLUMN - 34.0,
            word,
        );
        let style = regular(22.0, colours::INK_2);
        let lines = wrapped(&answer.text, COLUMN, 5, |text| canvas.measure(text, style));
        for (row, text) in lines.iter().enumerate() {
            canvas.text(text, left, top + 116.0 + row as f32 * 30.0, style);
        }
    }
}

/// The promised improvements, as many as there is room for.
fn gains(canvas: &mut Canvas, preview: &Preview, top: f32) {
    let gains = preview.gains_by_weight().into_iter().take(MOST_GAINS);
    for (i, improvement) in gains.enumerate() {
        let left = MARGIN + (i % COLUMNS) as f32 * (COLUMN + GAP);
        let top = top + (i / COLUMNS) as f32 * 142.0;
        gain(canvas, improvement, left, top);
    }
}

/// One improvement: what it is, by how much, and the interval against the target.
fn gain(canvas: &mut Canvas, gain: &Improvement, left: f32, top: f32) {
    canvas.rectangle(left, top, COLUMN, 1.0, colours::RULE);
    mark::draw(canvas, gain.verdict, left + COLUMN - 22.0, top + 12.0, 22.0);
    let title = regular(21.0, colours::INK_2);
    line(canvas, &gain.title, left, top + 30.0, COLUMN - 34.0, title);
    let change = bold(36.0, colours::INK);
    canvas.text(&gain.change, left, top + 70.0, change);
    let interval = left + canvas.measure(&gain.change, change) + 14.0;
    let room = left + COLUMN - interval;
    let mut style = regular(20.0, colours::INK_3);
    style.size *= (room / canvas.measure(&gain.interval, style)).clamp(0.75, 1.0);
    line(canvas, &gain.interval, interval, top + 70.0, room, style);
    bar(canvas, &gain.bar, left, top + 82.0);
}

/// The bar of the executive summary: tinted where the target is met, right is better.
fn bar(canvas: &mut Canvas, bar: &ImprovementBar, left: f32, top: f32) {
    let at = |percent: f64| left + COLUMN * (percent as f32 / 100.0).clamp(0.0, 1.0);
    let target = at(bar.target);
    canvas.rectangle(target, top, left + COLUMN - target, 22.0, colours::MET);
    canvas.rectangle(left, top + 22.0, COLUMN, 2.0, colours::RULE_STRONG);
    if let Some((low, high)) = bar.interval {
        let (low, high) = (at(low), at(high));
        canvas.rectangle(low, top + 10.0, high - low, 3.0, colours::CANDIDATE);
        for end in [low, high] {
            canvas.rectangle(end - 1.5, top + 4.0, 3.0, 15.0, colours::CANDIDATE);
        }
    }
    canvas.rectangle(target - 1.5, top - 2.0, 3.0, 26.0, colours::INK);
    canvas.circle(at(bar.point), top + 11.5, 6.0, colours::CANDIDATE);
    let style = regular(18.0, colours::INK_2);
    let width = canvas.measure(&bar.target_label, style);
    let place = (target - width / 2.0).clamp(left, left + COLUMN - width);
    canvas.text(&bar.target_label, place, top + 43.0, style);
}

/// A text in one line of at most `width`.
fn line(canvas: &mut Canvas, text: &str, x: f32, y: f32, width: f32, style: Style) {
    for text in wrapped(text, width, 1, |text| canvas.measure(text, style)) {
        canvas.text(&text, x, y, style);
    }
}
