//! A chart with its finding.

use maud::{Markup, PreEscaped, html};

use crate::view_model::chart::Chart;

/// A chart. Its SVG was made by `charts`, which escapes every text of a report.
pub(crate) fn figure(chart: &Chart) -> Markup {
    html! {
        figure.c {
            figcaption { b { (chart.title) } span { (chart.note) } }
            @if let Some(drawing) = &chart.drawing {
                (PreEscaped(&drawing.wide))
                @if let Some(narrow) = &drawing.narrow { (PreEscaped(narrow)) }
            }
        }
    }
}
