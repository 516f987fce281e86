//! The latency section of a scenario's page: the part that follows the reader's choices.

use std::cell::Cell;
use std::rc::Rc;

use maud::{Markup, html as markup};
use shared::estimate::PairLatencies;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::scenario_sections::heading;
use crate::components::figure::figure;
use crate::components::percentile_table::percentile_table;
use crate::components::shown;
use crate::components::switches::latency_switches;
use crate::load::RunData;
use crate::route::{LatencyView, Route, TimeRange};
use crate::view_model::chart::scenario_labels;
use crate::view_model::latency::{self, curve_chart};
use crate::view_model::percentiles::percentile_rows;
use crate::view_model::range::Span;
use crate::view_model::shown::{PERCENTILES, Percentile, Shown, figures, latencies_of};
use crate::view_model::{density, range};
use crate::{address, browser};

/// How long a range must stay before its intervals are computed, milliseconds: while it is drawn, each moment has its own.
const SETTLED_MS: i32 = 350;

/// The latencies of a kind and class, and when each pair was measured.
type LaidOut = (PairLatencies, Vec<Span>);

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
    let exact = use_intervals(laid_out.clone(), view.range);
    let Some((scenario, laid_out)) =
        (props.data.files.scenario(&props.name)).zip(laid_out.as_ref().as_ref())
    else {
        return html! {};
    };
    let arms = scenario_labels(&props.data.files.run, scenario);
    let found = latencies_of(laid_out, view.range);
    let is_busy = found.is_ok() && exact.is_none();
    let found = Shown::new(
        scenario,
        &arms,
        view,
        &found,
        exact.as_deref().map(Vec::as_slice),
    );
    let chosen = view.range.map(|chosen| {
        let (all, spans) = laid_out;
        let blocks = all.blocks(&|pair| range::holds(spans, Some(chosen), pair));
        range::in_words(scenario, chosen, blocks, all.blocks(&|_| true))
    });
    let choose = {
        let page = Route::scenario(&props.data.files.run.id, &props.name);
        Callback::from(move |(key, choice)| {
            address::change(&page, |route| route.with_choice(key, choice));
        })
    };
    html! {
        <section aria-labelledby="h-latency" aria-busy={is_busy.then_some("true")}>
            { shown(heading("h-latency", "Latency", &arms)) }
            { latency_switches(view, &arms, &choose) }
            <div class="range">
                <p role="status" id="range">{ chosen.as_deref().unwrap_or_default() }</p>
                { shown(markup! { @if chosen.is_some() { button.btn type="button" data-whole { "Whole time" } } }) }
            </div>
            { shown(latencies(&found)) }
        </section>
    }
}

/// The percentiles of a range with their intervals, once the range has stayed for a moment. One is computed at a time, so
/// that the page answers in between.
#[hook]
fn use_intervals(
    laid_out: Rc<Option<LaidOut>>,
    range: Option<TimeRange>,
) -> Option<Rc<Vec<Percentile>>> {
    let state = use_state(|| None::<(Rc<Option<LaidOut>>, Option<TimeRange>, Rc<Vec<Percentile>>)>);
    let setter = state.setter();
    let is_first = state.is_none();
    let ready = state.as_ref().and_then(|(of, at, exact)| {
        (Rc::ptr_eq(of, &laid_out) && *at == range).then(|| exact.clone())
    });
    use_effect_with((ByPlace(laid_out), range), move |(laid_out, range)| {
        let (laid_out, range, wanted) = (laid_out.0.clone(), *range, Rc::new(Cell::new(true)));
        let is_wanted = wanted.clone();
        spawn_local(async move {
            browser::pause(if is_first { 0 } else { SETTLED_MS }).await;
            // While a range is drawn, each moment's work would else come on top of a later one's.
            if !is_wanted.get() {
                return;
            }
            let found = laid_out.as_ref().as_ref().map(|of| latencies_of(of, range));
            let Some(Ok(found)) = found else { return };
            let mut exact = Vec::new();
            for percentile in PERCENTILES {
                if !is_wanted.get() {
                    return;
                }
                exact.extend(figures(&found, percentile, true));
                browser::breathe().await;
            }
            if is_wanted.get() {
                setter.set(Some((laid_out, range, Rc::new(exact))));
            }
        });
        move || wanted.set(false)
    });
    ready
}

/// Something shared that is only equal to itself.
struct ByPlace<T>(Rc<T>);

impl<T> PartialEq for ByPlace<T> {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
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
