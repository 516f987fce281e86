//! No page has this address.

use yew::prelude::*;

use crate::route::Route;

/// The page for every unknown address.
pub(crate) fn not_found() -> Html {
    html! {
        <>
            <div class="head first"><h1>{ "Page not found" }</h1></div>
            <p class="lede">{ "No page has this address. It may have been cut off when it was copied." }</p>
            <p><a href={Route::Runs.to_string()}>{ "All runs" }</a></p>
        </>
    }
}
