//! The percentile table.

use maud::{Markup, html};
use shared::arms::Arms;
use shared::units::{MINUS, THIN};

use crate::view_model::percent;
use crate::view_model::percentiles::{ChangeBar, PercentileRow};

/// Percentiles of both arms, with the change's interval as text and drawn.
pub(crate) fn percentile_table(rows: &[PercentileRow], labels: &Arms<String>) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="Percentile table" {
            table.pct {
                thead { tr {
                    th scope="col" { "Percentile" }
                    th.r scope="col" { (labels.baseline) }
                    th.r scope="col" { (labels.candidate) }
                    th.r scope="col" { "Change" }
                    th.r scope="col" { "95\u{202f}% CI" }
                    th.pl.span scope="col" { "0" span.right { (MINUS) "100" (THIN) "%" } }
                    th.r scope="col" { "Samples beyond" }
                } }
                tbody { @for row in rows { (line(row)) } }
            }
        }
    }
}

fn line(row: &PercentileRow) -> Markup {
    html! {
        tr.pick[row.marked] {
            th scope="row" { (row.name) }
            td.r.b.nw { (row.baseline) }
            td.r.o.nw { (row.candidate) }
            td.r.nw { (row.change) }
            td.r.nw.why[row.bar.is_none()] { (row.interval) }
            td.nw.pl { @if let Some(bar) = row.bar { (interval(bar, &row.interval)) } }
            td.r.why.nw { (row.beyond) }
        }
    }
}

/// 0 at the left, everything saved at the right; what got worse is drawn at the left end.
fn interval(bar: ChangeBar, text: &str) -> Markup {
    let place = |change: f64| percent((-change * 100.0).clamp(0.0, 100.0));
    html! {
        svg width="180" height="16" role="img" aria-label={ "interval " (text) } {
            line.track x1="0" y1="15" x2="100%" y2="15" {}
            line.cib x1=(place(bar.high)) y1="7" x2=(place(bar.low)) y2="7" {}
            @for end in [bar.low, bar.high] { line.cap x1=(place(end)) y1="1" x2=(place(end)) y2="13" {} }
            circle.ro cx=(place(bar.value)) cy="7" r="3.5" {}
        }
    }
}
