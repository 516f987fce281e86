//! A chart with its finding.

use yew::prelude::*;

use crate::view_model::chart::Chart;

/// A chart. Its SVG was made by `charts`, which escapes every text of a report.
pub(crate) fn figure(chart: &Chart) -> Html {
    let svg = |text: &str| Html::from_html_unchecked(AttrValue::from(text.to_owned()));
    html! {
        <figure class="c">
            <figcaption><b>{ &chart.title }</b><span>{ &chart.note }</span></figcaption>
            if let Some(drawing) = &chart.drawing {
                { svg(&drawing.wide) }
                { for drawing.narrow.iter().map(|narrow| svg(narrow)) }
            }
        </figure>
    }
}
