//! The strip of key improvements.

use yew::prelude::*;

use super::mark::mark;
use crate::view_model::criteria::{Improvement, ImprovementBar};

/// The promised gains, each with its interval against its target.
pub(crate) fn strip(improvements: &[Improvement]) -> Html {
    html! { <ul class="strip">{ for improvements.iter().map(item) }</ul> }
}

fn item(improvement: &Improvement) -> Html {
    html! {
        <li>
            <div class="k"><span>{ &improvement.title }</span>{ mark(improvement.verdict) }</div>
            <div class="n">{ &improvement.change }</div>
            <div class="ci">{ &improvement.interval }</div>
            { bar(&improvement.bar) }
            <div class="ft"><span class="b">{ &improvement.baseline }</span>{ " → " }<span class="o">{ &improvement.candidate }</span></div>
        </li>
    }
}

fn percent(place: f64) -> String {
    format!("{place:.1}%")
}

fn bar(bar: &ImprovementBar) -> Html {
    let target = percent(bar.target);
    let anchor = match bar.target {
        t if t < 30.0 => "start",
        t if t < 52.0 => "middle",
        _ => "end",
    };
    // The label of the target has the room; an end's label that would run into it is left out.
    let first = bar.target > 55.0 || (anchor == "middle" && bar.target > 42.0);
    html! {
        <svg class="bar" role="img" aria-label={bar.aria.clone()}>
            <rect x={target.clone()} y="2" width={percent(100.0 - bar.target)} height="16" class="zone" />
            <line x1="0" y1="18" x2="100%" y2="18" class="track" />
            <line x1="0" y1="14" x2="0" y2="18" class="track" />
            if let Some((low, high)) = bar.interval {
                <line x1={percent(low)} y1="10" x2={percent(high)} y2="10" class="cib" />
                <line x1={percent(low)} y1="4" x2={percent(low)} y2="16" class="cap" />
                <line x1={percent(high)} y1="4" x2={percent(high)} y2="16" class="cap" />
            }
            <line x1={target.clone()} y1="0" x2={target.clone()} y2="20" class="tgt" />
            <circle cx={percent(bar.point)} cy="10" r="3.5" class="ro" />
            if first { <text x="0" y="33">{ &bar.ends.0 }</text> }
            <text x={target} y="33" class="ti2" text-anchor={anchor}>{ &bar.target_label }</text>
            if bar.target < 62.0 { <text x="100%" y="33" text-anchor="end" class="end">{ &bar.ends.1 }</text> }
        </svg>
    }
}
