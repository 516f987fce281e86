//! No page has this address.

use maud::{Markup, html};

use crate::route::Route;

/// The page for every unknown address.
pub(crate) fn not_found() -> Markup {
    html! {
        div.head.first { h1 { "Page not found" } }
        p.lede { "No page has this address. It may have been cut off when it was copied." }
        p { a href=(Route::Runs) { "All runs" } }
    }
}
