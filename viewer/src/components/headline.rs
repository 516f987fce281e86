//! What a page says first: the verdict as a sentence, and the three answers.

use shared::summary::{Answer, RunSummary};
use shared::verdict::Verdict;
use yew::prelude::*;

use super::mark::{big_mark, mark_as};

/// The verdict as a sentence, and what stands below it.
pub(crate) fn headline(verdict: Verdict, say: &str, below: Html) -> Html {
    html! {
        <div class="headline">
            { big_mark(verdict) }
            <div><p class="say">{ say }</p><p class="sub">{ below }</p></div>
        </div>
    }
}

/// Better, safe, to be trusted.
pub(crate) fn answers(summary: &RunSummary) -> Html {
    let answer = |(question, answer): (&str, &Answer)| {
        html! {
            <div>
                <dt>{ question }{ " " }{ mark_as(answer.verdict, &answer.word) }</dt>
                <dd>{ &answer.text }</dd>
            </div>
        }
    };
    let answers = [
        ("Is it better?", &summary.better),
        ("Is it safe?", &summary.safe),
        ("Can I trust it?", &summary.trust),
    ];
    html! { <dl class="answers">{ for answers.map(answer) }</dl> }
}
