//! The strip of key improvements.

use maud::{Markup, html};

use shared::summary::{Improvement, ImprovementBar};

use super::mark::mark;
use crate::view_model::percent;

/// The promised gains, each with its interval against its target.
pub(crate) fn strip(improvements: &[Improvement]) -> Markup {
    html! {
        ul.strip {
            @for gain in improvements {
                li {
                    div.k { span { (gain.title) } (mark(gain.verdict)) }
                    div.n { (gain.change) }
                    div.ci { (gain.interval) }
                    (bar(&gain.bar))
                    div.ft { span.b { (gain.baseline) } " → " span.o { (gain.candidate) } }
                }
            }
        }
    }
}

fn bar(bar: &ImprovementBar) -> Markup {
    let target = percent(bar.target);
    let anchor = match bar.target {
        t if t < 30.0 => "start",
        t if t < 52.0 => "middle",
        _ => "end",
    };
    // The target's label goes first; an end's label that would run into it is left out.
    let has_room_left = bar.target > 42.0;
    let has_room_right = bar.target < 62.0;
    html! {
        svg.bar role="img" aria-label=(bar.aria) {
            rect.zone x=(target) y="2" width=(percent(100.0 - bar.target)) height="16" {}
            line.track x1="0" y1="18" x2="100%" y2="18" {}
            line.track x1="0" y1="14" x2="0" y2="18" {}
            @if let Some((low, high)) = bar.interval {
                line.cib x1=(percent(low)) y1="10" x2=(percent(high)) y2="10" {}
                @for end in [low, high] { line.cap x1=(percent(end)) y1="4" x2=(percent(end)) y2="16" {} }
            }
            line.tgt x1=(target) y1="0" x2=(target) y2="20" {}
            circle.ro cx=(percent(bar.point)) cy="10" r="3.5" {}
            @if has_room_left { text x="0" y="33" { (bar.ends.0) } }
            text.ti2 x=(target) y="33" text-anchor=(anchor) { (bar.target_label) }
            @if has_room_right { text.end x="100%" y="33" text-anchor="end" { (bar.ends.1) } }
        }
    }
}
