//! A run that is not there yet, or cannot be had.

use std::rc::Rc;

use yew::prelude::*;

use crate::browser;
use crate::components::notice::{faults, pending};
use crate::load::{Loading, RunData};
use crate::route::Route;

#[derive(Properties, PartialEq)]
pub(crate) struct RunStateProps {
    pub(crate) id: AttrValue,
    pub(crate) state: Loading<Rc<RunData>>,
}

#[component]
pub(crate) fn RunState(props: &RunStateProps) -> Html {
    let title = format!("{} · Statebench", props.id);
    use_effect_with(title, |title| browser::set_title(title));
    let body = match &props.state {
        Loading::Pending(what) => pending(what),
        Loading::Failed(fault) => html! {
            <>
                { faults(if fault.missing { "This run was not found" } else { "This run cannot be read" }, std::slice::from_ref(fault)) }
                <p><a href={Route::Runs.to_string()}>{ "All runs" }</a></p>
            </>
        },
        Loading::Ready(_) => html! {},
    };
    html! {
        <>
            <p class="crumbs"><a href={Route::Runs.to_string()}>{ "Runs" }</a>{ " / " }{ &props.id }</p>
            <div class="head"><h1>{ format!("Run {}", props.id) }</h1></div>
            { body }
        </>
    }
}
