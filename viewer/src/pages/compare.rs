//! Two runs, or two arms: did it get worse, by which rule, and is the evidence enough?

use std::rc::Rc;

use maud::{Markup, html as markup};
use shared::arms::Arms;
use yew::prelude::*;

use crate::api::Fault;
use crate::components::actions::Actions;
use crate::components::arms_key::arm_key;
use crate::components::compare_tables::{differences_table, policy_table};
use crate::components::facts::check_list;
use crate::components::figure::figure;
use crate::components::forest::forest_plot;
use crate::components::headline::headline;
use crate::components::mark::mark;
use crate::components::notice::{faults, nearest, pending};
use crate::components::shown;
use crate::load::{CompareData, Loading, use_comparison};
use crate::route::{Route, Side};
use crate::view_model::chart::short;
use crate::view_model::{compare, dates};
use shared::comparison::{RunComparison, ScenarioDifference, SideFacts};

#[derive(Properties, PartialEq)]
pub(crate) struct CompareProps {
    pub(crate) reference: Side,
    pub(crate) candidate: Side,
    /// The scenario that is shown; the worst one where absent.
    pub(crate) scenario: Option<String>,
}

#[component]
pub(crate) fn Compare(props: &CompareProps) -> Html {
    let loaded = use_comparison(&props.reference, &props.candidate);
    match loaded {
        Loading::Pending(what) => shown(markup! { (head(props, None)) (pending(&what)) }),
        Loading::Failed(fault) => shown(markup! { (head(props, None)) (unavailable(&fault)) }),
        Loading::Ready(data) => page(props, &data),
    }
}

fn page(props: &CompareProps, data: &Rc<CompareData>) -> Html {
    let body = match &data.result {
        Ok(found) => body(props, data, found),
        Err(reason) => markup! {
            section.tight { p.lede { "Nothing to compare: " (reason) "." } }
            p { a href=(Route::Choose(None)) { "Choose other runs" } }
        },
    };
    html! {
        <>
            { shown(crumbs()) }
            <div class="head">
                { shown(title(props, data.result.as_ref().ok())) }
                <Actions file={data.candidate.download()} />
            </div>
            { shown(body) }
        </>
    }
}

fn crumbs() -> Markup {
    markup! {
        p.crumbs { a href=(Route::Runs) { "Runs" } " / " a href=(Route::Choose(None)) { "Compare" } }
    }
}

fn head(props: &CompareProps, found: Option<&RunComparison>) -> Markup {
    markup! { (crumbs()) div.head { (title(props, found)) } }
}

fn title(props: &CompareProps, found: Option<&RunComparison>) -> Markup {
    markup! {
        div { h1 {
            @match found {
                Some(found) => { (found.candidate.label) " against " (found.reference.label) }
                None => { (props.candidate.to_string()) " against " (props.reference.to_string()) }
            }
        } }
    }
}

fn unavailable(fault: &Fault) -> Markup {
    let title = if fault.missing {
        "This run was not found"
    } else {
        "This run cannot be read"
    };
    markup! {
        section.tight { (faults(title, std::slice::from_ref(fault))) }
        (nearest(&fault.near, |run| Route::Choose(Some(run))))
        p.below { a href=(Route::Choose(None)) { "Choose from all runs" } }
    }
}

fn body(props: &CompareProps, data: &CompareData, found: &RunComparison) -> Markup {
    let labels = short(Arms {
        baseline: found.reference.label.clone(),
        candidate: found.candidate.label.clone(),
    });
    let shown = compare::chosen(found, props.scenario.as_deref());
    markup! {
        (headline(found.verdict, &found.headline, &found.sub))
        section.vs.tight aria-label="Compared" {
            div.ref { (side(&found.reference, "lb", "db")) }
            div.cand { (side(&found.candidate, "lo", "do")) }
        }
        @if found.scenarios.len() > 1 { (scenarios(props, found, shown)) }
        @if let Some(shown) = shown {
            (moved(props, shown))
            (curves(props, data, shown, &labels))
        }
        section.two {
            @if let Some(shown) = shown {
                div {
                    h2.list { "Policy “" (data.policy.name) "”" }
                    (policy_table(&compare::policy_lines(&data.policy, shown)))
                }
            }
            div {
                h2.list { "Are the two comparable?" }
                (check_list(&found.comparable))
                @if !found.left_out.is_empty() { (left_out(&found.left_out)) }
            }
        }
        @if let Some(shown) = shown { (all(props, shown, &labels)) }
    }
}

fn side(facts: &SideFacts, line: &str, dot: &str) -> Markup {
    markup! {
        h2.side { (arm_key(line, dot)) " " (facts.label) }
        p {
            a href=(Route::Report(facts.id.clone())) { (facts.title) } ", " (dates::date_time(&facts.when))
            @if !facts.revision.is_empty() { ", " code { (facts.revision) } }
        }
        p { "Profile " (facts.profile) ", " (facts.machine) }
    }
}

/// The scenarios that both have, each with its verdict.
fn scenarios(
    props: &CompareProps,
    found: &RunComparison,
    shown: Option<&ScenarioDifference>,
) -> Markup {
    markup! {
        nav.scenarios aria-label="Scenarios" {
            ul {
                @for scenario in &found.scenarios {
                    @let route = Route::Compare {
                        reference: props.reference.clone(),
                        candidate: props.candidate.clone(),
                        scenario: Some(scenario.name.clone()),
                    };
                    @let is_shown = shown.is_some_and(|s| s.name == scenario.name);
                    li {
                        a href=(route) aria-current=[is_shown.then_some("true")] { (scenario.title) }
                        (mark(scenario.verdict))
                    }
                }
            }
        }
    }
}

fn moved(props: &CompareProps, shown: &ScenarioDifference) -> Markup {
    let note = if props.reference.arm.is_none() {
        "Change of the candidates. Each run is first divided by its own baseline, so that a faster or slower machine cancels out."
    } else if props.reference.run == props.candidate.run {
        "Change from the first to the second, pair by pair, measured in the same minutes."
    } else {
        "Change from the first to the second. Not corrected for the machine: each was measured in a run of its own."
    };
    markup! {
        section aria-labelledby="h-forest" {
            div.sh { h2 #h-forest { (shown.title) ": " (compare::forest_title(shown)) } }
            p.note { (note) }
            (forest_plot(&compare::differences(shown), true))
            p.note.below {
                "Grey: changes of this size are noise on this machine. A figure warns or fails only when its whole interval is past "
                "the limit. Right means worse in every row: a loss of throughput stands there too."
            }
        }
    }
}

fn curves(
    props: &CompareProps,
    data: &CompareData,
    shown: &ScenarioDifference,
    labels: &Arms<String>,
) -> Markup {
    let scenarios = [
        data.reference.scenario(&shown.name),
        data.candidate.scenario(&shown.name),
    ];
    let arms = [props.reference.arm, props.candidate.arm];
    markup! {
        section.two.figs {
            (figure(&compare::curves(scenarios, arms, labels, &shown.title)))
            (figure(&compare::change_by_percentile(shown)))
        }
    }
}

fn left_out(scenarios: &[(String, String)]) -> Markup {
    markup! {
        h3.list.gap { "Left out" }
        dl.facts { @for (name, reason) in scenarios { div { dt { (name) small { (reason) } } dd {} } } }
    }
}

fn all(props: &CompareProps, shown: &ScenarioDifference, labels: &Arms<String>) -> Markup {
    markup! {
        section aria-labelledby="h-all" {
            div.sh {
                h2 #h-all { "All differences, " (shown.title) }
                p {
                    @if props.reference.arm.is_none() { "Figures are the candidates’; changes are corrected for the baselines." }
                }
            }
            (differences_table(&compare::table(shown), labels))
        }
    }
}
