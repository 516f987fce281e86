//! How the key metrics moved from run to run of one profile, on one machine, over the same states.

use shared::criteria::Better;
use shared::metric::Metric;
use shared::report::{Figure, Index, IndexEntry, Review};
use shared::review::{KEY_METRICS, KeyMetric};
use shared::stats::{FEWEST_POINTS, Interval, change_points, median};
use shared::units::{Unit, format_change, format_factor, format_interval, format_value};

use super::dates;

/// Changes below one percent are of no account, however sure they are: counters move by less when a scenario is reworded.
const LEAST: f64 = 0.01;

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

/// A metric in one run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Point<'a> {
    pub(crate) run: Reviewed<'a>,
    pub(crate) figure: &'a Figure,
    /// What is followed: the change from baseline to candidate, or the candidate's own figure where there is no change.
    pub(crate) value: f64,
}

/// From one level to another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Step {
    /// The first point of the new level.
    pub(crate) at: usize,
    pub(crate) before: f64,
    pub(crate) after: f64,
    /// Whether the new level is the better one.
    pub(crate) better: bool,
}

/// A metric from run to run.
#[derive(Debug)]
pub(crate) struct Series<'a> {
    pub(crate) key: &'static KeyMetric,
    /// Oldest first; at least one.
    pub(crate) points: Vec<Point<'a>>,
    /// The changes of level, oldest first.
    pub(crate) steps: Vec<Step>,
    /// Whether the values are changes from baseline to candidate.
    pub(crate) of_change: bool,
}

impl<'a> Series<'a> {
    fn of(key: &'static KeyMetric, measured: Vec<(Reviewed<'a>, &'a Figure)>) -> Option<Self> {
        let of_change = measured.last()?.1.change.is_some();
        let points: Vec<Point<'_>> = measured
            .into_iter()
            .filter_map(|(run, figure)| {
                let value = followed(figure, of_change).filter(|v| v.is_finite())?;
                Some(Point { run, figure, value })
            })
            .collect();
        let scale = Scale::of(key.metric, of_change);
        let scaled: Vec<f64> = points.iter().map(|p| scale.there(p.value)).collect();
        let steps = change_points(&scaled)
            .into_iter()
            .filter(|c| (c.after - c.before).abs() >= LEAST)
            .map(|c| Step {
                at: c.at,
                before: scale.back(c.before),
                after: scale.back(c.after),
                better: is_better(key, c.before, c.after),
            });
        (!points.is_empty()).then(|| Self {
            key,
            steps: steps.collect(),
            of_change,
            points,
        })
    }

    pub(crate) fn unit(&self) -> Unit {
        self.key.metric.unit()
    }

    /// The newest point.
    pub(crate) fn newest(&self) -> Option<&Point<'a>> {
        self.points.last()
    }

    /// What is followed, in words.
    pub(crate) fn show(&self, value: f64) -> String {
        show(self.key, self.of_change, value)
    }

    /// An interval of what is followed, in words; a dash where there is none.
    pub(crate) fn show_interval(&self, interval: Option<Interval>) -> String {
        interval.map_or_else(
            || "–".to_owned(),
            |i| show_interval(self.key, self.of_change, i),
        )
    }

    /// The day on which a new level began.
    pub(crate) fn day_of(&self, step: &Step) -> String {
        let run = self.points.get(step.at).map(|p| p.run.entry);
        run.map_or_else(String::new, |run| dates::day(&run.started_at))
    }

    /// `−71 % → −58 %`.
    pub(crate) fn levels(&self, step: &Step) -> String {
        format!("{} → {}", self.show(step.before), self.show(step.after))
    }

    /// What the series shows, as the title of its chart.
    pub(crate) fn finding(&self) -> String {
        let title = self.key.title;
        let runs = self.points.len();
        match self.steps.last() {
            Some(step) => {
                let others = match self.steps.len() {
                    1 => String::new(),
                    n => format!("; {n} changes in {runs} runs"),
                };
                format!(
                    "{title} got {} on {}: {}{others}",
                    better_or_worse(step.better),
                    self.day_of(step),
                    self.levels(step)
                )
            }
            None if runs >= 2 * FEWEST_POINTS => {
                format!("{title} kept its level over {runs} runs: {}", self.now())
            }
            None => format!("{title} is at {}; {}", self.now(), Self::too_few(runs)),
        }
    }

    /// What stands below a small chart.
    pub(crate) fn note(&self) -> String {
        let runs = self.points.len();
        match self.steps.last() {
            Some(step) => format!(
                "{} {} since {}, was {}",
                mark(step.better),
                better_or_worse(step.better),
                self.day_of(step),
                self.show(step.before)
            ),
            None if runs >= 2 * FEWEST_POINTS => format!("same level over {runs} runs"),
            None => Self::too_few(runs),
        }
    }

    fn too_few(runs: usize) -> String {
        let are = if runs == 1 { "run is" } else { "runs are" };
        format!(
            "{runs} {are} too few to tell a change of level, {} tell",
            2 * FEWEST_POINTS
        )
    }

    /// The newest value in words.
    pub(crate) fn now(&self) -> String {
        let now = self.newest().map(|p| self.show(p.value));
        now.unwrap_or_default()
    }
}

/// How many of the series changed their level, as a title.
pub(crate) fn levels_finding(series: &[Series<'_>]) -> String {
    let moved = series.iter().filter(|s| !s.steps.is_empty()).count();
    let runs = series.iter().map(|s| s.points.len()).max().unwrap_or(0);
    match (series.len(), moved) {
        (0, _) => "Trends".to_owned(),
        _ if runs < 2 * FEWEST_POINTS => {
            let too_few = Series::too_few(runs);
            format!("Trends: {too_few}")
        }
        (all, 0) => format!("No change of level in {all} key metrics"),
        (all, 1) => format!("1 of {all} key metrics changed its level"),
        (all, n) => format!("{n} of {all} key metrics changed their level"),
    }
}

/// An arrow up for the better, down for the worse.
pub(crate) const fn mark(better: bool) -> &'static str {
    if better { "▲" } else { "▼" }
}

pub(crate) const fn better_or_worse(better: bool) -> &'static str {
    if better { "better" } else { "worse" }
}

fn is_better(key: &KeyMetric, before: f64, after: f64) -> bool {
    match key.better {
        Better::Lower => after < before,
        Better::Higher => after > before,
    }
}

/// A value of a metric in words: gains of what should grow are factors, other changes percents.
pub(crate) fn show(key: &KeyMetric, of_change: bool, value: f64) -> String {
    match (of_change, key.better) {
        (false, _) => format_value(value, key.metric.unit()),
        (true, Better::Higher) => format_factor(1.0 + value),
        (true, Better::Lower) => format_change(value),
    }
}

/// An interval of a metric in words.
pub(crate) fn show_interval(key: &KeyMetric, of_change: bool, i: Interval) -> String {
    match (of_change, key.better) {
        (false, _) => format_interval(i.low, i.high, key.metric.unit()),
        (true, Better::Higher) => format_interval(1.0 + i.low, 1.0 + i.high, Unit::Factor),
        (true, Better::Lower) => format_interval(i.low, i.high, Unit::Growth),
    }
}

/// On which scale a series scatters evenly: ratios and sizes by their logarithm, shares as they are.
#[derive(Debug, Clone, Copy)]
enum Scale {
    Change,
    Size,
    Share,
}

impl Scale {
    fn of(metric: Metric, of_change: bool) -> Self {
        match metric.unit() {
            _ if of_change => Self::Change,
            Unit::Share => Self::Share,
            _ => Self::Size,
        }
    }

    fn there(self, value: f64) -> f64 {
        match self {
            Self::Change => value.ln_1p(),
            Self::Size => value.ln(),
            Self::Share => value,
        }
    }

    fn back(self, value: f64) -> f64 {
        match self {
            Self::Change => value.exp_m1(),
            Self::Size => value.exp(),
            Self::Share => value,
        }
    }
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

fn followed(figure: &Figure, of_change: bool) -> Option<f64> {
    if of_change {
        figure.change
    } else {
        figure.arms.candidate
    }
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

    fn p99(index: &Index) -> String {
        let history = History::of(index, None).unwrap();
        let series = history.series(key_metric("response.p99").unwrap()).unwrap();
        series.finding().replace('\u{202f}', "_")
    }

    #[test]
    fn a_loss_of_gain_is_found_where_it_began() {
        let index = reviewed(&[-0.7, -0.71, -0.7, -0.69, -0.5, -0.51, -0.49]);
        assert_eq!(
            p99(&index),
            "Latency P99 got worse on 11 Dec 2025: −70_% → −50_%"
        );
        let history = History::of(&index, None).unwrap();
        let all = history.all();
        let names: Vec<&str> = all.iter().map(|s| s.key.title).collect();
        assert_eq!(names, ["Latency P99", "Highest rate", "Cache hit ratio"]);
        assert_eq!(all[1].note(), "same level over 7 runs");
        assert_eq!(all[0].note().chars().next(), Some('▼'));
    }

    #[test]
    fn few_runs_say_that_they_are_few() {
        assert_eq!(
            p99(&reviewed(&[-0.7])),
            "Latency P99 is at −70_%; 1 run is too few to tell a change of level, 6 tell"
        );
        assert_eq!(
            p99(&reviewed(&[-0.7; 6])),
            "Latency P99 kept its level over 6 runs: −70_%"
        );
    }

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

    #[test]
    fn gains_of_what_should_grow_are_factors() {
        let throughput = key_metric("throughput.closed").unwrap();
        assert_eq!(show(throughput, true, 5.4), "×6.4");
        let interval = Interval {
            low: 5.0,
            high: 6.0,
        };
        assert_eq!(show_interval(throughput, true, interval), "×6.0 … ×7.0");
    }
}
