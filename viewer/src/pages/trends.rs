//! How the key metrics moved from run to run: all of them, and one at large.

use maud::{Markup, html as markup};
use shared::arms::{ArmRole, Arms};
use shared::criteria::Better;
use shared::report::Index;
use shared::review::KEY_METRICS;
use shared::summary::{first_look, profile_name};
use shared::units::{format_things, format_value};

use crate::charts::trend::TrendChart;
use crate::components::arms_key::arms_key;
use crate::components::figure::controls;
use crate::components::trend_grid::trend_grid;
use crate::route::{Route, Side};
use crate::view_model::data::Data;
use crate::view_model::history::{History, key_metric};
use crate::view_model::runs::profiles;
use crate::view_model::series::{Series, better_or_worse, levels_finding, mark};
use crate::view_model::{dates, trend_charts};

/// All metrics.
pub(crate) fn all(index: &Index, profile: Option<&str>) -> Markup {
    let history = History::of(index, profile);
    let series = history.as_ref().map(History::all).unwrap_or_default();
    let title = levels_finding(&series);
    markup! {
        p.crumbs { a href=(Route::Runs) { "Runs" } " / Trends" }
        (head(index, &title, history.as_ref(), profile, |profile| Route::Trends(Some(profile))))
        @match &history {
            Some(history) if !series.is_empty() => section.tight aria-labelledby="h-all" {
                h2.vh #h-all { "All key metrics" }
                p.note { (explained(history)) }
                (trend_grid(&series, profile))
            },
            _ => (nothing(history.as_ref(), profile)),
        }
    }
}

/// One metric.
pub(crate) fn one(index: &Index, metric: &str, profile: Option<&str>) -> Markup {
    let all = || Route::Trends(profile.map(str::to_owned));
    let Some(key) = key_metric(metric) else {
        return unknown(metric);
    };
    let history = History::of(index, profile);
    let series = history.as_ref().and_then(|history| history.series(key));
    let title = series
        .as_ref()
        .map_or_else(|| key.title.to_owned(), Series::finding);
    let of_profile = |profile| Route::Trend {
        metric: metric.to_owned(),
        profile: Some(profile),
    };
    let sense = match key.better {
        Better::Lower => "less is better",
        Better::Higher => "more is better",
    };
    markup! {
        p.crumbs { a href=(Route::Runs) { "Runs" } " / " a href=(all()) { "Trends" } " / " (key.title) ": " code { (metric) } ", " (sense) }
        (head(index, &title, history.as_ref(), profile, of_profile))
        @match (&history, &series) {
            (Some(history), Some(series)) => {
                (charts(history, series))
                (changes(series))
                (table(series))
            },
            _ => (nothing(history.as_ref(), profile)),
        }
    }
}

fn head(
    index: &Index,
    title: &str,
    history: Option<&History<'_>>,
    asked: Option<&str>,
    of_profile: impl Fn(String) -> Route,
) -> Markup {
    let current = history.map_or(asked, |history| Some(history.profile));
    let profiles = profiles(index);
    markup! {
        div.head {
            h1 { (title) }
            @if profiles.len() > 1 || current.is_none() {
                nav.actions aria-label="Profile" {
                    @for profile in profiles {
                        a.btn aria-current=[(Some(profile.as_str()) == current).then_some("true")]
                            href=(of_profile(profile.clone())) { (profile_name(profile.as_str())) }
                    }
                }
            }
        }
    }
}

fn explained(history: &History<'_>) -> String {
    let first_look = first_look(history.profile).map_or_else(String::new, |s| format!(" {s}."));
    format!(
        "{} of profile {}, on one machine and over the same states: the candidate’s change against its own baseline, so that the machine’s weather cancels out; the candidate’s own figure where the baseline has none.{}{first_look}",
        format_things(history.runs.len() as u64, "run", "runs"),
        profile_name(history.profile),
        history.left_out()
    )
}

fn nothing(history: Option<&History<'_>>, profile: Option<&str>) -> Markup {
    markup! {
        section.state.tight {
            @match (history, profile) {
                (None, Some(profile)) => {
                    h2 { "No run of profile " (profile_name(profile)) }
                    p.lede { "Choose one of the profiles above." }
                },
                (Some(history), _) if history.runs.is_empty() => {
                    h2 { "The list of runs holds no figures" }
                    p.lede { "An older build made it. This adds the figures:" }
                    pre { "runner index" }
                },
                (Some(history), _) => {
                    h2 { "No run of profile " (profile_name(history.profile)) " measured it" }
                    p.lede { "Other profiles, or other scenarios, may have." }
                },
                (None, None) => { h2 { "No reports yet" } p.lede { "A trend needs runs." } },
            }
        }
    }
}

fn unknown(metric: &str) -> Markup {
    markup! {
        p.crumbs { a href=(Route::Runs) { "Runs" } " / " a href=(Route::Trends(None)) { "Trends" } " / " (metric) }
        div.head { h1 { "No trend is kept of " (metric) } }
        section.tight {
            p.lede { "These are followed from run to run:" }
            ul.links {
                @for key in KEY_METRICS {
                    @let name = key.metric.to_string();
                    li { a href=(Route::Trend { metric: name.clone(), profile: None }) { (key.title) } " " code { (name) } }
                }
            }
        }
    }
}

fn charts(history: &History<'_>, series: &Series<'_>) -> Markup {
    let followed = trend_charts::followed(series);
    let labels = Arms {
        baseline: "Baseline".to_owned(),
        candidate: "Candidate".to_owned(),
    };
    let title = if series.of_change {
        "Candidate against baseline"
    } else {
        "The candidate’s own figure"
    };
    let note = "Upright lines: 95\u{202f}% intervals; dashed: changes of level.";
    markup! {
        section.tight {
            h2.vh { "From run to run" }
            (instrument(title, note, &followed, &trend_charts::followed_data(series)))
            p.note.below { (explained(history)) }
        }
        @if let Some(arms) = trend_charts::arms(series) {
            section aria-labelledby="h-arms" {
                div.sh { h2 #h-arms { "Both arms" } (arms_key(&labels)) }
                (instrument(&trend_charts::arms_finding(series), "", &arms, &trend_charts::arms_data(series)))
            }
        }
    }
}

/// A chart with what can be done with it.
fn instrument(title: &str, note: &str, chart: &TrendChart, data: &Data) -> Markup {
    markup! {
        figure.c.wide tabindex="0" data-across=[data.across.attribute()] data-csv=(data.csv) {
            figcaption { b { (title) } span { (note) } }
            (chart.large())
            (controls())
        }
    }
}

fn changes(series: &Series<'_>) -> Markup {
    markup! {
        @if !series.steps.is_empty() {
            section aria-labelledby="h-steps" {
                div.sh {
                    h2 #h-steps { "Changes of level" }
                    p { "Found by E-divisive with means, decided by Student’s t-test over all places tried: noise alarms in one series of a hundred at most." }
                }
                ol.steps {
                    @for step in &series.steps {
                        @let run = series.points.get(step.at).map(|p| p.run.entry);
                        @let before = step.at.checked_sub(1).and_then(|at| series.points.get(at)).map(|p| p.run.entry);
                        li {
                            p {
                                b { (mark(step.better)) " " (better_or_worse(step.better)) " on " (series.day_of(step)) ": " (series.levels(step)) }
                                span {
                                    @if let Some(run) = run { " since " a href=(Route::Report(run.id.clone())) { (run.title) } }
                                    @if let (Some(before), Some(run)) = (before, run) {
                                        ", " a href=(compared(&before.id, &run.id)) { "compared with the run before" }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Two runs' gains side by side.
pub(crate) fn compared(reference: &str, candidate: &str) -> Route {
    let side = |run: &str| Side {
        run: run.to_owned(),
        arm: None,
    };
    Route::Compare {
        reference: side(reference),
        candidate: side(candidate),
        scenario: None,
    }
}

fn table(series: &Series<'_>) -> Markup {
    let columns = ["Run, by its start (UTC)", "Revision"];
    let figures = ["Baseline", "Candidate", "Change", "95\u{202f}% interval"];
    let newest = series.points.iter().enumerate().rev();
    markup! {
        section aria-labelledby="h-points" {
            div.sh { h2 #h-points { "All runs" } p { "Newest first." } }
            div.scroll tabindex="0" role="region" aria-label="Runs with their figures" {
                table {
                    thead { tr {
                        @for column in columns { th scope="col" { (column) } }
                        @for column in figures { th.r scope="col" { (column) } }
                    } }
                    tbody {
                        @for (i, point) in newest {
                            @let run = point.run.entry;
                            @let step = series.steps.iter().find(|step| step.at == i);
                            tr.mark[step.is_some()] {
                                th scope="row" {
                                    a.title.nw href=(Route::Report(run.id.clone())) { (dates::short(&run.started_at)) }
                                    small.why { (run.title) }
                                    @if let Some(step) = step { small.why { (mark(step.better)) " " (better_or_worse(step.better)) " level from here on" } }
                                }
                                td { code { (run.revision) } }
                                @for role in ArmRole::ALL {
                                    @let value = point.figure.arms.get(role).map(|v| format_value(v, series.unit()));
                                    td.r.nw { (value.as_deref().unwrap_or("–")) }
                                }
                                td.r.nw { @if series.of_change { (series.show(point.value)) } @else { "–" } }
                                td.r.nw { (series.show_interval(point).as_deref().unwrap_or("–")) }
                            }
                        }
                    }
                }
            }
        }
    }
}
