//! What the pages show, as pure functions of the evidence. Components only lay it out.

pub(crate) mod ablation;
pub(crate) mod cache;
pub(crate) mod calibration;
pub(crate) mod capacity;
pub(crate) mod chart;
pub(crate) mod choice;
pub(crate) mod compare;
pub(crate) mod costs;
pub(crate) mod criteria;
pub(crate) mod data;
pub(crate) mod dates;
pub(crate) mod density;
pub(crate) mod facts;
pub(crate) mod faults;
pub(crate) mod foreign;
pub(crate) mod forest;
pub(crate) mod history;
pub(crate) mod holdings;
pub(crate) mod key_metrics;
pub(crate) mod latency;
pub(crate) mod markdown;
pub(crate) mod pairs;
pub(crate) mod percentiles;
pub(crate) mod range;
pub(crate) mod runs;
pub(crate) mod series;
pub(crate) mod shown;
pub(crate) mod sparkline;
pub(crate) mod spread;
pub(crate) mod tally;
pub(crate) mod timelines;
pub(crate) mod trend_charts;

pub(crate) mod usage;
pub(crate) mod week;
pub(crate) mod work;

#[cfg(test)]
pub(crate) mod fixture;

/// A place in percent of a drawing's width or height.
pub(crate) fn percent(place: f64) -> String {
    format!("{place:.1}%")
}
