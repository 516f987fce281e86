//! The verdict mark: shape, icon and word.

use shared::verdict::Verdict;
use yew::prelude::*;

/// The class, and the symbol's name, of a verdict.
pub(crate) const fn verdict_class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Warn => "warn",
        Verdict::Fail => "fail",
        Verdict::Inconclusive => "unsure",
        Verdict::NotJudged => "none",
    }
}

fn icon(verdict: Verdict) -> Html {
    html! { <svg aria-hidden="true"><use href={format!("#m-{}", verdict_class(verdict))} /></svg> }
}

#[derive(Properties, PartialEq)]
pub(crate) struct MarkProps {
    pub(crate) verdict: Verdict,
    /// Another word than the verdict's own.
    #[prop_or_default]
    pub(crate) word: Option<AttrValue>,
}

/// A verdict in a line of text.
#[component]
pub(crate) fn Mark(props: &MarkProps) -> Html {
    let word = props
        .word
        .clone()
        .unwrap_or_else(|| props.verdict.word().into());
    html! { <span class={classes!("v", verdict_class(props.verdict))}>{ icon(props.verdict) }{ word }</span> }
}

#[derive(Properties, PartialEq)]
pub(crate) struct BigMarkProps {
    pub(crate) verdict: Verdict,
}

/// The verdict of a page.
#[component]
pub(crate) fn BigMark(props: &BigMarkProps) -> Html {
    html! {
        <div class={classes!("big", verdict_class(props.verdict))}>
            { icon(props.verdict) }<span class="vh">{ props.verdict.word() }{ ": " }</span>
        </div>
    }
}
