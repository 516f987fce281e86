//! One scenario: where does the gain come from, and is it consistent over percentiles, time and pairs?

use std::rc::Rc;

use maud::{Markup, PreEscaped, Render, html as markup};
use shared::arms::Arms;
use shared::report::Scenario;
use shared::summary::{ScenarioSummary, profile_name};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::calibration_sections::{calibration, capacity_searches};
use super::fault_sections::{ablation, faults as broken};
use super::latency_section::Latency;
use super::scenario_sections::{
    cache, consistency, over_time, resources, safety, targets, time_and_writes,
};
use crate::api::Absence;
use crate::browser;
use crate::components::facts::fact_grid;
use crate::components::headline::headline;
use crate::components::notice::{faults, pending};
use crate::components::shown;
use crate::glossary::{
    CONFIDENCE, OPEN_MODEL, PAIR, PERCENTILE, RESPONSE, SATURATED, SERVICE, terms,
};
use crate::load::RunData;
use crate::route::{LatencyView, Route};
use crate::view_model::chart::scenario_labels;
use crate::view_model::{dates, facts, tally};

#[derive(Properties, PartialEq)]
pub(crate) struct ScenarioPageProps {
    pub(crate) data: Rc<RunData>,
    pub(crate) name: AttrValue,
    pub(crate) view: LatencyView,
}

#[component]
pub(crate) fn ScenarioPage(props: &ScenarioPageProps) -> Html {
    let (data, name) = (&props.data, props.name.as_str());
    let evidence = found(data, name);
    // Everything but the latency section is independent of the chosen view, and some of it costs time.
    let rest = use_state(|| evidence.map_or_else(Html::default, |_| shown(pending(DRAWING))));
    let show = rest.setter();
    let first = use_memo((data.clone(), props.name.clone()), |(data, name)| {
        spawn_local(lay_out_rest(data.clone(), name.clone(), show));
        match evidence {
            Some((scenario, summary)) => before(data, scenario, summary),
            None => missing(data, name),
        }
    });
    // Which arms charts show is a matter of the style sheet: nothing is drawn anew.
    html! {
        <div data-arms={props.view.only.map(|role| role.as_str())}>
            { (*first).clone() }
            if evidence.is_some_and(|(scenario, _)| !scenario.blocks.is_empty()) { <Latency data={data.clone()} name={props.name.clone()} view={props.view} /> }
            { (*rest).clone() }
        </div>
    }
}

/// What stands where the rest is on its way.
const DRAWING: &str = "Drawing …";

/// What stands before the latency section.
fn before(data: &RunData, scenario: &Scenario, summary: &ScenarioSummary) -> Html {
    shown(markup! {
        (head(data, &scenario.name, &scenario.title, Some(scenario)))
        (headline(summary.verdict, &summary.sentence, &summary.sub))
        section.tight aria-label="Load" { (fact_grid(&facts::load_facts(scenario))) }
        p.note.below { (scenario.why) " Source: " (scenario.source) "." }
        (terms(&[&PERCENTILE, &RESPONSE, &SERVICE, &OPEN_MODEL, &PAIR, &CONFIDENCE, &SATURATED]))
    })
}

/// A part of what stands after it.
type Part = fn(&Scenario, &ScenarioSummary, &Arms<String>) -> Markup;

const REST: [Part; 4] = [
    |scenario, summary, arms| {
        markup! {
            (calibration(scenario))
            (capacity_searches(scenario, arms))
            (targets(summary, arms))
            (broken(scenario, arms))
            (ablation(scenario))
        }
    },
    |scenario, _, arms| markup! { @if has_blocks(scenario) { (over_time(scenario, arms)) (resources(scenario, arms)) } },
    |scenario, _, arms| markup! { @if has_blocks(scenario) { (cache(scenario, arms)) (time_and_writes(scenario, arms)) } },
    |scenario, _, arms| markup! { @if has_blocks(scenario) { (consistency(scenario, arms)) } (safety(scenario, arms)) },
];

fn has_blocks(scenario: &Scenario) -> bool {
    !scenario.blocks.is_empty()
}

/// Lays out what stands after the latencies. All of it takes a fifth of a second and more: each part of [`REST`] comes on
/// its own, so that the browser answers in between.
async fn lay_out_rest(data: Rc<RunData>, name: AttrValue, show: UseStateSetter<Html>) {
    let Some((scenario, summary)) = found(&data, &name) else {
        return;
    };
    let arms = scenario_labels(&data.files.run, scenario);
    let mut laid_out = String::new();
    for (i, part) in REST.iter().enumerate() {
        browser::breathe().await;
        part(scenario, summary, &arms).render_to(&mut laid_out);
        let is_last = i + 1 == REST.len();
        show.set(shown(
            markup! { (PreEscaped(&laid_out)) @if !is_last { (pending(DRAWING)) } },
        ));
    }
}

/// The scenario's evidence with what it comes to.
fn found<'a>(data: &'a RunData, name: &str) -> Option<(&'a Scenario, &'a ScenarioSummary)> {
    let summary = data.summary.scenarios.iter().find(|s| s.name == name);
    data.files.scenario(name).zip(summary)
}

fn head(data: &RunData, name: &str, title: &str, scenario: Option<&Scenario>) -> Markup {
    let run = &data.files.run;
    let started = scenario.map_or(&run.started_at, |s| &s.started_at);
    let label = scenario.and_then(|s| s.load.label());
    markup! {
        p.crumbs {
            a href=(Route::Runs) { "Runs" } " / "
            a href=(Route::Report(run.id.clone())) { (run.id) } " / "
            (title)
        }
        div.head {
            div {
                h1 { (title) }
                div.meta {
                    span { (dates::date_time(started)) }
                    @if !run.build.revision.is_empty() { span { b { "Revision " } code { (run.build.revision) } } }
                    @if let Some(target) = &run.build.target { span { b { "Target " } code { (target) } } }
                    span { (facts::machine(run)) }
                    @if let Some(scenario) = scenario { span { (facts::promises(&scenario.promises)) } }
                    span.badge { (profile_name(&**run)) @if let Some(label) = label { ": " (label) } }
                }
            }
            (neighbours(data, name))
        }
    }
}

/// The scenario before and the one after.
fn neighbours(data: &RunData, name: &str) -> Markup {
    let run = &data.files.run;
    let at = run.scenarios.iter().position(|e| e.name == name);
    let previous = at
        .and_then(|at| at.checked_sub(1))
        .and_then(|i| run.scenarios.get(i));
    let next = at.and_then(|at| run.scenarios.get(at + 1));
    markup! {
        div.actions {
            @if let Some(entry) = previous { a.btn href=(Route::scenario(&run.id, &entry.name)) { "← " (entry.title) } }
            @if let Some(entry) = next { a.btn href=(Route::scenario(&run.id, &entry.name)) { (entry.title) " →" } }
        }
    }
}

fn missing(data: &RunData, name: &str) -> Html {
    let run = &data.files.run;
    let entry = run.scenarios.iter().find(|s| s.name == name);
    shown(markup! {
        (head(data, name, entry.map_or(name, |e| &e.title), None))
        section.tight {
            @match data.files.absence(name) {
                Some(Absence::Damaged(fault)) => (faults(&tally::unreadable(1, run.scenarios.len()), std::slice::from_ref(fault))),
                Some(Absence::NotMeasured(reason)) => p.lede { "This scenario was " (reason) "." },
                None if entry.is_some() => p.lede { "The file of this scenario holds another scenario." },
                None => p.lede { "Not found: this run has no scenario of this name." },
            }
            p { a href=(Route::Report(run.id.clone())) { "Back to the report" } }
        }
    })
}
