//! The executive summary of a run: is it better, is it safe, can I trust it, by how much, and what next?

use std::rc::Rc;

use maud::{Markup, html as markup};
use shared::arms::{ArmRole, Arms};
use shared::cost::Prices;
use shared::report::Status;
use shared::summary::{Step, Tally};
use shared::verdict::Verdict;
use yew::prelude::*;

use crate::components::actions::Actions;
use crate::components::arms_key::arms_key;
use crate::components::costs::CostSection;
use crate::components::criteria_table::criteria_table;
use crate::components::facts::{check_list, fact_list};
use crate::components::headline::{answers, headline};
use crate::components::key_table::key_table;
use crate::components::notice::faults;
use crate::components::scenario_list::scenario_list;
use crate::components::shown;
use crate::components::strip::strip;
use crate::glossary::{CONFIDENCE, POLICY, term};
use crate::load::RunData;
use crate::route::{Route, Side};
use crate::view_model::chart::labels;
use crate::view_model::usage::usage;
use crate::view_model::{dates, facts, key_metrics, tally};

#[derive(Properties, PartialEq)]
pub(crate) struct ReportProps {
    pub(crate) data: Rc<RunData>,
    /// What the cost is computed from.
    pub(crate) prices: Prices,
}

#[component]
pub(crate) fn Report(props: &ReportProps) -> Html {
    let data = &props.data;
    // All but the cost is independent of the prices, and takes its time.
    let (figures, reasons) = (*use_memo(data.clone(), |data| {
        (shown(figures(data)), shown(reasons(data)))
    }))
    .clone();
    html! {
        <>
            { shown(crumbs(data)) }
            <div class="head">{ shown(head(data)) }<Actions file={data.files.download()} run={data.clone()} /></div>
            { figures }
            <CostSection data={data.clone()} prices={props.prices.clone()} />
            { reasons }
        </>
    }
}

fn crumbs(data: &RunData) -> Markup {
    let run = &data.files.run;
    let week = dates::week(&run.started_at);
    markup! {
        p.crumbs {
            a href=(Route::Runs) { "Runs" } " / "
            a href=(Route::Week(week.clone())) { (week) } " / "
            (run.id)
        }
    }
}

fn head(data: &RunData) -> Markup {
    let run = &data.files.run;
    markup! {
        div {
            h1 { (run.title) }
            div.meta {
                span { (dates::date_time(&run.started_at)) }
                @if !run.build.revision.is_empty() { span { b { "Revision " } code { (run.build.revision) } } }
                @if let Some(target) = &run.build.target { span { b { "Target " } code { (target) } } }
                span { (facts::machine(run)) }
                @if let Some(scenario) = data.files.scenarios.iter().find(|s| s.arms.is_none()) { span { (facts::promises(&scenario.promises)) } }
                span.badge { (tally::profile(run, &data.files.scenarios)) }
                @match &run.status {
                    Status::Complete => {}
                    Status::Broken { cause } => span.badge { "broke off: " (cause) },
                    Status::Interrupted => span.badge { "interrupted: what is here is valid" },
                    Status::Pending | Status::Running => span.badge { "not finished" },
                }
            }
        }
    }
}

/// What the run came to.
fn figures(data: &RunData) -> Markup {
    let (run, summary) = (&data.files.run, &data.summary);
    let arms = labels(run);
    let damaged = data.files.faults();
    let criteria = Tally::of(summary.judgements.iter().map(|j| j.verdict));
    markup! {
        (headline(summary.verdict, &summary.headline, &summary.sub))
        (answers(summary))
        @if let Some(break_even) = &summary.break_even { p.note.below { (break_even) } }
        @if !damaged.is_empty() {
            section.tight { (faults(&tally::unreadable(damaged.len(), run.scenarios.len()), &damaged)) }
        }
        (improvements(data))
        section aria-labelledby="h-criteria" {
            div.sh {
                h2 #h-criteria { (tally::sentence("Success criteria", criteria)) }
                p {
                    (term(&POLICY, "Policy")) " “" (run.policy.name) "”. Each scenario’s own targets stand on its page."
                    @if run.policy.gate { " " a href=(arms_compared(&run.id)) { "All differences, drawn" } "." }
                }
            }
            (criteria_table(&summary.judgements, &arms))
        }
        (key_metrics(data, &arms))
    }
}

/// Whether it is safe and to be trusted, what to do next, and where to look closer.
fn reasons(data: &RunData) -> Markup {
    let (run, summary) = (&data.files.run, &data.summary);
    let scenarios = Tally::of(summary.scenarios.iter().map(|s| s.verdict));
    markup! {
        section.two {
            div { h2.list { (tally::safety(summary.saves_lost)) } (fact_list(&summary.safety)) }
            div { h2.list { (tally::trust(&summary.trust_checks)) } (check_list(&summary.trust_checks)) }
        }
        (steps(&run.id, &summary.steps))
        section aria-labelledby="h-scenarios" {
            div.sh { h2 #h-scenarios { (tally::sentence("Scenarios", scenarios)) } (arms_key(&labels(run))) }
            (scenario_list(data))
        }
    }
}

/// What the strategy wants watched, resources among it.
fn key_metrics(data: &RunData, arms: &Arms<String>) -> Markup {
    let (run, scenarios) = (&data.files.run, &data.files.scenarios);
    let saved = usage(&run.policy.criteria, scenarios, arms);
    markup! {
        section aria-labelledby="h-metrics" {
            div.sh {
                h2 #h-metrics { @match &saved { Some((title, _)) => (title), None => "Key metrics", } }
                @if let Some((_, scenario)) = saved {
                    p { "In " a href=(Route::scenario(&run.id, &scenario.name)) { (scenario.title) } "." }
                }
                (arms_key(arms))
            }
            div.two {
                @for (heading, rows) in key_metrics::tables(&run.policy, scenarios) {
                    div { (key_table(heading, &rows, arms)) }
                }
            }
            p.note.below {
                "What the strategy wants watched (§1.1, §4.1): from the scenario that the policy judges first, or else the first that measured it."
            }
        }
    }
}

/// The run's two arms side by side.
fn arms_compared(run: &str) -> Route {
    let side = |arm| Side {
        run: run.to_owned(),
        arm: Some(arm),
    };
    Route::Compare {
        reference: side(ArmRole::Baseline),
        candidate: side(ArmRole::Candidate),
        scenario: None,
    }
}

fn improvements(data: &RunData) -> Markup {
    let judgements = data
        .summary
        .improvements
        .iter()
        .filter_map(|i| data.summary.judgements.get(*i));
    let gains: Vec<_> = judgements
        .filter_map(shared::summary::improvement)
        .collect();
    let met = gains.iter().filter(|i| i.verdict == Verdict::Pass).count();
    markup! {
        @if !gains.is_empty() {
            section aria-labelledby="h-key" {
                div.sh { h2 #h-key { (tally::promised(met, gains.len())) } (arms_key(&labels(&data.files.run))) }
                (strip(&gains))
                p.note.below {
                    "Bar: 95\u{202f}% " (term(&CONFIDENCE, "confidence interval")) "; upright line: target; tinted: target met. Right is always better. "
                    "A target passes only when the whole interval is past the line."
                }
            }
        }
    }
}

fn steps(run: &str, steps: &[Step]) -> Markup {
    markup! {
        @if !steps.is_empty() {
            section aria-labelledby="h-next" {
                div.sh { h2 #h-next { "Next steps" } p { "Derived from this run’s data by fixed rules." } }
                ol.steps {
                    @for step in steps {
                        li {
                            p {
                                b { (step.title) } " "
                                span {
                                    (step.text)
                                    @if let Some(name) = &step.scenario {
                                        " " a href=(Route::scenario(run, name)) { "See the scenario" } "."
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
