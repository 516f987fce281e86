//! Choosing what to compare.

use maud::html as markup;
use shared::arms::ArmRole;
use shared::report::Index;
use web_sys::HtmlSelectElement;
use yew::prelude::*;

use crate::components::notice::{faults, pending};
use crate::components::shown;
use crate::load::{Loading, use_index};
use crate::route::{Route, Side};
use crate::view_model::choice::{default_pair, label};

#[derive(Properties, PartialEq)]
pub(crate) struct ChooseProps {
    /// The run that the choice began at.
    pub(crate) run: Option<String>,
}

/// What of each run is compared.
const PARTS: [(&str, Option<ArmRole>); 3] = [
    ("The gain over their own baseline", None),
    ("The candidates", Some(ArmRole::Candidate)),
    ("The baselines", Some(ArmRole::Baseline)),
];

#[component]
pub(crate) fn Choose(props: &ChooseProps) -> Html {
    let index = use_index();
    // What was chosen by hand: reference, candidate, part.
    let chosen = use_state(|| [None::<String>, None, None]);
    let body = match &index {
        Loading::Pending(what) => shown(pending(what)),
        Loading::Failed(fault) => shown(faults(
            "The list of runs cannot be read",
            std::slice::from_ref(fault),
        )),
        Loading::Ready(index) => match index.as_ref() {
            Some(index) => form(index, props.run.as_deref(), &chosen),
            None => shown(markup! { p.lede { "No reports yet." } }),
        },
    };
    html! {
        <>
            { shown(markup! {
                p.crumbs { a href=(Route::Runs) { "Runs" } " / Compare" }
                div.head { h1 { "Compare two runs" } }
            }) }
            { body }
        </>
    }
}

fn form(index: &Index, run: Option<&str>, chosen: &UseStateHandle<[Option<String>; 3]>) -> Html {
    let Some((reference, candidate)) = default_pair(index, run) else {
        return shown(
            markup! { p.lede { "Two runs are needed for a comparison; the list has fewer." } },
        );
    };
    let [first, second, part] = &**chosen;
    let of = |hand: &Option<String>, default: &str| hand.clone().unwrap_or(default.to_owned());
    let (first, second) = (of(first, &reference.id), of(second, &candidate.id));
    let arm = PARTS
        .iter()
        .find(|(name, _)| part.as_deref() == Some(name))
        .and_then(|(_, arm)| *arm);
    let side = |run: &str| Side {
        run: run.to_owned(),
        arm,
    };
    let route = Route::Compare {
        reference: side(&first),
        candidate: side(&second),
        scenario: None,
    };
    let runs: Vec<(String, String)> = index
        .runs
        .iter()
        .map(|run| (run.id.clone(), label(run)))
        .collect();
    let parts: Vec<_> = PARTS
        .map(|(name, _)| (name.to_owned(), name.to_owned()))
        .into();
    let part = part.as_deref().unwrap_or(PARTS[0].0);
    html! {
        <form class="tools choose" onsubmit={|e: SubmitEvent| e.prevent_default()}>
            { select("Reference", &runs, &first, chosen, 0) }
            { select("Candidate", &runs, &second, chosen, 1) }
            { select("What of them", &parts, part, chosen, 2) }
            <a class="btn main" href={route.to_string()}>{ "Compare" }</a>
        </form>
    }
}

fn select(
    title: &'static str,
    options: &[(String, String)],
    value: &str,
    chosen: &UseStateHandle<[Option<String>; 3]>,
    at: usize,
) -> Html {
    let chosen = chosen.clone();
    let onchange = Callback::from(move |e: Event| {
        let mut next = (*chosen).clone();
        next[at] = Some(e.target_unchecked_into::<HtmlSelectElement>().value());
        chosen.set(next);
    });
    html! {
        <label class="field">{ title }
            <select {onchange}>
                { for options.iter().map(|(id, label)| html! {
                    <option value={id.clone()} selected={id == value}>{ label }</option>
                }) }
            </select>
        </label>
    }
}
