//! The program of the page that holds two runs, or two arms, side by side.

use yew::prelude::*;

use super::{NOT_FOUND, use_address, use_page_change, use_title};
use crate::components::shell::{ShellLinks, shell};
use crate::components::shown;
use crate::pages::compare::Compare;
use crate::pages::not_found::not_found;
use crate::pages::open::Open;
use crate::route::{Program, Route};

/// Starts the program.
pub fn mount() {
    super::mount::<Comparison>("comparison");
}

#[component]
fn Comparison() -> Html {
    let route = use_address();
    let is_own = route.program() == Program::Comparison;
    use_page_change(&route, is_own);
    use_title(is_own.then(|| title(&route)));
    let page = match &route {
        Route::Compare {
            reference,
            candidate,
            scenario,
        } => html! {
            <Compare reference={reference.clone()} candidate={candidate.clone()} scenario={scenario.clone()} />
        },
        Route::Open => html! { <Open /> },
        Route::NotFound(_) if is_own => shown(not_found()),
        _ => return html! {},
    };
    shell(&ShellLinks::of(&route, None), page)
}

fn title(route: &Route) -> String {
    match route {
        Route::Compare {
            reference,
            candidate,
            ..
        } => format!("{candidate} against {reference}"),
        Route::Open => "Open files".to_owned(),
        _ => NOT_FOUND.to_owned(),
    }
}
