//! No page has this address.

use yew::prelude::*;

use crate::browser;
use crate::route::Route;

#[component]
pub(crate) fn NotFound() -> Html {
    use_effect_with((), |()| browser::set_title("Not found · Statebench"));
    html! {
        <>
            <div class="head first"><h1>{ "Page not found" }</h1></div>
            <p class="lede">{ "No page has this address. It may have been cut off when it was copied." }</p>
            <p><a href={Route::Runs.to_string()}>{ "All runs" }</a></p>
        </>
    }
}
