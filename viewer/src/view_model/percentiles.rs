//! The percentile table of a scenario.

use shared::units::{
    Unit, format_change, format_count, format_interval, format_value, percentile_name,
};

use super::shown::{Percentile, Shown};

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PercentileRow {
    pub(crate) name: String,
    /// Whether it is the one pointed out.
    pub(crate) marked: bool,
    pub(crate) baseline: String,
    pub(crate) candidate: String,
    pub(crate) change: String,
    /// The interval, or why there is none.
    pub(crate) interval: String,
    /// Change and its interval, to draw.
    pub(crate) bar: Option<ChangeBar>,
    /// Values of the candidate beyond the percentile.
    pub(crate) beyond: String,
}

/// A change with its interval, as ratios: −0.68.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct ChangeBar {
    pub(crate) value: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

/// The rows; an error says why there are none.
pub(crate) fn percentile_rows(shown: &Shown<'_>) -> Result<Vec<PercentileRow>, String> {
    let percentiles = shown.percentiles.as_ref().map_err(Clone::clone)?;
    Ok(percentiles.iter().map(|p| row(p, shown)).collect())
}

fn row(found: &Percentile, shown: &Shown<'_>) -> PercentileRow {
    let value = |value: Option<f64>| {
        value.map_or_else(|| "–".to_owned(), |v| format_value(v, Unit::Nanoseconds))
    };
    let samples = shown.merged.candidate.count();
    let beyond = (samples as f64 * (1.0 - found.percentile / 100.0)).round() as u64;
    let interval = match found.change {
        None => String::new(),
        Some((_, Some(i))) => {
            format_interval(i.low, i.high, Unit::Growth).unwrap_or_else(|| "–".to_owned())
        }
        Some(_) if !shown.exact => "…".to_owned(),
        Some(_) if shown.few_pairs.is_some() => "– too few pairs".to_owned(),
        Some(_) => "– too few saves".to_owned(),
    };
    let bar = |(value, interval): (f64, Option<shared::estimate::Interval>)| {
        let interval = interval?;
        Some(ChangeBar {
            value,
            low: interval.low,
            high: interval.high,
        })
    };
    PercentileRow {
        name: percentile_name(found.percentile),
        marked: found.percentile.total_cmp(&shown.view.percentile()).is_eq(),
        baseline: value(found.arms.baseline),
        candidate: value(found.arms.candidate),
        change: found
            .change
            .map_or_else(|| "–".to_owned(), |(change, _)| format_change(change)),
        interval,
        bar: found.change.and_then(bar),
        beyond: format!("{} of {}", format_count(beyond), format_count(samples)),
    }
}

#[cfg(test)]
mod tests {
    use shared::estimate::PairLatencies;
    use shared::report::Scenario;

    use super::*;
    use crate::route::LatencyView;
    use crate::view_model::{fixture, range, shown};

    fn rows_of(scenario: &Scenario, exact: bool) -> Result<Vec<PercentileRow>, String> {
        let view = LatencyView::default();
        let all = PairLatencies::new(scenario, view.kind, view.class);
        let found = shown::latencies_of(&(all, range::spans(scenario)), None);
        let exact: Option<Vec<Percentile>> = found.as_ref().ok().filter(|_| exact).map(|found| {
            let of = |percentile| shown::figures(found, percentile, true).unwrap();
            shown::PERCENTILES.into_iter().map(of).collect()
        });
        let labels = fixture::labels();
        let found = Shown::new(scenario, &labels, view, &found, exact.as_deref());
        percentile_rows(&found)
    }

    #[test]
    fn rows_hold_what_the_histograms_hold() {
        let rows = rows_of(&fixture::scenario(), true).unwrap();
        assert_eq!(rows.len(), 5);
        let p95 = &rows[2];
        assert_eq!(p95.name, "P95");
        assert!(p95.marked && !rows[1].marked);
        assert!(p95.change.starts_with('−'), "{p95:?}");
        assert!(
            p95.bar
                .is_some_and(|b| b.low <= b.value && b.value <= b.high),
            "{p95:?}"
        );
    }

    #[test]
    fn before_intervals_are_computed_all_else_is_the_same() {
        let scenario = fixture::scenario();
        let (soon, exact) = (
            rows_of(&scenario, false).unwrap(),
            rows_of(&scenario, true).unwrap(),
        );
        for (soon, exact) in soon.into_iter().zip(exact) {
            assert_eq!(soon.interval, "…");
            let settled = PercentileRow {
                interval: exact.interval.clone(),
                bar: exact.bar,
                ..soon
            };
            assert_eq!(settled, exact);
        }
    }

    #[test]
    fn a_percentile_with_few_values_beyond_has_no_interval() {
        let rows = rows_of(&fixture::scenario(), true).unwrap();
        let last = &rows[4];
        assert_eq!(
            (last.interval.as_str(), last.bar),
            ("– too few saves", None)
        );
    }

    #[test]
    fn no_blocks_give_a_reason() {
        let reason = rows_of(&fixture::without_blocks(), true).unwrap_err();
        assert!(reason.contains("not measured"), "{reason}");
    }
}
