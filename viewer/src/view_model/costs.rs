//! What a run's saves cost, in words.

use shared::arms::Arms;
use shared::cost::{Cost, Prices, cost, scenario_of_cost};
use shared::criteria::Criterion;
use shared::report::Scenario;
use shared::units::format_change;

use super::latency::capital;
use super::work::ArmsRow;

/// What stands in the section.
#[derive(Debug, PartialEq)]
pub(crate) struct Costs {
    /// The finding.
    pub(crate) title: String,
    /// What it is the cost of.
    pub(crate) of: String,
    /// A line for each price, and their sum.
    pub(crate) rows: Vec<ArmsRow>,
    /// Why something has no cost.
    pub(crate) reasons: Vec<String>,
    /// Name of the scenario that was counted.
    pub(crate) scenario: String,
    /// Its title.
    pub(crate) scenario_title: String,
}

/// The costs; absent where no scenario counted its writes.
pub(crate) fn costs(
    policy: &[Criterion],
    scenarios: &[Scenario],
    labels: &Arms<String>,
    prices: &Prices,
) -> Option<Costs> {
    let (scenario, _) = scenario_of_cost(policy, scenarios)?;
    let mut costs = Costs {
        title: "What does it cost?".to_owned(),
        of: String::new(),
        rows: Vec::new(),
        reasons: Vec::new(),
        scenario: scenario.name.clone(),
        scenario_title: scenario.title.clone(),
    };
    if let Some(cost) = cost(prices, scenario) {
        costs.title = capital(&cost.sentence(labels));
        costs.of = cost.of();
        costs.rows = rows(&cost);
        let reason = |line: &shared::cost::CostLine| Some((line.priced.words, line.reason()?));
        let reasons = cost.lines.iter().filter_map(reason);
        costs.reasons = reasons
            .map(|(words, why)| format!("{}: {why}.", capital(words)))
            .collect();
    }
    Some(costs)
}

fn rows(cost: &Cost) -> Vec<ArmsRow> {
    let row = |name: &str, money: &Option<Arms<f64>>, total: bool| {
        let money = money.as_ref();
        let text =
            |amount: Option<f64>| amount.map_or_else(|| "–".to_owned(), |m| cost.in_words(m));
        let change = money.filter(|m| m.baseline > 0.0);
        ArmsRow {
            name: capital(name),
            baseline: text(money.map(|m| m.baseline)),
            candidate: text(money.map(|m| m.candidate)),
            change: change.map_or_else(
                || "–".to_owned(),
                |m| format_change(m.candidate / m.baseline - 1.0),
            ),
            total,
        }
    };
    let lines = cost.lines.iter();
    let mut rows: Vec<ArmsRow> = lines
        .map(|line| row(line.priced.words, &line.money, false))
        .collect();
    if rows.len() > 1 {
        rows.push(row("together", &cost.total, true));
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view_model::fixture;

    fn of(query: &str) -> Costs {
        let prices = Prices::of_query(query);
        costs(&[], &[fixture::scenario()], &fixture::labels(), &prices).unwrap()
    }

    #[test]
    fn without_prices_it_asks_for_them() {
        let costs = of("");
        assert_eq!(costs.title, "What does it cost?");
        assert_eq!((costs.rows.len(), costs.reasons.len()), (0, 0));
    }

    #[test]
    fn each_price_has_a_line_and_more_than_one_a_sum() {
        assert_eq!(of("million_rows=2").rows.len(), 1);
        let costs = of("currency=EUR&million_rows=2&cpu_hour=0.04");
        let names: Vec<&str> = costs.rows.iter().map(|row| row.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "A million rows written or deleted",
                "An hour of a processor",
                "Together"
            ]
        );
        assert!(
            costs.title.starts_with("Optimized saves "),
            "{}",
            costs.title
        );
        assert_eq!(costs.rows[0].baseline.replace('\u{202f}', " "), "4.50 EUR");
    }

    #[test]
    fn what_cannot_be_counted_says_why() {
        let costs = of("million_rows=2&gb_memory_month=3");
        assert_eq!(costs.rows[2].baseline, "–");
        assert_eq!(costs.reasons.len(), 1, "{:?}", costs.reasons);
        assert!(
            costs.reasons[0].contains("saves_per_month"),
            "{:?}",
            costs.reasons
        );
    }
}
