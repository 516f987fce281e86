//! The executive summary of a run: is it better, is it safe, can I trust it, by how much, and what next?

use std::rc::Rc;

use shared::report::Status;
use shared::summary::{Step, Tally};
use shared::verdict::Verdict;
use yew::prelude::*;

use crate::api::run_file;
use crate::components::actions::Actions;
use crate::components::arms_key::arms_key;
use crate::components::criteria_table::criteria_table;
use crate::components::facts::{check_list, fact_list};
use crate::components::headline::{answers, headline};
use crate::components::notice::faults;
use crate::components::scenario_list::scenario_list;
use crate::components::strip::strip;
use crate::load::RunData;
use crate::route::{LatencyView, Route};
use crate::view_model::chart::labels;
use crate::view_model::{criteria, dates, facts, tally};

#[derive(Properties, PartialEq)]
pub(crate) struct ReportProps {
    pub(crate) data: Rc<RunData>,
}

#[component]
pub(crate) fn Report(props: &ReportProps) -> Html {
    let data = &props.data;
    let (run, summary) = (&data.files.run, &data.summary);
    let arms = labels(run);
    let damaged = data.files.faults();
    html! {
        <>
            { head(data) }
            { headline(summary.verdict, &summary.headline, html! { &summary.sub }) }
            { answers(summary) }
            if !damaged.is_empty() {
                <section class="tight">
                    { faults(&tally::unreadable(damaged.len(), run.scenarios.len()), &damaged) }
                </section>
            }
            { improvements(data) }
            <section aria-labelledby="h-criteria">
                <div class="sh">
                    <h2 id="h-criteria">{ tally::sentence("Success criteria", Tally::of(summary.judgements.iter().map(|j| j.verdict))) }</h2>
                    <p>{ format!("Policy “{}”. Each scenario’s own targets stand on its page.", run.policy.name) }</p>
                </div>
                { criteria_table(&summary.judgements, &arms) }
            </section>
            <section class="two">
                <div><h2 class="list">{ tally::safety(summary.saves_lost) }</h2>{ fact_list(&summary.safety) }</div>
                <div><h2 class="list">{ tally::trust(&summary.trust_checks) }</h2>{ check_list(&summary.trust_checks) }</div>
            </section>
            { steps(data) }
            <section aria-labelledby="h-scenarios">
                <div class="sh">
                    <h2 id="h-scenarios">{ tally::sentence("Scenarios", Tally::of(summary.scenarios.iter().map(|s| s.verdict))) }</h2>
                    { arms_key(&arms) }
                </div>
                { scenario_list(data) }
            </section>
        </>
    }
}

fn head(data: &RunData) -> Html {
    let run = &data.files.run;
    let promises = data
        .files
        .scenarios
        .first()
        .map(|s| facts::promises(&s.promises))
        .unwrap_or_default();
    html! {
        <>
            <p class="crumbs">
                <a href={Route::Runs.to_string()}>{ "Runs" }</a>{ " / " }
                <a href={Route::Week(dates::week(&run.started_at)).to_string()}>{ dates::week(&run.started_at) }</a>
                { " / " }{ &run.id }
            </p>
            <div class="head">
                <div>
                    <h1>{ &run.title }</h1>
                    <div class="meta">
                        <span>{ dates::date_time(&run.started_at) }</span>
                        if !run.build.revision.is_empty() { <span><b>{ "Revision " }</b><code>{ &run.build.revision }</code></span> }
                        <span>{ facts::machine(run) }</span>
                        if !promises.is_empty() { <span>{ promises }</span> }
                        <span class="badge">{ tally::profile(run, &data.files.scenarios) }</span>
                        { for status(&run.status) }
                    </div>
                </div>
                <Actions file={run_file(&run.id)} />
            </div>
        </>
    }
}

/// How a run ended, where it did not end as planned.
fn status(status: &Status) -> Option<Html> {
    let words = match status {
        Status::Complete => return None,
        Status::Broken { cause } => format!("broke off: {cause}"),
        Status::Interrupted => "interrupted: what is here is valid".to_owned(),
        Status::Pending | Status::Running => "not finished".to_owned(),
    };
    Some(html! { <span class="badge">{ words }</span> })
}

fn improvements(data: &RunData) -> Html {
    let summary = &data.summary;
    let shown: Vec<_> = summary
        .improvements
        .iter()
        .filter_map(|i| criteria::improvement(&summary.judgements[*i]))
        .collect();
    if shown.is_empty() {
        return html! {};
    }
    let met = shown.iter().filter(|i| i.verdict == Verdict::Pass).count();
    html! {
        <section aria-labelledby="h-key">
            <div class="sh"><h2 id="h-key">{ tally::promised(met, shown.len()) }</h2>{ arms_key(&labels(&data.files.run)) }</div>
            { strip(&shown) }
            <p class="note below">
                { "Bar: 95\u{202f}% confidence interval; upright line: target; tinted: target met. Right is always better. \
                   A target passes only when the whole interval is past the line." }
            </p>
        </section>
    }
}

fn steps(data: &RunData) -> Html {
    let summary = &data.summary;
    if summary.steps.is_empty() {
        return html! {};
    }
    let run = &data.files.run.id;
    let step = |step: &Step| {
        let link = step.scenario.as_ref().map(|name| {
            let route = Route::Scenario {
                run: run.clone(),
                scenario: name.clone(),
                view: LatencyView::default(),
            };
            html! { <>{ " " }<a href={route.to_string()}>{ "See the scenario" }</a>{ "." }</> }
        });
        html! { <li><p><b>{ &step.title }</b>{ " " }<span>{ &step.text }{ for link }</span></p></li> }
    };
    html! {
        <section aria-labelledby="h-next">
            <div class="sh"><h2 id="h-next">{ "Next steps" }</h2><p>{ "Derived from this run’s data by fixed rules." }</p></div>
            <ol class="steps">{ for summary.steps.iter().map(step) }</ol>
        </section>
    }
}
