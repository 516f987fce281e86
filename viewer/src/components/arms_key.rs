//! How each arm is drawn.

use shared::arms::Arms;
use yew::prelude::*;

/// The key beside a section's heading.
pub(crate) fn arms_key(labels: &Arms<String>) -> Html {
    let key = |line: &'static str, dot: &'static str, radius: &'static str, label: &str| {
        html! {
            <span>
                <svg width="22" height="12" aria-hidden="true">
                    <line x1="0" y1="6" x2="22" y2="6" class={line} />
                    <circle cx="11" cy="6" r={radius} class={dot} />
                </svg>
                { label }
            </span>
        }
    };
    html! {
        <div class="arms">
            { key("lb", "db", "4", &labels.baseline) }
            { key("lo", "do", "4.5", &labels.candidate) }
        </div>
    }
}
