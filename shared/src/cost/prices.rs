//! A reader's prices, as they stand in price files and addresses.

use std::fmt;

use percent_encoding::percent_decode_str;

use crate::metric::{Metric, Plain};

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

    /// Everything that can have a price, with its own where it is set.
    pub(super) fn all(&self) -> impl Iterator<Item = (Priced, Option<f64>)> {
        let value = |number: &Option<Number>| number.as_ref().map(|number| number.value);
        PRICED.into_iter().zip(self.prices.iter().map(value))
    }

    /// Saves a month, where they are set.
    pub(super) fn saves_per_month(&self) -> Option<f64> {
        self.saves_per_month.as_ref().map(|saves| saves.value)
    }

    /// Whether nothing has a price.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.prices.iter().all(Option::is_none)
    }

    /// Reads what of an address' query, `key=value&key=value`, is a price; the rest is left alone. Browsers write what is
    /// not ASCII, such as €, as percent signs and digits.
    #[must_use]
    pub fn of_query(query: &str) -> Self {
        let mut prices = Self::default();
        for (key, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            let value = percent_decode_str(value).decode_utf8_lossy();
            // A link whose price is none shows the page without it.
            drop(prices.set(key, &value));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_holds_the_prices() {
        let query = "currency=EUR&saves_per_month=200000000&million_rows=0.2&cpu_hour=0.04";
        assert_eq!(Prices::of_query(query).to_string(), query);
        assert_eq!(
            Prices::of_query("class=all&million_rows=0.2").get("million_rows"),
            "0.2"
        );
    }

    #[test]
    fn a_sign_of_a_currency_is_read_as_browsers_write_it() {
        let euros = Prices::of_query("currency=%E2%82%AC&million_rows=0.2");
        assert_eq!(euros.get(CURRENCY), "€");
        assert_eq!(euros, Prices::of_query(&euros.to_string()));
        let script = Prices::of_query("currency=%3Cb%3E&million_rows=%");
        assert_eq!(script, Prices::default());
    }

    #[test]
    fn what_is_no_price_changes_nothing_and_says_why() {
        let mut prices = Prices::of_query("million_rows=2");
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
}
