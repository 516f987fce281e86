//! Lists of facts.

use shared::summary::Fact;
use shared::trust::TrustCheck;
use shared::verdict::Verdict;
use yew::prelude::*;

use super::mark::mark_as;

fn name(title: &str, detail: &str) -> Html {
    html! { <dt>{ title }if !detail.is_empty() { <small>{ detail }</small> }</dt> }
}

/// One fact a line, its figure at the right.
pub(crate) fn fact_list(facts: &[Fact]) -> Html {
    let line = |fact: &Fact| html! { <div>{ name(&fact.title, &fact.detail) }<dd>{ &fact.value }</dd></div> };
    html! { <dl class="facts">{ for facts.iter().map(line) }</dl> }
}

/// Facts side by side, the detail below the figure.
pub(crate) fn fact_grid(facts: &[Fact]) -> Html {
    let cell = |fact: &Fact| {
        html! {
            <div>
                <dt>{ &fact.title }</dt>
                <dd>{ &fact.value }if !fact.detail.is_empty() { <small>{ &fact.detail }</small> }</dd>
            </div>
        }
    };
    html! { <dl class="facts cols">{ for facts.iter().map(cell) }</dl> }
}

/// Checks of the instrument; those that did not pass carry their mark.
pub(crate) fn check_list(checks: &[TrustCheck]) -> Html {
    let line = |check: &TrustCheck| {
        let value = if check.verdict == Verdict::Pass {
            html! { &check.value }
        } else {
            mark_as(check.verdict, &check.value)
        };
        html! { <div>{ name(&check.title, &check.detail) }<dd>{ value }</dd></div> }
    };
    html! { <dl class="facts">{ for checks.iter().map(line) }</dl> }
}
