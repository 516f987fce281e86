//! The list of runs: what is the state, what changed over the weeks, which run do I open?

use maud::{Markup, html as markup};
use shared::report::{Index, IndexEntry, Unreadable};
use shared::summary::{self, profile_name};
use shared::units::{format_change, format_count, format_factor};
use shared::verdict::Verdict;
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use crate::api::Fault;
use crate::changing::{Changing, use_changing};
use crate::components::headline::headline;
use crate::components::mark::mark;
use crate::components::notice::{faults, pending};
use crate::components::shown;
use crate::load::{Loading, use_index};
use crate::place;
use crate::route::Route;
use crate::view_model::runs::{Filter, Trend, Week, count, profiles, trends, weeks};
use crate::view_model::week::WeekReview;
use crate::view_model::{dates, percent};

#[component]
pub(crate) fn Runs() -> Html {
    let index = use_index();
    let filter = use_changing::<Filter>();
    match &index {
        Loading::Pending(what) => shown(markup! { (head()) (pending(what)) }),
        Loading::Failed(fault) => shown(markup! {
            (head()) (faults("The list of runs cannot be read", std::slice::from_ref(fault)))
        }),
        Loading::Ready(index) => match index.as_ref() {
            Some(index) if !index.runs.is_empty() || !index.unreadable.is_empty() => html! {
                <>
                    { shown(overview(index)) }
                    <section aria-labelledby="h-list">
                        <h2 id="h-list" class="vh">{ "All runs" }</h2>
                        if index.runs.len() > 1 { { tools(index, &filter) } }
                        { shown(table(&weeks(index, &filter.get()))) }
                    </section>
                </>
            },
            _ => shown(markup! { (head()) (no_reports()) }),
        },
    }
}

fn head() -> Markup {
    markup! { div.head.first { h1 { "Runs" } } }
}

fn no_reports() -> Markup {
    markup! {
        section.state.tight {
            h2 { "No reports yet" }
            p.lede { "A report appears here when a run finishes. The quick profile takes a few minutes." }
            pre { "runner --all" }
        }
    }
}

/// What stands above the table.
fn overview(index: &Index) -> Markup {
    let all = weeks(index, &Filter::default());
    let newest = index.runs.first();
    let trends = trends(index);
    markup! {
        div.head.first {
            div {
                h1 { "Runs" }
                div.meta {
                    span { (count(&all)) }
                    @if let Some(run) = newest { span { "latest " (dates::date_time(&run.started_at)) } }
                    @if let Some(week) = all.first() { a href=(Route::Week(week.name.clone())) { "Review of the week" } }
                }
            }
            @if index.runs.len() > 1 { div.actions { a.btn href=(Route::Choose(None)) { "Compare two runs" } } }
        }
        @if let Some(run) = newest { (latest(run)) }
        (unreadable(index))
        @if !trends.is_empty() { (trend_section(index, &trends)) }
    }
}

/// A run's verdict, and which run it is.
pub(crate) fn latest(run: &IndexEntry) -> Markup {
    let below = markup! {
        "The latest run: " a href=(Route::Report(run.id.clone())) { (run.title) }
        ", " (dates::date_time(&run.started_at))
        @if !run.revision.is_empty() { ", revision " code { (run.revision) } }
        "."
        (first_look(run))
    };
    headline(run.headline.verdict, &run.headline.sentence, below)
}

/// Said of a run that is a first look, as a sentence after others.
pub(crate) fn first_look(run: &IndexEntry) -> Markup {
    markup! { @if let Some(said) = summary::first_look(run) { " " (said) "." } }
}

/// What could not be read.
pub(crate) fn unreadable(index: &Index) -> Markup {
    let (bad, all) = (
        index.unreadable.len(),
        index.unreadable.len() + index.runs.len(),
    );
    let fault = |u: &Unreadable| {
        let file = format!("{}{}", place::base().unwrap_or_default(), u.file);
        Fault::damaged(&file, u.reason.trim_end_matches('.'))
    };
    let found: Vec<Fault> = index.unreadable.iter().map(fault).collect();
    markup! {
        @if bad > 0 {
            section.tight { (faults(&format!("{bad} of {all} runs could not be read; the others are listed"), &found)) }
        }
    }
}

fn trend_section(index: &Index, trends: &[Trend]) -> Markup {
    let newest = index.runs.first().map(|run| dates::week(&run.started_at));
    let review = newest.map(|week| WeekReview::of(index, &week));
    let held = review.and_then(|review| review.run);
    let finding = held
        .filter(|held| held.reference.is_some())
        .map(|held| held.sentence());
    markup! {
        section.tight aria-labelledby="h-trend" {
            div.sh {
                h2 #h-trend { (finding.as_deref().unwrap_or("How the gains moved")) }
                p { "Candidate against baseline, latest runs of the same profile. " a href=(Route::Trends(None)) { "All trends" } }
            }
            div.trend {
                @for trend in trends {
                    div { h3 { a href=(Route::Trend { metric: trend.metric.to_owned(), profile: None }) { (trend.title) } } div.n { (trend.now) } (trend_line(trend)) p { (trend.note) } }
                }
            }
        }
    }
}

fn trend_line(trend: &Trend) -> Markup {
    let last = trend.points.len() - 1;
    markup! {
        svg role="img" aria-label=(trend.aria) {
            @for ((x1, y1), (x2, y2)) in trend.points.iter().zip(trend.points.iter().skip(1)) {
                line.lo.th x1=(percent(*x1)) y1=(percent(*y1)) x2=(percent(*x2)) y2=(percent(*y2)) {}
            }
            @for (i, (x, y)) in trend.points.iter().enumerate() {
                circle cx=(percent(*x)) cy=(percent(*y)) r=(if i == last { "4.5" } else { "2.5" })
                    class=(if i == last { "do" } else { "ro" }) {}
            }
        }
    }
}

const VERDICTS: [Verdict; 5] = [
    Verdict::Pass,
    Verdict::Warn,
    Verdict::Fail,
    Verdict::Inconclusive,
    Verdict::NotJudged,
];

fn tools(index: &Index, filter: &Changing<Filter>) -> Html {
    let change = |edit: fn(&mut Filter, String)| {
        let filter = filter.clone();
        move |value: String| filter.change(|filter| edit(filter, value))
    };
    let text = change(|f, value| f.text = value);
    let verdict = change(|f, value| f.verdict = VERDICTS.into_iter().find(|v| v.word() == value));
    let profile = change(|f, value| f.profile = (!value.is_empty()).then_some(value));
    let oninput = Callback::from(move |e: InputEvent| {
        text(e.target_unchecked_into::<HtmlInputElement>().value())
    });
    let choose_verdict = Callback::from(move |e: Event| {
        verdict(e.target_unchecked_into::<HtmlSelectElement>().value())
    });
    let choose_profile = Callback::from(move |e: Event| {
        profile(e.target_unchecked_into::<HtmlSelectElement>().value())
    });
    html! {
        <form class="tools" role="search" onsubmit={|e: SubmitEvent| e.prevent_default()}>
            <label class="field grow">{ "Search title, revision or verdict" }
                <input type="search" placeholder="for example a revision" {oninput} />
            </label>
            <label class="field">{ "Verdict" }
                <select onchange={choose_verdict}>
                    <option value="" selected=true>{ "All verdicts" }</option>
                    { for VERDICTS.map(|v| html! { <option value={v.word()}>{ v.word() }</option> }) }
                </select>
            </label>
            <label class="field">{ "Profile" }
                <select onchange={choose_profile}>
                    <option value="" selected=true>{ "All profiles" }</option>
                    { for profiles(index).into_iter().map(|p| html! { <option value={p.clone()}>{ profile_name(p.as_str()) }</option> }) }
                </select>
            </label>
        </form>
    }
}

/// The runs of some weeks.
pub(crate) fn table(weeks: &[Week<'_>]) -> Markup {
    if weeks.is_empty() {
        return markup! { p.lede { "No run matches." } };
    }
    let figures = ["P95", "Throughput", "Rows written", "Saves lost"];
    markup! {
        table.stack.runs {
            thead { tr {
                th.verdict scope="col" { "Verdict" }
                th scope="col" { "Run" }
                th scope="col" { "Revision" }
                th scope="col" { "Started (UTC)" }
                @for figure in figures { th.r scope="col" { (figure) } }
            } }
            @for week in weeks {
                tbody.week { tr { th colspan="8" scope="rowgroup" {
                    a.title href=(Route::Week(week.name.clone())) { (week.name) } span { (week.range) }
                } } }
                tbody { @for run in &week.runs { (row(run, figures)) } }
            }
        }
    }
}

fn row(run: &IndexEntry, names: [&str; 4]) -> Markup {
    let figures = &run.headline;
    let values = [
        figures.p95_change.map(format_change),
        figures.throughput_factor.map(format_factor),
        figures.rows_change.map(format_change),
        figures.saves_lost.map(format_count),
    ];
    markup! {
        tr {
            td data-a="verdict" { (mark(figures.verdict)) }
            th scope="row" {
                a.title href=(Route::Report(run.id.clone())) { (run.title) }
                small.why { (figures.passed) " of " (figures.judged) " targets met" }
            }
            td data-a="rev" { code { (run.revision) } small { (profile_name(run)) } }
            td.nw data-a="date" { (dates::short(&run.started_at)) }
            @for (name, value) in names.into_iter().zip(values) {
                td.r.nw data-a="num" data-l=(name) { (value.as_deref().unwrap_or("–")) }
            }
        }
    }
}
