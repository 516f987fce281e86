//! The latency section of a scenario's page: the part that follows the reader's choices.

use std::cell::Cell;
use std::rc::Rc;

use maud::{Markup, html as markup};
use shared::estimate::PairLatencies;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::scenario_sections::heading;
use crate::browser;
use crate::components::figure::figure;
use crate::components::percentile_table::percentile_table;
use crate::components::shown;
use crate::components::switches::latency_switches;
use crate::load::RunData;
use crate::route::{LatencyView, Route};
use crate::view_model::chart::scenario_labels;
use crate::view_model::latency::{self, Shown, curve_chart};
use crate::view_model::percentiles::percentile_rows;
use crate::view_model::{density, range};

/// How long a view must stay before its intervals are computed, milliseconds: while a time range is drawn, each moment has
/// a view of its own.
const SETTLED_MS: i32 = 200;

#[derive(Properties, PartialEq)]
pub(crate) struct LatencyProps {
    pub(crate) data: Rc<RunData>,
    pub(crate) name: AttrValue,
    pub(crate) view: LatencyView,
}

/// Percentile curve, density and table of the chosen saves, times and blocks; the choice is part of the address.
#[component]
pub(crate) fn Latency(props: &LatencyProps) -> Html {
    let view = props.view;
    let settled = use_settled(view);
    let evidence = (
        props.data.clone(),
        props.name.clone(),
        view.class,
        view.kind,
    );
    let laid_out = use_memo(evidence, |(data, name, class, kind)| {
        let scenario = data.files.scenario(name)?;
        let all = PairLatencies::new(scenario, *kind, *class);
        Some((all, range::spans(scenario)))
    });
    let Some((scenario, laid_out)) = props
        .data
        .files
        .scenario(&props.name)
        .zip(laid_out.as_ref().as_ref())
    else {
        return html! {};
    };
    let arms = scenario_labels(&props.data.files.run, scenario);
    let found = Shown::new(scenario, &arms, view, laid_out, settled == view);
    let chosen = view.range.map(|chosen| {
        let (all, spans) = laid_out;
        let blocks = all.blocks(&|pair| range::holds(spans, Some(chosen), pair));
        range::in_words(scenario, chosen, blocks, all.blocks(&|_| true))
    });
    let choose = {
        let (run, scenario) = (props.data.files.run.id.clone(), props.name.to_string());
        Callback::from(move |view| {
            let route = Route::Scenario {
                run: run.clone(),
                scenario: scenario.clone(),
                view,
            };
            browser::replace_hash(&route.to_string());
        })
    };
    let whole = {
        let choose = choose.clone();
        move |_: MouseEvent| {
            choose.emit(LatencyView {
                range: None,
                ..view
            })
        }
    };
    html! {
        <section aria-labelledby="h-latency" aria-busy={(settled != view).then_some("true")}>
            { shown(heading("h-latency", "Latency", &arms)) }
            { latency_switches(view, &arms, &choose) }
            <div class="range">
                <p role="status" id="range">{ chosen.as_deref().unwrap_or_default() }</p>
                if chosen.is_some() { <button type="button" class="btn" onclick={whole}>{ "Whole time" }</button> }
            </div>
            { shown(latencies(&found)) }
        </section>
    }
}

/// The last view that stayed for a moment; at first the first one.
#[hook]
fn use_settled(view: LatencyView) -> LatencyView {
    let settled = use_state(|| view);
    let setter = settled.setter();
    use_effect_with(view, move |view| {
        let (view, wanted) = (*view, Rc::new(Cell::new(true)));
        let is_wanted = wanted.clone();
        spawn_local(async move {
            browser::pause(SETTLED_MS).await;
            if is_wanted.get() {
                setter.set(view);
            }
        });
        move || wanted.set(false)
    });
    *settled
}

fn latencies(found: &Shown<'_>) -> Markup {
    let view = found.view;
    markup! {
        div.two.figs {
            (figure(&curve_chart(found)))
            (figure(&density::chart(found)))
        }
        div.gap {
            @match percentile_rows(found) {
                Ok(rows) => (percentile_table(&rows, found.labels)),
                Err(reason) => p.lede { "No percentiles: " (reason) "." },
            }
            p.note.below {
                (latency::capital(latency::whose(view))) ", " (latency::kind_name(view.kind)) ". "
                @if let Some(why) = &found.few_pairs { "No intervals: " (why) ". " }
                "Response time counts from the planned instant, service time from the call. Duplicate and unique are classes "
                "of the plan, the same saves in both arms. A percentile gets an interval only when at least 100 samples lie "
                "beyond it; curves end where 10 do."
            }
        }
    }
}
