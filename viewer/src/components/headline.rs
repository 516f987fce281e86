//! What a page says first: the verdict as a sentence, and the three answers.

use maud::{Markup, Render, html};
use shared::summary::RunSummary;
use shared::verdict::Verdict;

use super::mark::{big_mark, mark_as};

/// The verdict as a sentence, and what stands below it.
pub(crate) fn headline(verdict: Verdict, say: &str, below: impl Render) -> Markup {
    html! {
        div.headline {
            (big_mark(verdict))
            div { p.say { (say) } p.sub { (below) } }
        }
    }
}

/// Better, safe, to be trusted.
pub(crate) fn answers(summary: &RunSummary) -> Markup {
    let answers = [
        ("Is it better?", &summary.better),
        ("Is it safe?", &summary.safe),
        ("Can I trust it?", &summary.trust),
    ];
    html! {
        dl.answers {
            @for (question, answer) in answers {
                div {
                    dt { (question) " " (mark_as(answer.verdict, &answer.word)) }
                    dd { (answer.text) }
                }
            }
        }
    }
}
