//! The weekly review: what got better and worse since the last week that has runs, and what to do about it.

use shared::report::{Advice, Figure, Index, IndexEntry, Review};
use shared::review::{KEY_METRICS, KeyMetric};
use shared::summary::{Fact, profile_name};
use shared::units::{Unit, format_change, format_factor, format_value};
use shared::verdict::Verdict;

use super::dates;
use super::history::{History, Reviewed, key_metric, moved};
use super::series::{better_or_worse, show, show_interval};

/// Changes that the sentence names; the table has the rest.
const MOST_NAMED: usize = 3;

/// One week.
#[derive(Debug)]
pub(crate) struct WeekReview<'a> {
    /// The nearest weeks before and after it that have runs.
    pub(crate) previous: Option<String>,
    pub(crate) next: Option<String>,
    /// All its runs, newest first.
    pub(crate) runs: Vec<&'a IndexEntry>,
    /// The run that stands for the week, and what it is held against; absent where no run has figures in the list.
    pub(crate) run: Option<Held<'a>>,
}

/// A run, and the one of an earlier week that it is held against.
#[derive(Debug)]
pub(crate) struct Held<'a> {
    pub(crate) run: Reviewed<'a>,
    pub(crate) reference: Option<Reviewed<'a>>,
    /// The runs that both belong to, up to the end of the week.
    pub(crate) history: History<'a>,
    /// Every key metric that the run measured: worse first, then better, then the rest.
    pub(crate) moves: Vec<Move<'a>>,
}

/// A key metric now and before.
#[derive(Debug)]
pub(crate) struct Move<'a> {
    pub(crate) key: &'static KeyMetric,
    pub(crate) now: &'a Figure,
    /// Absent where the run before did not measure it.
    pub(crate) before: Option<&'a Figure>,
    /// Whether it got better; absent where the two cannot be told apart.
    pub(crate) better: Option<bool>,
}

/// A target that came to another verdict.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TargetMove<'a> {
    pub(crate) title: &'a str,
    pub(crate) scenario: &'a str,
    /// The verdict now; absent where it is missed no more.
    pub(crate) now: Option<Verdict>,
    /// The verdict before; absent where it was not missed.
    pub(crate) before: Option<Verdict>,
}

impl<'a> WeekReview<'a> {
    pub(crate) fn of(index: &'a Index, week: &str) -> Self {
        let weeks = || index.runs.iter().map(|run| dates::week(&run.started_at));
        let runs: Vec<&IndexEntry> = index
            .runs
            .iter()
            .filter(|run| dates::week(&run.started_at) == week)
            .collect();
        let is_dated = |name: &String| !dates::week_range(name).is_empty();
        let of_year = |name: &String| is_dated(name) && name.as_str() != week;
        Self {
            previous: weeks().filter(of_year).filter(|w| w.as_str() < week).max(),
            next: weeks().filter(of_year).filter(|w| w.as_str() > week).min(),
            run: representative(&runs).map(|run| Held::of(index, week, run)),
            runs,
        }
    }
}

/// The run that stands for a week: a complete one before others, the strategy's full length before shorter ones, the newest
/// of those.
fn representative<'a>(runs: &[&'a IndexEntry]) -> Option<Reviewed<'a>> {
    let rank = |run: &Reviewed<'_>| {
        let length = match run.entry.profile.as_str() {
            "full" => 2,
            "quick" => 1,
            _ => 0,
        };
        (run.entry.status.is_complete(), length)
    };
    let reviewed = runs.iter().filter_map(|run| Reviewed::of(run));
    reviewed.reduce(|best, run| if rank(&run) > rank(&best) { run } else { best })
}

/// The newest run of an earlier week that may be held against this one.
fn reference<'a>(index: &'a Index, week: &str, run: &Reviewed<'_>) -> Option<Reviewed<'a>> {
    let earlier = |entry: &&IndexEntry| dates::week(&entry.started_at).as_str() < week;
    let mut before = index.runs.iter().filter(earlier).filter_map(Reviewed::of);
    before.find(|before| before.is_like(run) && before.entry.status.is_complete())
}

impl<'a> Held<'a> {
    fn of(index: &'a Index, week: &str, run: Reviewed<'a>) -> Self {
        let reference = reference(index, week, &run);
        let history = History::until(index, week, run);
        let mut moves: [Vec<Move<'_>>; 3] = Default::default();
        for key in KEY_METRICS {
            let name = key.metric.to_string();
            let Some(now) = run.figure(&name) else {
                continue;
            };
            let before = reference.and_then(|run| run.figure(&name));
            let better = before.and_then(|before| moved(key, before, now, &history));
            let place = better.map_or(2, usize::from);
            moves[place].push(Move {
                key,
                now,
                before,
                better,
            });
        }
        Self {
            run,
            reference,
            history,
            moves: moves.into_iter().flatten().collect(),
        }
    }

    /// The targets that are newly missed, and those that are missed no more. Targets of scenarios that one of the runs
    /// does not name, or that one of them did not judge, are left out: there is no telling.
    pub(crate) fn targets(&self) -> Vec<TargetMove<'a>> {
        let Some(reference) = self.reference else {
            return Vec::new();
        };
        let (before, now) = (reference.review, self.run.review);
        let newly = newly_missed(before, now).map(|(title, scenario, verdict)| TargetMove {
            title,
            scenario,
            now: Some(verdict),
            before: None,
        });
        let mended = newly_missed(now, before).map(|(title, scenario, verdict)| TargetMove {
            title,
            scenario,
            now: None,
            before: Some(verdict),
        });
        newly.chain(mended).collect()
    }

    /// The verdict on the week.
    pub(crate) fn verdict(&self) -> Verdict {
        let is_worse = |better: Option<bool>| better == Some(false);
        let missed = self.targets().iter().any(|t| t.now == Some(Verdict::Fail));
        if missed || self.run.entry.headline.verdict == Verdict::Fail {
            Verdict::Fail
        } else if self.moves.iter().any(|m| is_worse(m.better)) {
            Verdict::Warn
        } else if self.reference.is_none() {
            Verdict::NotJudged
        } else {
            Verdict::Pass
        }
    }

    /// The week in one sentence.
    pub(crate) fn sentence(&self) -> String {
        let Some(reference) = self.reference else {
            return format!(
                "This is the first week with a run of profile {} on this machine over these states; there is nothing to hold it against.",
                profile_name(self.run.entry)
            );
        };
        let week = dates::week(&reference.entry.started_at);
        let of = |better: bool| self.moves.iter().filter(move |m| m.better == Some(better));
        let (worse, better) = (of(false).count(), of(true).count());
        let metrics = match (better, worse) {
            (0, 0) => return self.with_targets(format!("No key metric moved since {week}")),
            (0, n) => format!("{} worse", metrics(n)),
            (n, 0) => format!("{} better", metrics(n)),
            (n, worse) => format!("{} better, {worse} worse", metrics(n)),
        };
        let mut named: Vec<String> = of(false)
            .chain(of(true))
            .take(MOST_NAMED)
            .map(Move::in_words)
            .collect();
        let more = worse + better - named.len();
        if more > 0 {
            named.push(format!("{more} more"));
        }
        self.with_targets(format!("{metrics} than in {week}: {}", named.join(", ")))
    }

    fn with_targets(&self, sentence: String) -> String {
        let targets = self.targets();
        let newly = targets.iter().filter(|t| t.now.is_some()).count();
        let mended = targets.len() - newly;
        let some = |n: usize, what: &str| match n {
            0 => String::new(),
            1 => format!("; 1 target {what}"),
            n => format!("; {n} targets {what}"),
        };
        sentence + &some(newly, "newly missed") + &some(mended, "missed no more") + "."
    }

    /// What the optimization saves: the run's figures, each with what it was.
    pub(crate) fn effectiveness(&self) -> Vec<Fact> {
        EFFECTS
            .iter()
            .filter_map(|(metric, title)| self.fact(metric, title))
            .collect()
    }

    /// The foremost of these figures as a sentence.
    pub(crate) fn effect_in_words(&self) -> String {
        let figure = |metric: &str| self.run.figure(metric);
        let hits = figure("cache.hit_ratio").and_then(|f| f.arms.candidate);
        let rows = figure("database.rows").and_then(|f| f.change);
        match (hits, rows) {
            (Some(hits), Some(rows)) => format!(
                "The cache answers {} of its look-ups; database rows {}",
                format_value(hits, Unit::Share),
                format_change(rows)
            ),
            _ => "Effectiveness of the optimization".to_owned(),
        }
    }

    fn fact(&self, metric: &str, title: &str) -> Option<Fact> {
        let key = key_metric(metric)?;
        let now = self.run.figure(metric)?;
        let own = |value: Option<f64>| value.map(|v| format_value(v, key.metric.unit()));
        let candidate = own(now.arms.candidate)?;
        let value = match (own(now.arms.baseline), now.change) {
            (Some(baseline), Some(change)) => {
                format!("{} ({baseline} → {candidate})", format_change(change))
            }
            _ => candidate,
        };
        let before = self.reference.and_then(|run| run.figure(metric));
        let detail = before.and_then(|before| Some(format!("before: {}", followed(key, before)?)));
        Some(Fact {
            title: title.to_owned(),
            value,
            detail: detail.unwrap_or_default(),
        })
    }

    /// How far the highest rate lies beyond what the strategy asks for, as a title and a sentence for each arm; `None` where
    /// the run did not search for it.
    pub(crate) fn headroom(&self) -> Option<(String, Vec<Fact>)> {
        let rate = self.run.figure("capacity.rate")?;
        let demand = self.run.review.demand.filter(|rate| *rate > 0.0)?;
        let times = |rate: f64| format_factor(rate / demand);
        let rate_of = |rate: f64| format_value(rate, Unit::PerSecond);
        let candidate = rate.arms.candidate?;
        let mut facts = Vec::new();
        let mut add = |title: &str, figure: Option<f64>, unit: Unit| {
            if let Some(figure) = figure {
                let detail = match unit {
                    Unit::PerSecond => format!("{} what is asked for", times(figure)),
                    _ => String::new(),
                };
                facts.push(Fact {
                    title: title.to_owned(),
                    value: format_value(figure, unit),
                    detail,
                });
            }
        };
        add("Candidate, highest rate", Some(candidate), Unit::PerSecond);
        add(
            "Baseline, highest rate",
            rate.arms.baseline,
            Unit::PerSecond,
        );
        let before = self.reference.and_then(|run| run.figure("capacity.rate"));
        add(
            "Candidate before",
            before.and_then(|f| f.arms.candidate),
            Unit::PerSecond,
        );
        let users = self
            .run
            .figure("capacity.users")
            .and_then(|f| f.arms.candidate);
        add("Candidate, concurrent users", users, Unit::Count);
        let title = format!(
            "Capacity headroom: {} the highest rate that the strategy asks for, {}",
            times(candidate),
            rate_of(demand)
        );
        Some((title, facts))
    }

    /// What to do next, by the run's own evidence.
    pub(crate) fn steps(&self) -> &'a [Advice] {
        &self.run.review.steps
    }
}

/// What says whether the optimization does what it is for: a metric, and its name here.
const EFFECTS: [(&str, &str); 6] = [
    ("cache.hit_ratio", "Look-ups that the cache answers"),
    ("deduplication", "Saves that were not written again"),
    ("database.rows", "Database rows"),
    ("database.wal_bytes", "Bytes of the database’s log a save"),
    ("database.connection_time", "Connection time a save"),
    ("network.bytes", "Bytes over the network a save"),
];

fn metrics(n: usize) -> String {
    match n {
        1 => "1 key metric".to_owned(),
        n => format!("{n} key metrics"),
    }
}

/// Targets that are missed in the second and were not in the first: title, scenario, verdict. An open verdict is no miss.
fn newly_missed<'a>(
    first: &'a Review,
    second: &'a Review,
) -> impl Iterator<Item = (&'a str, &'a str, Verdict)> {
    let is_miss = |v: Verdict| matches!(v, Verdict::Fail | Verdict::Warn);
    let missed = second.missed.iter().filter(move |m| is_miss(m.verdict));
    missed.filter_map(move |missed| {
        let scenario = missed.id.split('/').next().unwrap_or_default();
        let is_of = |id: &str| id.split('/').next() == Some(scenario);
        let is_known = first.scenarios.iter().any(|name| name == scenario)
            || first.missed.iter().any(|m| is_of(&m.id))
            || first.not_judged.iter().any(|id| is_of(id));
        let was_not_passed =
            first.missed.iter().any(|m| m.id == missed.id) || first.not_judged.contains(&missed.id);
        (is_known && !was_not_passed).then_some((missed.title.as_str(), scenario, missed.verdict))
    })
}

/// What is followed of a figure, in words.
pub(crate) fn followed(key: &KeyMetric, figure: &Figure) -> Option<String> {
    let value = figure.change.or(figure.arms.candidate)?;
    Some(show(key, figure.change.is_some(), value))
}

/// The same with its interval.
pub(crate) fn followed_with_interval(key: &KeyMetric, figure: &Figure) -> String {
    let value = followed(key, figure).unwrap_or_else(|| "–".to_owned());
    let interval = figure
        .interval
        .and_then(|i| show_interval(key, figure.change.is_some(), i));
    match interval {
        Some(ends) => format!("{value} ({ends})"),
        None => value,
    }
}

impl Move<'_> {
    /// `Latency P99 −71 % → −58 %`.
    fn in_words(&self) -> String {
        let before = self.before.and_then(|f| followed(self.key, f));
        format!(
            "{} {} → {}",
            self.key.title,
            before.unwrap_or_default(),
            followed(self.key, self.now).unwrap_or_default()
        )
    }

    /// What became of it, in a word.
    pub(crate) fn word(&self) -> &'static str {
        match (self.better, self.before) {
            (Some(better), _) => better_or_worse(better),
            (None, Some(_)) => "no change told",
            (None, None) => "new",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view_model::fixture::reviewed;
    use shared::report::Missed;

    fn held<'a>(index: &'a Index, week: &str) -> Held<'a> {
        WeekReview::of(index, week).run.unwrap()
    }

    #[test]
    fn a_gain_that_shrank_is_named_with_its_figures() {
        let mut index = reviewed(&[-0.7, -0.71, -0.55]);
        let week = dates::week(&index.runs[0].started_at);
        let review = WeekReview::of(&index, &week);
        assert_eq!((review.runs.len(), review.next.clone()), (1, None));
        assert_eq!(review.previous.as_deref(), Some("2025-W47"));
        let sentence = held(&index, &week).sentence();
        assert_eq!(
            sentence.replace('\u{202f}', "_"),
            "1 key metric worse than in 2025-W47: Latency P99 −71_% → −55_%."
        );
        assert_eq!(held(&index, &week).verdict(), Verdict::Warn);
        index.runs[0].headline.verdict = Verdict::Fail;
        assert_eq!(held(&index, &week).verdict(), Verdict::Fail);
    }

    #[test]
    fn what_cannot_be_told_apart_is_no_change() {
        let index = reviewed(&[-0.7, -0.71]);
        let held = held(&index, &dates::week(&index.runs[0].started_at));
        assert_eq!(held.sentence(), "No key metric moved since 2025-W46.");
        assert_eq!(held.verdict(), Verdict::Pass);
        assert!(held.moves.iter().all(|m| m.better.is_none()));
    }

    #[test]
    fn runs_of_another_machine_are_nothing_to_hold_against() {
        let mut index = reviewed(&[-0.7, -0.4]);
        let other = index.runs[1].review.as_mut().unwrap();
        other.machine = "elsewhere".to_owned();
        let held = held(&index, &dates::week(&index.runs[0].started_at));
        assert!(
            held.sentence()
                .starts_with("This is the first week with a run of profile quick on")
        );
        assert_eq!(held.verdict(), Verdict::NotJudged);
    }

    #[test]
    fn a_week_without_runs_names_the_nearest() {
        let mut index = reviewed(&[-0.7, -0.7, -0.7]);
        index.runs.remove(1);
        let review = WeekReview::of(&index, "2025-W47");
        assert!(review.runs.is_empty() && review.run.is_none());
        assert_eq!(review.previous.as_deref(), Some("2025-W46"));
        assert_eq!(review.next.as_deref(), Some("2025-W48"));
        let odd = WeekReview::of(&index, "<b>");
        assert!(odd.runs.is_empty());
    }

    #[test]
    fn targets_that_are_newly_missed_are_told_from_those_not_judged() {
        let mut index = reviewed(&[-0.7, -0.7]);
        let missed = |id: &str, verdict| Missed {
            id: id.to_owned(),
            title: "P99".to_owned(),
            verdict,
        };
        let now = index.runs[0].review.as_mut().unwrap();
        now.missed = vec![
            missed("medium-load/p99", Verdict::Fail),
            missed("medium-load/open", Verdict::Inconclusive),
            missed("medium-load/waited", Verdict::Fail),
            missed("unknown/p99", Verdict::Fail),
        ];
        let before = index.runs[1].review.as_mut().unwrap();
        before.missed = vec![missed("medium-load/rows", Verdict::Warn)];
        before.not_judged = vec!["medium-load/waited".to_owned()];
        let held = held(&index, &dates::week(&index.runs[0].started_at));
        let found: Vec<_> = held.targets().iter().map(|t| (t.before, t.now)).collect();
        assert_eq!(
            found,
            [(None, Some(Verdict::Fail)), (Some(Verdict::Warn), None)]
        );
        assert!(
            held.sentence()
                .ends_with("; 1 target newly missed; 1 target missed no more."),
            "{}",
            held.sentence()
        );
        assert_eq!(held.verdict(), Verdict::Fail);
    }

    #[test]
    fn a_figure_without_an_interval_shows_none() {
        let mut index = reviewed(&[-0.7]);
        let figures = &mut index.runs[0].review.as_mut().unwrap().figures;
        figures.push(Figure {
            metric: "memory.growth".to_owned(),
            scenario: 0,
            arms: shared::arms::Arms::default(),
            change: Some(1.36),
            interval: Some(shared::estimate::Interval::exact(1.36)),
        });
        let shown = |metric: &str| {
            let key = key_metric(metric).unwrap();
            let figures = &index.runs[0].review.as_ref().unwrap().figures;
            let figure = figures.iter().find(|f| f.metric == metric).unwrap();
            followed_with_interval(key, figure).replace('\u{202f}', "_")
        };
        assert_eq!(shown("memory.growth"), "+136_%");
        assert_eq!(shown("response.p99"), "−70_% (−74 … −66_%)");
    }

    #[test]
    fn headroom_is_held_against_what_is_asked_for() {
        let index = reviewed(&[-0.7]);
        let held = held(&index, &dates::week(&index.runs[0].started_at));
        let (title, facts) = held.headroom().unwrap();
        assert!(title.starts_with("Capacity headroom: ×120"), "{title}");
        assert_eq!(facts.len(), 1, "{facts:?}");
        assert_eq!(held.effectiveness().len(), 1);
    }
}
