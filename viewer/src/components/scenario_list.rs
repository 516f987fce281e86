//! The scenarios of a run.

use maud::{Markup, html};
use shared::arms::ArmRole;
use shared::report::ScenarioEntry;
use shared::summary::{ScenarioSummary, Tally};
use shared::verdict::Verdict;

use super::mark::{mark, mark_as};
use crate::api::Absence;
use crate::load::RunData;
use crate::route::Route;
use crate::view_model::sparkline::{HEIGHT, Sparkline, WIDTH, sparkline};

/// All scenarios in the run's order, those without usable evidence with their reason.
pub(crate) fn scenario_list(data: &RunData) -> Markup {
    html! { ul.scn { @for entry in &data.files.run.scenarios { li { (scenario(data, entry)) } } } }
}

fn scenario(data: &RunData, entry: &ScenarioEntry) -> Markup {
    let link = Route::scenario(&data.files.run.id, &entry.name);
    match data.summary.scenarios.iter().find(|s| s.name == entry.name) {
        Some(summary) => {
            let spark = data.files.scenario(&entry.name).and_then(sparkline);
            measured(summary, &link, spark.as_ref())
        }
        None => unmeasured(&entry.title, &link, data.files.absence(&entry.name)),
    }
}

fn measured(summary: &ScenarioSummary, link: &Route, spark: Option<&Sparkline>) -> Markup {
    let tally = Tally::of(summary.judgements.iter().map(|j| j.verdict));
    html! {
        (mark(summary.verdict))
        a href=(link) { (summary.title) }
        p {
            (summary.sentence)
            small {
                (tally.passed) " of " (tally.judged()) " targets met"
                @if let Some(label) = &summary.label { " · " span.badge { (label) } }
            }
        }
        @if let Some(spark) = spark { div.sp { (drawing(spark)) small { "P95 per block" } } }
    }
}

fn unmeasured(title: &str, link: &Route, absence: Option<&Absence>) -> Markup {
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
    html! { (mark_as(verdict, word)) a href=(link) { (title) } p { (reason) } }
}

fn drawing(spark: &Sparkline) -> Markup {
    let lines = [
        (ArmRole::Baseline, "lb th sd", "rb"),
        (ArmRole::Candidate, "lo th", "ro"),
    ];
    html! {
        svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } preserveAspectRatio="none" aria-hidden="true" {
            @for (role, line, dot) in lines {
                @let points = spark.lines.get(role);
                polyline class=(line) vector-effect="non-scaling-stroke"
                    points={ @for (x, y) in points { (pixels(*x)) "," (pixels(*y)) " " } } {}
                @if let Some((x, y)) = points.last() { circle class=(dot) cx=(pixels(*x)) cy=(pixels(*y)) r="2.6" {} }
            }
        }
    }
}

fn pixels(place: f64) -> String {
    format!("{place:.1}")
}
