//! What saves cost in money, by a table of prices that the reader gives. There are no prices of our own: without any
//! nothing costs anything.

use std::fmt;

use crate::arms::Arms;
use crate::criteria::Criterion;
use crate::estimate::{Comparison, Unavailable, estimate};
use crate::metric::{Metric, Plain};
use crate::report::Scenario;
use crate::units::{format_count, format_money};

/// Saves that a cost is said for where the reader names no number a month.
const USUAL_SAVES: f64 = 1e6;
/// Nanoseconds of an hour.
const HOUR: f64 = 3.6e12;
/// Bytes that prices call a gigabyte.
const GIGABYTE: f64 = 1e9;
/// Digits of a number at most: so many, before and behind the point together, are exact in the arithmetic here.
const DIGITS: usize = 15;
/// Letters that a currency may have.
const CURRENCY_LETTERS: usize = 8;

/// Something that has a price.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Priced {
    /// Its name in price files and addresses.
    pub key: &'static str,
    /// What one price buys, in words that follow "price of".
    pub words: &'static str,
    /// What is counted, per acknowledged save unless [`Priced::is_held`].
    pub metric: Metric,
    /// How much of the metric one price buys, in the metric's unit.
    pub amount: f64,
    /// Whether it is paid by the month, whatever the number of saves.
    pub is_held: bool,
}

const fn priced(key: &'static str, words: &'static str, metric: Plain, amount: f64) -> Priced {
    Priced {
        key,
        words,
        metric: Metric::Plain(metric),
        amount,
        is_held: false,
    }
}

/// Everything that can have a price.
pub const PRICED: [Priced; 7] = [
    priced(
        "million_rows",
        "a million rows written or deleted",
        Plain::RowsPerSave,
        1e6,
    ),
    priced(
        "million_transactions",
        "a million transactions",
        Plain::TransactionsPerSave,
        1e6,
    ),
    priced(
        "gb_log",
        "a GB of write-ahead log",
        Plain::LogPerSave,
        GIGABYTE,
    ),
    priced(
        "gb_network",
        "a GB to the database and back",
        Plain::NetworkPerSave,
        GIGABYTE,
    ),
    priced(
        "cpu_hour",
        "an hour of a processor",
        Plain::CpuPerSave,
        HOUR,
    ),
    priced(
        "connection_hour",
        "an hour of a connection",
        Plain::ConnectionPerSave,
        HOUR,
    ),
    Priced {
        is_held: true,
        ..priced(
            "gb_memory_month",
            "a GB of memory for a month",
            Plain::MemoryPeak,
            GIGABYTE,
        )
    },
];

/// Name of the currency in price files and addresses.
pub const CURRENCY: &str = "currency";
/// Name of the number of saves a month in price files and addresses.
pub const SAVES_PER_MONTH: &str = "saves_per_month";

/// A reader's prices; empty until they are set.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Prices {
    currency: String,
    saves_per_month: Option<Number>,
    /// In the order of [`PRICED`].
    prices: [Option<Number>; PRICED.len()],
}

/// A number with the text that it was given by.
#[derive(Debug, Clone, PartialEq)]
struct Number {
    text: String,
    value: f64,
}

impl Number {
    /// Reads digits with at most one decimal point. The standard library's reader takes more kinds of numbers, and
    /// would be a twentieth of the site.
    fn parse(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = whole.len() + fraction.len();
        if !(1..=DIGITS).contains(&digits) {
            return None;
        }
        let mut value = 0.0;
        for digit in whole.chars().chain(fraction.chars()) {
            value = value * 10.0 + f64::from(digit.to_digit(10)?);
        }
        // Both sides are whole numbers below 2^53: the quotient is the number nearest to the text.
        let scale = fraction.bytes().fold(1.0, |scale, _| scale * 10.0);
        Some(Self {
            text: text.to_owned(),
            value: value / scale,
        })
    }
}

/// A price that cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PriceError {
    /// Nothing has this name.
    #[error("`{0}` is nothing that has a price: {known}", known = known())]
    Unknown(String),
    /// No number in range.
    #[error("`{key} = {value}`: a number of at most 15 digits is wanted, as 0.25")]
    Value {
        /// What was to be priced.
        key: String,
        /// What was given.
        value: String,
    },
    /// No name of a currency.
    #[error("`currency = {0}`: a sign or an abbreviation of at most 8 letters is wanted, as EUR")]
    Currency(String),
}

fn known() -> String {
    let keys = PRICED.iter().map(|priced| priced.key);
    let all: Vec<&str> = [CURRENCY, SAVES_PER_MONTH]
        .into_iter()
        .chain(keys)
        .collect();
    all.join(", ")
}

impl Prices {
    /// Sets one of them from its text; an empty text takes it away.
    ///
    /// # Errors
    /// [`PriceError`], where nothing has the name or the text is no price; then nothing is changed.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), PriceError> {
        let value = value.trim();
        if key == CURRENCY {
            let is_name = value.chars().count() <= CURRENCY_LETTERS
                && !value
                    .chars()
                    .any(|c| c.is_control() || "&?#=%<>\"".contains(c));
            if !is_name {
                return Err(PriceError::Currency(value.to_owned()));
            }
            value.clone_into(&mut self.currency);
            return Ok(());
        }
        let at = PRICED.iter().position(|priced| priced.key == key);
        let place = match at.and_then(|at| self.prices.get_mut(at)) {
            Some(place) => place,
            None if key == SAVES_PER_MONTH => &mut self.saves_per_month,
            None => return Err(PriceError::Unknown(key.to_owned())),
        };
        *place = match value {
            "" => None,
            text => Some(Number::parse(text).ok_or_else(|| PriceError::Value {
                key: key.to_owned(),
                value: text.to_owned(),
            })?),
        };
        Ok(())
    }

    /// The text that [`Prices::set`] was given; empty where it is not set.
    #[must_use]
    pub fn get(&self, key: &str) -> &str {
        if key == CURRENCY {
            return &self.currency;
        }
        let at = PRICED.iter().position(|priced| priced.key == key);
        let number = match at {
            Some(at) => self.prices.get(at).and_then(Option::as_ref),
            None => self
                .saves_per_month
                .as_ref()
                .filter(|_| key == SAVES_PER_MONTH),
        };
        number.map_or("", |number| &number.text)
    }

    /// Whether nothing has a price.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.prices.iter().all(Option::is_none)
    }

    /// Reads what of an address' query, `key=value&key=value`, is a price; the rest is left alone.
    #[must_use]
    pub fn of_query(query: &str) -> Self {
        let mut prices = Self::default();
        for (key, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            // A link whose price is none shows the page without it.
            drop(prices.set(key, value));
        }
        prices
    }
}

/// The query of an address that [`Prices::of_query`] reads: `currency=EUR&million_rows=0.2`.
impl fmt::Display for Prices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys = PRICED.iter().map(|priced| priced.key);
        let mut separator = "";
        for key in [CURRENCY, SAVES_PER_MONTH].into_iter().chain(keys) {
            let value = self.get(key);
            if !value.is_empty() {
                write!(f, "{separator}{key}={value}")?;
                separator = "&";
            }
        }
        Ok(())
    }
}

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
    let per_month = prices.saves_per_month.as_ref().map(|saves| saves.value);
    let saves = per_month.unwrap_or(USUAL_SAVES);
    let lines: Vec<CostLine> = PRICED
        .iter()
        .zip(&prices.prices)
        .filter_map(|(priced, price)| {
            let factor = price.as_ref()?.value / priced.amount;
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
                priced: *priced,
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
        currency: prices.currency.clone(),
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
    fn a_link_holds_the_prices() {
        let query = "currency=EUR&saves_per_month=200000000&million_rows=0.2&cpu_hour=0.04";
        assert_eq!(prices(query).to_string(), query);
        assert_eq!(
            prices("class=all&million_rows=0.2").get("million_rows"),
            "0.2"
        );
    }

    #[test]
    fn what_is_no_price_changes_nothing_and_says_why() {
        let mut prices = prices("million_rows=2");
        for (key, value) in [
            ("million_rows", "-1"),
            ("million_rows", "NaN"),
            ("gb_log", "1e3"),
            ("gb_log", "."),
            ("gb_log", "1.2.3"),
            ("gb_log", "1234567890123456"),
            ("cpu_hour", "cheap"),
            ("electricity", "3"),
            (CURRENCY, "a currency"),
            (CURRENCY, "<b>"),
        ] {
            let before = prices.clone();
            let refused = prices.set(key, value).unwrap_err().to_string();
            assert!(
                refused.contains(if key == "electricity" { key } else { value }),
                "{refused}"
            );
            assert_eq!(prices, before);
        }
        prices.set("million_rows", " ").unwrap();
        assert!(prices.is_empty());
    }

    #[test]
    fn numbers_are_read_as_the_standard_library_reads_them() {
        for text in [
            "0",
            "7",
            "0.1",
            "0.000123",
            "123456789.012345",
            ".5",
            "5.",
            "999999999999999",
        ] {
            assert_eq!(
                Number::parse(text).unwrap().value,
                text.parse::<f64>().unwrap(),
                "{text}"
            );
        }
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
