//! Switches between views of the same evidence.

use shared::arms::Class;
use shared::metric::LatencyKind;
use yew::prelude::*;

use crate::route::LatencyView;

#[derive(Properties, PartialEq)]
pub(crate) struct LatencySwitchesProps {
    pub(crate) view: LatencyView,
    pub(crate) choose: Callback<LatencyView>,
}

/// Which saves, and which of their times.
#[component]
pub(crate) fn LatencySwitches(props: &LatencySwitchesProps) -> Html {
    let view = props.view;
    let classes = [
        (None, "All"),
        (Some(Class::Duplicate), "Duplicate"),
        (Some(Class::Unique), "Unique"),
    ]
    .map(|(class, name)| (name, LatencyView { class, ..view }));
    let kinds = [
        (LatencyKind::Response, "Response"),
        (LatencyKind::Service, "Service"),
    ]
    .map(|(kind, name)| (name, LatencyView { kind, ..view }));
    html! {
        <div class="sw">
            { group("Saves", "class", &classes, props) }
            { group("Time", "time", &kinds, props) }
        </div>
    }
}

fn group(
    legend: &'static str,
    name: &'static str,
    options: &[(&'static str, LatencyView)],
    props: &LatencySwitchesProps,
) -> Html {
    let option = |(label, view): &(&'static str, LatencyView)| {
        let id = format!("{name}-{}", label.to_lowercase());
        let (choose, view) = (props.choose.clone(), *view);
        let onchange = Callback::from(move |_: Event| choose.emit(view));
        html! {
            <>
                <input type="radio" {name} id={id.clone()} checked={view == props.view} {onchange} />
                <label for={id}>{ *label }</label>
            </>
        }
    };
    html! { <fieldset><legend>{ legend }</legend>{ for options.iter().map(option) }</fieldset> }
}
