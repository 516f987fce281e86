//! How each arm is drawn.

use maud::{Markup, html};
use shared::arms::Arms;

/// The key beside a section's heading.
pub(crate) fn arms_key(labels: &Arms<String>) -> Markup {
    let keys = [
        ("lb", "db", &labels.baseline),
        ("lo", "do", &labels.candidate),
    ];
    html! {
        div.arms {
            @for (line, dot, label) in keys { span { (arm_key(line, dot)) (label) } }
        }
    }
}

/// A line and a dot in the classes of one arm.
pub(crate) fn arm_key(line: &str, dot: &str) -> Markup {
    html! {
        svg width="22" height="12" aria-hidden="true" {
            line x1="0" y1="6" x2="22" y2="6" class=(line) {}
            circle cx="11" cy="6" r="4" class=(dot) {}
        }
    }
}
