//! The site as a whole: from the address to the page.

use yew::prelude::*;

use crate::browser::{self, HashListener};
use crate::components::shell::{Shell, ShellLinks};
use crate::load::{Loading, use_run};
use crate::pages::not_found::NotFound;
use crate::pages::report::Report;
use crate::pages::run_state::RunState;
use crate::pages::runs::Runs;
use crate::pages::scenario::ScenarioPage;
use crate::route::Route;

/// The site.
#[component]
pub(crate) fn App() -> Html {
    let route = use_address();
    let run = use_run(route.run());
    let last_scenario = use_last_scenario(&route);
    use_page_change(&route);

    let page = match (&route, run) {
        (Route::Runs, _) => html! { <Runs week={None::<String>} /> },
        (Route::Week(week), _) => html! { <Runs week={Some(week.clone())} key={week.clone()} /> },
        (Route::Report(_), Some(Loading::Ready(data))) => html! { <Report {data} /> },
        (Route::Scenario { scenario, view, .. }, Some(Loading::Ready(data))) => {
            html! { <ScenarioPage {data} name={scenario.clone()} view={*view} key={scenario.clone()} /> }
        }
        (Route::Report(id) | Route::Scenario { run: id, .. }, Some(state)) => {
            html! { <RunState id={id.clone()} {state} /> }
        }
        _ => html! { <NotFound /> },
    };
    html! { <Shell links={ShellLinks::of(&route, last_scenario)}>{ page }</Shell> }
}

/// The current address, followed.
#[hook]
fn use_address() -> Route {
    let route = use_state(|| Route::parse(&browser::hash()).unwrap_or(Route::Runs));
    let setter = route.setter();
    use_effect_with((), move |()| {
        let listener = HashListener::new(move || {
            if let Some(route) = Route::parse(&browser::hash()) {
                setter.set(route);
            }
        });
        move || drop(listener)
    });
    (*route).clone()
}

/// The scenario last looked at, with its run: where the navigation's `Scenario` leads back to.
#[hook]
fn use_last_scenario(route: &Route) -> Option<Route> {
    let last = use_mut_ref(|| None::<Route>);
    if matches!(route, Route::Scenario { .. }) {
        *last.borrow_mut() = Some(route.clone());
    }
    let last = last.borrow();
    last.as_ref().filter(|l| l.run() == route.run()).cloned()
}

/// A new page begins at its top, for eyes and for screen readers; a new view of the same page stays where it is.
#[hook]
fn use_page_change(route: &Route) {
    let shown = use_mut_ref(|| None::<Route>);
    use_effect_with(route.clone(), move |route| {
        let before = shown.borrow_mut().replace(route.clone());
        if before.is_some_and(|before| !before.is_same_page(route)) {
            browser::scroll_to_top();
            browser::focus_content();
        }
    });
}
