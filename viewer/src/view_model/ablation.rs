//! What each part of the candidate contributes.

use shared::ablation::{Contribution, contributions, costliest};
use shared::estimate::Estimate;
use shared::report::Scenario;
use shared::units::{Unit, format_change, format_count, format_interval, format_value};

use super::chart::Chart;
use super::data::{Cell, Data};
use crate::charts::contributions::{VariantBar, contributions_chart};

/// Titles of the columns of [`rows`]; all but the first are figures.
pub(crate) const COLUMNS: [&str; 6] = [
    "Variant",
    "Saves a second",
    "Throughput",
    "Rows per save",
    "Processor time per save",
    "Failed",
];

/// A variant's figures, each over that of the whole service.
pub(crate) fn rows(scenario: &Scenario) -> Vec<Vec<String>> {
    let row = |c: &Contribution| {
        vec![
            c.label.clone(),
            c.saves_per_second
                .map_or_else(|| "–".to_owned(), |v| format_value(v, Unit::PerSecond)),
            factor(c.throughput.as_ref()),
            factor(c.rows.as_ref()),
            factor(c.cpu.as_ref()),
            format_count(c.failed),
        ]
    };
    contributions(scenario).iter().map(row).collect()
}

fn factor(estimate: Option<&Estimate>) -> String {
    let Some(estimate) = estimate else {
        return "–".to_owned();
    };
    let value = format_value(estimate.value, Unit::Factor);
    let ends = estimate
        .interval
        .and_then(|i| format_interval(i.low, i.high, Unit::Factor));
    match ends {
        Some(ends) => format!("{value} ({ends})"),
        None => value,
    }
}

/// Throughput of each variant; `None` where nothing was switched off.
pub(crate) fn chart(scenario: &Scenario) -> Option<Chart> {
    let all = contributions(scenario);
    if all.is_empty() {
        return None;
    }
    let title = match costliest(&all) {
        Some((c, ratio)) if ratio < 1.0 => {
            format!(
                "{} costs most throughput: {}",
                c.label,
                format_change(ratio - 1.0)
            )
        }
        Some(_) => "No variant is slower than the whole service".to_owned(),
        None => "No variant has a figure".to_owned(),
    };
    let bars: Vec<VariantBar> = all
        .iter()
        .enumerate()
        .map(|(i, c)| VariantBar {
            label: c.label.clone(),
            shown: factor(c.throughput.as_ref()),
            ratio: c.throughput.as_ref().map(|e| e.value),
            interval: c
                .throughput
                .as_ref()
                .and_then(|e| e.interval?.measured())
                .map(|i| (i.low, i.high)),
            whole: i == 0,
        })
        .collect();
    let words: Vec<String> = bars
        .iter()
        .map(|b| format!("{} {}", b.label, b.shown))
        .collect();
    let drawing = contributions_chart(&bars, &format!("{title}. {}.", words.join("; ")));
    let columns = [
        "variant",
        "of the whole service’s throughput",
        "low",
        "high",
    ];
    let mut data = Data::named(&columns.map(|name| (name, "")));
    for bar in &bars {
        let (low, high) = bar.interval.unwrap_or((f64::NAN, f64::NAN));
        let figures = [bar.ratio.unwrap_or(f64::NAN), low, high].map(Cell::Number);
        data.row(&[Cell::Text(&bar.label), figures[0], figures[1], figures[2]]);
    }
    Some(Chart {
        title,
        data: drawing.is_some().then_some(data),
        note: "Saves a second without a pause over those of the whole service, the median of the rounds with its 95 % \
               interval."
            .to_owned(),
        drawing,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view_model::fixture;

    #[test]
    fn the_costliest_part_makes_the_title() {
        let chart = chart(&fixture::ablated()).unwrap();
        let title = chart.title.replace('\u{202f}', " ");
        assert_eq!(title, "Without batching costs most throughput: −76 %");
        assert!(chart.drawing.is_some());
    }

    #[test]
    fn variants_are_held_against_the_whole() {
        let rows = rows(&fixture::ablated());
        assert_eq!(rows.len(), 3);
        assert_eq!(rows[0][2], "×1.00");
        assert!(rows[1][2].starts_with("×0.24 ("), "{:?}", rows[1]);
        assert_eq!(rows[2][3], "×2.0");
    }

    #[test]
    fn without_variants_or_rounds_there_is_nothing_to_draw() {
        assert_eq!(chart(&fixture::scenario()), None);
        let mut damaged = fixture::ablated();
        damaged.ablation.iter_mut().for_each(|v| v.rounds.clear());
        let chart = chart(&damaged).unwrap();
        assert_eq!(
            (chart.title.as_str(), chart.drawing),
            ("No variant has a figure", None)
        );
        assert_eq!(rows(&damaged)[1][1], "–");
    }
}
