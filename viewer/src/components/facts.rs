//! Lists of facts.

use maud::{Markup, html};
use shared::summary::Fact;
use shared::trust::TrustCheck;
use shared::verdict::Verdict;

use super::mark::mark_as;

fn detail(text: &str) -> Markup {
    html! { @if !text.is_empty() { small { (text) } } }
}

/// One fact a line, its figure at the right.
pub(crate) fn fact_list(facts: &[Fact]) -> Markup {
    html! {
        dl.facts {
            @for fact in facts { div { dt { (fact.title) (detail(&fact.detail)) } dd { (fact.value) } } }
        }
    }
}

/// Facts side by side, the detail below the figure.
pub(crate) fn fact_grid(facts: &[Fact]) -> Markup {
    html! {
        dl.facts.cols {
            @for fact in facts { div { dt { (fact.title) } dd { (fact.value) (detail(&fact.detail)) } } }
        }
    }
}

/// Checks of the instrument; those that did not pass carry their mark.
pub(crate) fn check_list(checks: &[TrustCheck]) -> Markup {
    html! {
        dl.facts {
            @for check in checks {
                div {
                    dt { (check.title) (detail(&check.detail)) }
                    dd {
                        @if check.verdict == Verdict::Pass { (check.value) }
                        @else { (mark_as(check.verdict, &check.value)) }
                    }
                }
            }
        }
    }
}
