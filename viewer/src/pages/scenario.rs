//! One scenario: where does the gain come from, and is it consistent over percentiles, time and pairs?

use std::cell::Cell;
use std::rc::Rc;

use maud::{Markup, html as markup};
use shared::arms::Arms;
use shared::report::Scenario;
use shared::summary::ScenarioSummary;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::calibration_sections::{calibration, capacity_searches};
use super::fault_sections::{ablation, faults as broken};
use super::latency_section::Latency;
use super::scenario_sections::{
    cache, consistency, over_time, resources, safety, targets, time_and_writes,
};
use crate::api::Absence;
use crate::browser::{self, Slices};
use crate::components::facts::fact_grid;
use crate::components::headline::headline;
use crate::components::notice::faults;
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
    let evidence = data
        .files
        .scenario(name)
        .zip(data.summary.scenarios.iter().find(|s| s.name == name));
    // Everything but the latency section is independent of the chosen view, and some of it costs time.
    let first = use_memo((data.clone(), props.name.clone()), |_| match evidence {
        Some((scenario, summary)) => before(data, scenario, summary),
        None => missing(data, name),
    });
    let rest = use_rest(data, &props.name);
    let is_busy = evidence.is_some() && rest.len() < REST.len();
    // Which arms charts show is a matter of the style sheet: nothing is drawn anew.
    html! {
        <div data-arms={props.view.only.map(|role| role.as_str())}>
            { (*first).clone() }
            if evidence.is_some_and(|(scenario, _)| !scenario.blocks.is_empty()) { <Latency data={data.clone()} name={props.name.clone()} view={props.view} /> }
            <div aria-busy={is_busy.then_some("true")}>
                { for rest.iter().enumerate().map(|(i, part)| html! { <div key={i}>{ part.clone() }</div> }) }
            </div>
        </div>
    }
}

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

const REST: [Part; 7] = [
    |scenario, summary, arms| {
        markup! {
            (calibration(scenario))
            (capacity_searches(scenario, arms))
            (targets(summary, arms))
            (broken(scenario, arms))
            (ablation(scenario))
        }
    },
    |scenario, _, arms| markup! { @if has_blocks(scenario) { (over_time(scenario, arms)) } },
    |scenario, _, arms| markup! { @if has_blocks(scenario) { (resources(scenario, arms)) } },
    |scenario, _, arms| markup! { @if has_blocks(scenario) { (cache(scenario, arms)) } },
    |scenario, _, arms| markup! { @if has_blocks(scenario) { (time_and_writes(scenario, arms)) } },
    |scenario, _, arms| markup! { @if has_blocks(scenario) { (consistency(scenario, arms)) } },
    |scenario, _, arms| safety(scenario, arms),
];

fn has_blocks(scenario: &Scenario) -> bool {
    !scenario.blocks.is_empty()
}

/// The parts of [`REST`] that are there. Together they take a fifth of a second and more: each is laid out on its own, so
/// that the browser answers in between.
#[hook]
fn use_rest(data: &Rc<RunData>, name: &AttrValue) -> Rc<Vec<Html>> {
    let state = use_state(Rc::<Vec<Html>>::default);
    let setter = state.setter();
    use_effect_with((data.clone(), name.clone()), move |(data, name)| {
        let (data, name, wanted) = (data.clone(), name.clone(), Rc::new(Cell::new(true)));
        let is_wanted = wanted.clone();
        spawn_local(async move {
            let found = data
                .files
                .scenario(&name)
                .zip(data.summary.scenarios.iter().find(|s| s.name == *name));
            let Some((scenario, summary)) = found else {
                return;
            };
            let arms = scenario_labels(&data.files.run, scenario);
            let mut parts = Vec::new();
            browser::breathe().await;
            let slices = Slices::new();
            for part in REST {
                slices.pause().await;
                if !is_wanted.get() {
                    return;
                }
                parts.push(shown(part(scenario, summary, &arms)));
                setter.set(Rc::new(parts.clone()));
            }
        });
        move || wanted.set(false)
    });
    (*state).clone()
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
                    span { (facts::machine(run)) }
                    @if let Some(scenario) = scenario { span { (facts::promises(&scenario.promises)) } }
                    span.badge { (run.profile) @if let Some(label) = label { ": " (label) } }
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
