//! A small table of both arms.

use shared::arms::Arms;
use yew::prelude::*;

use crate::view_model::work::ArmsRow;

/// `what` heads the first column, `change` the last.
pub(crate) fn work_table(
    what: &str,
    change: &str,
    rows: &[ArmsRow],
    labels: &Arms<String>,
) -> Html {
    let line = |row: &ArmsRow| {
        html! {
            <tr class={classes!(row.total.then_some("mark"))}>
                <th scope="row">{ if row.total { html! { <b>{ &row.name }</b> } } else { html! { &row.name } } }</th>
                <td class="r b nw">{ &row.baseline }</td>
                <td class="r o nw">{ &row.candidate }</td>
                <td class="r">{ &row.change }</td>
            </tr>
        }
    };
    html! {
        <table>
            <thead><tr>
                <th scope="col">{ what }</th>
                <th scope="col" class="r">{ &labels.baseline }</th>
                <th scope="col" class="r">{ &labels.candidate }</th>
                <th scope="col" class="r">{ change }</th>
            </tr></thead>
            <tbody>{ for rows.iter().map(line) }</tbody>
        </table>
    }
}
