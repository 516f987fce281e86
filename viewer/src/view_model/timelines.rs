//! What happened over the measured time of each arm: throughput, latency, errors.

use shared::arms::{ArmRole, Arms};
use shared::estimate::is_saturated;
use shared::report::{Mode, Sample, Scenario};
use shared::sort::sort_by;
use shared::units::{THIN, Unit, format_count, format_time, format_value, significant};

use super::chart::Chart;
use super::data::{Across, Data};
use crate::charts::timeline::{Series, Timeline, timeline_chart};

pub(crate) const NS_PER_SECOND: f64 = 1e9;
const NS_PER_MS: f64 = 1e6;
/// An arm that answers at least this share of the offered rate keeps up.
const KEEPS_UP: f64 = 0.98;

/// The unit of a time axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct TimeAxis {
    per_second: f64,
    name: &'static str,
    blocks: usize,
}

impl TimeAxis {
    pub(crate) fn of(scenario: &Scenario) -> Self {
        let end = |samples: &[Sample]| samples.last().map_or(0, |s| s.at_ns + s.length_ns);
        let longest = end(&scenario.series.baseline).max(end(&scenario.series.candidate)) as f64
            / NS_PER_SECOND;
        let (per_second, name) = match longest {
            s if s < 180.0 => (1.0, "seconds"),
            s if s < 10_800.0 => (1.0 / 60.0, "minutes"),
            _ => (1.0 / 3600.0, "hours"),
        };
        let open = |b: &&shared::report::Block| b.mode == Mode::Open && b.arm == ArmRole::Candidate;
        Self {
            per_second,
            name,
            blocks: scenario.blocks.iter().filter(open).count(),
        }
    }

    pub(crate) fn title(&self) -> String {
        format!(
            "measured {} per arm ({} blocks, joined)",
            self.name, self.blocks
        )
    }

    /// Its unit: `seconds`.
    pub(crate) const fn name(&self) -> &'static str {
        self.name
    }

    fn at(&self, sample: &Sample) -> f64 {
        self.of_seconds((sample.at_ns + sample.length_ns) as f64 / NS_PER_SECOND)
    }

    /// A time in the axis' unit.
    pub(crate) fn of_seconds(&self, seconds: f64) -> f64 {
        seconds * self.per_second
    }
}

/// One line: a figure of each sample; samples without it are left out.
pub(crate) fn points(
    samples: &[Sample],
    time: TimeAxis,
    figure: impl Fn(&[Sample]) -> Option<f64>,
) -> Vec<(f64, f64)> {
    samples
        .chunks(1)
        .filter_map(|one| {
            let value = figure(one).filter(|v| v.is_finite())?;
            Some((time.at(one.first()?), value))
        })
        .collect()
}

/// A chart of one figure in both arms.
pub(crate) struct Figure<'a> {
    pub(crate) title: String,
    pub(crate) note: String,
    /// The unit of its values.
    pub(crate) unit: &'static str,
    pub(crate) limits: Vec<(f64, String)>,
    pub(crate) fits: Vec<[(f64, f64); 2]>,
    pub(crate) from: f64,
    pub(crate) label_room: f64,
    pub(crate) third: bool,
    /// What is said of arms without the figure, behind their names.
    pub(crate) absence: &'static str,
    /// Points, and what stands at the line's end.
    pub(crate) lines: Arms<(Vec<(f64, f64)>, String)>,
    pub(crate) time: TimeAxis,
    pub(crate) labels: &'a Arms<String>,
}

impl Figure<'_> {
    pub(crate) fn chart(self) -> Chart {
        let series: Vec<Series> = ArmRole::ALL
            .into_iter()
            .map(|role| {
                let (points, end) = self.lines.get(role);
                let label = format!("{} {end}", self.labels.get(role));
                Series {
                    label: label.trim_end().to_owned(),
                    points: points.clone(),
                    role,
                }
            })
            .collect();
        let missing: Vec<&str> = series
            .iter()
            .filter(|s| s.points.len() < 2)
            .map(|s| self.labels.get(s.role).as_str())
            .collect();
        let ends = series
            .iter()
            .filter(|s| s.points.len() > 1)
            .map(|s| s.label.as_str());
        let limits = self.limits.iter().map(|(_, name)| name.as_str());
        let aria = format!(
            "{}. {}",
            self.title,
            ends.chain(limits).collect::<Vec<_>>().join("; ")
        );
        let timeline = Timeline {
            series,
            limits: self.limits,
            fits: self.fits,
            time_title: self.time.title(),
            from: self.from,
            label_room: self.label_room,
            third: self.third,
            aria,
        };
        let left_out = match missing.as_slice() {
            [] => String::new(),
            names => format!(" {}: {}.", names.join(" and "), self.absence),
        };
        let lines = self.lines.map(|_, (points, _)| points.clone());
        let data = Data::of_lines(
            Across::Time((1.0 / self.time.per_second).round()),
            ("time", self.time.name),
            self.labels,
            self.unit,
            &lines,
        );
        let drawing = timeline_chart(&timeline);
        Chart {
            title: self.title,
            note: format!("{}{left_out}", self.note),
            data: drawing.is_some().then_some(data),
            drawing,
        }
    }
}

/// Whether there is a line to draw in at least one arm.
pub(crate) fn has_course(scenario: &Scenario) -> bool {
    let series = &scenario.series;
    series.baseline.len().max(series.candidate.len()) > 1
}

/// The charts of the section.
pub(crate) fn charts(scenario: &Scenario, labels: &Arms<String>) -> Vec<Chart> {
    let time = TimeAxis::of(scenario);
    if !has_course(scenario) {
        return vec![Chart::missing(
            "No course over time",
            "It takes at least two samples of an arm.",
        )];
    }
    vec![
        throughput(scenario, labels, time),
        response(scenario, labels, time),
        errors(scenario, labels, time),
    ]
}

fn lines(
    scenario: &Scenario,
    time: TimeAxis,
    figure: impl Fn(&[Sample]) -> Option<f64>,
    end: impl Fn(ArmRole, &[Sample]) -> String,
) -> Arms<(Vec<(f64, f64)>, String)> {
    scenario
        .series
        .map(|role, samples| (points(samples, time, &figure), end(role, samples)))
}

fn seconds(samples: &[Sample]) -> f64 {
    samples.iter().map(|s| s.length_ns).sum::<u64>() as f64 / NS_PER_SECOND
}

fn rate(samples: &[Sample]) -> Option<f64> {
    let acknowledged: u64 = samples.iter().map(|s| s.acknowledged).sum();
    Some(acknowledged as f64 / seconds(samples)).filter(|rate| rate.is_finite())
}

fn throughput(scenario: &Scenario, labels: &Arms<String>, time: TimeAxis) -> Chart {
    let offered = scenario.load.offered.operations_per_second;
    let means = scenario.series.map(|_, samples| rate(samples));
    let keeps_up = means.map(|_, mean| mean.is_some_and(|m| m >= offered * KEEPS_UP));
    let at = format_value(offered, Unit::PerSecond);
    let title = match (keeps_up.baseline, keeps_up.candidate) {
        (true, true) => format!("Both arms keep up with {at}"),
        (false, true) => format!("Only {} keeps up with {at}", labels.candidate),
        (true, false) => format!("Only {} keeps up with {at}", labels.baseline),
        (false, false) => format!("Neither arm answers all of {at}"),
    };
    let saturated = scenario
        .blocks
        .iter()
        .filter(|b| b.mode == Mode::Open && is_saturated(b))
        .count();
    let note = match saturated {
        0 => "Saves acknowledged per second; no block saturated.".to_owned(),
        n => format!("Saves acknowledged per second; {n} blocks saturated and give no latency."),
    };
    Figure {
        title,
        note,
        unit: "saves/s",
        limits: vec![(offered, "offered".to_owned())],
        fits: Vec::new(),
        from: 0.0,
        label_room: 112.0,
        third: false,
        absence: "not measured",
        lines: lines(scenario, time, rate, |role, _| {
            means
                .get(role)
                .map_or_else(String::new, |m| format_value(m, Unit::Count))
        }),
        time,
        labels,
    }
    .chart()
}

fn response(scenario: &Scenario, labels: &Arms<String>, time: TimeAxis) -> Chart {
    let p95 = |samples: &[Sample]| {
        let response = &samples.first()?.response;
        response.value_at_quantile(0.95).map(|ns| ns as f64)
    };
    let lines_of_p95 = scenario.series.map(|_, samples| points(samples, time, p95));
    let medians = lines_of_p95.map(|_, line| median(line.iter().map(|(_, v)| *v)));
    let title = match (medians.baseline, medians.candidate) {
        (Some(b), Some(c)) if c < b => {
            let how_long = if below_throughout(&lines_of_p95) {
                "all along"
            } else {
                "most of the time"
            };
            format!(
                "{} is below {} {how_long}",
                labels.candidate, labels.baseline
            )
        }
        _ => "P95 response over time".to_owned(),
    };
    Figure {
        title,
        note: "P95 of response time in each interval, ms. At the end: median of the intervals."
            .to_owned(),
        unit: "ms",
        limits: Vec::new(),
        fits: Vec::new(),
        from: 0.0,
        label_room: 130.0,
        third: false,
        absence: "not measured",
        lines: lines(
            scenario,
            time,
            |s| p95(s).map(|ns| ns / NS_PER_MS),
            |role, _| medians.get(role).map_or_else(String::new, format_time),
        ),
        time,
        labels,
    }
    .chart()
}

/// Whether the candidate's line lies below the baseline's at every point that both have.
fn below_throughout(lines: &Arms<Vec<(f64, f64)>>) -> bool {
    lines
        .baseline
        .iter()
        .zip(&lines.candidate)
        .all(|((_, b), (_, c))| c < b)
}

fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.collect();
    sort_by(&mut values, f64::total_cmp);
    values.get(values.len() / 2).copied()
}

fn errors(scenario: &Scenario, labels: &Arms<String>, time: TimeAxis) -> Chart {
    let total = |role| {
        let open = scenario
            .blocks
            .iter()
            .filter(|b| b.mode == Mode::Open && b.arm == role);
        open.fold((0, 0), |(failed, planned), b| {
            (failed + b.outcomes.failed(), planned + b.planned)
        })
    };
    let totals = Arms {
        baseline: total(ArmRole::Baseline),
        candidate: total(ArmRole::Candidate),
    };
    let (failed, planned) = (
        totals.baseline.0 + totals.candidate.0,
        totals.baseline.1 + totals.candidate.1,
    );
    let title = match (totals.baseline.0, totals.candidate.0) {
        (0, 0) => "No save failed in either arm".to_owned(),
        (b, 0) => format!(
            "{} saves failed, all of {}",
            format_count(b),
            labels.baseline
        ),
        (0, c) => format!(
            "{} saves failed, all of {}",
            format_count(c),
            labels.candidate
        ),
        (b, c) => format!(
            "{} saves of {} failed, {} of {}",
            format_count(b),
            labels.baseline,
            format_count(c),
            labels.candidate
        ),
    };
    let share = |samples: &[Sample]| {
        let (a, f) = samples
            .iter()
            .fold((0, 0), |(a, f), s| (a + s.acknowledged, f + s.failed));
        (a + f > 0).then(|| f as f64 / (a + f) as f64 * 100.0)
    };
    let percent = |(failed, planned): (u64, u64)| match failed {
        0 => format!("0{THIN}%"),
        _ => format!(
            "{}{THIN}%",
            significant(failed as f64 / planned.max(1) as f64 * 100.0, 2, 3)
        ),
    };
    Figure {
        title,
        note: format!(
            "Failed saves, % of all; {} of {} in total.",
            format_count(failed),
            format_count(planned)
        ),
        unit: "%",
        limits: Vec::new(),
        fits: Vec::new(),
        from: 0.0,
        label_room: 112.0,
        third: false,
        absence: "not measured",
        lines: lines(scenario, time, share, |role, _| percent(*totals.get(role))),
        time,
        labels,
    }
    .chart()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view_model::fixture;

    #[test]
    fn each_chart_states_what_it_found() {
        let charts = charts(&fixture::scenario(), &fixture::labels());
        let titles: Vec<&str> = charts.iter().map(|c| c.title.as_str()).collect();
        insta::assert_debug_snapshot!(titles);
        assert!(charts.iter().all(|c| c.drawing.is_some()));
    }

    #[test]
    fn one_sample_is_no_course_and_nothing_is_claimed_of_it() {
        let mut scenario = fixture::scenario();
        for role in ArmRole::ALL {
            scenario.series.get_mut(role).truncate(1);
        }
        let charts = charts(&scenario, &fixture::labels());
        assert_eq!(charts.len(), 1);
        assert_eq!(charts[0].title, "No course over time");
        assert!(charts[0].drawing.is_none());
    }

    #[test]
    fn every_sample_has_its_row() {
        let mut scenario = fixture::scenario();
        for role in ArmRole::ALL {
            let samples = scenario.series.get_mut(role);
            let first = samples[0].clone();
            *samples = (0..1500)
                .map(|i| Sample {
                    at_ns: i * first.length_ns,
                    ..first.clone()
                })
                .collect();
        }
        for chart in charts(&scenario, &fixture::labels()) {
            let data = chart.data.unwrap();
            assert_eq!(data.across.attribute().as_deref(), Some("time 60"));
            let csv = data.csv;
            assert_eq!(csv.lines().count(), 1501, "{}", chart.title);
            let heading = csv.lines().next().unwrap();
            assert!(
                heading.starts_with("time (minutes),Standard ("),
                "{heading}"
            );
        }
    }
}
