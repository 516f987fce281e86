//! The list of runs: grouped by week, searched, and how the key figures moved.

use shared::report::{Index, IndexEntry};
use shared::units::{format_change, format_factor};
use shared::verdict::Verdict;

use super::dates;

/// The most runs of a trend.
const TREND: usize = 8;

/// The runs of one week, newest first.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Week<'a> {
    /// `2025-W47`.
    pub(crate) name: String,
    /// `17 … 23 Nov 2025`.
    pub(crate) range: String,
    pub(crate) runs: Vec<&'a IndexEntry>,
}

/// What the reader looks for; empty fields let everything pass.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    pub(crate) text: String,
    pub(crate) verdict: Option<Verdict>,
    pub(crate) profile: Option<String>,
}

impl Filter {
    fn admits(&self, run: &IndexEntry) -> bool {
        let text = self.text.trim().to_ascii_lowercase();
        let fields = [&run.title, &run.id, &run.revision, &run.headline.sentence];
        fields
            .iter()
            .any(|field| field.to_ascii_lowercase().contains(&text))
            && self
                .verdict
                .is_none_or(|verdict| verdict == run.headline.verdict)
            && self
                .profile
                .as_ref()
                .is_none_or(|profile| *profile == run.profile)
    }
}

/// The weeks with the runs that the filter admits, newest first as the index has them.
pub(crate) fn weeks<'a>(index: &'a Index, filter: &Filter) -> Vec<Week<'a>> {
    let mut weeks: Vec<Week<'_>> = Vec::new();
    for run in index.runs.iter().filter(|run| filter.admits(run)) {
        let name = dates::week(&run.started_at);
        match weeks.iter_mut().find(|week| week.name == name) {
            Some(week) => week.runs.push(run),
            None => weeks.push(Week {
                range: dates::week_range(&name),
                name,
                runs: vec![run],
            }),
        }
    }
    weeks
}

/// All profiles in the list, for choosing one.
pub(crate) fn profiles(index: &Index) -> Vec<String> {
    let mut profiles = Vec::new();
    for run in &index.runs {
        if !profiles.contains(&run.profile) {
            profiles.push(run.profile.clone());
        }
    }
    profiles
}

/// How a key figure moved over the latest runs of one profile.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Trend {
    pub(crate) title: &'static str,
    /// Name of the metric, whose page shows all runs.
    pub(crate) metric: &'static str,
    /// The latest figure.
    pub(crate) now: String,
    /// The one before.
    pub(crate) note: String,
    /// Place of each run: percent of the width, and of the height from the top.
    pub(crate) points: Vec<(f64, f64)>,
    pub(crate) aria: String,
}

/// The trends of the newest run's profile; empty with a single run of it.
pub(crate) fn trends(index: &Index) -> Vec<Trend> {
    let Some(newest) = index.runs.first() else {
        return Vec::new();
    };
    let mut runs: Vec<&IndexEntry> = index
        .runs
        .iter()
        .filter(|r| r.profile == newest.profile)
        .take(TREND)
        .collect();
    runs.reverse();
    FIGURES
        .iter()
        .filter_map(|figure| figure.trend(&runs))
        .collect()
}

/// A key figure of the list.
struct KeyFigure {
    title: &'static str,
    metric: &'static str,
    of: fn(&IndexEntry) -> Option<f64>,
    show: fn(f64) -> String,
}

const FIGURES: [KeyFigure; 4] = [
    KeyFigure {
        title: "Latency P95",
        metric: "response.p95",
        of: |r| r.headline.p95_change,
        show: format_change,
    },
    KeyFigure {
        title: "Latency P99",
        metric: "response.p99",
        of: |r| r.headline.p99_change,
        show: format_change,
    },
    KeyFigure {
        title: "Throughput",
        metric: "throughput.closed",
        of: |r| r.headline.throughput_factor,
        show: format_factor,
    },
    KeyFigure {
        title: "Database rows written",
        metric: "database.rows",
        of: |r| r.headline.rows_change,
        show: format_change,
    },
];

impl KeyFigure {
    fn trend(&self, runs: &[&IndexEntry]) -> Option<Trend> {
        let values: Vec<f64> = runs.iter().filter_map(|run| (self.of)(run)).collect();
        let [.., previous, now] = values.as_slice() else {
            return None;
        };
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let span = (high - low).max(0.05);
        let last = (values.len() - 1) as f64;
        let place = |(i, v): (usize, &f64)| {
            (
                4.0 + 91.0 * i as f64 / last,
                14.0 + 72.0 * (high - v) / span,
            )
        };
        let title = self.title;
        Some(Trend {
            title,
            metric: self.metric,
            now: (self.show)(*now),
            note: format!("previous {}", (self.show)(*previous)),
            aria: format!(
                "{title} of the last {} runs, now {}",
                values.len(),
                (self.show)(*now)
            ),
            points: values.iter().enumerate().map(place).collect(),
        })
    }
}

/// `7 runs in 3 weeks`.
pub(crate) fn count(weeks: &[Week<'_>]) -> String {
    let many = |n: usize, one: &str| {
        if n == 1 {
            format!("1 {one}")
        } else {
            format!("{n} {one}s")
        }
    };
    let runs = weeks.iter().map(|w| w.runs.len()).sum();
    format!("{} in {}", many(runs, "run"), many(weeks.len(), "week"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view_model::fixture;

    #[test]
    fn runs_are_grouped_by_week_newest_first() {
        let index = fixture::index();
        let weeks = weeks(&index, &Filter::default());
        let names: Vec<(&str, usize)> = weeks
            .iter()
            .map(|w| (w.name.as_str(), w.runs.len()))
            .collect();
        assert_eq!(names, [("2025-W47", 2), ("2025-W46", 1)]);
        assert_eq!(count(&weeks), "3 runs in 2 weeks");
    }

    #[test]
    fn a_filter_narrows_the_list() {
        let index = fixture::index();
        let failed = Filter {
            verdict: Some(Verdict::Fail),
            ..Filter::default()
        };
        assert_eq!(
            weeks(&index, &failed)
                .iter()
                .map(|w| w.runs.len())
                .sum::<usize>(),
            1
        );
        let revision = Filter {
            text: " 9F3C1AB".to_owned(),
            ..Filter::default()
        };
        assert_eq!(weeks(&index, &revision).len(), 1);
        let nothing = Filter {
            profile: Some("full".to_owned()),
            ..revision
        };
        assert!(weeks(&index, &nothing).is_empty());
    }

    #[test]
    fn trends_need_two_runs_of_the_same_profile() {
        let mut index = fixture::index();
        let found = trends(&index);
        assert_eq!(found.len(), 4);
        assert_eq!(found[0].note, "previous −59\u{202f}%");
        index.runs.truncate(1);
        assert!(trends(&index).is_empty());
    }
}
