//! The site's programs: from the address to the page.

pub(crate) mod comparison;
pub(crate) mod evidence;
pub(crate) mod overview;

use yew::html::BaseComponent;
use yew::prelude::*;

use crate::browser::{self, ADDRESS, Listener};
use crate::place;
use crate::route::Route;

/// What a page without content is called.
const NOT_FOUND: &str = "Not found";

/// Puts a program into the element that waits for it.
fn mount<Program: BaseComponent<Properties = ()>>(element: &str) {
    if let Some(root) = browser::element(element) {
        yew::Renderer::<Program>::with_root(root).render();
    }
}

/// The current address, followed.
#[hook]
fn use_address() -> Route {
    let route = use_state(|| follow_address().unwrap_or(Route::Runs));
    let setter = route.setter();
    use_effect_with((), move |()| {
        let listener = Listener::new(ADDRESS, move || {
            if let Some(route) = follow_address() {
                setter.set(route);
            }
        });
        move || drop(listener)
    });
    (*route).clone()
}

/// Reads the address and follows it to the place that it names; `None` where it is no page's.
fn follow_address() -> Option<Route> {
    let hash = browser::hash();
    let route = Route::parse(&hash)?;
    place::follow(&hash, &browser::origin());
    Some(route)
}

/// Names the page in tabs and bookmarks; `None` while another program shows it.
#[hook]
fn use_title(title: Option<String>) {
    use_effect_with(title, |title| {
        if let Some(title) = title {
            browser::set_title(&format!("{title} · Statebench"));
        }
    });
}

/// A new page begins at its top, for eyes and for screen readers; a new view of the same page stays where it is.
/// Another program's page is none of this one's.
#[hook]
fn use_page_change(route: &Route, is_own: bool) {
    let shown = use_mut_ref(|| None::<Route>);
    use_effect_with(route.clone(), move |route| {
        let before = shown.borrow_mut().replace(route.clone());
        if is_own && before.is_some_and(|before| !before.is_same_page(route)) {
            browser::scroll_to_top();
            browser::focus_content();
        }
    });
}
