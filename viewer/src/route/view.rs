//! What a scenario's address says about its latency section.

use std::fmt;

use shared::arms::{ArmRole, Class};
use shared::metric::LatencyKind;

/// The percentiles that can be pointed out, in thousandths, with their names.
pub(crate) const MARKS: [(u16, &str); 4] = [(500, "50"), (950, "95"), (990, "99"), (999, "99.9")];

/// Which latencies a scenario page shows, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LatencyView {
    /// One class of operation, or all.
    pub(crate) class: Option<Class>,
    /// Response or service time.
    pub(crate) kind: LatencyKind,
    /// The percentile that is pointed out, in thousandths; one of [`MARKS`].
    pub(crate) mark: u16,
    /// Whether latency is drawn on a linear axis.
    pub(crate) linear: bool,
    /// The only arm that charts show; absent where they show both.
    pub(crate) only: Option<ArmRole>,
    /// The part of the measured time; absent for all of it.
    pub(crate) range: Option<TimeRange>,
}

impl Default for LatencyView {
    fn default() -> Self {
        Self {
            class: None,
            kind: LatencyKind::Response,
            mark: 950,
            linear: false,
            only: None,
            range: None,
        }
    }
}

/// A part of an arm's measured time, milliseconds; never empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TimeRange {
    pub(crate) from_ms: u64,
    pub(crate) to_ms: u64,
}

/// Reads seconds with at most three decimals. Digits only: the standard library's parser of floating-point numbers would
/// be a part of the site's download.
fn milliseconds(seconds: &str) -> Option<u64> {
    let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if fraction.len() > 3 || !digits(whole) || !digits(fraction) {
        return None;
    }
    let thousandths: u64 = format!("{fraction:0<3}").parse().ok()?;
    let whole: u64 = whole.parse().ok()?;
    whole.checked_mul(1000)?.checked_add(thousandths)
}

/// Seconds with as few decimals as they need.
struct Seconds(u64);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{}.{:03}", self.0 / 1000, self.0 % 1000);
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

impl LatencyView {
    /// Reads `class=duplicate&time=service`, `mark`, `scale`, `arms`, `from` and `to`; what is missing or unknown stays at
    /// its default.
    pub(super) fn parse(query: &str) -> Self {
        let mut view = Self::default();
        let (mut from, mut to) = (None, None);
        for (key, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            match key {
                "from" => from = milliseconds(value),
                "to" => to = milliseconds(value),
                _ => view = view.with(key, value),
            }
        }
        let range = from.zip(to).filter(|(from_ms, to_ms)| from_ms < to_ms);
        view.range = range.map(|(from_ms, to_ms)| TimeRange { from_ms, to_ms });
        view
    }

    /// This view with one choice made another way, in the words of an address; an unknown value means the default.
    pub(crate) fn with(self, key: &str, value: &str) -> Self {
        let mut view = self;
        match key {
            "class" => view.class = Class::ALL.into_iter().find(|c| c.as_str() == value),
            "time" => {
                view.kind = match value {
                    "service" => LatencyKind::Service,
                    _ => LatencyKind::Response,
                }
            }
            "mark" => {
                let known = MARKS.iter().find(|(_, name)| *name == value);
                view.mark = known.map_or(Self::default().mark, |(mark, _)| *mark);
            }
            "scale" => view.linear = value == "linear",
            "arms" => view.only = ArmRole::ALL.into_iter().find(|r| r.as_str() == value),
            _ => {}
        }
        view
    }

    /// The percentile that is pointed out, 0 to 100.
    pub(crate) fn percentile(&self) -> f64 {
        f64::from(self.mark) / 10.0
    }
}

/// The query of an address; empty for the default view.
impl fmt::Display for LatencyView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let default = Self::default();
        let mut query = String::new();
        let mut say = |key: &str, value: &str| {
            query += if query.is_empty() { "?" } else { "&" };
            query += key;
            query += "=";
            query += value;
        };
        if (self.class, self.kind) != (default.class, default.kind) {
            say("class", self.class.map_or("all", Class::as_str));
            say("time", self.kind.as_str());
        }
        if self.mark != default.mark {
            let name = MARKS.iter().find(|(mark, _)| *mark == self.mark);
            say("mark", name.map_or("", |(_, name)| name));
        }
        if self.linear {
            say("scale", "linear");
        }
        if let Some(only) = self.only {
            say("arms", only.as_str());
        }
        if let Some(range) = self.range {
            say("from", &Seconds(range.from_ms).to_string());
            say("to", &Seconds(range.to_ms).to_string());
        }
        f.write_str(&query)
    }
}
