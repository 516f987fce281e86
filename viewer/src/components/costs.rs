//! What a run's saves cost, by prices that the reader gives.

use std::rc::Rc;

use maud::{Markup, html as markup};
use shared::arms::Arms;
use shared::cost::{CURRENCY, PRICED, Prices, SAVES_PER_MONTH};
use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::shown;
use super::work_table::work_table;
use crate::browser;
use crate::load::RunData;
use crate::route::Route;
use crate::view_model::chart::labels;
use crate::view_model::costs::{Costs, costs};

#[derive(Properties, PartialEq)]
pub(crate) struct CostSectionProps {
    pub(crate) data: Rc<RunData>,
    pub(crate) prices: Prices,
}

/// A field for each price, and what it comes to; prices are part of the address.
#[component]
pub(crate) fn CostSection(props: &CostSectionProps) -> Html {
    let refused = use_state(String::new);
    let (run, prices) = (&props.data.files.run, &props.prices);
    let (policy, arms) = (&run.policy.criteria, labels(run));
    let Some(costs) = costs(policy, &props.data.files.scenarios, &arms, prices) else {
        return html! {};
    };
    let field = |key: &'static str, title: String| {
        let (id, prices, refused) = (run.id.clone(), prices.clone(), refused.clone());
        let value = prices.get(key).to_owned();
        let onchange = Callback::from(move |e: Event| {
            let mut prices = prices.clone();
            match prices.set(key, &e.target_unchecked_into::<HtmlInputElement>().value()) {
                Ok(()) => {
                    refused.set(String::new());
                    browser::replace_hash(&Route::priced(id.clone(), prices).to_string());
                }
                Err(why) => refused.set(format!("Not taken: {why}.")),
            }
        });
        html! { <label class="field">{ title }<input {value} {onchange} /></label> }
    };
    html! {
        <section aria-labelledby="h-cost">
            { shown(result(&costs, &run.id, &arms)) }
            <details open={!prices.is_empty()}>
                <summary>{ "Prices" }</summary>
                <form class="tools prices" onsubmit={|e: SubmitEvent| e.prevent_default()}>
                    { field(CURRENCY, "Currency".to_owned()) }
                    { field(SAVES_PER_MONTH, "Saves a month".to_owned()) }
                    { for PRICED.map(|priced| field(priced.key, format!("Price of {}", priced.words))) }
                </form>
                <p class="note" role="status">{ &*refused }</p>
            </details>
        </section>
    }
}

fn result(costs: &Costs, run: &str, arms: &Arms<String>) -> Markup {
    markup! {
        div.sh {
            h2 #h-cost { (costs.title) }
            p { "In " a href=(Route::scenario(run, &costs.scenario)) { (costs.scenario_title) } "." }
        }
        @if costs.rows.is_empty() {
            p.lede { "A report holds no prices. Give yours, and what both services cost stands here and in this page’s address." }
        } @else {
            (work_table(&costs.of, "Change", &costs.rows, arms))
        }
        @for reason in &costs.reasons { p.note.below { (reason) } }
    }
}
