//! What was measured, beside its limit and target.

use serde_json::{Value, json};

use crate::place::Place;

/// What the ratio of ours to the limit must be.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Target {
    AtLeast(f64),
    AtMost(f64),
}

/// One round.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Round {
    pub(crate) ours: f64,
    pub(crate) limit: f64,
}

impl Round {
    fn ratio(self) -> f64 {
        self.ours / self.limit
    }
}

#[derive(Debug)]
pub(crate) struct Comparison {
    pub(crate) what: String,
    pub(crate) limit_is: String,
    pub(crate) unit: &'static str,
    pub(crate) target: Target,
    /// At least one.
    pub(crate) rounds: Vec<Round>,
    /// What else is to be said.
    pub(crate) note: String,
}

impl Comparison {
    fn ratios(&self) -> Vec<f64> {
        sorted(self.rounds.iter().map(|round| round.ratio()))
    }

    pub(crate) fn is_met(&self) -> bool {
        let ratio = median(&self.ratios());
        match self.target {
            Target::AtLeast(least) => ratio >= least,
            Target::AtMost(most) => ratio <= most,
        }
    }

    fn verdict(&self) -> &'static str {
        if self.is_met() { "pass" } else { "FAIL" }
    }

    fn ours(&self) -> f64 {
        median(&sorted(self.rounds.iter().map(|round| round.ours)))
    }

    fn limit(&self) -> f64 {
        median(&sorted(self.rounds.iter().map(|round| round.limit)))
    }

    fn print(&self) {
        let ratios = self.ratios();
        let (lowest, highest) = (ratios.first(), ratios.last());
        let target = match self.target {
            Target::AtLeast(least) => format!("≥ {least}"),
            Target::AtMost(most) => format!("≤ {most}"),
        };
        println!(
            "{:<46} {:>12} {:>12} {:>7.2} ({:.2} to {:.2}) {:>7}  {}",
            self.what,
            amount(self.ours(), self.unit),
            amount(self.limit(), self.unit),
            median(&ratios),
            lowest.copied().unwrap_or(f64::NAN),
            highest.copied().unwrap_or(f64::NAN),
            target,
            self.verdict(),
        );
        println!("    limit: {}; {}", self.limit_is, self.note);
    }

    pub(crate) fn to_json(&self, place: &Place) -> Value {
        let ratios = self.ratios();
        json!({
            "what": self.what,
            "database": place.name(),
            "unit": self.unit,
            "ours": self.ours(),
            "limit": self.limit(),
            "limit_is": self.limit_is,
            "ratio": median(&ratios),
            "ratios": ratios,
            "is_met": self.is_met(),
            "note": self.note,
        })
    }
}

pub(crate) fn print_table(comparisons: &[Comparison]) {
    println!(
        "{:<46} {:>12} {:>12} {:>7} {:<14} {:>7}",
        "what", "ours", "limit", "ratio", "(range)", "target"
    );
    for comparison in comparisons {
        comparison.print();
    }
}

fn amount(value: f64, unit: &str) -> String {
    let digits = if value < 100.0 { 2 } else { 0 };
    format!("{value:.digits$} {unit}")
}

pub(crate) fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}

/// Of sorted values.
pub(crate) fn median(values: &[f64]) -> f64 {
    let middle = values.len() / 2;
    let upper = values.get(middle).copied().unwrap_or(f64::NAN);
    if values.len() % 2 == 1 {
        return upper;
    }
    let lower = middle.checked_sub(1).and_then(|below| values.get(below));
    lower.map_or(upper, |lower| f64::midpoint(*lower, upper))
}
