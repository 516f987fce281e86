//! The course of one scenario: its rounds, in each the blocks pair by pair, then the ledger. A round is a set of
//! processes and databases: one for all pairs, or a new one for each.

use std::ops::Range;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use jiff::Timestamp;
use shared::arms::{ArmRole, Arms};
use shared::report::{ImpliedHits, LedgerCheck, Mode, Scenario, Status};

use super::bench::Bench;
use super::events::{Event, Listener};
use super::faults::reject_marked;
use super::join::join;
use super::journal::{CourseRecord, Journal, Partial};
use super::resumption::Before;
use super::side::{Left, Side};
use crate::arm::{Ack, ArmSource, BlockDone, Opened, identities, own_arms};
use crate::environment::boot;
use crate::ledger::merge;
use crate::plan::{Plan, PlannedBlock, Stretch, digest, implied_hits, order};
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
    /// What is written while it goes on; none where it cannot go on after a crash.
    pub(super) journal: Option<Journal<'a>>,
    /// Which arm runs each block first.
    first: Vec<ArmRole>,
    /// Digests of the states that the plan in progress derives from others.
    pub(super) derived: Vec<blake3::Hash>,
    /// What a perfect cache would hit, block by block; none where the real one was lost in between.
    pub(super) implied: Arms<Vec<Option<ImpliedHits>>>,
    /// When the first block began, or the first one since the run was resumed.
    origin: Option<Instant>,
    /// Nanoseconds from the first block of all to that.
    pub(super) elapsed_before_ns: u64,
    /// Measured time of each arm so far, nanoseconds.
    pub(super) measured_ns: Arms<u64>,
    /// Steps so far: a step is a stretch of a block on an arm.
    steps: u64,
    /// Steps that were begun before the run was resumed.
    pub(super) behind: u64,
    /// The block that was in progress then.
    pub(super) partial: Option<Partial>,
    /// The arms of then.
    pub(super) before: Option<Arms<Before>>,
    /// When evidence was last written.
    written: Instant,
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
        journal: Option<Journal<'a>>,
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
                let hits = implied_hits(&plan.blocks[blocks.clone()], spec.cache_entries);
                hits.into_iter().map(Some)
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
            journal,
            first,
            origin: None,
            elapsed_before_ns: 0,
            measured_ns: Arms::default(),
            steps: 0,
            behind: 0,
            partial: None,
            before: None,
            written: Instant::now(),
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
        let before = self.before.take();
        let is_first = number == 0 && before.is_none();
        let mut sides = match before {
            None => self.begin(pair, number).await?,
            Some(before) => self.take_over(before).await?,
        };
        if is_first {
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
            let opened = &sides.get(role).opened;
            for what in &opened.unmeasured {
                self.listener.hear(&Event::Unmeasured { what });
            }
            self.check_plan(role, pair, opened)?;
            if self.spec.rejected_share() > 0.0 {
                reject_marked(&sides.get(role).place).await?;
            }
        }
        Ok(sides)
    }

    /// Starts the arms again on the databases that their last processes left.
    async fn take_over(&mut self, before: Arms<Before>) -> anyhow::Result<Arms<Side>> {
        let side = |role: ArmRole, before| {
            Side::take_over(self.bench, self.sources.get(role), role, self.spec, before)
        };
        let Arms {
            baseline,
            candidate,
        } = before;
        let sides = Arms {
            baseline: side(ArmRole::Baseline, baseline).await?,
            candidate: side(ArmRole::Candidate, candidate).await?,
        };
        for role in ArmRole::ALL {
            self.check_plan(role, None, &sides.get(role).opened)?;
        }
        // The gap is known from now on, also where there is another one before the next evidence.
        self.steps = self.behind;
        let partial = self.partial.clone();
        self.write(partial.as_ref());
        self.steps = 0;
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
            for role in self.roles(number) {
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

    /// Runs one block, stretch by stretch, from where it was if the run was resumed.
    async fn block(&mut self, side: &mut Side, role: ArmRole, number: usize) -> anyhow::Result<()> {
        let is_of = |partial: &mut Partial| (partial.role, partial.number) == (role, number);
        let mut partial = self.partial.take_if(is_of);
        let stretches = self.stretches(role, number);
        for (place, stretch) in stretches.iter().enumerate() {
            self.steps += 1;
            if self.steps <= self.behind {
                continue;
            }
            let done = self.stretch(side, role, number, *stretch).await;
            let done = done.with_context(|| self.place(role, number))?;
            let (started_ns, sum) = match partial {
                None => (done.0, done.1),
                Some(before) => {
                    let sample_ns = self.spec.sample_ns();
                    let sum = join(before.done, done.1, stretch.from_ns, sample_ns);
                    (
                        before.started_ns,
                        sum.with_context(|| self.place(role, number))?,
                    )
                }
            };
            let so_far = Partial {
                role,
                number,
                started_ns,
                done: sum,
            };
            if place + 1 < stretches.len() {
                self.keep(Some(&so_far), *stretch);
            }
            partial = Some(so_far);
        }
        // None: all of it was run before the run was resumed, or lost.
        if let Some(Partial {
            started_ns, done, ..
        }) = partial
        {
            self.record(role, number, started_ns, done)?;
            if let Some(last) = stretches.last() {
                self.keep(None, *last);
            }
        }
        Ok(())
    }

    /// Runs one stretch: when it began, and its evidence.
    async fn stretch(
        &mut self,
        side: &mut Side,
        role: ArmRole,
        number: usize,
        stretch: Stretch,
    ) -> anyhow::Result<(u64, BlockDone)> {
        let started_ns = self.elapsed_ns();
        let step = self.steps.saturating_sub(1);
        if let Some(journal) = &mut self.journal {
            journal.begin(step)?;
        }
        let saves = self.plans.get(role).blocks[number].part(stretch).saves;
        let mut acknowledged = Vec::new();
        let mut hear = |ack: Ack| acknowledged.push(ack);
        let done = side.run_stretch(number, stretch, &saves, &mut hear).await?;
        if let Some(journal) = &mut self.journal {
            journal.answered(role, step, &acknowledged, done.failed.iter().copied());
        }
        Ok((started_ns, done))
    }

    /// The arms in the order in which they run a block.
    pub(super) fn roles(&self, number: usize) -> [ArmRole; 2] {
        match self.first[number] {
            ArmRole::Baseline => ArmRole::ALL,
            ArmRole::Candidate => [ArmRole::Candidate, ArmRole::Baseline],
        }
    }

    /// The stretches of a block.
    pub(super) fn stretches(&self, role: ArmRole, number: usize) -> Vec<Stretch> {
        let block = &self.plans.get(role).blocks[number];
        block.stretches(self.bench.evidence_every)
    }

    /// Writes the evidence so far, unless there is time to run more before.
    fn keep(&mut self, partial: Option<&Partial>, stretch: Stretch) {
        let next = Duration::from_nanos(stretch.to_ns.saturating_sub(stretch.from_ns));
        if self.written.elapsed() + next > self.bench.evidence_every {
            self.write(partial);
        }
    }

    /// Writes the evidence so far. Where that fails, the run goes on: it could not be resumed, and that is said.
    fn write(&mut self, partial: Option<&Partial>) {
        let elapsed_ns = self.elapsed_ns();
        let Some(journal) = &mut self.journal else {
            return;
        };
        let written = journal.write(&CourseRecord {
            written_at: Timestamp::now(),
            boot: boot(),
            scenario: self.scenario.clone(),
            steps: self.steps,
            partial: partial.cloned(),
            measured_ns: self.measured_ns,
            elapsed_ns,
        });
        self.written = Instant::now();
        if let Err(e) = written {
            eprintln!(
                "warning: {e:#}; a crash from here on costs all of scenario {}",
                self.spec.name
            );
            self.journal = None;
        }
    }

    /// Nanoseconds since the first block began.
    pub(super) fn elapsed_ns(&mut self) -> u64 {
        let origin = *self.origin.get_or_insert_with(Instant::now);
        let elapsed = u64::try_from(origin.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.elapsed_before_ns.saturating_add(elapsed)
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
        done.block.implied = self.implied.get(role)[number].filter(|_| comparable);
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

    /// Probes the eviction and profiles memory where all blocks were run, and ends both arms.
    async fn finish(&mut self, status: Status, sides: &mut Arms<Side>) -> anyhow::Result<Status> {
        if status.is_complete() && self.spec.eviction_probe.is_some() {
            let probed = sides.candidate.arm.probe_eviction().await;
            self.scenario.eviction = probed.context("the candidate's eviction probe")?;
        }
        if status.is_complete() && self.spec.memory_profile {
            let profiled = sides.candidate.arm.profile_memory().await;
            self.scenario.memory_profile = profiled.context("the candidate's memory profile")?;
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
