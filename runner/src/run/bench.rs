//! What the scenarios of a run share, and the report of one from begin to end.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use shared::arms::Arms;
use shared::report::{FORMAT_VERSION, Scenario, Seal, Status};

use super::course::Course;
use super::events::Listener;
use super::interrupt::Interrupt;
use super::journal::JournalFolder;
use super::resumption::Rest;
use crate::arm::{ArmSource, StartArms};
use crate::databases::Databases;
use crate::dataset::{Dataset, FIRST_DERIVED};
use crate::scenario::Spec;

/// What all scenarios of a run share.
pub(crate) struct Bench<'a> {
    /// The run's id.
    pub(crate) run: &'a str,
    /// Where arms come from.
    pub(crate) arms: &'a dyn StartArms,
    /// The run's services.
    pub(crate) sources: &'a Arms<ArmSource>,
    /// Seed of plan, order and dataset.
    pub(crate) seed: u64,
    /// The states.
    pub(crate) dataset: &'a Dataset,
    /// BLAKE3 of each state.
    pub(crate) state_hashes: &'a [blake3::Hash],
    /// The databases.
    pub(crate) databases: &'a Databases,
    /// A program that stops and starts the database server, where there is one.
    pub(crate) server_control: Option<&'a Path>,
    /// Longest load without evidence: longer blocks are run in stretches.
    pub(crate) evidence_every: Duration,
    /// What is written while scenarios go on.
    pub(crate) journal: Option<&'a JournalFolder>,
    /// Whether to stop.
    pub(crate) interrupt: &'a Interrupt,
    /// Whether the evidence of the scenario in progress suffices; asked at the planned looks only.
    pub(crate) enough: &'a dyn Fn(&Scenario) -> bool,
}

impl Bench<'_> {
    /// The digest of a state; `derived` are those of a plan.
    pub(super) fn state_hash(&self, derived: &[blake3::Hash], state: u32) -> blake3::Hash {
        let known = match state.checked_sub(FIRST_DERIVED) {
            Some(place) => derived.get(place as usize),
            None => self.state_hashes.get(state as usize),
        };
        known.copied().unwrap_or_else(|| self.dataset.hash(state))
    }

    /// Measures a scenario, or the rest of one on the databases that it was cut off on. Whatever goes wrong stands in its
    /// status; the evidence so far stays.
    pub(crate) async fn measure(
        &self,
        spec: &Spec,
        listener: &mut dyn Listener,
        rest: Option<Rest>,
    ) -> Scenario {
        let mut scenario = match &rest {
            None => self.blank(spec),
            Some(rest) => rest.unfinished.course.scenario.clone(),
        };
        let status = self.course(spec, &mut scenario, listener, rest).await;
        scenario.status = status.unwrap_or_else(|cause| Status::Broken {
            cause: format!("{cause:#}"),
        });
        scenario.finished_at = Some(Timestamp::now().to_string());
        scenario
    }

    async fn course(
        &self,
        spec: &Spec,
        scenario: &mut Scenario,
        listener: &mut dyn Listener,
        rest: Option<Rest>,
    ) -> anyhow::Result<Status> {
        let journal = self.journal.filter(|_| spec.can_go_on());
        let journal = journal.map(|folder| folder.scenario(rest.is_some()));
        let mut course = Course::new(self, spec, scenario, listener, journal.transpose()?)?;
        if let Some(rest) = rest {
            course.go_on(rest)?;
        }
        course.run().await
    }

    fn blank(&self, spec: &Spec) -> Scenario {
        Scenario {
            format: FORMAT_VERSION,
            run: self.run.to_owned(),
            name: spec.name.clone(),
            title: spec.title.clone(),
            why: spec.why.clone(),
            source: spec.source.clone(),
            started_at: Timestamp::now().to_string(),
            finished_at: None,
            status: Status::Running,
            arms: None,
            load: spec.load(),
            promises: Arms::default(),
            idle_resident_bytes: Arms::default(),
            blocks: Vec::new(),
            series: Arms::default(),
            ledger: None,
            eviction: None,
            memory_profile: None,
            capacity: None,
            faults: Vec::new(),
            ablation: Vec::new(),
            gaps: Vec::new(),
            criteria: spec.criteria.clone(),
            seal: Seal::default(),
        }
    }
}
