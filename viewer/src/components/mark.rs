//! The verdict mark: shape, icon and word.

use maud::{Markup, html};
use shared::verdict::Verdict;

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

fn icon(verdict: Verdict) -> Markup {
    html! { svg aria-hidden="true" { use href={ "#m-" (class(verdict)) } {} } }
}

/// A verdict in a line of text.
pub(crate) fn mark(verdict: Verdict) -> Markup {
    mark_as(verdict, verdict.word())
}

/// A verdict's mark with another word.
pub(crate) fn mark_as(verdict: Verdict, word: &str) -> Markup {
    html! { span class={ "v " (class(verdict)) } { (icon(verdict)) (word) } }
}

/// The verdict of a page.
pub(crate) fn big_mark(verdict: Verdict) -> Markup {
    html! { div class={ "big " (class(verdict)) } { (icon(verdict)) span.vh { (verdict.word()) ": " } } }
}
