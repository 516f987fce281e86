//! What a page says first: the verdict as a sentence, and the three answers.

use shared::summary::{Answer, RunSummary};
use shared::verdict::Verdict;
use yew::prelude::*;

use super::mark::{BigMark, Mark};

#[derive(Properties, PartialEq)]
pub(crate) struct HeadlineProps {
    pub(crate) verdict: Verdict,
    pub(crate) say: AttrValue,
    /// What stands below the sentence.
    #[prop_or_default]
    pub(crate) children: Html,
}

/// The verdict as a sentence.
#[component]
pub(crate) fn Headline(props: &HeadlineProps) -> Html {
    html! {
        <div class="headline">
            <BigMark verdict={props.verdict} />
            <div><p class="say">{ &props.say }</p><p class="sub">{ props.children.clone() }</p></div>
        </div>
    }
}

/// Better, safe, to be trusted.
pub(crate) fn answers(summary: &RunSummary) -> Html {
    let answer = |question: &str, answer: &Answer| {
        html! {
            <div>
                <dt>{ question }{ " " }<Mark verdict={answer.verdict} word={answer.word.clone()} /></dt>
                <dd>{ &answer.text }</dd>
            </div>
        }
    };
    html! {
        <dl class="answers">
            { answer("Is it better?", &summary.better) }
            { answer("Is it safe?", &summary.safe) }
            { answer("Can I trust it?", &summary.trust) }
        </dl>
    }
}
