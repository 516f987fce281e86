//! The program of the pages that the files of one run tell.

use std::rc::Rc;

use maud::{Markup, html as markup};
use shared::cost::Prices;
use yew::prelude::*;

use super::{NOT_FOUND, use_address, use_page_change, use_title};
use crate::components::shell::{ShellLinks, shell};
use crate::components::shown;
use crate::load::{Loading, RunData, use_run};
use crate::pages::not_found::not_found;
use crate::pages::report::Report;
use crate::pages::run_state::run_state;
use crate::pages::scenario::ScenarioPage;
use crate::route::{Program, Route};

type State = Loading<Rc<RunData>>;

/// Starts the program.
pub fn mount() {
    super::mount::<Evidence>("evidence");
}

#[component]
fn Evidence() -> Html {
    let route = use_address();
    let load = use_run(route.run());
    let run = load.as_ref().map(|load| &load.state);
    let last_scenario = use_last_scenario(&route, run);
    let is_own = route.program() == Program::Evidence;
    use_page_change(&route, is_own);
    use_title(is_own.then(|| title(&route, run)));
    let page = match (&route, run) {
        (Route::Report(_), Some(Loading::Ready(data))) => {
            html! { <Report data={data.clone()} prices={Prices::default()} /> }
        }
        (Route::PricedReport { prices, .. }, Some(Loading::Ready(data))) => {
            html! { <Report data={data.clone()} prices={(**prices).clone()} /> }
        }
        (Route::Scenario { scenario, view, .. }, Some(Loading::Ready(data))) => {
            html! { <ScenarioPage data={data.clone()} name={scenario.clone()} view={*view} key={scenario.clone()} /> }
        }
        (
            Route::Report(id)
            | Route::PricedReport { run: id, .. }
            | Route::Scenario { run: id, .. },
            _,
        ) => html! { { for load.iter().map(|load| shown(run_state(id, load))) } },
        (Route::NotFound(_), _) if is_own => shown(not_found()),
        _ => return html! {},
    };
    let note = match run {
        Some(Loading::Ready(data)) if data.files.is_local => shown(only_here()),
        _ => Html::default(),
    };
    let page = html! { <>{ note }{ page }</> };
    shell(&ShellLinks::of(&route, last_scenario), page)
}

/// Said above a run that was opened from files.
fn only_here() -> Markup {
    markup! {
        p.note.below role="status" {
            "This run was opened from files of this computer and is only in this tab: a link to it leads nobody else here. "
            a href=(Route::Open) { "Open other files" }
        }
    }
}

fn title(route: &Route, run: Option<&State>) -> String {
    let run = match run {
        Some(Loading::Ready(data)) => Some(&data.files.run),
        _ => None,
    };
    match route {
        Route::Report(id) | Route::PricedReport { run: id, .. } => {
            run.map_or_else(|| id.clone(), |run| run.title.clone())
        }
        Route::Scenario {
            run: id,
            scenario: name,
            ..
        } => {
            let entry = run.and_then(|run| run.scenarios.iter().find(|s| s.name == *name));
            format!("{}, {id}", entry.map_or(name, |e| &e.title))
        }
        _ => NOT_FOUND.to_owned(),
    }
}

/// Where the navigation's `Scenario` leads: back to the one last looked at, else to the run's first.
#[hook]
fn use_last_scenario(route: &Route, run: Option<&State>) -> Option<Route> {
    let last = use_mut_ref(|| None::<Route>);
    if matches!(route, Route::Scenario { .. }) {
        *last.borrow_mut() = Some(route.clone());
    }
    let last = last.borrow();
    let of_this_run = last
        .as_ref()
        .filter(|last| last.run() == route.run())
        .cloned();
    of_this_run.or_else(|| match run {
        Some(Loading::Ready(data)) => {
            let run = &data.files.run;
            run.scenarios
                .first()
                .map(|entry| Route::scenario(&run.id, &entry.name))
        }
        _ => None,
    })
}
