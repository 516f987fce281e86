//! What a service must do, in a few sets.

use std::collections::{BTreeMap, HashSet};

use persistence::{
    CacheFaults, OptimizedOptions, OptimizedService, Outcome, PersistenceError, RETAINED_SNAPSHOTS,
    Saved, SnapshotId, StatePersistence,
};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use super::steps::{Breakage, Content, POISON, Save, Step};
use crate::support::{TestDatabase, give_up_after, request, run_concurrently, state};

/// `None`: the caller stopped waiting.
type Answer = Option<Result<Saved, PersistenceError>>;

/// A run as its caller knows it.
struct Run {
    /// What may be its latest state, or that it has none: one, but for saves given up since.
    latest: HashSet<Option<Content>>,
    /// Where that is certain.
    latest_id: Option<SnapshotId>,
    /// A service whose cache is large enough and works must know its last save.
    is_known: bool,
    /// Acknowledged as such.
    written: u32,
}

impl Run {
    fn new() -> Self {
        Self {
            latest: HashSet::from([None]),
            latest_id: None,
            is_known: false,
            written: 0,
        }
    }

    fn is_certainly(&self, content: Content) -> bool {
        self.latest.len() == 1 && self.latest.contains(&Some(content))
    }
}

/// The service beside its model.
pub(super) struct Comparison<'a> {
    database: &'a TestDatabase,
    options: OptimizedOptions,
    faults: CacheFaults,
    cache_fails: bool,
    service: OptimizedService,
    runs: BTreeMap<u8, Run>,
    /// Deduplicated since the service was opened.
    hits: u64,
}

impl<'a> Comparison<'a> {
    pub(super) async fn begin(
        database: &'a TestDatabase,
        options: OptimizedOptions,
        faults: CacheFaults,
        rolls_back: bool,
    ) -> Self {
        let service = OptimizedService::open(&database.options(), options.clone()).await;
        match rolls_back {
            true => database.roll_back_writes_of(POISON).await,
            false => database.abort_writes_of(POISON).await,
        }
        Self {
            database,
            options,
            faults,
            cache_fails: false,
            service: service.unwrap(),
            runs: BTreeMap::new(),
            hits: 0,
        }
    }

    pub(super) async fn take(&mut self, step: &Step) -> Result<(), TestCaseError> {
        match step {
            Step::Saves(saves) => {
                let answers = run_concurrently(saves.iter().map(|save| self.submit(save))).await;
                for (save, answer) in saves.iter().zip(answers) {
                    self.judge(save, answer).await?;
                }
            }
            Step::Refused { run } => {
                let refused = self.service.save(request(&run.to_string(), "[]")).await;
                prop_assert_eq!(refused.unwrap_err().kind(), "invalid_state");
            }
            Step::Load { run } => self.load(*run).await?,
            Step::BreakCache(breakage) => {
                match breakage {
                    Breakage::Altered => self.faults.poison(),
                    Breakage::Emptied => self.faults.empty(),
                    Breakage::Fails(fails) => {
                        self.faults.fail(*fails);
                        self.cache_fails = *fails;
                    }
                }
                self.forget_what_is_known();
            }
            Step::Reopen => self.reopen().await?,
        }
        Ok(())
    }

    async fn submit(&self, save: &Save) -> Answer {
        let saving = self.service.save(save.request());
        match save.patience {
            Some((polls, linger)) => give_up_after(polls, linger, saving).await,
            None => Some(saving.await),
        }
    }

    async fn judge(&mut self, save: &Save, answer: Answer) -> Result<(), TestCaseError> {
        let run = self.runs.entry(save.run).or_insert_with(Run::new);
        let Some(answer) = answer else {
            run.is_known = false;
            if !save.content.is_poison() {
                run.latest.insert(Some(save.content));
                run.latest_id = None;
            }
            return Ok(());
        };
        if save.content.is_poison() {
            run.is_known = false;
            prop_assert_eq!(answer.map_err(|error| error.kind()), Err("database"));
            return Ok(());
        }
        let saved = answer.map_err(|error| TestCaseError::fail(format!("{save:?}: {error}")))?;
        match saved.outcome {
            Outcome::Written => {
                let must_be_known = run.is_known
                    && run.is_certainly(save.content)
                    && !self.cache_fails
                    && self.options.dedup
                    && self.options.cache_entries.is_none();
                prop_assert!(save.is_critical || !must_be_known, "{:?} is known", save);
                prop_assert!(run.latest_id < Some(saved.snapshot_id), "{:?}", save);
                run.written += 1;
            }
            Outcome::Deduplicated => {
                prop_assert!(self.options.dedup && !save.is_critical);
                let may_be_the_latest = run.latest.contains(&Some(save.content));
                prop_assert!(may_be_the_latest, "{:?} is not", save);
                let is_the_latest = run.latest_id.is_none_or(|id| id == saved.snapshot_id);
                prop_assert!(is_the_latest, "{:?}: {:?}", save, saved);
                self.hits += 1;
            }
        }
        run.latest = HashSet::from([Some(save.content)]);
        run.latest_id = Some(saved.snapshot_id);
        run.is_known = true;
        self.holds(save, saved.snapshot_id).await
    }

    /// The snapshot is stored and answers the save.
    async fn holds(&self, save: &Save, id: SnapshotId) -> Result<(), TestCaseError> {
        let loaded = self.service.load_snapshot(id).await.unwrap();
        let loaded = loaded.ok_or_else(|| TestCaseError::fail(format!("{id} does not exist")))?;
        prop_assert_eq!(loaded.run_id, save.run.to_string());
        prop_assert_eq!(loaded.user_id, save.content.user_id());
        prop_assert_eq!(loaded.state, save.content.state());
        Ok(())
    }

    async fn load(&self, run: u8) -> Result<(), TestCaseError> {
        let loaded = self.service.load_latest(&run.to_string()).await.unwrap();
        let id = loaded.as_ref().map(|loaded| loaded.snapshot_id);
        let loaded = loaded.map(|loaded| String::from_utf8(loaded.state.to_vec()).unwrap());
        self.may_be_the_latest(run, loaded.as_deref())?;
        if let Some(latest) = self.runs.get(&run).and_then(|run| run.latest_id) {
            prop_assert_eq!(id, Some(latest));
        }
        Ok(())
    }

    fn may_be_the_latest(&self, run: u8, found: Option<&str>) -> Result<(), TestCaseError> {
        let nothing = Run::new();
        let run = self.runs.get(&run).unwrap_or(&nothing);
        let mut possible = run.latest.iter().map(|latest| latest.map(Content::state));
        let is_possible = possible.any(|possible| possible.as_deref() == found);
        prop_assert!(is_possible, "{:?}, not one of {:?}", found, run.latest);
        Ok(())
    }

    fn forget_what_is_known(&mut self) {
        for run in self.runs.values_mut() {
            run.is_known = false;
        }
    }

    /// Ends the service, looking at what it counted and at what it leaves behind.
    async fn close(&mut self) -> Result<(), TestCaseError> {
        prop_assert_eq!(self.service.cache_statistics().hits, self.hits);
        self.service.close().await;
        let late = self.service.save(request("late", &state(1))).await;
        prop_assert_eq!(late.unwrap_err().kind(), "unavailable");
        for (number, run) in &self.runs {
            let latest = self.database.latest_state(&number.to_string()).await;
            self.may_be_the_latest(*number, latest.as_deref())?;
            let count = format!("SELECT count(*) FROM snapshots WHERE run_id = '{number}'");
            let count = self.database.number(&count).await;
            let kept = i64::from(RETAINED_SNAPSHOTS);
            prop_assert!(count <= kept, "run {} has {} snapshots", number, count);
            prop_assert!(count >= kept.min(i64::from(run.written)));
        }
        let incomplete = "SELECT count(*) FROM audit WHERE status <> 'completed'";
        prop_assert_eq!(self.database.number(incomplete).await, 0);
        Ok(())
    }

    async fn reopen(&mut self) -> Result<(), TestCaseError> {
        self.close().await?;
        let database = self.database.options();
        let service = OptimizedService::open(&database, self.options.clone()).await;
        self.service = service.unwrap();
        self.hits = 0;
        self.forget_what_is_known();
        Ok(())
    }

    pub(super) async fn finish(mut self) -> Result<(), TestCaseError> {
        self.close().await
    }
}
