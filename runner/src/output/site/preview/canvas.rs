//! Drawing: shapes by tiny-skia, text as the outlines of a font that is part of the program, since a machine that
//! publishes need not have any.

use anyhow::{Context, Result, anyhow};
use tiny_skia::{
    Color, FillRule, LineCap, LineJoin, Paint, Path, PathBuilder, Pixmap, Rect, Stroke, StrokeDash,
    Transform,
};
use ttf_parser::{Face, GlyphId, OutlineBuilder};

/// A colour: red, green, blue.
pub(super) type Rgb = [u8; 3];

/// The weight of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    /// Running text.
    Regular,
    /// Headings and figures.
    Bold,
}

/// Text as it looks, wherever it stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Style {
    /// Pixels.
    pub(super) size: f32,
    /// How strong.
    pub(super) weight: Weight,
    /// The ink.
    pub(super) colour: Rgb,
}

/// A picture that is drawn on. Places are pixels from the left and the top.
pub(super) struct Canvas {
    pixmap: Pixmap,
    regular: Face<'static>,
    bold: Face<'static>,
}

impl Canvas {
    /// An empty picture.
    ///
    /// # Errors
    /// Where there is no room for it, or the fonts that come with the program are damaged.
    pub(super) fn new(width: u32, height: u32, ground: Rgb) -> Result<Self> {
        let mut pixmap = Pixmap::new(width, height).context("no room for a picture")?;
        pixmap.fill(Color::from_rgba8(ground[0], ground[1], ground[2], u8::MAX));
        let face = |bytes| Face::parse(bytes, 0).map_err(|e| anyhow!("a font is damaged: {e}"));
        Ok(Self {
            pixmap,
            regular: face(dejavu::sans_condensed::regular())?,
            bold: face(dejavu::sans_condensed::bold())?,
        })
    }

    /// The picture as a PNG file.
    ///
    /// # Errors
    /// What the encoder says.
    pub(super) fn into_png(self) -> Result<Vec<u8>> {
        self.pixmap.encode_png().context("cannot encode a picture")
    }

    /// How wide a text is.
    pub(super) fn measure(&self, text: &str, style: Style) -> f32 {
        let face = self.face(style.weight);
        let units: u32 = text.chars().map(|c| advance(face, glyph(face, c))).sum();
        units as f32 * scale(face, style.size)
    }

    /// Writes a text; `y` is where its letters stand. A character that the font has not is a box.
    pub(super) fn text(&mut self, text: &str, x: f32, y: f32, style: Style) {
        let face = self.face(style.weight);
        let scale = scale(face, style.size);
        let mut outline = Outline {
            path: PathBuilder::new(),
            scale,
            x,
            y,
        };
        for c in text.chars() {
            let glyph = glyph(face, c);
            face.outline_glyph(glyph, &mut outline);
            outline.x += advance(face, glyph) as f32 * scale;
        }
        self.fill(outline.path.finish(), style.colour);
    }

    /// A filled rectangle.
    pub(super) fn rectangle(&mut self, x: f32, y: f32, width: f32, height: f32, colour: Rgb) {
        let rectangle = Rect::from_xywh(x, y, width, height);
        self.fill(rectangle.map(PathBuilder::from_rect), colour);
    }

    /// A filled circle.
    pub(super) fn circle(&mut self, x: f32, y: f32, radius: f32, colour: Rgb) {
        self.fill(PathBuilder::from_circle(x, y, radius), colour);
    }

    /// Fills a path, if it is one.
    pub(super) fn fill(&mut self, path: Option<Path>, colour: Rgb) {
        if let Some(path) = path {
            let (paint, whole) = (paint(colour), Transform::identity());
            self.pixmap
                .fill_path(&path, &paint, FillRule::Winding, whole, None);
        }
    }

    /// Draws along a path, if it is one; `dash` is the length of dashes and of gaps.
    pub(super) fn stroke(
        &mut self,
        path: Option<Path>,
        width: f32,
        dash: Option<[f32; 2]>,
        colour: Rgb,
    ) {
        let stroke = Stroke {
            width,
            line_cap: LineCap::Round,
            line_join: LineJoin::Round,
            dash: dash.and_then(|dash| StrokeDash::new(dash.to_vec(), 0.0)),
            ..Stroke::default()
        };
        if let Some(path) = path {
            let (paint, whole) = (paint(colour), Transform::identity());
            self.pixmap.stroke_path(&path, &paint, &stroke, whole, None);
        }
    }

    const fn face(&self, weight: Weight) -> &Face<'static> {
        match weight {
            Weight::Regular => &self.regular,
            Weight::Bold => &self.bold,
        }
    }
}

fn paint(colour: Rgb) -> Paint<'static> {
    let mut paint = Paint::default();
    paint.set_color_rgba8(colour[0], colour[1], colour[2], u8::MAX);
    paint
}

/// Pixels of a unit of the font.
fn scale(face: &Face<'_>, size: f32) -> f32 {
    size / f32::from(face.units_per_em())
}

fn glyph(face: &Face<'_>, c: char) -> GlyphId {
    face.glyph_index(c).unwrap_or_default()
}

fn advance(face: &Face<'_>, glyph: GlyphId) -> u32 {
    face.glyph_hor_advance(glyph).map_or(0, u32::from)
}

/// A glyph's outline, put where it belongs. Fonts count upwards.
struct Outline {
    path: PathBuilder,
    scale: f32,
    x: f32,
    y: f32,
}

impl Outline {
    fn place(&self, x: f32, y: f32) -> (f32, f32) {
        (self.x + x * self.scale, self.y - y * self.scale)
    }
}

impl OutlineBuilder for Outline {
    fn move_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.place(x, y);
        self.path.move_to(x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.place(x, y);
        self.path.line_to(x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let ((x1, y1), (x, y)) = (self.place(x1, y1), self.place(x, y));
        self.path.quad_to(x1, y1, x, y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let ((x1, y1), (x2, y2)) = (self.place(x1, y1), self.place(x2, y2));
        let (x, y) = self.place(x, y);
        self.path.cubic_to(x1, y1, x2, y2, x, y);
    }

    fn close(&mut self) {
        self.path.close();
    }
}
