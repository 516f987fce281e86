//! A small table of both arms.

use maud::{Markup, html};
use shared::arms::Arms;

use crate::view_model::work::ArmsRow;

/// `what` heads the first column, `change` the last.
pub(crate) fn work_table(
    what: &str,
    change: &str,
    rows: &[ArmsRow],
    labels: &Arms<String>,
) -> Markup {
    html! {
        table {
            thead { tr {
                th scope="col" { (what) }
                @for title in [&labels.baseline, &labels.candidate, change] { th.r scope="col" { (title) } }
            } }
            tbody {
                @for row in rows {
                    tr.mark[row.total].total[row.total] {
                        th scope="row" { (row.name) }
                        td.r.b.nw { (row.baseline) }
                        td.r.o.nw { (row.candidate) }
                        td.r { (row.change) }
                    }
                }
            }
        }
    }
}
