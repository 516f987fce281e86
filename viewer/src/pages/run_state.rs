//! A run that is not there yet, or cannot be had.

use std::rc::Rc;

use yew::prelude::*;

use crate::components::notice::{faults, pending};
use crate::load::{Loading, RunData};
use crate::route::Route;

/// What stands in a run's place until it is there.
pub(crate) fn run_state(id: &str, state: &Loading<Rc<RunData>>) -> Html {
    let body = match state {
        Loading::Pending(what) => pending(what),
        Loading::Failed(fault) => {
            let title = if fault.missing {
                "This run was not found"
            } else {
                "This run cannot be read"
            };
            html! {
                <>
                    { faults(title, std::slice::from_ref(fault)) }
                    <p><a href={Route::Runs.to_string()}>{ "All runs" }</a></p>
                </>
            }
        }
        Loading::Ready(_) => html! {},
    };
    html! {
        <>
            <p class="crumbs"><a href={Route::Runs.to_string()}>{ "Runs" }</a>{ " / " }{ id }</p>
            <div class="head"><h1>{ format!("Run {id}") }</h1></div>
            { body }
        </>
    }
}
