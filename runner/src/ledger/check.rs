//! Ledger against database.

use std::collections::{BTreeMap, HashMap, HashSet};

use blake3::Hash;
use shared::report::LedgerCheck;

use super::reader::Stored;
use super::{Answer, RETAINED, Save};

/// Findings that are put into words; the counts hold all of them.
pub(super) const FINDINGS: usize = 20;

/// What became of an acknowledged save.
enum Fate {
    Found,
    Retired,
    Lost(String),
    Wrong(String),
}

/// Holds saves, in plan order, against what is stored.
pub(super) fn check(saves: &[Save], stored: &Stored) -> LedgerCheck {
    let mut report = LedgerCheck::default();
    let mut runs: BTreeMap<&str, RunHistory<'_>> = BTreeMap::new();
    let mut taken = HashSet::new();
    for save in saves {
        let history = runs
            .entry(&save.run)
            .or_insert_with(|| RunHistory::new(&save.run, stored));
        if let Some(fate) = history.judge(save, &mut taken) {
            report.acknowledged += 1;
            count(&mut report, save, fate);
        }
    }
    for history in runs.values().filter(|history| history.last.is_some()) {
        report.runs += 1;
        if let Some(finding) = history.stale() {
            report.stale_runs += 1;
            note(&mut report, finding);
        }
    }
    let mut overfull: Vec<_> = stored
        .runs
        .iter()
        .filter(|(_, ids)| ids.len() > RETAINED)
        .collect();
    overfull.sort();
    for (run, ids) in overfull {
        report.overfull_runs += 1;
        note(
            &mut report,
            format!(
                "{run} keeps {} snapshots, where retention allows {RETAINED}",
                ids.len()
            ),
        );
    }
    report
}

fn count(report: &mut LedgerCheck, save: &Save, fate: Fate) {
    let place = format!("save {} of {}", save.index, save.run);
    match fate {
        Fate::Found => report.found += 1,
        Fate::Retired => report.retired += 1,
        Fate::Lost(what) => {
            report.lost += 1;
            note(report, format!("{place} is lost: {what}"));
        }
        Fate::Wrong(what) => {
            report.wrong += 1;
            note(report, format!("{place} is wrong: {what}"));
        }
    }
}

fn note(report: &mut LedgerCheck, finding: String) {
    if report.findings.len() < FINDINGS {
        report.findings.push(finding);
    }
}

/// The saves of one run so far.
struct RunHistory<'a> {
    run: &'a str,
    stored: &'a Stored,
    /// The last acknowledged save: snapshot and state.
    last: Option<(i64, Hash)>,
    /// States of the failed saves since: each may have been written.
    unsettled: Vec<Hash>,
    /// Whether any save failed: then a snapshot may exist that nobody was told of.
    any_failed: bool,
    /// States by the snapshots that saves were told they were written as.
    written: HashMap<i64, Hash>,
}

impl<'a> RunHistory<'a> {
    fn new(run: &'a str, stored: &'a Stored) -> Self {
        Self {
            run,
            stored,
            last: None,
            unsettled: Vec::new(),
            any_failed: false,
            written: HashMap::new(),
        }
    }

    /// The fate of a save; none for one that was not acknowledged. `taken`: snapshots that were answered as written.
    fn judge(&mut self, save: &Save, taken: &mut HashSet<i64>) -> Option<Fate> {
        let (id, fate) = match save.answer {
            Answer::Failed => {
                self.unsettled.push(save.state);
                self.any_failed = true;
                return None;
            }
            Answer::Written(id) => (id, self.judge_written(id, save.state, taken)),
            Answer::Deduplicated(id) => (id, self.judge_deduplicated(id, save.state)),
        };
        self.last = Some((id, save.state));
        self.unsettled.clear();
        Some(fate)
    }

    fn judge_written(&mut self, id: i64, state: Hash, taken: &mut HashSet<i64>) -> Fate {
        if !taken.insert(id) {
            return Fate::Wrong(format!(
                "answered as snapshot {id}, which another save was written as"
            ));
        }
        self.written.insert(id, state);
        match self.last {
            Some((last, _)) if id < last => Fate::Wrong(format!(
                "written as snapshot {id}, older than {last} that the run's save before it had: they overtook each other"
            )),
            _ => self.look_up(id, state, true),
        }
    }

    fn judge_deduplicated(&self, id: i64, state: Hash) -> Fate {
        match self.last {
            Some((last, _)) if last != id && self.unsettled.is_empty() => Fate::Wrong(format!(
                "skipped in favour of snapshot {id}, where the run's latest was {last}"
            )),
            _ => {
                let vouched = self.any_failed || self.written.get(&id) == Some(&state);
                self.look_up(id, state, vouched)
            }
        }
    }

    /// `vouched`: a missing snapshot may be taken for one that was there and was retired.
    fn look_up(&self, id: i64, state: Hash, vouched: bool) -> Fate {
        let Some(snapshot) = self.stored.snapshots.get(&id) else {
            let ids = self.stored.ids(self.run);
            let newer = ids.len() - ids.partition_point(|known| *known <= id);
            return if vouched && newer >= RETAINED {
                Fate::Retired
            } else {
                Fate::Lost(format!(
                    "there is no snapshot {id}, and only {newer} of the run are newer"
                ))
            };
        };
        if snapshot.run != self.run {
            return Fate::Wrong(format!("snapshot {id} belongs to {}", snapshot.run));
        }
        match &snapshot.state {
            Ok(hash) if *hash == state => Fate::Found,
            Ok(_) => Fate::Wrong(format!("snapshot {id} holds another state")),
            Err(reason) => Fate::Wrong(format!("snapshot {id} {reason}")),
        }
    }

    /// What is wrong with the run's latest state, if anything.
    fn stale(&self) -> Option<String> {
        let (_, state) = self.last?;
        let Some(id) = self.stored.ids(self.run).last() else {
            return Some(format!("{} has no snapshot at all", self.run));
        };
        let latest = self.stored.snapshots.get(id)?.state.as_ref().ok();
        let right =
            latest.is_some_and(|latest| *latest == state || self.unsettled.contains(latest));
        (!right).then(|| {
            format!(
                "{}: its latest snapshot, {id}, is not the last state acknowledged",
                self.run
            )
        })
    }
}
