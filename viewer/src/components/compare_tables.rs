//! The tables of the comparison page.

use maud::{Markup, html};
use shared::arms::Arms;
use shared::verdict::Verdict;

use super::mark::{mark, mark_as};
use crate::view_model::compare::{CompareRow, PolicyLine};

/// What the policy applies to, its limits and what came of each.
pub(crate) fn policy_table(lines: &[PolicyLine]) -> Markup {
    html! {
        table.stack.pol {
            thead { tr { @for title in ["Applies to", "Warns", "Fails", "Result"] { th scope="col" { (title) } } } }
            tbody {
                @for line in lines {
                    tr {
                        th scope="row" { (line.applies_to) }
                        td data-a="line" data-l="Warns" { (line.warn) }
                        td data-a="line" data-l="Fails" { (line.fail) }
                        td data-a="verdict" { (mark_as(line.verdict, &line.word)) }
                    }
                }
            }
        }
    }
}

/// Every difference with its limits and verdict.
pub(crate) fn differences_table(rows: &[CompareRow], labels: &Arms<String>) -> Markup {
    html! {
        table.stack.all {
            thead { tr {
                th scope="col" { "Figure" }
                th.r scope="col" { (labels.baseline) }
                th.r scope="col" { (labels.candidate) }
                th.r scope="col" { "Change (95\u{202f}% CI)" }
                th.pl scope="col" { "Limit (warn / fail)" }
                th scope="col" { "Verdict" }
            } }
            tbody { @for row in rows { (line(row)) } }
        }
    }
}

fn line(row: &CompareRow) -> Markup {
    let verdict = row.row.verdict;
    let stands_out = matches!(verdict, Verdict::Fail | Verdict::Warn);
    // Without a limit, the column of limits says so.
    let reason = row.row.target.map_or("", |_| row.row.reason.as_str());
    html! {
        tr.mark[stands_out] data-id=(row.row.id) data-verdict=(verdict.word()) {
            th scope="row" { (row.row.title) @if !reason.is_empty() { small.why { (reason) } } }
            td.r.b.nw data-a="from" { (row.reference) }
            td.r.o.nw data-a="to" { (row.candidate) }
            td.r.nw data-a="change" { (row.change) }
            td.why.pl data-a="line" data-l="Limit" { (row.limits) }
            td data-a="verdict" { (mark(verdict)) }
        }
    }
}
