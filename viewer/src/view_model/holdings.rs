//! What an arm held over its measured time: memory, and saves that wait.

use shared::arms::{ArmRole, Arms};
use shared::report::Scenario;
use shared::units::{Unit, format_bytes, format_value};

use super::chart::Chart;
use super::timelines::{Figure, TimeAxis, points};

const MIB: f64 = 1_048_576.0;

/// Resident memory; and of newer reports what is allocated and who waits, where an arm has it.
pub(super) fn charts(scenario: &Scenario, labels: &Arms<String>, time: TimeAxis) -> Vec<Chart> {
    let always = resident(scenario, labels, time);
    let newer = [
        allocated(scenario, labels, time),
        waiting(scenario, labels, time),
    ];
    std::iter::once(always)
        .chain(newer.into_iter().flatten())
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
        limits: Vec::new(),
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
    let title = match (&ends.baseline, &ends.candidate) {
        (None, None) => return None,
        (Some(b), Some(c)) => {
            let (candidate, baseline) = (&labels.candidate, &labels.baseline);
            format!("{candidate} ends with {c} allocated, {baseline} with {b}")
        }
        _ => "Allocated memory".to_owned(),
    };
    let figure = Figure {
        title,
        note: "What the process holds of its allocator, the plan’s states included, MiB."
            .to_owned(),
        limits: Vec::new(),
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
        limits: Vec::new(),
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
    use shared::report::Allocator;

    use super::*;
    use crate::view_model::fixture;

    fn all(scenario: &Scenario) -> Vec<Chart> {
        charts(scenario, &fixture::labels(), TimeAxis::of(scenario))
    }

    #[test]
    fn figures_of_newer_reports_have_their_charts() {
        let mut scenario = fixture::scenario();
        let older = all(&scenario).len();
        for (i, sample) in scenario.series.candidate.iter_mut().enumerate() {
            sample.allocator = Some(Allocator {
                allocated_bytes: (10 << 20) + i as u64,
                active_bytes: 11 << 20,
                resident_bytes: 12 << 20,
                retained_bytes: 0,
            });
            sample.connections_waited_for = Some(3);
        }
        let newer = all(&scenario);
        assert_eq!(newer.len(), older + 2);
        assert_eq!(newer[older].title, "Allocated memory");
        assert!(newer[older].note.ends_with("Standard: not measured."));
        for sample in &mut scenario.series.baseline {
            sample.connections_waited_for = Some(0);
        }
        let titles = all(&scenario);
        assert_eq!(
            titles[older + 1].title,
            "Saves waiting: at most 3 in Optimized, 0 in Standard"
        );
        assert!(titles[older + 1].drawing.is_some());
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
