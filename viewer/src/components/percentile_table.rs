//! The percentile table.

use shared::arms::Arms;
use shared::units::{MINUS, THIN};
use yew::prelude::*;

use crate::view_model::percentiles::{ChangeBar, PercentileRow};

/// Percentiles of both arms, with the change's interval as text and drawn.
pub(crate) fn percentile_table(rows: &[PercentileRow], labels: &Arms<String>) -> Html {
    html! {
        <div class="scroll" tabindex="0" role="region" aria-label="Percentile table">
            <table class="pct">
                <thead><tr>
                    <th scope="col">{ "Percentile" }</th>
                    <th scope="col" class="r">{ &labels.baseline }</th>
                    <th scope="col" class="r">{ &labels.candidate }</th>
                    <th scope="col" class="r">{ "Change" }</th>
                    <th scope="col" class="r">{ "95\u{202f}% CI" }</th>
                    <th scope="col" class="pl span">{ "0" }<span class="right">{ format!("{MINUS}100{THIN}%") }</span></th>
                    <th scope="col" class="r">{ "Samples beyond" }</th>
                </tr></thead>
                <tbody>{ for rows.iter().map(line) }</tbody>
            </table>
        </div>
    }
}

fn line(row: &PercentileRow) -> Html {
    html! {
        <tr>
            <th scope="row">{ &row.name }</th>
            <td class="r b nw">{ &row.baseline }</td>
            <td class="r o nw">{ &row.candidate }</td>
            <td class="r nw">{ &row.change }</td>
            <td class={classes!("r", "nw", row.bar.is_none().then_some("why"))}>{ &row.interval }</td>
            <td class="nw pl">{ for row.bar.as_ref().map(|bar| interval(bar, &row.interval)) }</td>
            <td class="r why nw">{ &row.beyond }</td>
        </tr>
    }
}

/// 0 at the left, everything saved at the right; what got worse is drawn at the left end.
fn interval(bar: &ChangeBar, text: &str) -> Html {
    let place = |change: f64| format!("{:.1}%", (-change * 100.0).clamp(0.0, 100.0));
    html! {
        <svg width="180" height="16" role="img" aria-label={format!("interval {text}")}>
            <line x1="0" y1="15" x2="100%" y2="15" class="track" />
            <line x1={place(bar.high)} y1="7" x2={place(bar.low)} y2="7" class="cib" />
            { for [bar.low, bar.high].map(|end| html! { <line x1={place(end)} y1="1" x2={place(end)} y2="13" class="cap" /> }) }
            <circle cx={place(bar.value)} cy="7" r="3.5" class="ro" />
        </svg>
    }
}
