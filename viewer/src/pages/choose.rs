//! Choosing what to compare.

use maud::html as markup;
use shared::arms::ArmRole;
use shared::report::Index;
use web_sys::{Element, HtmlSelectElement};
use yew::prelude::*;

use crate::changing::{Changing, use_changing};
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

/// What was chosen by hand: reference, candidate, part.
type Chosen = [Option<String>; 3];

#[component]
pub(crate) fn Choose(props: &ChooseProps) -> Html {
    let index = use_index();
    let chosen = use_changing::<Chosen>();
    let link = use_node_ref();
    let body = match &index {
        Loading::Pending(what) => shown(pending(what)),
        Loading::Failed(fault) => shown(faults(
            "The list of runs cannot be read",
            std::slice::from_ref(fault),
        )),
        Loading::Ready(index) => match index.as_ref() {
            Some(index) => form(index, props.run.as_deref(), &chosen, &link),
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

fn form(index: &Index, run: Option<&str>, chosen: &Changing<Chosen>, link: &NodeRef) -> Html {
    let Some((reference, candidate)) = default_pair(index, run) else {
        return shown(
            markup! { p.lede { "Two runs are needed for a comparison; the list has fewer." } },
        );
    };
    let defaults = [reference.id.clone(), candidate.id.clone()];
    let now = chosen.get().clone();
    let route = address_of(&now, &defaults);
    let [first, second] = sides(&now, &defaults).map(str::to_owned);
    let part = now[2].as_deref().unwrap_or(PARTS[0].0);
    // A choice may be newer than the link that was drawn.
    let onclick = {
        let (chosen, link) = (chosen.clone(), link.clone());
        Callback::from(move |_: MouseEvent| {
            let address = address_of(&chosen.get(), &defaults).to_string();
            if let Some(link) = link.cast::<Element>() {
                let _ = link.set_attribute("href", &address);
            }
        })
    };
    let runs: Vec<(String, String)> = index
        .runs
        .iter()
        .map(|run| (run.id.clone(), label(run)))
        .collect();
    let parts: Vec<_> = PARTS
        .map(|(name, _)| (name.to_owned(), name.to_owned()))
        .into();
    html! {
        <form class="tools choose" onsubmit={|e: SubmitEvent| e.prevent_default()}>
            { select("Reference", &runs, &first, chosen, 0) }
            { select("Candidate", &runs, &second, chosen, 1) }
            { select("What of them", &parts, part, chosen, 2) }
            <a ref={link} class="btn main" href={route.to_string()} {onclick}>{ "Compare" }</a>
        </form>
    }
}

/// The runs to compare, reference first.
fn sides<'a>(chosen: &'a Chosen, defaults: &'a [String; 2]) -> [&'a str; 2] {
    let [first, second, _] = chosen;
    let of = |hand: &'a Option<String>, default: &'a str| hand.as_deref().unwrap_or(default);
    [of(first, &defaults[0]), of(second, &defaults[1])]
}

/// Where the comparison is.
fn address_of(chosen: &Chosen, defaults: &[String; 2]) -> Route {
    let part = chosen[2].as_deref();
    let arm = PARTS.iter().find(|(name, _)| part == Some(name));
    let [reference, candidate] = sides(chosen, defaults).map(|run| Side {
        run: run.to_owned(),
        arm: arm.and_then(|(_, arm)| *arm),
    });
    Route::Compare {
        reference,
        candidate,
        scenario: None,
    }
}

fn select(
    title: &'static str,
    options: &[(String, String)],
    value: &str,
    chosen: &Changing<Chosen>,
    at: usize,
) -> Html {
    let chosen = chosen.clone();
    let onchange = Callback::from(move |e: Event| {
        let value = e.target_unchecked_into::<HtmlSelectElement>().value();
        chosen.change(|chosen| chosen[at] = Some(value));
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
