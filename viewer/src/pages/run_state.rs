//! A run that is not there yet, or cannot be had.

use maud::{Markup, html};

use crate::components::notice::{faults, nearest, pending};
use crate::load::{Arrival, Loading, RunLoad};
use crate::route::Route;
use crate::view_model::dates;

/// What stands in a run's place until it is there.
pub(crate) fn run_state(id: &str, load: &RunLoad) -> Markup {
    html! {
        p.crumbs { a href=(Route::Runs) { "Runs" } " / " (id) }
        div.head { div {
            @match &load.arrival {
                Some(Arrival { run, .. }) => { h1 { (run.title) } div.meta { span { (dates::date_time(&run.started_at)) } } },
                None => h1 { "Run " (id) },
            }
        } }
        @match &load.state {
            Loading::Pending(what) => {
                (pending(what))
                @if let Some(arrival) = &load.arrival { (arriving(arrival)) }
            },
            Loading::Failed(fault) => {
                (faults(if fault.missing { "This run was not found" } else { "This run cannot be read" }, std::slice::from_ref(fault)))
                (nearest(&fault.near, Route::Report))
                p.below { a href=(Route::Runs) { "All runs" } }
            }
            Loading::Ready(_) => {}
        }
    }
}

/// What is known already of a run that is on its way.
fn arriving(arrival: &Arrival) -> Markup {
    let entries = &arrival.run.scenarios;
    html! {
        progress max=(entries.len()) value=(arrival.scenarios) aria-label="Scenarios loaded" {}
        ul.below {
            @for (i, entry) in entries.iter().enumerate() {
                li { (entry.title) " " small.why { (if i < arrival.scenarios { "loaded" } else { "on its way" }) } }
            }
        }
    }
}
