//! The verdict mark: shape, icon and word.

use shared::verdict::Verdict;
use yew::prelude::*;

/// The class, and the symbol's name, of a verdict.
const fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Warn => "warn",
        Verdict::Fail => "fail",
        Verdict::Inconclusive => "unsure",
        Verdict::NotJudged => "none",
    }
}

fn icon(verdict: Verdict) -> Html {
    html! { <svg aria-hidden="true"><use href={format!("#m-{}", class(verdict))} /></svg> }
}

/// A verdict in a line of text.
pub(crate) fn mark(verdict: Verdict) -> Html {
    mark_as(verdict, verdict.word())
}

/// A verdict's mark with another word.
pub(crate) fn mark_as(verdict: Verdict, word: &str) -> Html {
    html! { <span class={classes!("v", class(verdict))}>{ icon(verdict) }{ word }</span> }
}

/// The verdict of a page.
pub(crate) fn big_mark(verdict: Verdict) -> Html {
    html! {
        <div class={classes!("big", class(verdict))}>
            { icon(verdict) }<span class="vh">{ verdict.word() }{ ": " }</span>
        </div>
    }
}
