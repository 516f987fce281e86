//! The weekly review: what got better and worse, whether the optimization does what it is for, how much capacity is left,
//! what to do next.

use maud::{Markup, html as markup};
use shared::arms::ArmRole;
use shared::report::Index;
use shared::summary::profile_name;
use shared::units::format_value;
use shared::verdict::Verdict;

use super::runs::{first_look, latest, table, unreadable};
use super::trends::compared;
use crate::components::facts::fact_grid;
use crate::components::headline::headline;
use crate::components::mark::{mark, mark_as};
use crate::components::trend_grid::trend_grid;
use crate::route::Route;
use crate::view_model::dates;
use crate::view_model::runs::Week;
use crate::view_model::series::levels_finding;
use crate::view_model::week::{Held, Move, WeekReview, followed_with_interval};

/// The page of a week.
pub(crate) fn week(index: &Index, name: &str) -> Markup {
    let review = WeekReview::of(index, name);
    let range = dates::week_range(name);
    markup! {
        p.crumbs { a href=(Route::Runs) { "Runs" } " / " (name) }
        div.head {
            div {
                h1 { "Week " (name) }
                div.meta { span { (range) } span { (many(review.runs.len())) } }
            }
            nav.actions aria-label="Weeks" {
                @if let Some(week) = &review.previous { a.btn rel="prev" href=(Route::Week(week.clone())) { "← " (week) } }
                @if let Some(week) = &review.next { a.btn rel="next" href=(Route::Week(week.clone())) { (week) " →" } }
            }
        }
        @match (&review.run, review.runs.first()) {
            (Some(held), _) => (reviewed(held)),
            (None, Some(run)) => {
                (latest(run))
                p.note.below { "An older build made the list of runs, which holds no figures of this week. " code { "runner index" } " adds them." }
            },
            (None, None) => (empty(name, &range, &review)),
        }
        (unreadable(index))
        @if !review.runs.is_empty() {
            section aria-labelledby="h-runs" {
                div.sh { h2 #h-runs { "Runs of the week" } }
                (table(&[Week { name: name.to_owned(), range, runs: review.runs }]))
            }
        }
    }
}

fn many(runs: usize) -> String {
    match runs {
        0 => "no run".to_owned(),
        1 => "1 run".to_owned(),
        n => format!("{n} runs"),
    }
}

fn empty(name: &str, range: &str, review: &WeekReview<'_>) -> Markup {
    let nearest = [&review.previous, &review.next];
    markup! {
        section.state.tight {
            @if range.is_empty() {
                h2 { (name) " is no week" }
                p.lede { "Weeks are written as 2025-W47." }
            } @else {
                h2 { "No run in this week" }
            }
            @if nearest.iter().any(|week| week.is_some()) {
                p.lede {
                    "The nearest weeks with runs: "
                    @for (i, week) in nearest.into_iter().flatten().enumerate() {
                        @if i > 0 { " and " }
                        a href=(Route::Week(week.clone())) { (week) }
                    }
                    "."
                }
            }
        }
    }
}

fn reviewed(held: &Held<'_>) -> Markup {
    let run = held.run.entry;
    let below = markup! {
        a href=(Route::Report(run.id.clone())) { (run.title) } ", " (dates::date_time(&run.started_at))
        @if let Some(reference) = held.reference.map(|r| r.entry) {
            ", against " a href=(Route::Report(reference.id.clone())) { (reference.title) } ", "
            (dates::date_time(&reference.started_at)) ". "
            a href=(compared(&reference.id, &run.id)) { "Compare the two" }
        }
        ". " (run.headline.sentence)
        (first_look(run))
    };
    let series = held.history.all();
    markup! {
        (headline(held.verdict(), &held.sentence(), below))
        (moves(held))
        (targets(held))
        @if !series.is_empty() {
            section aria-labelledby="h-trends" {
                div.sh {
                    h2 #h-trends { (levels_finding(&series)) }
                    p { "Trends of profile " (profile_name(run)) " up to this week. Dashed: changes of level. " a href=(Route::Trends(Some(run.profile.clone()))) { "At large" } "." }
                }
                (trend_grid(&series, Some(&run.profile)))
            }
        }
        (effectiveness(held))
        (headroom(held))
        (tuning(held))
    }
}

fn moves(held: &Held<'_>) -> Markup {
    let count = |better| held.moves.iter().filter(|m| m.better == better).count();
    markup! {
        section aria-labelledby="h-moves" {
            div.sh {
                h2 #h-moves { (count(Some(false))) " worse, " (count(Some(true))) " better, " (count(None)) " without a change that can be told" }
                p { "Gains over the run’s own baseline; moved where the two 95\u{202f}% intervals have nothing in common and runs seldom differ as much." }
            }
            div.scroll tabindex="0" role="region" aria-label="Key metrics, before and this week" {
                table {
                    thead { tr {
                        th scope="col" { "Metric" } th scope="col" { "Moved" }
                        th.r scope="col" { "Before" } th.r scope="col" { "This week" }
                        th.r.pl scope="col" { "Baseline" } th.r scope="col" { "Candidate" }
                        th.pl scope="col" { "Scenario" }
                    } }
                    tbody { @for moved in &held.moves { (row(held, moved)) } }
                }
            }
        }
    }
}

fn row(held: &Held<'_>, moved: &Move<'_>) -> Markup {
    let run = held.run.entry;
    let unit = moved.key.metric.unit();
    let route = Route::Trend {
        metric: moved.key.metric.to_string(),
        profile: Some(run.profile.clone()),
    };
    let before = moved.before.map(|f| followed_with_interval(moved.key, f));
    markup! {
        tr.mark[moved.better == Some(false)] {
            th scope="row" { a.title href=(route) { (moved.key.title) } }
            td.nw { (verdict_of(moved)) }
            td.r.nw { (before.as_deref().unwrap_or("–")) }
            td.r.nw { (followed_with_interval(moved.key, moved.now)) }
            @for (i, role) in ArmRole::ALL.into_iter().enumerate() {
                @let value = moved.now.arms.get(role).map(|v| format_value(v, unit));
                td.r.nw.pl[i == 0] { (value.as_deref().unwrap_or("–")) }
            }
            td.pl.nw {
                @if let Some(name) = held.run.review.scenario(moved.now.scenario) {
                    a href=(Route::scenario(&run.id, name)) { (name) }
                }
            }
        }
    }
}

fn verdict_of(moved: &Move<'_>) -> Markup {
    let verdict = match moved.better {
        Some(true) => Verdict::Pass,
        Some(false) => Verdict::Warn,
        None => return markup! { span.why { (moved.word()) } },
    };
    mark_as(verdict, moved.word())
}

fn targets(held: &Held<'_>) -> Markup {
    let moves = held.targets();
    let run = held.run.entry;
    markup! {
        @if !moves.is_empty() {
            section aria-labelledby="h-targets" {
                div.sh { h2 #h-targets { "Targets that came to another verdict" } }
                ul.steps.plain {
                    @for target in &moves {
                        li { p {
                            @match (target.now, target.before) {
                                (Some(now), _) => { (mark(now)) " " b { (target.title) } " was not missed before" },
                                (None, Some(before)) => { (mark_as(Verdict::Pass, "Missed no more")) " " b { (target.title) } " was: " (before.word()) },
                                (None, None) => {},
                            }
                            ". " a href=(Route::scenario(&run.id, target.scenario)) { (target.scenario) }
                        } }
                    }
                }
            }
        }
    }
}

fn effectiveness(held: &Held<'_>) -> Markup {
    let facts = held.effectiveness();
    markup! {
        @if !facts.is_empty() {
            section aria-labelledby="h-effect" {
                div.sh { h2 #h-effect { (held.effect_in_words()) } p { "What the optimization is for, in this week’s run." } }
                (fact_grid(&facts))
            }
        }
    }
}

fn headroom(held: &Held<'_>) -> Markup {
    markup! {
        section aria-labelledby="h-capacity" {
            @match held.headroom() {
                Some((title, facts)) => {
                    div.sh { h2 #h-capacity { (title) } }
                    (fact_grid(&facts))
                },
                None => {
                    div.sh { h2 #h-capacity { "Capacity headroom: not searched for this week" } }
                    p.lede { "This measures it: " code { "runner capacity" } }
                },
            }
        }
    }
}

fn tuning(held: &Held<'_>) -> Markup {
    let run = held.run.entry;
    let steps = held.steps();
    markup! {
        section aria-labelledby="h-tuning" {
            div.sh { h2 #h-tuning { "Tuning opportunities" } p { "Derived from the run’s evidence by fixed rules." } }
            @if steps.is_empty() {
                p.lede { "They stand in " a href=(Route::Report(run.id.clone())) { "the run’s own summary" } "." }
            } @else {
                ol.steps {
                    @for step in steps {
                        @let scenario = step.scenario.and_then(|place| held.run.review.scenario(place));
                        li { p {
                            b { (step.title) } " "
                            span {
                                (step.text)
                                @if let Some(name) = scenario { " " a href=(Route::scenario(&run.id, name)) { "See the scenario" } "." }
                            }
                        } }
                    }
                }
            }
        }
    }
}
