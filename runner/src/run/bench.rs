//! One scenario on both arms: pairs of blocks in random order, then the ledger.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, bail};
use jiff::Timestamp;
use shared::arms::{ArmRole, Arms};
use shared::report::{FORMAT_VERSION, LedgerCheck, Mode, Scenario, Seal, Status};

use super::events::{Event, Listener};
use super::interrupt::Interrupt;
use crate::arm::{Ack, Arm, ArmError, BlockDone, Open, Opened, StartArms};
use crate::dataset::Dataset;
use crate::ledger::{Expected, Ledger};
use crate::plan::{Plan, PlannedSave, implied_hits, order};
use crate::scenario::Spec;

/// The kind of error by which a service says that its disk is full: nothing after it means anything.
const DISK_FULL: &str = "disk_full";

/// What all scenarios of a run share.
pub(crate) struct Bench<'a> {
    /// The run's id.
    pub(crate) run: &'a str,
    /// Where arms come from.
    pub(crate) arms: &'a dyn StartArms,
    /// The services, as on the command line.
    pub(crate) services: Arms<String>,
    /// Seed of plan, order and dataset.
    pub(crate) seed: u64,
    /// The states.
    pub(crate) dataset: &'a Dataset,
    /// A folder for databases.
    pub(crate) databases: &'a Path,
    /// Whether to stop.
    pub(crate) interrupt: &'a Interrupt,
}

/// One arm while a scenario is measured.
struct Side {
    arm: Box<dyn Arm>,
    opened: Opened,
    ledger: Ledger,
    /// Measured time so far, nanoseconds.
    measured_ns: u64,
}

impl Bench<'_> {
    /// Measures a scenario. Whatever goes wrong stands in its status; the evidence so far stays.
    pub(crate) async fn measure(&self, spec: &Spec, listener: &mut dyn Listener) -> Scenario {
        let mut scenario = self.blank(spec);
        scenario.status = match self.fill(spec, &mut scenario, listener).await {
            Ok(status) => status,
            Err(cause) => Status::Broken {
                cause: format!("{cause:#}"),
            },
        };
        scenario.finished_at = Some(Timestamp::now().to_string());
        scenario
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
            capacity: None,
            criteria: spec.criteria.clone(),
            seal: Seal::default(),
        }
    }

    async fn fill(
        &self,
        spec: &Spec,
        scenario: &mut Scenario,
        listener: &mut dyn Listener,
    ) -> anyhow::Result<Status> {
        let plan = Plan::new(spec, self.seed, self.dataset)?;
        listener.hear(&Event::ScenarioStarted { spec });
        let folder = self.databases.join(&spec.name);
        let (baseline, candidate) = tokio::try_join!(
            self.begin(ArmRole::Baseline, spec, &folder),
            self.begin(ArmRole::Candidate, spec, &folder),
        )?;
        let mut sides = Arms {
            baseline,
            candidate,
        };
        scenario.promises = sides.map(|_, s| s.opened.promises.clone());
        scenario.idle_resident_bytes = sides.map(|_, s| s.opened.idle_resident_bytes);
        let run = self
            .run_blocks(spec, &plan, &mut sides, scenario, listener)
            .await;
        let outcome = match run {
            Ok(status) => self.finish(status, &mut sides, scenario).await,
            broken => broken,
        };
        let opened = sides.map(|_, s| s.opened.clone());
        let ledgers = sides.map(|_, s| s.ledger.clone());
        // Where one arm broke, what the other still does must not change its database under the reader.
        drop(sides);
        let checked = self.check(spec, &plan, &opened, &ledgers, listener).await;
        scenario.ledger = match &outcome {
            Ok(_) => checked?,
            // The cause that broke the run counts, not what the check meets because of it.
            Err(_) => checked.ok().flatten(),
        };
        // The databases of a scenario can be large; a folder that stays is removed with the run's.
        let _stays = std::fs::remove_dir_all(&folder);
        outcome
    }

    async fn begin(&self, role: ArmRole, spec: &Spec, folder: &Path) -> anyhow::Result<Side> {
        let folder = folder.join(role.as_str());
        std::fs::create_dir_all(&folder)
            .with_context(|| format!("the folder {} for a database", folder.display()))?;
        let named = |e: ArmError| anyhow::Error::new(e).context(format!("the {role} arm"));
        let mut arm = self.arms.start().await.map_err(named)?;
        let open = Open {
            role,
            service: self.services.get(role).clone(),
            spec: spec.clone(),
            seed: self.seed,
            states: u32::try_from(self.dataset.len()).context("too many states")?,
            folder,
        };
        let opened = arm.open(open).await.map_err(named)?;
        Ok(Side {
            arm,
            opened,
            ledger: Ledger::default(),
            measured_ns: 0,
        })
    }

    /// Runs all blocks, pair by pair, unless asked to stop.
    async fn run_blocks(
        &self,
        spec: &Spec,
        plan: &Plan,
        sides: &mut Arms<Side>,
        scenario: &mut Scenario,
        listener: &mut dyn Listener,
    ) -> anyhow::Result<Status> {
        let implied = implied_hits(plan, spec.cache_entries);
        let first = order(self.seed, plan);
        let origin = Instant::now();
        let blocks = plan.blocks.len() * 2;
        for (number, planned) in plan.blocks.iter().enumerate() {
            let roles = match first[number] {
                ArmRole::Baseline => ArmRole::ALL,
                ArmRole::Candidate => [ArmRole::Candidate, ArmRole::Baseline],
            };
            for role in roles {
                if self.interrupt.is_asked() {
                    return Ok(Status::Interrupted);
                }
                let started_ns = u64::try_from(origin.elapsed().as_nanos()).unwrap_or(u64::MAX);
                let side = sides.get_mut(role);
                let mut done =
                    run_block(side, number, &planned.saves)
                        .await
                        .with_context(|| {
                            format!(
                                "the {role} arm in block {} of {}",
                                number + 1,
                                plan.blocks.len()
                            )
                        })?;
                done.block.started_ns = started_ns;
                done.block.implied = side.opened.caches.then(|| implied[number]);
                for mut sample in done.samples {
                    sample.at_ns += side.measured_ns;
                    scenario.series.get_mut(role).push(sample);
                }
                if planned.mode == Mode::Open {
                    side.measured_ns += planned.length_ns;
                }
                let full = done.block.outcomes.errors.contains_key(DISK_FULL);
                scenario.blocks.push(done.block);
                if full {
                    bail!("the disk is full: the {role}'s database has no space left");
                }
                listener.hear(&Event::BlockDone {
                    spec,
                    arm: role,
                    done: scenario.blocks.len(),
                    blocks,
                    seconds: planned.length_ns as f64 / 1e9,
                });
            }
        }
        Ok(Status::Complete)
    }

    /// Probes the eviction where all blocks were run, and ends both arms.
    async fn finish(
        &self,
        status: Status,
        sides: &mut Arms<Side>,
        scenario: &mut Scenario,
    ) -> anyhow::Result<Status> {
        if status.is_complete() {
            let probed = sides.candidate.arm.probe_eviction().await;
            scenario.eviction = probed.context("the candidate's eviction probe")?;
        }
        for role in ArmRole::ALL {
            let closed = sides.get_mut(role).arm.close().await;
            closed.with_context(|| format!("closing the {role} arm"))?;
        }
        Ok(status)
    }

    /// Holds both databases against what was acknowledged; none where a service stores nothing by design.
    async fn check(
        &self,
        spec: &Spec,
        plan: &Plan,
        opened: &Arms<Opened>,
        ledgers: &Arms<Ledger>,
        listener: &mut dyn Listener,
    ) -> anyhow::Result<Option<Arms<LedgerCheck>>> {
        if !opened.baseline.stores || !opened.candidate.stores {
            return Ok(None);
        }
        listener.hear(&Event::Checking { spec });
        let saves: BTreeMap<u64, &PlannedSave> = plan
            .blocks
            .iter()
            .flat_map(|b| &b.saves)
            .map(|s| (s.index, s))
            .collect();
        let mut hashes = HashMap::new();
        for save in saves.values() {
            hashes
                .entry(save.state)
                .or_insert_with(|| blake3::hash(&self.dataset.state(save.state)));
        }
        let expected = |index: u64| {
            let save = saves[&index];
            Expected {
                run: save.run_id(),
                state: hashes[&save.state],
            }
        };
        let of = |role: ArmRole| {
            ledgers
                .get(role)
                .check(expected, &opened.get(role).database)
        };
        let (baseline, candidate) = tokio::join!(of(ArmRole::Baseline), of(ArmRole::Candidate));
        Ok(Some(Arms {
            baseline: baseline.context("reading back the baseline's database")?,
            candidate: candidate.context("reading back the candidate's database")?,
        }))
    }
}

/// Runs a block and keeps the ledger. Saves that were never answered may be stored or not, like failed ones.
async fn run_block(
    side: &mut Side,
    number: usize,
    saves: &[PlannedSave],
) -> Result<BlockDone, ArmError> {
    let ledger = &mut side.ledger;
    let mut acknowledge =
        |Ack(index, snapshot, written): Ack| ledger.record(index, snapshot, written);
    let result = side.arm.run(number, &mut acknowledge).await;
    match &result {
        Ok(done) => done
            .failed
            .iter()
            .for_each(|index| side.ledger.record_failed(*index)),
        Err(_) => {
            for save in saves {
                if !side.ledger.is_answered(save.index) {
                    side.ledger.record_failed(save.index);
                }
            }
        }
    }
    result
}
