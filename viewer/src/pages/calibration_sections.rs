//! The sections of scenarios that ask another question than how long a save takes: noise, generator, capacity.

use maud::{Markup, html as markup};
use shared::arms::Arms;
use shared::report::Scenario;

use crate::components::arms_key::arms_key;
use crate::components::facts::{fact_grid, fact_list};
use crate::components::figure::figure;
use crate::components::forest::forest_plot;
use crate::components::work_table::work_table;
use crate::view_model::{calibration as model, capacity};

/// Empty for a scenario that does not calibrate.
pub(crate) fn calibration(scenario: &Scenario) -> Markup {
    let noise = model::noise(scenario);
    let generator = model::generator(scenario);
    markup! {
        @if let Some(noise) = &noise {
            section aria-labelledby="h-noise" {
                div.sh { h2 #h-noise { "One service against itself" } }
                p.note { "Whatever differs here is the machine. Changes within the grey band are noise: every limit of this run is at least as wide." }
                (forest_plot(&noise.forest, false))
                h3.list.gap { "Noise floor" }
                (fact_list(&noise.facts))
            }
        }
        @if let Some(facts) = &generator {
            section aria-labelledby="h-generator" {
                div.sh { h2 #h-generator { "What the load generator can do" } }
                (fact_grid(facts))
            }
        }
    }
}

/// Empty where nothing was searched.
pub(crate) fn capacity_searches(scenario: &Scenario, arms: &Arms<String>) -> Markup {
    let charts = capacity::charts(scenario, arms);
    markup! {
        @if !charts.is_empty() {
            section aria-labelledby="h-capacity" {
                div.sh { h2 #h-capacity { "Capacity" } (arms_key(arms)) }
                div.two.figs { @for chart in &charts { (figure(chart)) } }
                div.scroll.gap tabindex="0" role="region" aria-label="Highest load that meets the target" { (work_table("Highest load that meets the target", "Factor (95\u{202f}% CI)", &capacity::rows(scenario), arms)) }
            }
        }
    }
}
