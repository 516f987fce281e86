//! The forest plot, as a table whose second column is drawn: names, figures and verdicts are text.

use maud::{Markup, html};
use shared::verdict::Verdict;

use super::mark::mark;
use crate::view_model::forest::{Forest, ForestBar, ForestRow};
use crate::view_model::percent;

/// All rows, with the axis below them.
pub(crate) fn forest_plot(forest: &Forest, judged: bool) -> Markup {
    html! {
        table.forest {
            thead { tr {
                th scope="col" { "Figure" }
                th.span scope="col" { "← better" span.right { "worse →" } }
                th.r scope="col" { "Change (95\u{202f}% CI)" }
                @if judged { th.pl scope="col" { "Verdict" } }
            } }
            tbody { @for row in &forest.rows { (line(row, forest, judged)) } }
            tfoot aria-hidden="true" { tr {
                td {}
                td.plot { svg.axis {
                    @for (place, label) in &forest.ticks {
                        line.axl x1=(percent(*place)) y1="0" x2=(percent(*place)) y2="4" {}
                        text x=(percent(*place)) y="17" text-anchor="middle" { (label) }
                    }
                } }
            } }
        }
    }
}

fn line(row: &ForestRow, forest: &Forest, judged: bool) -> Markup {
    let stands_out = matches!(row.verdict, Verdict::Fail | Verdict::Warn);
    html! {
        tr.mark[judged && stands_out] data-id=(row.id) {
            th scope="row" { (row.title) }
            td.plot { (drawing(row.bar.as_ref(), forest, &row.change)) }
            td.r.nw data-a="change" { (row.change) }
            @if judged { td.pl data-a="verdict" { (mark(row.verdict)) } }
        }
    }
}

fn drawing(bar: Option<&ForestBar>, forest: &Forest, change: &str) -> Markup {
    let zero = percent(forest.zero);
    html! {
        svg role="img" aria-label={ "change " (change) } {
            @if let Some((low, high)) = bar.and_then(|b| b.noise) { (zone("noise", low, high, "0", "34")) }
            @if let Some((low, high)) = bar.and_then(|b| b.warn) { (zone("zw", low, high, "3", "28")) }
            @if let Some(low) = bar.and_then(|b| b.fail) {
                (zone("zf", low, 100.0, "3", "28"))
                (zone("hf", low, 100.0, "3", "28"))
            }
            @for (place, _) in &forest.ticks { line.g x1=(percent(*place)) y1="0" x2=(percent(*place)) y2="34" {} }
            line.axl x1=(zero) y1="0" x2=(zero) y2="34" {}
            @if let Some(bar) = bar {
                @if let Some((low, high)) = bar.interval {
                    line.cib x1=(percent(low)) y1="17" x2=(percent(high)) y2="17" {}
                    @for end in [low, high] { line.cap x1=(percent(end)) y1="11" x2=(percent(end)) y2="23" {} }
                }
                circle.do cx=(percent(bar.point)) cy="17" r="5" {}
            }
        }
    }
}

fn zone(class: &str, low: f64, high: f64, top: &str, height: &str) -> Markup {
    html! { rect class=(class) x=(percent(low)) y=(top) width=(percent((high - low).max(0.0))) height=(height) {} }
}
