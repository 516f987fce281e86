//! What the latency section of a scenario is made from.

use shared::arms::Arms;
use shared::estimate::{Estimate, Interval, Latencies, PairLatencies};
use shared::histogram::Histogram;
use shared::report::Scenario;

use super::chart::Chart;
use super::latency::{capital, kind_name, whose};
use super::range::{self, Span};
use crate::route::{LatencyView, TimeRange};

/// The percentiles that are computed for every view; each of the marks is among them.
pub(crate) const PERCENTILES: [f64; 5] = [50.0, 90.0, 95.0, 99.0, 99.9];

/// A percentile of both arms, nanoseconds, and how it changed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Percentile {
    /// 0 to 100.
    pub(crate) percentile: f64,
    pub(crate) arms: Arms<Option<f64>>,
    /// Candidate / baseline − 1, with its interval where there is one.
    pub(crate) change: Option<(f64, Option<Interval>)>,
}

/// What a view of the latency section shows.
#[derive(Debug)]
pub(crate) struct Shown<'a> {
    pub(crate) scenario: &'a Scenario,
    pub(crate) labels: &'a Arms<String>,
    pub(crate) view: LatencyView,
    /// All blocks in the view's range merged.
    pub(crate) merged: Arms<Histogram>,
    /// The percentiles, lowest first, or why there are none.
    pub(crate) percentiles: Result<Vec<Percentile>, String>,
    /// Whether their intervals are there.
    pub(crate) exact: bool,
    /// Why no percentile has an interval, where there are too few pairs for one.
    pub(crate) few_pairs: Option<String>,
}

/// The latencies of the blocks that a view is about, or why there are none.
pub(crate) fn latencies_of(
    (all, spans): &(PairLatencies, Vec<Span>),
    range: Option<TimeRange>,
) -> Result<Latencies, String> {
    let wanted: &dyn Fn(u32) -> bool = &|pair| range::holds(spans, range, pair);
    match all.blocks(wanted) {
        0 if range.is_some() => Err("no block lies within the chosen time".to_owned()),
        _ => all.of_pairs(wanted).map_err(|reason| reason.to_string()),
    }
}

impl<'a> Shown<'a> {
    /// Puts it together. Without `exact`, percentiles have no intervals yet, which take a hundred times as long.
    pub(crate) fn new(
        scenario: &'a Scenario,
        labels: &'a Arms<String>,
        view: LatencyView,
        found: &Result<Latencies, String>,
        exact: Option<&[Percentile]>,
    ) -> Self {
        let percentiles = match (found, exact) {
            (Err(reason), _) => Err(reason.clone()),
            (Ok(_), Some(exact)) => Ok(exact.to_vec()),
            (Ok(found), None) => {
                let of = |percentile| figures(found, percentile, false);
                PERCENTILES.into_iter().map(of).collect()
            }
        };
        Self {
            scenario,
            labels,
            view,
            merged: found.as_ref().map(Latencies::merged).unwrap_or_default(),
            percentiles,
            exact: exact.is_some(),
            few_pairs: found.as_ref().ok().and_then(Latencies::few_pairs),
        }
    }

    /// The latencies that are shown, in words: `all saves, response time`.
    pub(crate) fn what(&self) -> String {
        format!("{}, {}", whose(self.view), kind_name(self.view.kind))
    }

    pub(crate) fn missing(&self, title: &str) -> Chart {
        let reason = self.percentiles.as_ref().err();
        let reason = reason.map_or("too few saves to draw", String::as_str);
        Chart::missing(
            &format!("{title} of {}: none", whose(self.view)),
            &format!("{}.", capital(reason)),
        )
    }
}

/// A percentile of both arms; its interval, where `exact`, takes a tenth of a second with a hundred pairs.
pub(crate) fn figures(
    found: &Latencies,
    percentile: f64,
    exact: bool,
) -> Result<Percentile, String> {
    let (arms, change) = if exact {
        let all = found.estimate(percentile).map_err(|e| e.to_string())?;
        let value = |of: Option<Estimate>| of.map(|e| e.value);
        let arms = Arms {
            baseline: value(all.baseline),
            candidate: value(all.candidate),
        };
        (arms, all.change.map(|c| (c.value, c.interval)))
    } else {
        let point = found.point(percentile).map_err(|e| e.to_string())?;
        (point.arms, point.change.map(|change| (change, None)))
    };
    Ok(Percentile {
        percentile,
        arms,
        change,
    })
}
