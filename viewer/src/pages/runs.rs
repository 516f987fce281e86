//! The list of runs: what is the state, what changed over the weeks, which run do I open?

use shared::report::{Index, IndexEntry};
use shared::units::{format_change, format_count, format_factor};
use shared::verdict::Verdict;
use web_sys::{HtmlInputElement, HtmlSelectElement};
use yew::prelude::*;

use crate::api::Fault;
use crate::components::headline::headline;
use crate::components::mark::mark;
use crate::components::notice::{faults, pending};
use crate::load::{Loading, use_index};
use crate::route::Route;
use crate::view_model::dates;
use crate::view_model::runs::{Filter, Trend, Week, count, profiles, trends, weeks};

#[derive(Properties, PartialEq)]
pub(crate) struct RunsProps {
    /// Shows the runs of this week only.
    pub(crate) week: Option<String>,
}

#[component]
pub(crate) fn Runs(props: &RunsProps) -> Html {
    let index = use_index();
    let filter = use_state(Filter::default);
    let title = props
        .week
        .as_ref()
        .map_or_else(|| "Runs".to_owned(), |week| format!("Runs of {week}"));
    match &index {
        Loading::Pending(what) => html! { <>{ head(&title, html! {}) }{ pending(what) }</> },
        Loading::Failed(fault) => {
            html! { <>{ head(&title, html! {}) }{ faults("The list of runs cannot be read", std::slice::from_ref(fault)) }</> }
        }
        Loading::Ready(index) => match index.as_ref() {
            Some(index) if !index.runs.is_empty() || !index.unreadable.is_empty() => {
                list(index, &filter, props.week.as_deref(), &title)
            }
            _ => html! { <>{ head(&title, html! {}) }{ no_reports() }</> },
        },
    }
}

fn head(title: &str, meta: Html) -> Html {
    html! { <div class="head first"><div><h1>{ title }</h1><div class="meta">{ meta }</div></div></div> }
}

fn no_reports() -> Html {
    html! {
        <section class="state tight">
            <h2>{ "No reports yet" }</h2>
            <p class="lede">{ "A report appears here when a run finishes. The quick profile takes a few minutes." }</p>
            <pre>{ "runner --all" }</pre>
        </section>
    }
}

fn list(index: &Index, filter: &UseStateHandle<Filter>, week: Option<&str>, title: &str) -> Html {
    let all = weeks(index, &Filter::default(), week);
    let shown = weeks(index, filter, week);
    let newest = all.iter().flat_map(|w| &w.runs).next();
    let meta = html! {
        <>
            <span>{ count(&all) }</span>
            { for newest.map(|run| html! { <span>{ format!("latest {}", dates::date_time(&run.started_at)) }</span> }) }
            { for week.map(|_| html! { <a href={Route::Runs.to_string()}>{ "All weeks" }</a> }) }
        </>
    };
    html! {
        <>
            { head(title, meta) }
            { for newest.map(latest) }
            { unreadable(index) }
            if week.is_none() { { trend_section(&trends(index)) } }
            <section aria-labelledby="h-list">
                <h2 id="h-list" class="vh">{ "All runs" }</h2>
                if index.runs.len() > 1 { { tools(index, filter) } }
                if shown.is_empty() {
                    <p class="lede">{ if all.is_empty() { "No run began in this week." } else { "No run matches." } }</p>
                } else {
                    { table(&shown) }
                }
            </section>
        </>
    }
}

fn latest(run: &IndexEntry) -> Html {
    let below = html! {
        <>
            { "The latest run: " }<a href={Route::Report(run.id.clone()).to_string()}>{ &run.title }</a>
            { format!(", {}", dates::date_time(&run.started_at)) }
            if !run.revision.is_empty() { { ", revision " }<code>{ &run.revision }</code> }{ "." }
        </>
    };
    headline(run.headline.verdict, &run.headline.sentence, below)
}

fn unreadable(index: &Index) -> Html {
    if index.unreadable.is_empty() {
        return html! {};
    }
    let (bad, all) = (
        index.unreadable.len(),
        index.unreadable.len() + index.runs.len(),
    );
    let found: Vec<Fault> = index
        .unreadable
        .iter()
        .map(|u| Fault {
            file: u.file.clone(),
            reason: u.reason.trim_end_matches('.').to_owned(),
            missing: false,
        })
        .collect();
    html! { <section class="tight">{ faults(&format!("{bad} of {all} runs could not be read; the others are listed"), &found) }</section> }
}

fn trend_section(trends: &[Trend]) -> Html {
    if trends.is_empty() {
        return html! {};
    }
    let line = |pair: &[(f64, f64)]| {
        let [(x1, y1), (x2, y2)] = pair else {
            return html! {};
        };
        html! { <line x1={percent(*x1)} y1={percent(*y1)} x2={percent(*x2)} y2={percent(*y2)} class="lo th" /> }
    };
    let item = |trend: &Trend| {
        let last = trend.points.len() - 1;
        let dot = |(i, (x, y)): (usize, &(f64, f64))| {
            let (r, class) = if i == last {
                ("4.5", "do")
            } else {
                ("2.5", "ro")
            };
            html! { <circle cx={percent(*x)} cy={percent(*y)} {r} {class} /> }
        };
        html! {
            <div>
                <h3>{ trend.title }</h3>
                <div class="n">{ &trend.now }</div>
                <svg role="img" aria-label={trend.aria.clone()}>
                    { for trend.points.windows(2).map(line) }
                    { for trend.points.iter().enumerate().map(dot) }
                </svg>
                <p>{ &trend.note }</p>
            </div>
        }
    };
    html! {
        <section class="tight" aria-labelledby="h-trend">
            <div class="sh"><h2 id="h-trend">{ "How the gains moved" }</h2><p>{ "Candidate against baseline, latest runs of the same profile." }</p></div>
            <div class="trend">{ for trends.iter().map(item) }</div>
        </section>
    }
}

fn percent(place: f64) -> String {
    format!("{place:.1}%")
}

const VERDICTS: [Verdict; 5] = [
    Verdict::Pass,
    Verdict::Warn,
    Verdict::Fail,
    Verdict::Inconclusive,
    Verdict::NotJudged,
];

fn tools(index: &Index, filter: &UseStateHandle<Filter>) -> Html {
    let change = |edit: fn(&mut Filter, String)| {
        let filter = filter.clone();
        move |value: String| {
            let mut changed = (*filter).clone();
            edit(&mut changed, value);
            filter.set(changed);
        }
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
                    <option value="">{ "All verdicts" }</option>
                    { for VERDICTS.map(|v| html! { <option value={v.word()}>{ v.word() }</option> }) }
                </select>
            </label>
            <label class="field">{ "Profile" }
                <select onchange={choose_profile}>
                    <option value="">{ "All profiles" }</option>
                    { for profiles(index).into_iter().map(|p| html! { <option value={p.clone()}>{ &p }</option> }) }
                </select>
            </label>
        </form>
    }
}

fn table(weeks: &[Week]) -> Html {
    let week = |week: &Week| {
        html! {
            <>
                <tbody class="week"><tr><th colspan="8" scope="rowgroup">
                    <a class="title" href={Route::Week(week.name.clone()).to_string()}>{ &week.name }</a>
                    <span>{ &week.range }</span>
                </th></tr></tbody>
                <tbody>{ for week.runs.iter().map(row) }</tbody>
            </>
        }
    };
    html! {
        <table class="stack runs">
            <thead><tr>
                <th scope="col" class="verdict">{ "Verdict" }</th>
                <th scope="col">{ "Run" }</th>
                <th scope="col">{ "Revision" }</th>
                <th scope="col">{ "Started (UTC)" }</th>
                <th scope="col" class="r">{ "P95" }</th>
                <th scope="col" class="r">{ "Throughput" }</th>
                <th scope="col" class="r">{ "Rows written" }</th>
                <th scope="col" class="r">{ "Saves lost" }</th>
            </tr></thead>
            { for weeks.iter().map(week) }
        </table>
    }
}

fn row(run: &IndexEntry) -> Html {
    let figures = &run.headline;
    let number = |label: &'static str, value: Option<String>| {
        html! { <td class="r nw" data-a="num" data-l={label}>{ value.unwrap_or_else(|| "–".to_owned()) }</td> }
    };
    html! {
        <tr>
            <td data-a="verdict">{ mark(figures.verdict) }</td>
            <th scope="row">
                <a class="title" href={Route::Report(run.id.clone()).to_string()}>{ &run.title }</a>
                <small class="why">{ format!("{} of {} targets met", figures.passed, figures.judged) }</small>
            </th>
            <td data-a="rev"><code>{ &run.revision }</code><small>{ &run.profile }</small></td>
            <td class="nw" data-a="date">{ dates::short(&run.started_at) }</td>
            { number("P95", figures.p95_change.map(format_change)) }
            { number("Throughput", figures.throughput_factor.map(format_factor)) }
            { number("Rows written", figures.rows_change.map(format_change)) }
            { number("Saves lost", figures.saves_lost.map(format_count)) }
        </tr>
    }
}
