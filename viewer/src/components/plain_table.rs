//! A table of texts: names at the left, figures at the right.

use maud::{Markup, html};

/// `names` of the columns are no figures.
pub(crate) fn plain_table(
    label: &str,
    columns: &[&str],
    names: usize,
    rows: &[Vec<String>],
) -> Markup {
    html! {
        div.scroll.gap tabindex="0" role="region" aria-label=(label) {
            table {
                thead { tr { @for (i, title) in columns.iter().enumerate() { th.r[i >= names] scope="col" { (title) } } } }
                tbody {
                    @for row in rows {
                        tr {
                            @for (i, cell) in row.iter().enumerate() {
                                @if i == 0 { th scope="row" { (cell) } } @else { td.nw.r[i >= names] { (cell) } }
                            }
                        }
                    }
                }
            }
        }
    }
}
