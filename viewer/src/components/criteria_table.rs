//! Targets, what was measured, and the verdict on each.

use shared::arms::Arms;
use shared::verdict::{Judgement, Verdict};
use yew::prelude::*;

use super::mark::mark;
use crate::view_model::criteria::{CriterionRow, row};

/// The table of some targets.
pub(crate) fn criteria_table(judgements: &[Judgement], labels: &Arms<String>) -> Html {
    html! {
        <table class="stack">
            <thead><tr>
                <th scope="col">{ "Criterion" }</th>
                <th scope="col">{ "Target" }</th>
                <th scope="col" class="r">{ &labels.baseline }</th>
                <th scope="col" class="r">{ &labels.candidate }</th>
                <th scope="col" class="pl">{ "Judged (95\u{202f}% CI)" }</th>
                <th scope="col">{ "Verdict" }</th>
            </tr></thead>
            <tbody>{ for judgements.iter().map(|j| criterion(&row(j))) }</tbody>
        </table>
    }
}

fn criterion(row: &CriterionRow) -> Html {
    let class = classes!(
        (row.verdict != Verdict::Pass).then_some("mark"),
        row.empty.then_some("nil")
    );
    html! {
        <tr {class}>
            <th scope="row">{ &row.title }if !row.reason.is_empty() { <small class="why">{ &row.reason }</small> }</th>
            <td data-a="line" data-l="Target" title={row.quote.clone()}>{ &row.target }{ " " }<small>{ &row.source }</small></td>
            <td class="r b nw" data-a="from">{ &row.baseline }</td>
            <td class="r o nw" data-a="to">{ &row.candidate }</td>
            <td class="pl" data-a="change">{ &row.judged }</td>
            <td data-a="verdict">{ mark(row.verdict) }</td>
        </tr>
    }
}
