//! What saves cost in money, by a table of prices that the reader gives. There are no prices of our own: without any
//! nothing costs anything.

mod prices;

pub use prices::{CURRENCY, PRICED, PriceError, Priced, Prices, SAVES_PER_MONTH};

use crate::arms::Arms;
use crate::criteria::Criterion;
use crate::estimate::{Comparison, Unavailable, estimate};
use crate::metric::{Metric, Plain};
use crate::report::Scenario;
use crate::units::{format_count, format_money};

/// Saves that a cost is said for where the reader names no number a month.
const USUAL_SAVES: f64 = 1e6;

/// What one thing costs on each arm.
#[derive(Debug)]
pub struct CostLine {
    /// What is paid for.
    pub priced: Priced,
    /// What the scenario used of it, or why that is not known.
    pub used: Result<Comparison, Unavailable>,
    /// Money for the saves of [`Cost::saves`] on each arm; absent where what was used is not known, or is held and no
    /// number of saves a month is given.
    pub money: Option<Arms<f64>>,
}

/// What a scenario's saves cost.
#[derive(Debug)]
pub struct Cost {
    /// What has a price, in the order of [`PRICED`].
    pub lines: Vec<CostLine>,
    /// Money of all lines; absent where one of them is not known, as a part would pass for the whole.
    pub total: Option<Arms<f64>>,
    /// Saves that it is the cost of.
    pub saves: f64,
    /// Whether these are the saves of a month.
    pub is_month: bool,
    currency: String,
}

/// What the saves of a scenario cost by these prices; `None` without any price.
#[must_use]
pub fn cost(prices: &Prices, scenario: &Scenario) -> Option<Cost> {
    if prices.is_empty() {
        return None;
    }
    let per_month = prices.saves_per_month();
    let saves = per_month.unwrap_or(USUAL_SAVES);
    let lines: Vec<CostLine> = prices
        .all()
        .filter_map(|(priced, price)| {
            let factor = price? / priced.amount;
            let used = estimate(priced.metric, scenario);
            let times = match (priced.is_held, per_month) {
                (false, _) => Some(saves),
                (true, Some(_)) => Some(1.0),
                (true, None) => None,
            };
            let money = used.as_ref().ok().zip(times).and_then(|(used, times)| {
                let money = |used: f64| used * factor * times;
                Some(Arms {
                    baseline: money(used.baseline.as_ref()?.value),
                    candidate: money(used.candidate.as_ref()?.value),
                })
            });
            Some(CostLine {
                priced,
                used,
                money,
            })
        })
        .collect();
    let total = lines.iter().try_fold(
        Arms {
            baseline: 0.0,
            candidate: 0.0,
        },
        |sum, line| {
            let money = line.money.as_ref()?;
            Some(Arms {
                baseline: sum.baseline + money.baseline,
                candidate: sum.candidate + money.candidate,
            })
        },
    );
    Some(Cost {
        lines,
        total,
        saves,
        is_month: per_month.is_some(),
        currency: prices.get(CURRENCY).to_owned(),
    })
}

impl Cost {
    /// An amount of money in words.
    #[must_use]
    pub fn in_words(&self, money: f64) -> String {
        format_money(money, &self.currency)
    }

    /// What it is the cost of: `200 000 000 saves a month`.
    #[must_use]
    pub fn of(&self) -> String {
        format!(
            "{} saves{}",
            format_count(self.saves as u64),
            if self.is_month { " a month" } else { "" }
        )
    }

    /// What the candidate saves, as a sentence without its end; says which price stands in the way where there is no total.
    #[must_use]
    pub fn sentence(&self, labels: &Arms<String>) -> String {
        let Some(total) = &self.total else {
            let missing = self.lines.iter().find(|line| line.money.is_none());
            let words = missing.map_or("", |line| line.priced.words);
            return format!("no total: {words} cannot be counted");
        };
        let (from, to) = (total.baseline, total.candidate);
        let all = format!(
            "{} instead of {} for {}",
            self.in_words(to),
            self.in_words(from),
            self.of()
        );
        if to < from {
            format!(
                "{} saves {}: {all}",
                labels.candidate,
                self.in_words(from - to)
            )
        } else if to > from {
            format!(
                "{} costs {} more: {all}",
                labels.candidate,
                self.in_words(to - from)
            )
        } else {
            format!("{} costs the same: {all}", labels.candidate)
        }
    }
}

impl CostLine {
    /// Why there is no money.
    #[must_use]
    pub fn reason(&self) -> Option<String> {
        match (&self.money, &self.used) {
            (Some(_), _) => None,
            (None, Err(why)) => Some(why.to_string()),
            (None, Ok(_)) if self.priced.is_held => Some(format!(
                "is paid by the month: give `{SAVES_PER_MONTH}` too"
            )),
            (None, Ok(_)) => Some("not measured: one arm has no figure".to_owned()),
        }
    }
}

/// The scenario whose writes, and so whose cost, stand for the run: the one that the policy judges rows by, or else the
/// first of both services that has them.
#[must_use]
pub fn scenario_of_cost<'a>(
    policy: &[Criterion],
    scenarios: &'a [Scenario],
) -> Option<(&'a Scenario, Comparison)> {
    let metric = Metric::Plain(Plain::RowsPerSave);
    let judged = policy.iter().find(|c| c.metric == metric);
    let judged = judged.and_then(|c| c.scenario.as_ref());
    let is_judged = |s: &&Scenario| Some(&s.name) == judged;
    let of_both_services = scenarios.iter().filter(|s| s.arms.is_none());
    let mut candidates = scenarios.iter().filter(is_judged).chain(of_both_services);
    candidates.find_map(|s| Some((s, estimate(metric, s).ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Synthetic;

    fn prices(query: &str) -> Prices {
        Prices::of_query(query)
    }

    fn labels() -> Arms<String> {
        Arms {
            baseline: "Standard".to_owned(),
            candidate: "Optimized".to_owned(),
        }
    }

    #[test]
    fn without_a_price_nothing_costs_anything() {
        let scenario = Synthetic::default().scenario();
        assert!(cost(&Prices::default(), &scenario).is_none());
        assert!(cost(&prices("currency=EUR&saves_per_month=5"), &scenario).is_none());
    }

    #[test]
    fn money_is_what_was_used_times_its_price() {
        let scenario = Synthetic::default().scenario();
        let used = estimate(Metric::Plain(Plain::RowsPerSave), &scenario).unwrap();
        let (from, to) = (used.baseline.unwrap().value, used.candidate.unwrap().value);
        let cost = cost(
            &prices("currency=EUR&saves_per_month=3000000&million_rows=2"),
            &scenario,
        );
        let cost = cost.unwrap();
        let total = cost.total.as_ref().unwrap();
        assert!((total.baseline - from * 6.0).abs() < 1e-9, "{total:?}");
        assert!((total.candidate - to * 6.0).abs() < 1e-9, "{total:?}");
        let sentence = cost.sentence(&labels());
        assert!(sentence.starts_with("Optimized saves "), "{sentence}");
        assert!(
            sentence.ends_with("EUR for 3\u{202f}000\u{202f}000 saves a month"),
            "{sentence}"
        );
    }

    #[test]
    fn what_is_not_known_leaves_no_total() {
        let scenario = Synthetic::default().scenario();
        let cost = cost(
            &prices("million_rows=1&gb_network=1&gb_memory_month=1"),
            &scenario,
        )
        .unwrap();
        assert_eq!(cost.total, None);
        let reasons: Vec<Option<String>> = cost.lines.iter().map(CostLine::reason).collect();
        assert_eq!(reasons[0], None);
        assert!(
            reasons[1].as_ref().unwrap().starts_with("not measured"),
            "{reasons:?}"
        );
        assert!(
            reasons[2].as_ref().unwrap().contains("saves_per_month"),
            "{reasons:?}"
        );
        assert_eq!(
            cost.sentence(&labels()),
            "no total: a GB to the database and back cannot be counted"
        );
    }

    #[test]
    fn memory_is_paid_by_the_month_whatever_the_saves() {
        let scenario = Synthetic::default().scenario();
        let of = |saves: &str| {
            let prices = prices(&format!("saves_per_month={saves}&gb_memory_month=4"));
            cost(&prices, &scenario).unwrap().total
        };
        assert!(of("1000000").is_some());
        assert_eq!(of("1000000"), of("9000000"));
    }
}
