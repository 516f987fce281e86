//! How each arm is drawn.

use maud::{Markup, html};
use shared::arms::Arms;

/// The key beside a section's heading.
pub(crate) fn arms_key(labels: &Arms<String>) -> Markup {
    let keys = [
        ("lb", "db", "4", &labels.baseline),
        ("lo", "do", "4.5", &labels.candidate),
    ];
    html! {
        div.arms {
            @for (line, dot, radius, label) in keys {
                span {
                    svg width="22" height="12" aria-hidden="true" {
                        line x1="0" y1="6" x2="22" y2="6" class=(line) {}
                        circle cx="11" cy="6" r=(radius) class=(dot) {}
                    }
                    (label)
                }
            }
        }
    }
}
