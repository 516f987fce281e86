//! The runs of a profile on one machine over the same states, and whether a metric moved between two of them.

use shared::report::{Figure, Index, IndexEntry, Review};
use shared::review::{KEY_METRICS, KeyMetric};
use shared::stats::{Interval, median};
use shared::units::Unit;

use super::dates;
use super::series::{LEAST, Scale, Series, followed, is_better};

/// A run whose figures the list holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reviewed<'a> {
    pub(crate) entry: &'a IndexEntry,
    pub(crate) review: &'a Review,
}

impl<'a> Reviewed<'a> {
    pub(crate) fn of(entry: &'a IndexEntry) -> Option<Self> {
        let review = entry.review.as_ref()?;
        Some(Self { entry, review })
    }

    /// Whether the figures of both may be held against each other.
    pub(crate) fn is_like(&self, other: &Reviewed<'_>) -> bool {
        self.entry.profile == other.entry.profile
            && self.review.machine == other.review.machine
            && self.review.dataset == other.review.dataset
    }

    pub(crate) fn figure(&self, metric: &str) -> Option<&'a Figure> {
        self.review.figures.iter().find(|f| f.metric == metric)
    }
}

/// The runs of a profile that can be held against its newest one.
#[derive(Debug)]
pub(crate) struct History<'a> {
    pub(crate) profile: &'a str,
    /// Oldest first.
    pub(crate) runs: Vec<Reviewed<'a>>,
    /// Runs of the profile on another machine, or over other states.
    pub(crate) elsewhere: usize,
    /// Runs of the profile whose figures the list does not hold.
    pub(crate) unknown: usize,
}

impl<'a> History<'a> {
    /// Of a profile, or else of the newest run's; `None` where no run is of it.
    pub(crate) fn of(index: &'a Index, profile: Option<&str>) -> Option<Self> {
        let is_asked = |run: &&IndexEntry| profile.is_none_or(|profile| profile == run.profile);
        let profile = index.runs.iter().find(is_asked)?.profile.as_str();
        let of_profile = || index.runs.iter().filter(|run| run.profile == profile);
        let known = || of_profile().filter_map(Reviewed::of);
        let newest = known().next();
        let runs = newest.map_or_else(Vec::new, |newest| like(known(), &newest));
        Some(Self {
            profile,
            elsewhere: known().count() - runs.len(),
            unknown: of_profile().count() - known().count(),
            runs,
        })
    }

    /// Up to the end of a week, of the runs that can be held against one of that week.
    pub(crate) fn until(index: &'a Index, week: &str, run: Reviewed<'a>) -> Self {
        let in_time = |run: &&IndexEntry| dates::week(&run.started_at).as_str() <= week;
        let known = index.runs.iter().filter(in_time).filter_map(Reviewed::of);
        Self {
            profile: &run.entry.profile,
            runs: like(known, &run),
            elsewhere: 0,
            unknown: 0,
        }
    }

    /// The series of all key metrics that any run measured, in the strategy's order.
    pub(crate) fn all(&self) -> Vec<Series<'a>> {
        KEY_METRICS
            .iter()
            .filter_map(|key| self.series(key))
            .collect()
    }

    /// The series of one metric; `None` where no run measured it.
    pub(crate) fn series(&self, key: &'static KeyMetric) -> Option<Series<'a>> {
        let name = key.metric.to_string();
        let measured = self
            .runs
            .iter()
            .filter_map(|run| Some((*run, run.figure(&name)?)));
        Series::of(key, measured.collect())
    }

    /// What the history leaves out, and why; empty where nothing is.
    pub(crate) fn left_out(&self) -> String {
        let some = |count: usize, what: &str| match count {
            0 => String::new(),
            1 => format!(" 1 run {what} is left out."),
            n => format!(" {n} runs {what} are left out."),
        };
        some(self.elsewhere, "on another machine or over other states")
            + &some(
                self.unknown,
                "without figures in the list (runner index adds them)",
            )
    }
}

/// The runs that can be held against one, oldest first.
fn like<'a>(runs: impl Iterator<Item = Reviewed<'a>>, run: &Reviewed<'_>) -> Vec<Reviewed<'a>> {
    let mut like: Vec<Reviewed<'_>> = runs.filter(|other| other.is_like(run)).collect();
    like.reverse();
    like
}

/// The key metric of a name.
pub(crate) fn key_metric(name: &str) -> Option<&'static KeyMetric> {
    KEY_METRICS
        .iter()
        .find(|key| key.metric.to_string() == name)
}

/// Whether a metric is better (`Some(true)`) or worse than it was: the two 95 % intervals have nothing in common, and the
/// figures differ by a percent or more, and by more than runs that follow each other do. `None` where they cannot be told
/// apart.
pub(crate) fn moved(
    key: &KeyMetric,
    before: &Figure,
    now: &Figure,
    history: &History<'_>,
) -> Option<bool> {
    let of_change = before.change.is_some() && now.change.is_some();
    if before.change.is_some() != now.change.is_some() {
        return None;
    }
    let (a, b) = (before.interval?, now.interval?);
    // Memory at its highest is one figure a run: its interval says nothing of how runs differ.
    let counted = |i: Interval| i.low == i.high;
    if key.metric.unit() == Unit::Bytes && (counted(a) || counted(b)) {
        return None;
    }
    let scale = Scale::of(key.metric, of_change);
    let value = |f: &Figure| Some(scale.there(followed(f, of_change)?));
    let (from, to) = (value(before)?, value(now)?);
    let apart = a.high < b.low || b.high < a.low;
    let least = usual_difference(key, history, value).map_or(LEAST, |d| LEAST.max(MOST_USUAL * d));
    (apart && (to - from).abs() >= least).then(|| is_better(key, from, to))
}

/// So many times their median, 95 % of the differences of normally scattered figures reach at most: the quotient of the
/// normal distribution's quantiles 0.975 and 0.75.
const MOST_USUAL: f64 = 2.906;
/// Fewer differences than this say little about what is usual.
const FEWEST_DIFFERENCES: usize = 5;

/// The median of the differences between runs that follow each other, which changes of level do not move. An interval says
/// how surely one run knows its own figure, not how runs differ.
fn usual_difference(
    key: &KeyMetric,
    history: &History<'_>,
    value: impl Fn(&Figure) -> Option<f64>,
) -> Option<f64> {
    let name = key.metric.to_string();
    let figures = history.runs.iter().filter_map(|run| run.figure(&name));
    let values: Vec<f64> = figures.filter_map(value).collect();
    let differences: Vec<f64> = values.windows(2).map(|w| (w[1] - w[0]).abs()).collect();
    let enough = differences.len() >= FEWEST_DIFFERENCES;
    median(&differences).filter(|_| enough)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view_model::fixture::reviewed;

    #[test]
    fn runs_of_other_machines_profiles_and_builds_are_left_out_and_counted() {
        let mut index = reviewed(&[-0.7; 8]);
        index.runs[3].review.as_mut().unwrap().machine = "elsewhere".to_owned();
        index.runs[4].review = None;
        index.runs[5].profile = "full".to_owned();
        let history = History::of(&index, Some("quick")).unwrap();
        assert_eq!(
            (history.runs.len(), history.elsewhere, history.unknown),
            (5, 1, 1)
        );
        assert!(
            history.left_out().contains("1 run on another machine"),
            "{}",
            history.left_out()
        );
        assert_eq!(History::of(&index, Some("full")).unwrap().runs.len(), 1);
        assert!(History::of(&index, Some("long")).is_none());
    }

    #[test]
    fn memory_that_was_read_once_a_run_is_told_by_its_history_alone() {
        let exact = |value: f64| Figure {
            metric: "memory.growth".to_owned(),
            scenario: 0,
            arms: shared::arms::Arms::default(),
            change: Some(value),
            interval: Some(Interval::exact(value)),
        };
        let index = reviewed(&[-0.7]);
        let history = History::of(&index, None).unwrap();
        let told = |metric: &str, before: f64, now: f64| {
            moved(
                key_metric(metric).unwrap(),
                &exact(before),
                &exact(now),
                &history,
            )
        };
        assert_eq!(told("memory.growth", 0.1, 0.5), None);
        assert_eq!(told("database.rows", -0.5, -0.6), Some(true));
        assert_eq!(told("database.rows", -0.5, -0.501), None);
    }

    #[test]
    fn a_difference_that_runs_often_have_is_no_move() {
        let restless = reviewed(&[-0.7, -0.55, -0.7, -0.55, -0.7, -0.55]);
        let steady = reviewed(&[-0.7, -0.7, -0.7, -0.7, -0.7, -0.55]);
        let told = |index: &Index| {
            let history = History::of(index, None).unwrap();
            let [.., before, now] = history.runs.as_slice() else {
                panic!("six runs");
            };
            let figure = |run: &Reviewed<'_>| run.figure("response.p99").cloned().unwrap();
            moved(
                key_metric("response.p99").unwrap(),
                &figure(before),
                &figure(now),
                &history,
            )
        };
        assert_eq!((told(&restless), told(&steady)), (None, Some(false)));
    }

    #[test]
    fn a_week_knows_nothing_of_later_weeks() {
        let index = reviewed(&[-0.7; 4]);
        let run = Reviewed::of(&index.runs[1]).unwrap();
        assert_eq!(History::until(&index, "2025-W48", run).runs.len(), 3);
    }
}
