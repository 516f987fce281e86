//! Calm words for what went wrong, and for what is on its way.

use shared::verdict::Verdict;
use yew::prelude::*;

use super::mark::mark_as;
use crate::api::Fault;

/// Files that cannot be used, each with its reason.
pub(crate) fn faults(title: &str, faults: &[Fault]) -> Html {
    let line = |fault: &Fault| html! { <><p><code>{ &fault.file }</code></p><p class="lede">{ &fault.reason }{ "." }</p></> };
    html! {
        <div class="notice" role="alert">
            <p>{ mark_as(Verdict::Fail, title) }</p>
            { for faults.iter().map(line) }
        </div>
    }
}

/// Something is on its way.
pub(crate) fn pending(what: &str) -> Html {
    html! { <p class="loading" role="status" aria-busy="true">{ what }</p> }
}
