//! A key metric from run to run: its levels, and what is said of it.

use shared::criteria::Better;
use shared::metric::Metric;
use shared::report::Figure;
use shared::review::KeyMetric;
use shared::stats::{FEWEST_POINTS, Interval, change_points};
use shared::units::{Unit, format_change, format_factor, format_interval, format_value};

use super::dates;
use super::history::Reviewed;

/// Changes below one percent are of no account, however sure they are: counters move by less when a scenario is reworded.
pub(crate) const LEAST: f64 = 0.01;
/// A metric in one run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Point<'a> {
    pub(crate) run: Reviewed<'a>,
    pub(crate) figure: &'a Figure,
    /// What is followed: the change from baseline to candidate, or the candidate's own figure where there is no change.
    pub(crate) value: f64,
}

impl Point<'_> {
    /// The interval of what is followed, where one was measured.
    pub(crate) fn interval(&self) -> Option<Interval> {
        self.figure.interval?.measured()
    }
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
    pub(crate) fn of(
        key: &'static KeyMetric,
        measured: Vec<(Reviewed<'a>, &'a Figure)>,
    ) -> Option<Self> {
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

    /// The interval of what is followed, in words; `None` where none was measured.
    pub(crate) fn show_interval(&self, point: &Point<'_>) -> Option<String> {
        show_interval(self.key, self.of_change, point.interval()?)
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

pub(crate) fn is_better(key: &KeyMetric, before: f64, after: f64) -> bool {
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

/// An interval of a metric in words; `None` where it was not measured.
pub(crate) fn show_interval(key: &KeyMetric, of_change: bool, i: Interval) -> Option<String> {
    match (of_change, key.better) {
        (false, _) => format_interval(i.low, i.high, key.metric.unit()),
        (true, Better::Higher) => format_interval(1.0 + i.low, 1.0 + i.high, Unit::Factor),
        (true, Better::Lower) => format_interval(i.low, i.high, Unit::Growth),
    }
}

/// On which scale a series scatters evenly: ratios and sizes by their logarithm, shares as they are.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Scale {
    Change,
    Size,
    Share,
}

impl Scale {
    pub(crate) fn of(metric: Metric, of_change: bool) -> Self {
        match metric.unit() {
            _ if of_change => Self::Change,
            Unit::Share => Self::Share,
            _ => Self::Size,
        }
    }

    pub(crate) fn there(self, value: f64) -> f64 {
        match self {
            Self::Change => value.ln_1p(),
            Self::Size => value.ln(),
            Self::Share => value,
        }
    }

    pub(crate) fn back(self, value: f64) -> f64 {
        match self {
            Self::Change => value.exp_m1(),
            Self::Size => value.exp(),
            Self::Share => value,
        }
    }
}

/// What is followed of a figure.
pub(crate) fn followed(figure: &Figure, of_change: bool) -> Option<f64> {
    if of_change {
        figure.change
    } else {
        figure.arms.candidate
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view_model::fixture::reviewed;
    use crate::view_model::history::{History, key_metric};
    use shared::report::Index;

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
    fn gains_of_what_should_grow_are_factors() {
        let throughput = key_metric("throughput.closed").unwrap();
        assert_eq!(show(throughput, true, 5.4), "×6.4");
        let interval = Interval {
            low: 5.0,
            high: 6.0,
        };
        let shown = show_interval(throughput, true, interval);
        assert_eq!(shown.as_deref(), Some("×6.0 … ×7.0"));
    }
}
