//! What surrounds every page: navigation, theme, footer.

use maud::{Markup, html as markup};
use shared::report::FORMAT_VERSION;
use yew::prelude::*;

use super::shown;
use crate::browser;
use crate::route::{Program, Route};
use crate::theme;

/// Where the navigation leads.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ShellLinks {
    current: Route,
    report: Option<Route>,
    scenario: Option<Route>,
}

impl ShellLinks {
    /// Inside a run, its report and the scenario last looked at.
    pub(crate) fn of(current: &Route, scenario: Option<Route>) -> Self {
        Self {
            current: current.clone(),
            report: current.run().map(|run| Route::Report(run.to_owned())),
            scenario,
        }
    }
}

/// Header, the page, footer.
pub(crate) fn shell(links: &ShellLinks, page: Html) -> Html {
    // A link to `#main` would replace the page's own address, which lives behind the same sign.
    let skip = Callback::from(|event: MouseEvent| {
        event.prevent_default();
        browser::focus_content();
    });
    html! {
        <>
            <a class="skip" href="#main" onclick={skip}>{ "Skip to content" }</a>
            <header class="site"><div class="wrap">{ shown(navigation(links)) }<ThemeButton /></div></header>
            <main id="main" class="wrap" tabindex="-1">{ page }</main>
            { shown(footer()) }
        </>
    }
}

fn navigation(links: &ShellLinks) -> Markup {
    let comparing = matches!(links.current, Route::Choose(_) | Route::Compare { .. });
    let is_list = links.current.program() == Program::Overview && !comparing;
    let is_current = |route: &Route| route.is_same_page(&links.current);
    let report = links
        .report
        .as_ref()
        .map(|route| ("Report", route, is_current(route)));
    let scenario = links
        .scenario
        .as_ref()
        .map(|route| ("Scenario", route, is_current(route)));
    let pages = [
        Some(("Runs", &Route::Runs, is_list)),
        report,
        scenario,
        Some(("Compare", &Route::Choose(None), comparing)),
    ];
    markup! {
        a.brand href=(Route::Runs) aria-label="Statebench, list of runs" {
            svg width="20" height="20" viewBox="0 0 20 20" aria-hidden="true" {
                rect.rb x="2" y="3" width="16" height="5" {}
                rect.ro x="2" y="12" width="6" height="5" {}
            }
            span { "Statebench" }
        }
        nav aria-label="Main" {
            ul {
                @for (name, route, is_current) in pages.into_iter().flatten() {
                    li { a href=(route) aria-current=[is_current.then_some("page")] { (name) } }
                }
            }
        }
    }
}

fn footer() -> Markup {
    markup! {
        footer.foot {
            div.wrap {
                span { "Every figure is computed in this browser from the run’s histograms and counters." }
                a href=(Route::Open) { "Open files" }
                a href=(Route::Glossary) { "Glossary" }
                span { "Statebench " (env!("CARGO_PKG_VERSION")) " · report format " (FORMAT_VERSION) }
            }
            p.printed {}
        }
    }
}

/// Changes between light and dark; going back to the system's own theme follows the system again.
#[component]
fn ThemeButton() -> Html {
    let shown = use_state(theme::restore);
    let other = shown.other();
    let onclick = {
        let shown = shown.clone();
        Callback::from(move |_: MouseEvent| shown.set(theme::change()))
    };
    html! {
        <button class="btn plain push" type="button" aria-label={format!("Theme: change to {}", other.as_str())} {onclick}>
            <svg width="14" height="14" viewBox="0 0 14 14" aria-hidden="true">
                <circle cx="7" cy="7" r="6" fill="none" stroke="currentColor" stroke-width="1.5" />
                <path d="M7 1a6 6 0 0 1 0 12Z" fill="currentColor" />
            </svg>
            <span>{ "Theme" }</span>
        </button>
    }
}
