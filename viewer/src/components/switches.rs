//! Switches between views of the same evidence.

use shared::arms::Class;
use shared::metric::LatencyKind;
use yew::prelude::*;

use crate::route::LatencyView;

/// Which saves, and which of their times.
pub(crate) fn latency_switches(view: LatencyView, choose: &Callback<LatencyView>) -> Html {
    let classes = [
        (
            "all",
            "All",
            LatencyView {
                class: None,
                ..view
            },
        ),
        (
            "duplicate",
            "Duplicate",
            LatencyView {
                class: Some(Class::Duplicate),
                ..view
            },
        ),
        (
            "unique",
            "Unique",
            LatencyView {
                class: Some(Class::Unique),
                ..view
            },
        ),
    ];
    let kinds = [
        (
            "response",
            "Response",
            LatencyView {
                kind: LatencyKind::Response,
                ..view
            },
        ),
        (
            "service",
            "Service",
            LatencyView {
                kind: LatencyKind::Service,
                ..view
            },
        ),
    ];
    html! {
        <div class="sw">
            { group("Saves", "class", &classes, view, choose) }
            { group("Time", "time", &kinds, view, choose) }
        </div>
    }
}

fn group(
    legend: &'static str,
    name: &'static str,
    options: &[(&'static str, &'static str, LatencyView)],
    current: LatencyView,
    choose: &Callback<LatencyView>,
) -> Html {
    let option = |(id, label, view): &(&'static str, &'static str, LatencyView)| {
        let (choose, view) = (choose.clone(), *view);
        let onchange = Callback::from(move |_: Event| choose.emit(view));
        html! {
            <>
                <input type="radio" {name} id={*id} checked={view == current} {onchange} />
                <label for={*id}>{ *label }</label>
            </>
        }
    };
    html! { <fieldset><legend>{ legend }</legend>{ for options.iter().map(option) }</fieldset> }
}
