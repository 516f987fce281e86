//! The site as a whole: from the address to the page.

use std::rc::Rc;

use yew::prelude::*;

use crate::browser::{self, HashListener};
use crate::components::shell::{ShellLinks, shell};
use crate::components::shown;
use crate::load::{Loading, RunData, use_run};
use crate::pages::choose::Choose;
use crate::pages::compare::Compare;
use crate::pages::not_found::not_found;
use crate::pages::report::Report;
use crate::pages::run_state::run_state;
use crate::pages::runs::Runs;
use crate::pages::scenario::ScenarioPage;
use crate::route::Route;

/// The site.
#[component]
pub(crate) fn App() -> Html {
    let route = use_address();
    let run = use_run(route.run());
    let last_scenario = use_last_scenario(&route, run.as_ref());
    use_page_change(&route);
    use_effect_with(title(&route, run.as_ref()), |title| {
        browser::set_title(title)
    });

    let page = match (&route, &run) {
        (Route::Runs, _) => html! { <Runs week={None::<String>} /> },
        (Route::Week(week), _) => html! { <Runs week={Some(week.clone())} key={week.clone()} /> },
        (Route::Report(_), Some(Loading::Ready(data))) => html! { <Report data={data.clone()} /> },
        (Route::Scenario { scenario, view, .. }, Some(Loading::Ready(data))) => {
            html! { <ScenarioPage data={data.clone()} name={scenario.clone()} view={*view} key={scenario.clone()} /> }
        }
        (Route::Choose(run), _) => html! { <Choose run={run.clone()} /> },
        (
            Route::Compare {
                reference,
                candidate,
                scenario,
            },
            _,
        ) => html! {
            <Compare reference={reference.clone()} candidate={candidate.clone()} scenario={scenario.clone()} />
        },
        (Route::Report(id) | Route::Scenario { run: id, .. }, Some(state)) => {
            shown(run_state(id, state))
        }
        _ => shown(not_found()),
    };
    shell(&ShellLinks::of(&route, last_scenario), page)
}

/// The page's name in tabs and bookmarks.
fn title(route: &Route, run: Option<&Loading<Rc<RunData>>>) -> String {
    let run = match run {
        Some(Loading::Ready(data)) => Some(&data.files.run),
        _ => None,
    };
    let page = match route {
        Route::Runs => "Runs".to_owned(),
        Route::Week(week) => format!("Runs of {week}"),
        Route::NotFound(_) => "Not found".to_owned(),
        Route::Choose(_) => "Compare".to_owned(),
        Route::Compare {
            reference,
            candidate,
            ..
        } => format!("{candidate} against {reference}"),
        Route::Report(id) => run.map_or_else(|| id.clone(), |run| run.title.clone()),
        Route::Scenario {
            run: id,
            scenario: name,
            ..
        } => {
            let entry = run.and_then(|run| run.scenarios.iter().find(|s| s.name == *name));
            format!("{}, {id}", entry.map_or(name, |e| &e.title))
        }
    };
    format!("{page} · Statebench")
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

/// Where the navigation's `Scenario` leads: back to the one last looked at, else to the run's first.
#[hook]
fn use_last_scenario(route: &Route, run: Option<&Loading<Rc<RunData>>>) -> Option<Route> {
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
