//! The program of the pages that the list of runs tells.

use yew::prelude::*;

use super::{NOT_FOUND, use_address, use_page_change, use_title};
use crate::components::shell::{ShellLinks, shell};
use crate::components::shown;
use crate::glossary;
use crate::pages::choose::Choose;
use crate::pages::listed::Listed;
use crate::pages::not_found::not_found;
use crate::pages::runs::Runs;
use crate::route::{Program, Route};

/// Starts the program.
pub fn mount() {
    super::mount::<Overview>("overview");
}

#[component]
fn Overview() -> Html {
    let route = use_address();
    let is_own = route.program() == Program::Overview;
    use_page_change(&route, is_own);
    use_title(is_own.then(|| title(&route)));
    let page = match &route {
        Route::Runs => html! { <Runs /> },
        Route::Week(_) | Route::Trends(_) | Route::Trend { .. } => {
            html! { <Listed route={route.clone()} /> }
        }
        Route::Choose(run) => html! { <Choose run={run.clone()} /> },
        Route::Glossary => shown(glossary::page()),
        Route::NotFound(_) if is_own => shown(not_found()),
        _ => return html! {},
    };
    shell(&ShellLinks::of(&route, None), page)
}

fn title(route: &Route) -> String {
    match route {
        Route::Runs => "Runs".to_owned(),
        Route::Week(week) => format!("Week {week}"),
        Route::Trends(_) => "Trends".to_owned(),
        Route::Trend { metric, .. } => format!("Trend of {metric}"),
        Route::Choose(_) => "Compare".to_owned(),
        Route::Glossary => "Glossary".to_owned(),
        _ => NOT_FOUND.to_owned(),
    }
}
