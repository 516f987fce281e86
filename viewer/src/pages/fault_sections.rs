//! The sections of scenarios that break something on purpose, or switch parts of the candidate off.

use maud::{Markup, html as markup};
use shared::arms::Arms;
use shared::report::Scenario;

use crate::components::arms_key::arms_key;
use crate::components::figure::figure;
use crate::components::plain_table::plain_table;
use crate::view_model::{ablation as ablation_model, faults as faults_model};

/// Empty where nothing was broken.
pub(crate) fn faults(scenario: &Scenario, arms: &Arms<String>) -> Markup {
    markup! {
        @if !scenario.faults.is_empty() {
            section aria-labelledby="h-faults" {
                div.sh { h2 #h-faults { "What was broken, and how service came back" } (arms_key(arms)) }
                @if let Some(chart) = faults_model::chart(scenario, arms) { div.two.figs { (figure(&chart)) } }
                (plain_table("Faults by kind and arm", &faults_model::COLUMNS, 2, &faults_model::rows(scenario, arms)))
                p.note.below {
                    "A failed save was reported to its caller as failed. An unanswered one was under way when the process died: "
                    "it may be stored or not, and its caller was never told that it is. A process kill is not a power cut."
                }
            }
        }
    }
}

/// Empty where nothing was switched off.
pub(crate) fn ablation(scenario: &Scenario) -> Markup {
    markup! {
        @if let Some(chart) = ablation_model::chart(scenario) {
            section aria-labelledby="h-ablation" {
                div.sh { h2 #h-ablation { "What each part contributes" } }
                div.two.figs { (figure(&chart)) }
                (plain_table("Variants against the whole service", &ablation_model::COLUMNS, 1, &ablation_model::rows(scenario)))
                p.note.below {
                    "Factors are those of the whole service, round by round: ×0.50 is half as much. All variants saved the same "
                    "states, each user again as soon as answered. In brackets: 95\u{202f}% interval over the rounds."
                }
            }
        }
    }
}
