//! A chart with its finding, and what can be done with it.

use maud::{Markup, PreEscaped, html};

use crate::view_model::chart::Chart;

/// A chart. Its SVG was made by `charts`, which escapes every text of a report. With data it is an instrument: what its
/// controls do is in `web/instruments.js`.
pub(crate) fn figure(chart: &Chart) -> Markup {
    let data = chart.data.as_ref();
    html! {
        figure.c tabindex=[data.map(|_| "0")] data-across=[data.and_then(|d| d.across.attribute())] data-csv=[data.map(|d| &d.csv)] {
            figcaption { b { (chart.title) } span { (chart.note) } }
            @if let Some(drawing) = &chart.drawing {
                (PreEscaped(&drawing.wide))
                @if let Some(narrow) = &drawing.narrow { (PreEscaped(narrow)) }
            }
            @if data.is_some() { (controls()) }
        }
    }
}

/// The readout, the menu of copies and the table, which is filled when it is opened.
pub(crate) fn controls() -> Markup {
    html! {
        div.tool {
            p.readout {}
            details.menu {
                summary { "Copy as" }
                div { @for kind in ["PNG", "SVG", "CSV"] { button type="button" data-copy=(kind) { (kind) } } }
            }
            details.table { summary { "Data table" } }
        }
    }
}
