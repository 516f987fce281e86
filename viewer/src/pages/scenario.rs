//! One scenario: where does the gain come from, and is it consistent over percentiles, time and pairs?

use std::rc::Rc;

use shared::report::{Scenario, ScenarioEntry};
use shared::summary::ScenarioSummary;
use yew::prelude::*;

use super::scenario_sections::{
    Latency, cache, consistency, over_time, safety, targets, time_and_writes,
};
use crate::api::Absence;
use crate::components::facts::fact_grid;
use crate::components::headline::headline;
use crate::components::notice::faults;
use crate::load::RunData;
use crate::route::{LatencyView, Route};
use crate::view_model::chart::labels;
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
    let entry = data.files.run.scenarios.iter().find(|s| s.name == name);
    let title = entry.map_or(name, |e| e.title.as_str());
    let evidence = data
        .files
        .scenario(name)
        .zip(data.summary.scenarios.iter().find(|s| s.name == name));
    // Everything but the latency section is independent of the chosen view, and some of it costs time.
    let rest = use_memo((Rc::as_ptr(data), props.name.clone()), |_| {
        evidence.map(|(scenario, summary)| sections(data, scenario, summary))
    });
    html! {
        <>
            { head(data, name, title) }
            if let (Some((scenario, summary)), Some((before, after))) = (evidence, rest.as_ref()) {
                { headline(summary.verdict, &summary.sentence, html! { &summary.sub }) }
                { before.clone() }
                <Latency data={data.clone()} name={scenario.name.clone()} view={props.view} />
                { after.clone() }
            } else {
                { missing(data, entry, name) }
            }
        </>
    }
}

/// What stands before the latency section, and after it.
fn sections(data: &RunData, scenario: &Scenario, summary: &ScenarioSummary) -> (Html, Html) {
    let arms = labels(&data.files.run);
    let before = html! {
        <>
            <section class="tight" aria-label="Load">{ fact_grid(&facts::load_facts(scenario)) }</section>
            <p class="note below">{ &scenario.why }{ " Source: " }{ &scenario.source }{ "." }</p>
        </>
    };
    let after = html! {
        <>
            { targets(summary, &arms) }
            { over_time(scenario, &arms) }
            { cache(scenario, &arms) }
            { time_and_writes(scenario, &arms) }
            { consistency(scenario, &arms) }
            { safety(scenario, &arms) }
        </>
    };
    (before, after)
}

fn head(data: &RunData, name: &str, title: &str) -> Html {
    let run = &data.files.run;
    let scenario = data.files.scenario(name);
    let started = scenario.map_or(run.started_at.as_str(), |s| s.started_at.as_str());
    let label = scenario.and_then(|s| s.load.label());
    html! {
        <>
            <p class="crumbs">
                <a href={Route::Runs.to_string()}>{ "Runs" }</a>{ " / " }
                <a href={Route::Report(run.id.clone()).to_string()}>{ &run.id }</a>{ " / " }{ title }
            </p>
            <div class="head">
                <div>
                    <h1>{ title }</h1>
                    <div class="meta">
                        <span>{ dates::date_time(started) }</span>
                        if !run.build.revision.is_empty() { <span><b>{ "Revision " }</b><code>{ &run.build.revision }</code></span> }
                        <span>{ facts::machine(run) }</span>
                        { for scenario.map(|s| html! { <span>{ facts::promises(&s.promises) }</span> }) }
                        <span class="badge">
                            { label.map_or_else(|| run.profile.clone(), |label| format!("{}: {label}", run.profile)) }
                        </span>
                    </div>
                </div>
                { neighbours(data, name) }
            </div>
        </>
    }
}

/// The scenario before and the one after.
fn neighbours(data: &RunData, name: &str) -> Html {
    let entries = &data.files.run.scenarios;
    let Some(at) = entries.iter().position(|e| e.name == name) else {
        return html! {};
    };
    let link = |entry: &ScenarioEntry, text: String| {
        let route = Route::Scenario {
            run: data.files.run.id.clone(),
            scenario: entry.name.clone(),
            view: LatencyView::default(),
        };
        html! { <a class="btn" href={route.to_string()}>{ text }</a> }
    };
    let previous = at
        .checked_sub(1)
        .and_then(|i| entries.get(i))
        .map(|e| link(e, format!("← {}", e.title)));
    let next = entries
        .get(at + 1)
        .map(|e| link(e, format!("{} →", e.title)));
    html! { <div class="actions">{ for previous }{ for next }</div> }
}

fn missing(data: &RunData, entry: Option<&ScenarioEntry>, name: &str) -> Html {
    let back = html! { <p><a href={Route::Report(data.files.run.id.clone()).to_string()}>{ "Back to the report" }</a></p> };
    let body = match data.files.absence(name) {
        Some(Absence::Damaged(fault)) => faults(
            &tally::unreadable(1, data.files.run.scenarios.len()),
            std::slice::from_ref(fault),
        ),
        Some(Absence::NotMeasured(reason)) => {
            html! { <p class="lede">{ format!("This scenario was {reason}.") }</p> }
        }
        None if entry.is_some() => {
            html! { <p class="lede">{ "The file of this scenario holds another scenario." }</p> }
        }
        None => {
            html! { <p class="lede">{ "Not found: this run has no scenario of this name." }</p> }
        }
    };
    html! { <section class="tight">{ body }{ back }</section> }
}
