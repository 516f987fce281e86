//! The sections of a scenario's page.

use std::rc::Rc;

use shared::arms::Arms;
use shared::report::Scenario;
use shared::summary::{ScenarioSummary, Tally};
use shared::trust::scenario_checks;
use yew::prelude::*;

use crate::browser;
use crate::components::arms_key::arms_key;
use crate::components::criteria_table::criteria_table;
use crate::components::facts::{check_list, fact_list};
use crate::components::figure::figure;
use crate::components::percentile_table::percentile_table;
use crate::components::switches::latency_switches;
use crate::components::work_table::work_table;
use crate::load::RunData;
use crate::route::{LatencyView, Route};
use crate::view_model::chart::labels;
use crate::view_model::{
    cache as cache_model, facts, latency, pairs, percentiles, tally, timelines, work,
};

fn heading(id: &'static str, title: &str, arms: &Arms<String>) -> Html {
    html! { <div class="sh"><h2 {id}>{ title }</h2>{ arms_key(arms) }</div> }
}

#[derive(Properties, PartialEq)]
pub(crate) struct LatencyProps {
    pub(crate) data: Rc<RunData>,
    pub(crate) name: AttrValue,
    pub(crate) view: LatencyView,
}

/// Percentile curve, density and table of the chosen saves and times; the choice is part of the address.
#[component]
pub(crate) fn Latency(props: &LatencyProps) -> Html {
    let Some(scenario) = props.data.files.scenario(&props.name) else {
        return html! {};
    };
    let arms = labels(&props.data.files.run);
    let view = props.view;
    let found = latency::histograms(scenario, view);
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
    let table = match percentiles::percentile_rows(scenario, view) {
        Ok(rows) => percentile_table(&rows, &arms),
        Err(reason) => html! { <p class="lede">{ format!("No percentiles: {reason}.") }</p> },
    };
    html! {
        <section aria-labelledby="h-latency">
            { heading("h-latency", "Latency", &arms) }
            { latency_switches(view, &choose) }
            <div class="two figs">
                { figure(&latency::curve_chart(scenario, &arms, view, &found)) }
                { figure(&latency::density(scenario, &arms, view, &found)) }
            </div>
            <div class="gap">
                { table }
                <p class="note below">
                    { format!("{}, {}. ", latency::capital(latency::whose(view)), latency::kind_name(view.kind)) }
                    { "Response time counts from the planned instant, service time from the call. Duplicate and unique are classes \
                       of the plan, the same saves in both arms. A percentile gets an interval only when at least 100 samples lie \
                       beyond it; curves end where 10 do." }
                </p>
            </div>
        </section>
    }
}

pub(crate) fn targets(summary: &ScenarioSummary, arms: &Arms<String>) -> Html {
    if summary.judgements.is_empty() {
        return html! {};
    }
    let tally = Tally::of(summary.judgements.iter().map(|j| j.verdict));
    html! {
        <section aria-labelledby="h-targets">
            <div class="sh"><h2 id="h-targets">{ tally::sentence("Targets", tally) }</h2></div>
            { criteria_table(&summary.judgements, arms) }
        </section>
    }
}

pub(crate) fn over_time(scenario: &Scenario, arms: &Arms<String>) -> Html {
    html! {
        <section aria-labelledby="h-time">
            { heading("h-time", "Over time", arms) }
            <div class="two figs">{ for timelines::charts(scenario, arms).iter().map(figure) }</div>
        </section>
    }
}

/// Empty where no arm has a cache.
pub(crate) fn cache(scenario: &Scenario, arms: &Arms<String>) -> Html {
    let charts = cache_model::charts(scenario, arms);
    let probe = scenario
        .eviction
        .as_ref()
        .map(cache_model::probe_facts)
        .unwrap_or_default();
    let costs = cache_model::penalty_facts(scenario);
    if charts.is_empty() && probe.is_empty() && costs.is_empty() {
        return html! {};
    }
    let facts = [
        (
            "Eviction probe: one run at a time, on a database of its own",
            probe,
        ),
        ("What the cache’s limits cost", costs),
    ];
    let list = |(title, facts): &(&str, Vec<_>)| {
        if facts.is_empty() {
            html! {}
        } else {
            html! { <div><h3 class="list">{ *title }</h3>{ fact_list(facts) }</div> }
        }
    };
    html! {
        <section aria-labelledby="h-cache">
            { heading("h-cache", "Cache", arms) }
            <div class="three figs">{ for charts.iter().map(figure) }</div>
            <div class="two gap">{ for facts.iter().map(list) }</div>
        </section>
    }
}

pub(crate) fn time_and_writes(scenario: &Scenario, arms: &Arms<String>) -> Html {
    let (phases, phase_rows) = work::phases(scenario, arms);
    let (database, database_rows) = work::database(scenario, arms);
    html! {
        <section aria-labelledby="h-work">
            { heading("h-work", "Where the time and the writes go", arms) }
            <div class="two figs">{ figure(&phases) }{ figure(&database) }</div>
            <div class="two gap">
                <div>{ work_table("Mean time per save", "Change", &phase_rows, arms) }</div>
                <div>{ work_table("Per 1\u{202f}000 saves", "Change (95\u{202f}% CI)", &database_rows, arms) }</div>
            </div>
            { for work::closed(scenario, arms).map(|(sentence, rows)| html! {
                <div class="gap">
                    <h3 class="list">{ sentence }</h3>
                    { work_table("Each user saves again as soon as answered", "Factor (95\u{202f}% CI)", &rows, arms) }
                </div>
            }) }
        </section>
    }
}

pub(crate) fn consistency(scenario: &Scenario, arms: &Arms<String>) -> Html {
    html! {
        <section aria-labelledby="h-pairs">
            <div class="sh"><h2 id="h-pairs">{ "Is the gain consistent?" }</h2></div>
            <div class="two">
                { figure(&pairs::chart(scenario, arms)) }
                <div><h3 class="list">{ "Checks of this measurement" }</h3>{ check_list(&scenario_checks(scenario)) }</div>
            </div>
        </section>
    }
}

pub(crate) fn safety(scenario: &Scenario, arms: &Arms<String>) -> Html {
    let lost = scenario
        .ledger
        .as_ref()
        .map(|l| l.baseline.violations() + l.candidate.violations());
    let mut found = facts::ledger_facts(scenario, arms).unwrap_or_default();
    found.extend(facts::error_facts(scenario, arms));
    html! {
        <section aria-labelledby="h-safety">
            <div class="sh"><h2 id="h-safety">{ tally::safety(lost) }</h2></div>
            if lost.is_none() { <p class="lede">{ "The scenario ended before its database was read back." }</p> }
            { fact_list(&found) }
        </section>
    }
}
