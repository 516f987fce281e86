//! The scenarios of a run.

use shared::arms::ArmRole;
use shared::summary::{ScenarioSummary, Tally};
use shared::verdict::Verdict;
use yew::prelude::*;

use super::mark::{mark, mark_as};
use crate::api::Absence;
use crate::load::RunData;
use crate::route::{LatencyView, Route};
use crate::view_model::sparkline::{HEIGHT, Sparkline, WIDTH, sparkline};

/// All scenarios in the run's order, those without usable evidence with their reason.
pub(crate) fn scenario_list(data: &RunData) -> Html {
    let line = |entry: &shared::report::ScenarioEntry| {
        let route = Route::Scenario {
            run: data.files.run.id.clone(),
            scenario: entry.name.clone(),
            view: LatencyView::default(),
        };
        match data.summary.scenarios.iter().find(|s| s.name == entry.name) {
            Some(summary) => {
                let spark = data.files.scenario(&entry.name).and_then(sparkline);
                measured(summary, &route, spark.as_ref())
            }
            None => unmeasured(&entry.title, &route, data.files.absence(&entry.name)),
        }
    };
    html! { <ul class="scn">{ for data.files.run.scenarios.iter().map(line) }</ul> }
}

fn measured(summary: &ScenarioSummary, route: &Route, spark: Option<&Sparkline>) -> Html {
    let tally = Tally::of(summary.judgements.iter().map(|j| j.verdict));
    let met = format!("{} of {} targets met", tally.passed, tally.judged());
    html! {
        <li>
            { mark(summary.verdict) }
            <a href={route.to_string()}>{ &summary.title }</a>
            <p>
                { &summary.sentence }
                <small>{ met }{ for summary.label.iter().map(|label| html! { <>{ " · " }<span class="badge">{ label }</span></> }) }</small>
            </p>
            <div class="sp">{ for spark.map(drawing) }if spark.is_some() { <small>{ "P95 per block" }</small> }</div>
        </li>
    }
}

fn unmeasured(title: &str, route: &Route, absence: Option<&Absence>) -> Html {
    let not_judged = Verdict::NotJudged.word();
    let (verdict, word, reason) = match absence {
        Some(Absence::Damaged(fault)) => (
            Verdict::Fail,
            "Unreadable",
            format!("{}: {}.", fault.file, fault.reason),
        ),
        Some(Absence::NotMeasured(reason)) => (Verdict::NotJudged, not_judged, reason.clone()),
        None => (Verdict::NotJudged, not_judged, String::new()),
    };
    html! {
        <li>
            { mark_as(verdict, word) }
            <a href={route.to_string()}>{ title }</a>
            <p>{ reason }</p>
        </li>
    }
}

fn drawing(spark: &Sparkline) -> Html {
    let line = |role, line: &'static str, dot: &'static str| {
        let points = spark.lines.get(role);
        let text: Vec<String> = points
            .iter()
            .map(|(x, y)| format!("{x:.1},{y:.1}"))
            .collect();
        let (x, y) = points.last().copied().unwrap_or_default();
        html! {
            <>
                <polyline points={text.join(" ")} class={line} vector-effect="non-scaling-stroke" />
                <circle cx={format!("{x:.1}")} cy={format!("{y:.1}")} r="2.6" class={dot} />
            </>
        }
    };
    html! {
        <svg viewBox={format!("0 0 {WIDTH} {HEIGHT}")} preserveAspectRatio="none" aria-hidden="true">
            { line(ArmRole::Baseline, "lb th sd", "rb") }
            { line(ArmRole::Candidate, "lo th", "ro") }
        </svg>
    }
}
