//! Targets, what was measured, and the verdict on each.

use maud::{Markup, html};
use shared::arms::Arms;
use shared::verdict::{Judgement, Verdict};

use super::mark::mark;
use crate::view_model::criteria::{CriterionRow, row};

/// The table of some targets.
pub(crate) fn criteria_table(judgements: &[Judgement], labels: &Arms<String>) -> Markup {
    html! {
        table.stack {
            thead { tr {
                th scope="col" { "Criterion" }
                th scope="col" { "Target" }
                th.r scope="col" { (labels.baseline) }
                th.r scope="col" { (labels.candidate) }
                th.pl scope="col" { "Judged (95\u{202f}% CI)" }
                th scope="col" { "Verdict" }
            } }
            tbody { @for judgement in judgements { (criterion(&row(judgement))) } }
        }
    }
}

fn criterion(row: &CriterionRow) -> Markup {
    html! {
        tr.mark[row.verdict != Verdict::Pass].nil[row.empty] data-id=(row.id) data-verdict=(row.verdict.word()) {
            th scope="row" { (row.title) @if !row.reason.is_empty() { small.why { (row.reason) } } }
            td data-a="line" data-l="Target" title=(row.quote) {
                (row.target)
                @if let Some(widened) = &row.widened { " " small.why { "noise: " (widened) } }
                " " small { (row.source) }
            }
            td.r.b.nw data-a="from" { (row.baseline) }
            td.r.o.nw data-a="to" { (row.candidate) }
            td.pl data-a="change" { (row.judged) }
            td data-a="verdict" { (mark(row.verdict)) }
        }
    }
}
