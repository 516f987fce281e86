//! The charts of a metric from run to run.

use shared::arms::ArmRole;
use shared::criteria::Better;
use shared::units::{Unit, format_value};

use super::data::{Across, Cell, Data};
use super::dates;
use super::series::{Point, Series, better_or_worse, mark};
use crate::charts::trend::{TrendChart, TrendLine, TrendMark, TrendPoint};
use crate::charts::{change_tick, tick_label};

/// Days along the axis, at most.
const DAYS: usize = 6;

/// What is followed, with its intervals and changes of level.
pub(crate) fn followed(series: &Series<'_>) -> TrendChart {
    let mut chart = chart(series, candidate(series));
    chart.tick = match (series.of_change, series.unit()) {
        (true, _) => change_tick,
        (false, unit) => tick_of(unit),
    };
    chart
}

/// The same for a table of many: an arrow at each change of level.
pub(crate) fn small(series: &Series<'_>) -> TrendChart {
    let mut chart = chart(series, candidate(series));
    for (sign, step) in chart.marks.iter_mut().zip(&series.steps) {
        sign.sign = mark(step.better).to_owned();
        sign.text = String::new();
    }
    chart
}

/// Both arms' own figures; `None` where the baseline has none, or the candidate's are what is followed.
pub(crate) fn arms(series: &Series<'_>) -> Option<TrendChart> {
    let line = |role: ArmRole| TrendLine {
        role,
        points: points(series, |p| *p.figure.arms.get(role), |_| None),
    };
    let lines = ArmRole::ALL.map(line);
    if !series.of_change || lines.iter().any(|line| line.points.is_empty()) {
        return None;
    }
    let mut chart = chart(series, lines.into());
    chart.tick = tick_of(series.unit());
    chart.from_zero = true;
    Some(chart)
}

/// The newest figures of both arms, as the title of their chart.
pub(crate) fn arms_finding(series: &Series<'_>) -> String {
    let newest = series.newest().map(|p| p.figure.arms);
    let show = |role: ArmRole| {
        let value = newest.and_then(|arms| *arms.get(role));
        value.map_or_else(|| "–".to_owned(), |v| format_value(v, series.unit()))
    };
    format!(
        "{}, newest run: {} by the baseline, {} by the candidate",
        series.key.title,
        show(ArmRole::Baseline),
        show(ArmRole::Candidate)
    )
}

/// The figures behind [`followed`].
pub(crate) fn followed_data(series: &Series<'_>) -> Data {
    let is_factor = series.of_change && series.key.better == Better::Higher;
    let (name, (factor, unit)) = match (series.of_change, is_factor) {
        (_, true) => ("Candidate / baseline", (1.0, "")),
        (true, _) => ("Change", (100.0, "%")),
        (false, _) => ("Candidate", in_unit(series.unit())),
    };
    let shift = if is_factor { 1.0 } else { 0.0 };
    let cell = |value: Option<f64>| Cell::Number(value.map_or(f64::NAN, |v| (v + shift) * factor));
    data(
        series,
        &[(name, unit), ("From", unit), ("To", unit)],
        |point| {
            let interval = point.interval();
            [
                cell(Some(point.value)),
                cell(interval.map(|i| i.low)),
                cell(interval.map(|i| i.high)),
            ]
        },
    )
}

/// The figures behind [`arms`].
pub(crate) fn arms_data(series: &Series<'_>) -> Data {
    let (factor, unit) = in_unit(series.unit());
    data(
        series,
        &[("Baseline", unit), ("Candidate", unit)],
        |point| {
            ArmRole::ALL.map(|role| {
                let value = point.figure.arms.get(role);
                Cell::Number(value.map_or(f64::NAN, |v| v * factor))
            })
        },
    )
}

/// A row for each run: its number, when it began, and its cells.
fn data<const N: usize>(
    series: &Series<'_>,
    columns: &[(&str, &str); N],
    cells: impl Fn(&Point<'_>) -> [Cell<'static>; N],
) -> Data {
    let of = format!("of {}", series.points.len());
    let mut heading = vec![("Run", of.as_str()), ("Started", "")];
    heading.extend(columns);
    let mut data = Data::new(Across::Value, &heading);
    for (point, number) in series.points.iter().zip(1_u32..) {
        let started = dates::date_time(&point.run.entry.started_at);
        let mut row = vec![Cell::Number(f64::from(number)), Cell::Text(&started)];
        row.extend(cells(point));
        data.row(&row);
    }
    data
}

/// What a unit's figures are multiplied by in a table, and the unit there.
const fn in_unit(unit: Unit) -> (f64, &'static str) {
    match unit {
        Unit::Nanoseconds => (1e-6, "ms"),
        Unit::Bytes => (1.0, "bytes"),
        Unit::Share | Unit::Growth => (100.0, "%"),
        Unit::PerSecond => (1.0, "op/s"),
        Unit::PerSave => (1.0, "per save"),
        Unit::Factor | Unit::Count => (1.0, ""),
    }
}

fn candidate(series: &Series<'_>) -> Vec<TrendLine> {
    let interval = |p: &Point<'_>| p.interval().map(|i| (i.low, i.high));
    vec![TrendLine {
        role: ArmRole::Candidate,
        points: points(series, |p| Some(p.value), interval),
    }]
}

fn points(
    series: &Series<'_>,
    value: impl Fn(&Point<'_>) -> Option<f64>,
    whisker: impl Fn(&Point<'_>) -> Option<(f64, f64)>,
) -> Vec<TrendPoint> {
    let points = series.points.iter().enumerate();
    points
        .filter_map(|(at, point)| {
            Some(TrendPoint {
                at,
                value: value(point).filter(|v| v.is_finite())?,
                whisker: whisker(point),
                hint: format!(
                    "{}: {}{}",
                    dates::date_time(&point.run.entry.started_at),
                    series.show(point.value),
                    (series.show_interval(point))
                        .map_or_else(String::new, |ends| format!(" ({ends})"))
                ),
            })
        })
        .collect()
}

fn chart(series: &Series<'_>, lines: Vec<TrendLine>) -> TrendChart {
    let runs = series.points.len();
    let day = |at: usize| Some((at, dates::day(&series.points.get(at)?.run.entry.started_at)));
    let every = runs.div_ceil(DAYS).max(1);
    let marks = series
        .steps
        .iter()
        .zip(1_u32..)
        .map(|(step, number)| TrendMark {
            at: step.at,
            sign: number.to_string(),
            text: format!(
                " {} {}: {}",
                mark(step.better),
                series.day_of(step),
                series.levels(step)
            ),
        });
    let steps = series.steps.iter().map(|step| {
        format!(
            ", {} from {} on",
            better_or_worse(step.better),
            series.day_of(step)
        )
    });
    TrendChart {
        marks: marks.collect(),
        days: (0..runs).step_by(every).filter_map(day).collect(),
        runs,
        tick: tick_label,
        from_zero: false,
        aria: format!(
            "{} over {runs} runs, now {}{}",
            series.key.title,
            series.now(),
            steps.collect::<String>()
        ),
        lines,
    }
}

fn tick_of(unit: Unit) -> fn(f64) -> String {
    match unit {
        Unit::Nanoseconds => |v| format_value(v, Unit::Nanoseconds),
        Unit::Bytes => |v| format_value(v, Unit::Bytes),
        Unit::Share => |v| format_value(v, Unit::Share),
        _ => tick_label,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view_model::fixture::reviewed;
    use crate::view_model::history::{History, key_metric};

    #[test]
    fn both_arms_are_drawn_where_there_is_a_change() {
        let index = reviewed(&[-0.7, -0.71, -0.7, -0.69, -0.5, -0.51, -0.49]);
        let history = History::of(&index, None).unwrap();
        let series = |name| history.series(key_metric(name).unwrap()).unwrap();
        let p99 = series("response.p99");
        let both = arms(&p99).unwrap();
        assert_eq!(both.lines.len(), 2);
        assert_eq!(
            both.marks[0].text.replace('\u{202f}', "_"),
            " ▼ 11 Dec 2025: −70_% → −50_%"
        );
        assert_eq!(followed(&p99).lines[0].points.len(), 7);
        assert_eq!(small(&p99).marks[0].sign, "▼");
        assert!(arms(&series("cache.hit_ratio")).is_none());
        assert_eq!(
            arms_finding(&p99).replace('\u{202f}', "_"),
            "Latency P99, newest run: 10.0_ms by the baseline, 5.10_ms by the candidate"
        );
    }

    #[test]
    fn tables_hold_a_row_for_each_run() {
        let index = reviewed(&[-0.7, -0.5]);
        let history = History::of(&index, None).unwrap();
        let series = history.series(key_metric("response.p99").unwrap()).unwrap();
        assert_eq!(
            followed_data(&series).csv,
            "Run (of 2),Started,Change (%),From (%),To (%)\n\
             1,\"Thu 13 Nov 2025, 09:42 UTC\",-70,-74,-66\n\
             2,\"Thu 20 Nov 2025, 09:42 UTC\",-50,-54,-46"
        );
        assert_eq!(
            arms_data(&series).csv,
            "Run (of 2),Started,Baseline (ms),Candidate (ms)\n\
             1,\"Thu 13 Nov 2025, 09:42 UTC\",10,3\n\
             2,\"Thu 20 Nov 2025, 09:42 UTC\",10,5"
        );
    }
}
