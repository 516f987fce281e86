//! Calm words for what went wrong, and for what is on its way.

use maud::{Markup, html};
use shared::verdict::Verdict;

use super::mark::mark_as;
use crate::api::Fault;
use crate::route::Route;

/// Files that cannot be used, each with its reason, and a button where they may be had at another time: `web/page.js`
/// tells who waits for it.
pub(crate) fn faults(title: &str, faults: &[Fault]) -> Markup {
    html! {
        div.notice role="alert" {
            p { (mark_as(Verdict::Fail, title)) }
            @for fault in faults {
                p { code { (fault.file) } }
                p.lede { (fault.reason) "." }
            }
            @if faults.iter().any(|fault| fault.again) {
                p { button.btn type="button" data-again { "Try again" } }
            }
        }
    }
}

/// Runs that may have been meant by a name that none has; `link` says where they lead.
pub(crate) fn nearest(near: &[(String, String)], link: impl Fn(String) -> Route) -> Markup {
    html! {
        @if !near.is_empty() {
            section.tight {
                h2.list { "Runs with the nearest names" }
                ul.near { @for (id, title) in near { li { a href=(link(id.clone())) { (id) } " " small { (title) } } } }
            }
        }
    }
}

/// Something is on its way.
pub(crate) fn pending(what: &str) -> Markup {
    html! { p.loading role="status" aria-busy="true" { (what) } }
}
