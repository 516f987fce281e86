//! What the strategy wants watched, under one of its headings.

use maud::{Markup, html};
use shared::arms::Arms;

use crate::view_model::key_metrics::Row;

pub(crate) fn key_table(heading: &str, rows: &[Row], labels: &Arms<String>) -> Markup {
    html! {
        table {
            thead { tr {
                th scope="col" { (heading) }
                @for title in [&labels.baseline, &labels.candidate, "Change"] { th.r scope="col" { (title) } }
            } }
            tbody {
                @for row in rows {
                    tr {
                        th scope="row" { (row.words) span.why.note {
                            @for part in row.metric.split_inclusive(['.', '_']) { (part) wbr; }
                        } }
                        @match &row.figures {
                            Ok([baseline, candidate, change]) => {
                                td.r.b { (baseline) } td.r.o { (candidate) } td.r { (change) }
                            }
                            Err(why) => td.r.note colspan="3" { (why) },
                        }
                    }
                }
            }
        }
    }
}
