//! What surrounds every page: navigation, theme, footer.

use shared::report::FORMAT_VERSION;
use yew::prelude::*;

use crate::browser;
use crate::route::Route;

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
    let is_list = matches!(links.current, Route::Runs | Route::Week(_));
    let link = |name: &str, route: &Route, is_current: bool| {
        html! { <li><a href={route.to_string()} aria-current={is_current.then_some("page")}>{ name }</a></li> }
    };
    // A link to `#main` would replace the page's own address, which lives behind the same sign.
    let skip = Callback::from(|event: MouseEvent| {
        event.prevent_default();
        browser::focus_content();
    });
    html! {
        <>
            <a class="skip" href="#main" onclick={skip}>{ "Skip to content" }</a>
            <header class="site"><div class="wrap">
                <a class="brand" href={Route::Runs.to_string()} aria-label="Statebench, list of runs">
                    <svg width="20" height="20" viewBox="0 0 20 20" aria-hidden="true">
                        <rect x="2" y="3" width="16" height="5" class="rb" /><rect x="2" y="12" width="6" height="5" class="ro" />
                    </svg>
                    <span>{ "Statebench" }</span>
                </a>
                <nav aria-label="Main"><ul>
                    { link("Runs", &Route::Runs, is_list) }
                    { for links.report.iter().map(|r| link("Report", r, *r == links.current)) }
                    { for links.scenario.iter().map(|r| link("Scenario", r, r.is_same_page(&links.current))) }
                </ul></nav>
                <ThemeButton />
            </div></header>
            <main id="main" class="wrap" tabindex="-1">{ page }</main>
            <footer class="foot"><div class="wrap">
                <span>{ "Every figure is computed in this browser from the run’s histograms and counters." }</span>
                <span>{ format!("Statebench {} · report format {FORMAT_VERSION}", env!("CARGO_PKG_VERSION")) }</span>
            </div></footer>
        </>
    }
}

/// Changes between light and dark; going back to the system's own theme follows the system again.
#[component]
fn ThemeButton() -> Html {
    let theme = use_state(browser::restore_theme);
    let other = theme.other();
    let onclick = {
        let theme = theme.clone();
        Callback::from(move |_: MouseEvent| {
            browser::choose_theme(other);
            theme.set(other);
        })
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
