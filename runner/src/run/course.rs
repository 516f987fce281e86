//! The course of one scenario: its rounds, in each the blocks pair by pair, then the ledger. A round is a set of
//! processes and databases: one for all pairs, or a new one for each.

use std::ops::Range;
use std::time::Instant;

use anyhow::{Context, bail};
use shared::arms::{ArmRole, Arms};
use shared::report::{ImpliedHits, LedgerCheck, Mode, Scenario, Status};

use super::bench::Bench;
use super::events::{Event, Listener};
use super::faults::reject_marked;
use super::join::join;
use super::side::{Left, Side};
use crate::arm::{ArmSource, BlockDone, Opened, identities, own_arms};
use crate::ledger::merge;
use crate::plan::{Plan, PlannedBlock, digest, implied_hits, order};
use crate::scenario::Spec;

/// The kind of error by which a service says that its disk is full: nothing after it means anything.
pub(super) const DISK_FULL: &str = "disk_full";

/// A scenario that is being measured.
pub(super) struct Course<'a> {
    /// What all scenarios of the run share.
    pub(super) bench: &'a Bench<'a>,
    /// The scenario.
    pub(super) spec: &'a Spec,
    /// The services: the run's or the scenario's own.
    pub(super) sources: Arms<ArmSource>,
    /// The saves of each arm.
    pub(super) plans: Arms<Plan>,
    /// The report so far.
    pub(super) scenario: &'a mut Scenario,
    /// Who is told.
    pub(super) listener: &'a mut dyn Listener,
    /// Which arm runs each block first.
    first: Vec<ArmRole>,
    /// Digests of the states that the plan in progress derives from others.
    pub(super) derived: Vec<blake3::Hash>,
    /// What a perfect cache would hit, block by block.
    implied: Arms<Vec<ImpliedHits>>,
    /// When the first block began.
    origin: Option<Instant>,
    /// Measured time of each arm so far, nanoseconds.
    measured_ns: Arms<u64>,
}

impl<'a> Course<'a> {
    /// A course that has not begun.
    ///
    /// # Errors
    /// The dataset cannot serve the scenario.
    pub(super) fn new(
        bench: &'a Bench<'a>,
        spec: &'a Spec,
        scenario: &'a mut Scenario,
        listener: &'a mut dyn Listener,
    ) -> anyhow::Result<Self> {
        let sources = match &spec.arms {
            None => bench.sources.clone(),
            Some(own) => {
                let sources = own_arms(own, bench.sources)?;
                scenario.arms = Some(identities(&sources));
                sources
            }
        };
        let plan = Plan::new(spec, bench.seed, bench.dataset)?;
        let first = order(bench.seed, &plan);
        let arm = |role| plan.clone().for_arm(role, spec, bench.seed);
        let plans = Arms {
            baseline: arm(ArmRole::Baseline),
            candidate: arm(ArmRole::Candidate),
        };
        let rounds = rounds(spec, &plans.baseline);
        let implied = |plan: &Plan| {
            let of_round = |blocks: &Range<usize>| {
                implied_hits(&plan.blocks[blocks.clone()], spec.cache_entries)
            };
            rounds.iter().flat_map(of_round).collect()
        };
        Ok(Self {
            bench,
            spec,
            sources,
            derived: plan.derived.hashes(bench.dataset),
            implied: plans.map(|_, plan| implied(plan)),
            plans,
            scenario,
            listener,
            first,
            origin: None,
            measured_ns: Arms::default(),
        })
    }

    /// Measures: all rounds, unless asked to stop or the evidence suffices at a planned look.
    pub(super) async fn run(&mut self) -> anyhow::Result<Status> {
        self.listener
            .hear(&Event::ScenarioStarted { spec: self.spec });
        let mut status = Status::Complete;
        for (number, blocks) in rounds(self.spec, &self.plans.baseline)
            .into_iter()
            .enumerate()
        {
            status = self.round(number, blocks).await?;
            if !status.is_complete() || self.suffices(number + 1) {
                break;
            }
        }
        Ok(status)
    }

    /// Whether a look is planned after so many rounds, and what it sees suffices.
    fn suffices(&mut self, rounds: usize) -> bool {
        let (looks, pairs) = (self.spec.looks.max(1), self.spec.pairs);
        let each = (pairs / looks).max(1) as usize;
        if !self.spec.fresh_arms || !rounds.is_multiple_of(each) || rounds >= pairs as usize {
            return false;
        }
        // The evidence up to here is all there would be.
        self.scenario.status = Status::Complete;
        let enough = (self.bench.enough)(self.scenario);
        self.scenario.status = Status::Running;
        if enough {
            self.listener.hear(&Event::Decided {
                spec: self.spec,
                pairs: rounds,
            });
        }
        enough
    }

    /// One set of processes and databases, from their start to the check of the ledger.
    async fn round(&mut self, number: usize, blocks: Range<usize>) -> anyhow::Result<Status> {
        let pair = self
            .spec
            .fresh_arms
            .then(|| self.plans.baseline.blocks[blocks.start].pair);
        let mut sides = self.begin(pair, number).await?;
        if number == 0 {
            self.scenario.promises = sides.map(|_, s| s.opened.promises.clone());
            self.scenario.idle_resident_bytes = sides.map(|_, s| s.opened.idle_resident_bytes);
        }
        let outcome = match self.load(&mut sides, blocks).await {
            Ok(status) => self.finish(status, &mut sides).await,
            broken => broken,
        };
        // Where one arm broke, what the other still does must not change its database under the reader.
        let left = Arms {
            baseline: sides.baseline.leave(),
            candidate: sides.candidate.leave(),
        };
        let checked = self.check(&left).await;
        let check = match &outcome {
            Ok(_) => checked?,
            // The cause that broke the run counts, not what the check meets because of it.
            Err(_) => checked.ok().flatten(),
        };
        self.enter(check);
        // The databases of a scenario can be large; one that stays is removed with the run's.
        let _stays = self.bench.databases.clear().await;
        outcome
    }

    async fn begin(&mut self, pair: Option<u32>, round: usize) -> anyhow::Result<Arms<Side>> {
        let side = |role| {
            let source = self.sources.get(role);
            Side::begin(self.bench, source, role, self.spec, pair, round)
        };
        let (baseline, candidate) =
            tokio::try_join!(side(ArmRole::Baseline), side(ArmRole::Candidate))?;
        let sides = Arms {
            baseline,
            candidate,
        };
        for role in ArmRole::ALL {
            self.check_plan(role, pair, &sides.get(role).opened)?;
            if self.spec.rejected_share() > 0.0 {
                reject_marked(&sides.get(role).place).await?;
            }
        }
        Ok(sides)
    }

    /// The digest of a state of the plan in progress.
    pub(super) fn state_hash(&self, state: u32) -> blake3::Hash {
        self.bench.state_hash(&self.derived, state)
    }

    /// Another build may plan another load: then there is nothing to compare.
    fn check_plan(&self, role: ArmRole, pair: Option<u32>, opened: &Opened) -> anyhow::Result<()> {
        let hash = |state| self.state_hash(state);
        if opened.plan == digest(self.plans.get(role), pair, hash) {
            return Ok(());
        }
        bail!(
            "the {role}'s build, {}, plans other saves for scenario {} than this one, so they cannot be compared: its \
             dataset or its reading of scenarios differs; use builds between which neither changed",
            self.sources.get(role).binary.display(),
            self.spec.name
        )
    }

    /// All load of a round: its blocks, then the searches and the variants of the scenario.
    async fn load(
        &mut self,
        sides: &mut Arms<Side>,
        blocks: Range<usize>,
    ) -> anyhow::Result<Status> {
        let status = if self.spec.split {
            self.windows(sides, blocks).await?
        } else {
            self.blocks(sides, blocks).await?
        };
        if !status.is_complete() {
            return Ok(status);
        }
        match self.searches(sides).await? {
            Status::Complete => self.ablation().await,
            status => Ok(status),
        }
    }

    /// Runs blocks, pair by pair, unless asked to stop.
    async fn blocks(
        &mut self,
        sides: &mut Arms<Side>,
        blocks: Range<usize>,
    ) -> anyhow::Result<Status> {
        for number in blocks {
            let roles = match self.first[number] {
                ArmRole::Baseline => ArmRole::ALL,
                ArmRole::Candidate => [ArmRole::Candidate, ArmRole::Baseline],
            };
            for role in roles {
                if self.bench.interrupt.is_asked() {
                    return Ok(Status::Interrupted);
                }
                let side = sides.get_mut(role);
                match self.spec.faults {
                    None => self.block(side, role, number).await?,
                    Some(fault) => self.disturbed(side, role, number, fault).await?,
                }
            }
        }
        Ok(Status::Complete)
    }

    /// Runs one block, stretch by stretch.
    async fn block(&mut self, side: &mut Side, role: ArmRole, number: usize) -> anyhow::Result<()> {
        let started_ns = self.elapsed_ns();
        let mut sum: Option<BlockDone> = None;
        let planned = &self.plans.get(role).blocks[number];
        for stretch in planned.stretches(self.bench.evidence_every) {
            let saves = planned.part(stretch).saves;
            let done = side.run_stretch(number, stretch, &saves).await;
            let done = done.with_context(|| self.place(role, number))?;
            sum = Some(match sum {
                None => done,
                Some(sum) => join(sum, done, stretch.from_ns, self.spec.sample_ns())
                    .with_context(|| self.place(role, number))?,
            });
        }
        // A block has a stretch at the least.
        sum.map_or(Ok(()), |done| self.record(role, number, started_ns, done))
    }

    /// Nanoseconds since the first block began.
    pub(super) fn elapsed_ns(&mut self) -> u64 {
        let origin = *self.origin.get_or_insert_with(Instant::now);
        u64::try_from(origin.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// `the baseline arm in block 3 of 10`.
    pub(super) fn place(&self, role: ArmRole, number: usize) -> String {
        format!(
            "the {role} arm in block {} of {}",
            number + 1,
            self.plans.get(role).blocks.len()
        )
    }

    /// Enters what came of a block into the report.
    ///
    /// # Errors
    /// The arm's disk is full.
    pub(super) fn record(
        &mut self,
        role: ArmRole,
        number: usize,
        started_ns: u64,
        mut done: BlockDone,
    ) -> anyhow::Result<()> {
        let planned = &self.plans.get(role).blocks[number];
        done.block.started_ns = started_ns;
        // What a cache would hit that never fails, and whose saves never do, says nothing about one that was broken.
        let comparable = done.block.cache.is_some() && self.spec.faults.is_none();
        done.block.implied = comparable.then(|| self.implied.get(role)[number]);
        let measured_ns = self.measured_ns.get_mut(role);
        let sampled = !done.samples.is_empty();
        for mut sample in done.samples {
            sample.at_ns += *measured_ns;
            self.scenario.series.get_mut(role).push(sample);
        }
        if planned.mode == Mode::Open {
            *measured_ns += planned.length_ns;
        }
        let full = done.block.outcomes.errors.contains_key(DISK_FULL);
        self.scenario.blocks.push(done.block);
        let series = self.scenario.series.get(role);
        if let Some(block) = self.scenario.blocks.last() {
            self.listener.hear(&Event::BlockDone {
                spec: self.spec,
                arm: role,
                done: self.scenario.blocks.len(),
                blocks: self.first.len() * 2,
                seconds: planned.length_ns as f64 / 1e9,
                block,
                last: series.last().filter(|_| sampled),
            });
        }
        if full {
            bail!("the disk is full: the {role}'s database has no space left");
        }
        Ok(())
    }

    /// Probes the eviction where all blocks were run, and ends both arms.
    async fn finish(&mut self, status: Status, sides: &mut Arms<Side>) -> anyhow::Result<Status> {
        if status.is_complete() && self.spec.eviction_probe.is_some() {
            let probed = sides.candidate.arm.probe_eviction().await;
            self.scenario.eviction = probed.context("the candidate's eviction probe")?;
        }
        for role in ArmRole::ALL {
            let closed = sides.get_mut(role).arm.close().await;
            closed.with_context(|| format!("closing the {role} arm"))?;
        }
        Ok(status)
    }

    /// Holds both databases against what was acknowledged; none where a service stores nothing by design.
    async fn check(&mut self, left: &Arms<Left>) -> anyhow::Result<Option<Arms<LedgerCheck>>> {
        if !left.baseline.opened.stores || !left.candidate.opened.stores {
            return Ok(None);
        }
        self.listener.hear(&Event::Checking { spec: self.spec });
        let hash = |state: u32| self.state_hash(state);
        let (baseline, candidate) =
            tokio::join!(left.baseline.check(hash), left.candidate.check(hash));
        Ok(Some(Arms {
            baseline: baseline.context("reading back the baseline's database")?,
            candidate: candidate.context("reading back the candidate's database")?,
        }))
    }

    /// Adds the check of a round to those before.
    fn enter(&mut self, check: Option<Arms<LedgerCheck>>) {
        let Some(check) = check else { return };
        match &mut self.scenario.ledger {
            None => self.scenario.ledger = Some(check),
            Some(before) => {
                for role in ArmRole::ALL {
                    merge(before.get_mut(role), check.get(role));
                }
            }
        }
        if let Some(check) = &self.scenario.ledger {
            self.listener.hear(&Event::Checked {
                spec: self.spec,
                check,
            });
        }
    }
}

/// The blocks of each round.
fn rounds(spec: &Spec, plan: &Plan) -> Vec<Range<usize>> {
    if !spec.fresh_arms {
        return std::iter::once(0..plan.blocks.len()).collect();
    }
    let mut end = 0;
    let of_pair = |pair: &[PlannedBlock]| {
        let begin = end;
        end += pair.len();
        begin..end
    };
    plan.blocks
        .chunk_by(|a, b| a.pair == b.pair)
        .map(of_pair)
        .collect()
}
