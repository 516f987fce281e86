//! What an arm took over its measured time: memory, processor, connections, and the database's work.

use shared::arms::{ArmRole, Arms};
use shared::estimate::{LeakFit, leak_fit};
use shared::metric::{Metric, Plain};
use shared::report::{Block, Mode, Sample, Scenario};
use shared::summary::leak_finding;
use shared::units::{Unit, format_bytes, format_value, significant};

use super::chart::Chart;
use super::timelines::{Figure, NS_PER_SECOND, TimeAxis, has_course, points};

const KIB: f64 = 1_024.0;
const MIB: f64 = 1_048_576.0;

/// The charts of the section. Empty without a course over time; figures that no arm has are left out.
pub(crate) fn charts(scenario: &Scenario, labels: &Arms<String>) -> Vec<Chart> {
    if !has_course(scenario) {
        return Vec::new();
    }
    let time = TimeAxis::of(scenario);
    let always = resident(scenario, labels, time);
    let others = [
        allocated(scenario, labels, time),
        processor(scenario, labels, time),
        connections(scenario, labels, time),
        waiting(scenario, labels, time),
        rows(scenario, labels, time),
        log(scenario, labels, time),
    ];
    std::iter::once(always)
        .chain(others.into_iter().flatten())
        .collect()
}

fn resident(scenario: &Scenario, labels: &Arms<String>, time: TimeAxis) -> Chart {
    let growth = scenario.series.map(|role, samples| {
        let idle = scenario
            .idle_resident_bytes
            .get(role)
            .map(|bytes| bytes as f64);
        points(samples, time, |group| {
            Some((group.last()?.resident_bytes? as f64 - idle?) / MIB)
        })
    });
    let peak = growth.map(|_, line| line.iter().map(|(_, v)| *v).reduce(f64::max));
    let shown = |mib: f64| format_bytes(mib * MIB);
    let title = match (peak.baseline, peak.candidate) {
        (Some(b), Some(c)) => {
            format!(
                "{} grows by at most {}, {} by {}",
                labels.candidate,
                shown(c),
                labels.baseline,
                shown(b)
            )
        }
        _ => "Memory growth".to_owned(),
    };
    let lowest = ArmRole::ALL
        .iter()
        .flat_map(|r| growth.get(*r))
        .map(|(_, v)| *v)
        .fold(0.0, f64::min);
    Figure {
        title,
        note: "Resident memory of the arm’s process over its idle level after warm-up, MiB."
            .to_owned(),
        unit: "MiB",
        limits: Vec::new(),
        fits: Vec::new(),
        from: lowest.floor(),
        label_room: 130.0,
        third: false,
        absence: "not measured",
        lines: growth.map(|_, line| {
            (
                line.clone(),
                line.last().map_or_else(String::new, |(_, v)| shown(*v)),
            )
        }),
        time,
        labels,
    }
    .chart()
}

/// What is live: resident memory keeps what was freed long ago.
fn allocated(scenario: &Scenario, labels: &Arms<String>, time: TimeAxis) -> Option<Chart> {
    let lines = scenario.series.map(|_, samples| {
        points(samples, time, |group| {
            Some(group.last()?.allocator?.allocated_bytes as f64 / MIB)
        })
    });
    let ends = lines.map(|_, line| line.last().map(|(_, v)| format_bytes(v * MIB)));
    let mut title = match (&ends.baseline, &ends.candidate) {
        (None, None) => return None,
        (Some(b), Some(c)) => {
            let (candidate, baseline) = (&labels.candidate, &labels.baseline);
            format!("{candidate} ends with {c} allocated, {baseline} with {b}")
        }
        _ => "Allocated memory".to_owned(),
    };
    let mut note =
        "What the process holds of its allocator, the plan’s states included, MiB.".to_owned();
    let fits = scenario.series.map(|role, _| leak_fit(scenario, role).ok());
    if let Some(fit) = fits.candidate.as_ref().filter(|f| speaks(scenario, f)) {
        title = format!("{}: {}", labels.candidate, leak_finding(fit));
    }
    if let Some(fit) = fits.baseline.as_ref().filter(|f| speaks(scenario, f)) {
        note += &format!(" {}: {}", labels.baseline, leak_finding(fit));
    }
    let fits: Vec<[(f64, f64); 2]> = ArmRole::ALL
        .into_iter()
        .filter_map(|role| fits.get(role).as_ref())
        .map(|fit| {
            [fit.warm_up_seconds, fit.end_seconds]
                .map(|s| (time.of_seconds(s), fit.bytes_at(s) / MIB))
        })
        .collect();
    if !fits.is_empty() {
        note += " Dotted: the fitted line (Theil and Sen), warm-up left out.";
    }
    let figure = Figure {
        title: title.trim_end_matches('.').to_owned(),
        note,
        unit: "MiB",
        limits: Vec::new(),
        fits,
        from: 0.0,
        label_room: 130.0,
        third: false,
        absence: "not measured",
        lines: lines.map(|role, line| (line.clone(), ends.get(role).clone().unwrap_or_default())),
        time,
        labels,
    };
    Some(figure.chart())
}

/// A fit that leaves all open is worth a word only where a leak is looked for.
fn speaks(scenario: &Scenario, fit: &LeakFit) -> bool {
    let leak = Metric::Plain(Plain::MemoryLeak);
    fit.slope_interval.is_some() || scenario.criteria.iter().any(|c| c.metric == leak)
}

/// A line, and the figure that sums it up.
type Summed = (Vec<(f64, f64)>, Option<f64>);

/// A line for each arm.
struct Course {
    what: &'static str,
    note: &'static str,
    unit: &'static str,
    lines: Arms<Summed>,
    shown: fn(f64) -> String,
}

impl Course {
    /// Nothing where no arm has the figure.
    fn chart(self, labels: &Arms<String>, time: TimeAxis) -> Option<Chart> {
        let shown = self.lines.map(|_, (_, value)| value.map(self.shown));
        let of = |role| {
            let shown = shown.get(role).as_ref()?;
            Some(format!("{shown} in {}", labels.get(role)))
        };
        let parts: Vec<String> = [ArmRole::Candidate, ArmRole::Baseline]
            .into_iter()
            .filter_map(of)
            .collect();
        if parts.is_empty() {
            return None;
        }
        let figure = Figure {
            title: format!("{}: {}", self.what, parts.join(", ")),
            note: self.note.to_owned(),
            unit: self.unit,
            limits: Vec::new(),
            fits: Vec::new(),
            from: 0.0,
            label_room: 130.0,
            third: false,
            absence: "not measured",
            lines: self
                .lines
                .map(|role, (line, _)| (line.clone(), shown.get(role).clone().unwrap_or_default())),
            time,
            labels,
        };
        Some(figure.chart())
    }
}

fn processor(scenario: &Scenario, labels: &Arms<String>, time: TimeAxis) -> Option<Chart> {
    let share = |samples: &[Sample]| {
        let used: Option<u64> = samples.iter().map(|s| s.cpu_ns).sum();
        let length: u64 = samples.iter().map(|s| s.length_ns).sum();
        Some(used? as f64 / length as f64 * 100.0).filter(|percent| percent.is_finite())
    };
    let lines = scenario.series.map(|_, samples| {
        let all = (!samples.is_empty()).then(|| share(samples)).flatten();
        (points(samples, time, share), all)
    });
    let course = Course {
        what: "Processor in use",
        note: "Processor seconds per second of the arm’s process, % of one processor. Beside the lines: over all its time.",
        unit: "%",
        lines,
        shown: |percent| format_value(percent / 100.0, Unit::Share),
    };
    course.chart(labels, time)
}

fn connections(scenario: &Scenario, labels: &Arms<String>, time: TimeAxis) -> Option<Chart> {
    let lines = scenario.series.map(|_, samples| {
        let line = points(samples, time, |group| {
            let used = group.iter().filter_map(|s| s.connections_in_use);
            used.max().map(f64::from)
        });
        let most = line.iter().map(|(_, v)| *v).reduce(f64::max);
        (line, most)
    });
    let course = Course {
        what: "Most connections in use",
        note: "Connections to the database in use at the end of each interval. Beside the lines: the most.",
        unit: "connections",
        lines,
        shown: |count| format_value(count, Unit::Count),
    };
    course.chart(labels, time)
}

/// A count of each open block over the arm's measured time, per second.
fn per_second(
    scenario: &Scenario,
    time: TimeAxis,
    count: impl Fn(&Block) -> Option<f64>,
) -> Arms<Summed> {
    scenario.series.map(|role, _| {
        let open = |b: &&Block| b.mode == Mode::Open && b.arm == role;
        let blocks: Vec<&Block> = scenario.blocks.iter().filter(open).collect();
        let rate = |blocks: &[&Block]| {
            let seconds: f64 = blocks.iter().map(|b| seconds(b)).sum();
            let counted: Option<f64> = blocks.iter().map(|b| count(b)).sum();
            Some(counted? / seconds).filter(|rate| rate.is_finite())
        };
        let mut end = 0.0;
        let line = blocks
            .chunks(1)
            .filter_map(|one| {
                end += seconds(one.first()?);
                Some((time.of_seconds(end), rate(one)?))
            })
            .collect();
        (line, rate(&blocks))
    })
}

fn seconds(block: &Block) -> f64 {
    block.duration_ns as f64 / NS_PER_SECOND
}

fn rows(scenario: &Scenario, labels: &Arms<String>, time: TimeAxis) -> Option<Chart> {
    let count = |b: &Block| Some(b.database.rows_written as f64 + b.database.rows_deleted as f64);
    let course = Course {
        what: "Rows changed per second",
        note: "Rows that the database inserts, updates or deletes, per second of each block. Beside the lines: over all blocks.",
        unit: "rows/s",
        lines: per_second(scenario, time, count),
        shown: |rows| significant(rows, 3, 1),
    };
    course.chart(labels, time)
}

fn log(scenario: &Scenario, labels: &Arms<String>, time: TimeAxis) -> Option<Chart> {
    let count = |b: &Block| Some(b.resources?.database?.wal_bytes? as f64 / KIB);
    let course = Course {
        what: "Log written per second",
        note: "Write-ahead log of the database, KiB per second of each block. Beside the lines: over all blocks.",
        unit: "KiB/s",
        lines: per_second(scenario, time, count),
        shown: |kib| format_bytes(kib * KIB),
    };
    course.chart(labels, time)
}

/// Who wants the database and does not have it.
fn waiting(scenario: &Scenario, labels: &Arms<String>, time: TimeAxis) -> Option<Chart> {
    let lines = scenario.series.map(|_, samples| {
        points(samples, time, |group| {
            let waiting = group.iter().filter_map(|s| s.connections_waited_for);
            waiting.max().map(f64::from)
        })
    });
    let most = lines.map(|_, line| line.iter().map(|(_, v)| *v).reduce(f64::max));
    let shown = |saves: f64| format_value(saves, Unit::Count);
    let title = match (most.baseline, most.candidate) {
        (None, None) => return None,
        (Some(b), Some(c)) if b.max(c) > 0.0 => format!(
            "Saves waiting: at most {} in {}, {} in {}",
            shown(c),
            labels.candidate,
            shown(b),
            labels.baseline
        ),
        _ => "No save was seen waiting".to_owned(),
    };
    let figure = Figure {
        title,
        note: "For a connection or for their commit, at the end of each interval. \
               Beside the lines: the most."
            .to_owned(),
        unit: "saves",
        limits: Vec::new(),
        fits: Vec::new(),
        from: 0.0,
        label_room: 112.0,
        third: false,
        absence: "not measured",
        lines: lines.map(|role, line| {
            let end = most.get(role).map(shown);
            (line.clone(), end.unwrap_or_default())
        }),
        time,
        labels,
    };
    Some(figure.chart())
}

#[cfg(test)]
mod tests {
    use shared::report::{Allocator, DatabaseCounters, Resources};

    use super::*;
    use crate::view_model::fixture;

    fn titles(scenario: &Scenario) -> Vec<String> {
        let charts = charts(scenario, &fixture::labels());
        assert!(charts.iter().all(|c| c.drawing.is_some()));
        charts.into_iter().map(|c| c.title).collect()
    }

    #[test]
    fn each_chart_says_what_both_arms_took() {
        let titles = titles(&fixture::scenario());
        assert_eq!(
            titles.join("; ").replace('\u{202f}', " "),
            "Optimized grows by at most 2.28 MiB, Standard by 1.90 MiB; \
             Processor in use: 4.00 % in Optimized, 4.00 % in Standard; \
             Most connections in use: 1 in Optimized, 1 in Standard; \
             Rows changed per second: 168 in Optimized, 338 in Standard"
        );
    }

    #[test]
    fn one_sample_is_no_course() {
        let mut scenario = fixture::scenario();
        for role in ArmRole::ALL {
            scenario.series.get_mut(role).truncate(1);
        }
        assert!(charts(&scenario, &fixture::labels()).is_empty());
    }

    fn set_allocated(samples: &mut [Sample], of: impl Fn(u64) -> u64) {
        for (i, sample) in samples.iter_mut().enumerate() {
            let allocated_bytes = of(i as u64);
            sample.allocator = Some(Allocator {
                allocated_bytes,
                active_bytes: allocated_bytes,
                resident_bytes: allocated_bytes,
                retained_bytes: 0,
            });
        }
    }

    #[test]
    fn figures_of_newer_reports_have_their_charts() {
        let mut scenario = fixture::scenario();
        let older = titles(&scenario).len();
        set_allocated(&mut scenario.series.candidate, |_| 10 << 20);
        for block in &mut scenario.blocks {
            block.resources = Some(Resources {
                database: Some(DatabaseCounters {
                    wal_bytes: Some(block.duration_ns * 2_048 / 1_000_000_000),
                    ..DatabaseCounters::default()
                }),
                ..Resources::default()
            });
        }
        for role in ArmRole::ALL {
            for sample in scenario.series.get_mut(role) {
                sample.connections_waited_for = Some(3 * u32::from(role == ArmRole::Candidate));
            }
        }
        let newer = titles(&scenario);
        assert_eq!(newer.len(), older + 3);
        for begin in [
            "Saves waiting: at most 3 in Optimized, 0 in Standard",
            "Log written per second: 2",
        ] {
            assert!(newer.iter().any(|t| t.starts_with(begin)), "{newer:?}");
        }
    }

    #[test]
    fn a_leak_is_the_finding_and_its_line_is_drawn() {
        let mut scenario = fixture::scenario();
        let first = scenario.series.candidate[0].clone();
        let longer = (0..160).map(|i| Sample {
            at_ns: i * first.length_ns,
            pair: (i / 4) as u32,
            acknowledged: 1_000_000,
            ..first.clone()
        });
        scenario.series.candidate = longer.collect();
        set_allocated(&mut scenario.series.candidate, |i| (10 << 20) + i * 200_000);
        let charts = charts(&scenario, &fixture::labels());
        let allocated = &charts[1];
        let finding = "Optimized: What is allocated grows by ";
        assert!(allocated.title.starts_with(finding), "{}", allocated.title);
        assert!(allocated.note.contains("Dotted"), "{}", allocated.note);
        assert!(allocated.note.ends_with("Standard: not measured."));
        assert!(allocated.drawing.as_ref().unwrap().wide.contains("slo"));
    }

    #[test]
    fn a_figure_that_one_arm_lacks_is_said() {
        let mut scenario = fixture::scenario();
        scenario.idle_resident_bytes.baseline = None;
        let memory = resident(&scenario, &fixture::labels(), TimeAxis::of(&scenario));
        assert!(
            memory.note.ends_with("Standard: not measured."),
            "{}",
            memory.note
        );
        assert!(memory.drawing.is_some());
    }
}
