//! The sections of a scenario's page.

use maud::{Markup, html as markup};
use shared::arms::Arms;
use shared::estimate::open_pairs;
use shared::report::Scenario;
use shared::summary::{ScenarioSummary, Tally, break_even};
use shared::trust::scenario_checks;

use crate::components::arms_key::arms_key;
use crate::components::criteria_table::criteria_table;
use crate::components::facts::{check_list, fact_list};
use crate::components::figure::figure;
use crate::components::work_table::work_table;
use crate::view_model::{
    cache as cache_model, facts, holdings, pairs, spread, tally, timelines, work,
};

pub(super) fn heading(id: &str, title: &str, arms: &Arms<String>) -> Markup {
    markup! { div.sh { h2 id=(id) { (title) } (arms_key(arms)) } }
}

pub(crate) fn targets(summary: &ScenarioSummary, arms: &Arms<String>) -> Markup {
    let tally = Tally::of(summary.judgements.iter().map(|j| j.verdict));
    markup! {
        @if !summary.judgements.is_empty() {
            section aria-labelledby="h-targets" {
                div.sh { h2 #h-targets { (tally::sentence("Targets", tally)) } }
                (criteria_table(&summary.judgements, arms))
            }
        }
    }
}

pub(crate) fn over_time(scenario: &Scenario, arms: &Arms<String>) -> Markup {
    markup! {
        section aria-labelledby="h-time" {
            (heading("h-time", "Over time", arms))
            div.two.figs { @for chart in timelines::charts(scenario, arms) { (figure(&chart)) } }
        }
    }
}

/// Empty without a course over time.
pub(crate) fn resources(scenario: &Scenario, arms: &Arms<String>) -> Markup {
    let charts = holdings::charts(scenario, arms);
    markup! {
        @if !charts.is_empty() {
            section aria-labelledby="h-resources" {
                (heading("h-resources", "Memory, processor and database over time", arms))
                div.two.figs { @for chart in &charts { (figure(chart)) } }
            }
        }
    }
}

/// Empty where no arm has a cache.
pub(crate) fn cache(scenario: &Scenario, arms: &Arms<String>) -> Markup {
    let charts = cache_model::charts(scenario, arms);
    let probe = scenario.eviction.as_ref().map(cache_model::probe_facts);
    let costs = [(
        "What the cache’s limits cost",
        cache_model::penalty_facts(scenario),
    )];
    let facts: Vec<_> = probe.into_iter().flatten().chain(costs).collect();
    let has_facts = facts.iter().any(|(_, facts)| !facts.is_empty());
    markup! {
        @if !charts.is_empty() || has_facts {
            section aria-labelledby="h-cache" {
                (heading("h-cache", "Cache", arms))
                div.three.figs { @for chart in &charts { (figure(chart)) } }
                @if has_facts {
                    div.two.gap {
                        @for (title, facts) in &facts {
                            @if !facts.is_empty() { div { h3.list { (title) } (fact_list(facts)) } }
                        }
                    }
                }
            }
        }
    }
}

pub(crate) fn time_and_writes(scenario: &Scenario, arms: &Arms<String>) -> Markup {
    let (phases, phase_rows) = work::phases(scenario, arms);
    let (database, database_rows) = work::database(scenario, arms);
    markup! {
        section aria-labelledby="h-work" {
            (heading("h-work", "Where the time and the writes go", arms))
            div.two.figs { (figure(&phases)) (figure(&database)) }
            div.two.gap {
                div { (work_table("Mean time per save", "Change", &phase_rows, arms)) }
                div { (work_table("Per 1\u{202f}000 saves", "Change (95\u{202f}% CI)", &database_rows, arms)) }
            }
            @if let Some((sentence, rows)) = work::closed(scenario, arms) {
                div.gap {
                    h3.list { (sentence) }
                    (work_table("Each user saves again as soon as answered", "Factor (95\u{202f}% CI)", &rows, arms))
                }
            }
            @if let Some((_, sentence)) = break_even(scenario) {
                div.gap {
                    h3.list { "From which share of duplicates on it pays" }
                    p.lede { (sentence) }
                    p.note { "Where a save takes as long on both arms, by the mean service times of duplicates and unique saves." }
                }
            }
        }
    }
}

/// One pair says nothing about consistency: then only the checks are left.
pub(crate) fn consistency(scenario: &Scenario, arms: &Arms<String>) -> Markup {
    let checks = markup! { div { h3.list { "Checks of this measurement" } (check_list(&scenario_checks(scenario))) } };
    if open_pairs(scenario).len() < 2 {
        return markup! { section aria-label="Checks" { div.two { (checks) } } };
    }
    markup! {
        section aria-labelledby="h-pairs" {
            div.sh { h2 #h-pairs { "Is the gain consistent?" } }
            div.two {
                (figure(&pairs::chart(scenario, arms)))
                (checks)
            }
            div.scroll.gap tabindex="0" role="region" aria-label="Spread over the blocks" { (work_table("Mean ± standard deviation over the blocks", "Medians", &spread::rows(scenario), arms)) }
        }
    }
}

pub(crate) fn safety(scenario: &Scenario, arms: &Arms<String>) -> Markup {
    let lost = scenario.all_violations();
    let mut found = facts::ledger_facts(scenario, arms).unwrap_or_default();
    found.extend(facts::error_facts(scenario, arms));
    markup! {
        section aria-labelledby="h-safety" {
            div.sh { h2 #h-safety { (tally::safety(lost)) } }
            @if lost.is_none() { p.lede { "The scenario ended before its database was read back." } }
            div.two { (fact_list(&found)) }
        }
    }
}
