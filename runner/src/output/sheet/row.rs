//! A target's figures as text, the same in every format.

use shared::criteria::{Better, Measure};
use shared::units::{
    THIN, Unit, format_change_interval_tenths, format_change_tenths, format_interval, format_value,
};
use shared::verdict::Verdict;

use super::Row;

/// What stands where there is nothing.
const DASH: &str = "–";
impl Row {
    /// Unit of what is held against the limits.
    pub(super) fn measured_unit(&self) -> Unit {
        match self.of {
            Measure::Change => Unit::Growth,
            Measure::Candidate | Measure::Difference => self.unit,
        }
    }

    /// The baseline's figure and the candidate's.
    pub(super) fn figures(&self) -> [String; 2] {
        [self.baseline, self.candidate]
            .map(|figure| or_dash(figure, |v| format_value(v, self.unit)))
    }

    pub(super) fn change(&self) -> String {
        or_dash(self.change, format_change_tenths)
    }

    pub(super) fn interval(&self) -> String {
        let ends =
            self.low
                .zip(self.high)
                .and_then(|(low, high)| match self.measured_unit() {
                    Unit::Growth => format_change_interval_tenths(low, high)
                        .map(|ends| format!("{ends}{THIN}%")),
                    unit => format_interval(low, high, unit),
                });
        or_dash(ends, |ends| ends)
    }

    /// Where it passes and where it fails. A star marks limits that noise widened.
    pub(super) fn limits(&self) -> [String; 2] {
        let (Some(own), Some(effective)) = (self.limits, self.effective) else {
            return [DASH.to_owned(), DASH.to_owned()];
        };
        let (good, bad) = match self.better {
            Better::Lower => ('≤', '>'),
            Better::Higher => ('≥', '<'),
        };
        // Without a figure its unit is unknown, but a change is always in percent.
        let unit = self.measured_unit();
        if self.measured.is_none() && unit != Unit::Growth {
            return [DASH.to_owned(), DASH.to_owned()];
        }
        let limit = |sign: char, own: f64, effective: f64| {
            let star = if own == effective { "" } else { "*" };
            let limit = match unit {
                Unit::Growth => format_change_tenths(effective),
                unit => format_value(effective, unit),
            };
            format!("{sign}{THIN}{limit}{star}")
        };
        [
            limit(good, own.pass, effective.pass),
            or_dash(own.fail.zip(effective.fail), |(own, effective)| {
                limit(bad, own, effective)
            }),
        ]
    }

    /// Whether noise widened a limit.
    pub(super) fn is_widened(&self) -> bool {
        self.limits != self.effective
    }

    /// What to say beside the figures; nothing for a plain pass.
    pub(super) fn remark(&self) -> Option<String> {
        let p = self.p_value.filter(|_| self.verdict != Verdict::Pass);
        let p = p.map_or_else(String::new, |p| format!(" (p = {p:.3})"));
        (!self.reason.is_empty()).then(|| format!("{}{p}", self.reason))
    }
}

fn or_dash<T>(value: Option<T>, write: impl FnOnce(T) -> String) -> String {
    value.map_or_else(|| DASH.to_owned(), write)
}
