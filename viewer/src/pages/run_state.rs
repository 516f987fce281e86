//! A run that is not there yet, or cannot be had.

use maud::{Markup, html};

use crate::components::notice::{faults, pending};
use crate::load::Loading;
use crate::route::Route;

/// What stands in a run's place until it is there.
pub(crate) fn run_state<T>(id: &str, state: &Loading<T>) -> Markup {
    html! {
        p.crumbs { a href=(Route::Runs) { "Runs" } " / " (id) }
        div.head { h1 { "Run " (id) } }
        @match state {
            Loading::Pending(what) => (pending(what)),
            Loading::Failed(fault) => {
                (faults(if fault.missing { "This run was not found" } else { "This run cannot be read" }, std::slice::from_ref(fault)))
                p { a href=(Route::Runs) { "All runs" } }
            }
            Loading::Ready(_) => {}
        }
    }
}
