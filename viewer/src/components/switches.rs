//! Switches between views of the same evidence.

use shared::arms::Arms;
use yew::prelude::*;

use crate::route::LatencyView;

/// The choices of a group: the word in an address, and what it is called.
type Choices<'a> = &'a [(&'static str, &'a str)];

/// Which saves, which of their times, and how they are drawn. A choice is told by the words that it has in an address.
pub(crate) fn latency_switches(
    view: LatencyView,
    labels: &Arms<String>,
    choose: &Callback<(&'static str, &'static str)>,
) -> Html {
    let arms = [
        ("both", "Both"),
        ("baseline", labels.baseline.as_str()),
        ("candidate", labels.candidate.as_str()),
    ];
    let groups: [(&str, &'static str, Choices<'_>); 5] = [
        (
            "Saves",
            "class",
            &[
                ("all", "All"),
                ("duplicate", "Duplicate"),
                ("unique", "Unique"),
            ],
        ),
        (
            "Time",
            "time",
            &[("response", "Response"), ("service", "Service")],
        ),
        ("Arms", "arms", &arms),
        (
            "Mark",
            "mark",
            &[
                ("50", "P50"),
                ("95", "P95"),
                ("99", "P99"),
                ("99.9", "P99.9"),
            ],
        ),
        ("Scale", "scale", &[("log", "Log"), ("linear", "Linear")]),
    ];
    let group = |(legend, key, options): &(&str, &'static str, Choices<'_>)| {
        let option = |(value, label): &(&'static str, &str)| {
            let (choose, choice) = (choose.clone(), (*key, *value));
            let onchange = Callback::from(move |_: Event| choose.emit(choice));
            let id = AttrValue::from(format!("{key}-{value}"));
            let checked = view.with(key, value) == view;
            html! {
                <>
                    <input type="radio" name={*key} id={id.clone()} {checked} {onchange} />
                    <label for={id}>{ *label }</label>
                </>
            }
        };
        html! { <fieldset><legend>{ *legend }</legend>{ for options.iter().map(option) }</fieldset> }
    };
    html! { <div class="sw">{ for groups.iter().map(group) }</div> }
}
