//! Switches between views of the same evidence.

use shared::arms::{ArmRole, Arms, Class};
use shared::metric::LatencyKind;
use yew::prelude::*;

use crate::route::{LatencyView, MARKS};

/// A choice: its element's id, what it is called, and the view that it leads to.
type Choice<'a> = (&'a str, &'a str, LatencyView);

/// Which saves, which of their times, and how they are drawn.
pub(crate) fn latency_switches(
    view: LatencyView,
    labels: &Arms<String>,
    choose: &Callback<LatencyView>,
) -> Html {
    let class = |class| LatencyView { class, ..view };
    let kind = |kind| LatencyView { kind, ..view };
    let mark = |mark| LatencyView { mark, ..view };
    let scale = |linear| LatencyView { linear, ..view };
    let only = |only| LatencyView { only, ..view };
    let classes = [
        ("all", "All", class(None)),
        ("duplicate", "Duplicate", class(Some(Class::Duplicate))),
        ("unique", "Unique", class(Some(Class::Unique))),
    ];
    let kinds = [
        ("response", "Response", kind(LatencyKind::Response)),
        ("service", "Service", kind(LatencyKind::Service)),
    ];
    let arms = [
        ("both", "Both", only(None)),
        (
            "baseline",
            labels.baseline.as_str(),
            only(Some(ArmRole::Baseline)),
        ),
        (
            "candidate",
            labels.candidate.as_str(),
            only(Some(ArmRole::Candidate)),
        ),
    ];
    let names = MARKS.map(|(percentile, name)| (percentile, format!("P{name}")));
    let marks: Vec<Choice<'_>> = names
        .iter()
        .map(|(percentile, name)| (name.as_str(), name.as_str(), mark(*percentile)))
        .collect();
    let scales = [
        ("log", "Log", scale(false)),
        ("linear", "Linear", scale(true)),
    ];
    html! {
        <div class="sw">
            { group("Saves", "class", &classes, view, choose) }
            { group("Time", "time", &kinds, view, choose) }
            { group("Arms", "arms", &arms, view, choose) }
            { group("Mark", "mark", &marks, view, choose) }
            { group("Scale", "scale", &scales, view, choose) }
        </div>
    }
}

fn group(
    legend: &'static str,
    name: &'static str,
    options: &[Choice<'_>],
    current: LatencyView,
    choose: &Callback<LatencyView>,
) -> Html {
    let option = |(id, label, view): &Choice<'_>| {
        let (choose, view) = (choose.clone(), *view);
        let onchange = Callback::from(move |_: Event| choose.emit(view));
        let id = AttrValue::from((*id).to_owned());
        html! {
            <>
                <input type="radio" {name} id={id.clone()} checked={view == current} {onchange} />
                <label for={id}>{ *label }</label>
            </>
        }
    };
    html! { <fieldset><legend>{ legend }</legend>{ for options.iter().map(option) }</fieldset> }
}
