//! What a run's saves cost, by prices that the reader gives.

use std::collections::BTreeMap;
use std::rc::Rc;

use maud::{Markup, html as markup};
use shared::arms::Arms;
use shared::cost::{CURRENCY, PRICED, PriceError, Prices, SAVES_PER_MONTH};
use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::shown;
use super::work_table::work_table;
use crate::address;
use crate::changing::use_changing;
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
    let refused = use_changing::<BTreeMap<&'static str, String>>();
    // Once open, the reader alone closes it: a price that is taken back must not take the fields away.
    let open = use_mut_ref(|| false);
    *open.borrow_mut() |= !props.prices.is_empty();
    let (run, prices) = (&props.data.files.run, &props.prices);
    let (policy, arms) = (&run.policy.criteria, labels(run));
    let Some(costs) = costs(policy, &props.data.files.scenarios, &arms, prices) else {
        return html! {};
    };
    let tell = {
        let refused = refused.clone();
        Callback::from(move |(name, why): (&'static str, Option<PriceError>)| {
            refused.change(|refused| match why {
                Some(why) => drop(refused.insert(name, format!("Not taken: {why}. "))),
                None => drop(refused.remove(name)),
            });
        })
    };
    let field = |name: &'static str, title: String| {
        let value = AttrValue::from(prices.get(name).to_owned());
        html! { <PriceField run={run.id.clone()} {name} {title} {value} tell={tell.clone()} /> }
    };
    let refused: String = refused.get().values().cloned().collect();
    html! {
        <section aria-labelledby="h-cost">
            { shown(result(&costs, &run.id, &arms)) }
            <details open={*open.borrow()}>
                <summary>{ "Prices" }</summary>
                <form class="tools prices" onsubmit={|e: SubmitEvent| e.prevent_default()}>
                    { field(CURRENCY, "Currency".to_owned()) }
                    { field(SAVES_PER_MONTH, "Saves a month".to_owned()) }
                    { for PRICED.map(|priced| field(priced.key, format!("Price of {}", priced.words))) }
                </form>
                <p class="note" role="status">{ refused.trim_end() }</p>
            </details>
        </section>
    }
}

#[derive(Properties, PartialEq)]
struct PriceFieldProps {
    run: String,
    /// Its name in addresses.
    name: &'static str,
    title: String,
    /// What the address says.
    value: AttrValue,
    /// Hears what was refused, and why, or that nothing is.
    tell: Callback<(&'static str, Option<PriceError>)>,
}

/// A field whose text is the reader's: it is written into only where the address says something else than it did, never
/// by a drawing that comes while the reader types.
#[component]
fn PriceField(props: &PriceFieldProps) -> Html {
    let input = use_node_ref();
    // What the address says of it, as far as the field knows.
    let known = use_mut_ref(String::new);
    {
        let (input, known) = (input.clone(), known.clone());
        use_effect_with(props.value.clone(), move |value| {
            if *known.borrow() != **value
                && let Some(input) = input.cast::<HtmlInputElement>()
            {
                input.set_value(value);
                known.replace(value.to_string());
            }
        });
    }
    let onchange = {
        let (page, name) = (Route::Report(props.run.clone()), props.name);
        let tell = props.tell.clone();
        Callback::from(move |e: Event| {
            let text = e.target_unchecked_into::<HtmlInputElement>().value();
            let mut refused = None;
            address::change(&page, |route| match route.with_price(name, &text) {
                Ok(route) => {
                    text.trim().clone_into(&mut known.borrow_mut());
                    Some(route)
                }
                Err(why) => {
                    refused = Some(why);
                    None
                }
            });
            tell.emit((name, refused));
        })
    };
    html! { <label class="field">{ &props.title }<input ref={input} {onchange} /></label> }
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
