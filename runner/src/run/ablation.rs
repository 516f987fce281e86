//! What each part of a service contributes: variants of it serve the same slices of the plan, one after the other in random
//! order.

use anyhow::{Context, bail};
use blake3::Hash;
use rand::seq::SliceRandom;
use shared::arms::ArmRole;
use shared::report::{Status, Variant, VariantRound};

use super::course::{Course, DISK_FULL};
use super::events::Event;
use super::side::Side;
use crate::arm::{ArmSource, BlockDone, labels, own_services};
use crate::plan::{Plan, digest};
use crate::scenario::{AblationSpec, Spec};
use crate::seeded::seeded;

/// A variant under load, and what is known of it so far.
struct Running {
    side: Side,
    evidence: Variant,
}

impl Course<'_> {
    /// Compares the variants of the scenario, unless asked to stop. What was measured of them stays in the report also where
    /// one breaks.
    pub(super) async fn ablation(&mut self) -> anyhow::Result<Status> {
        let Some(asked) = self.spec.ablation.as_ref() else {
            return Ok(Status::Complete);
        };
        let spec = self.spec.of_variants(asked);
        let plan = Plan::new(&spec, self.bench.seed, self.bench.dataset)?;
        // The blocks before have another plan, which their own ledger is checked against.
        let derived = plan.derived.hashes(self.bench.dataset);
        let mut running = self.begin_variants(asked, &spec, &plan, &derived).await?;
        let mut outcome = self.slices(&mut running, asked, &plan).await;
        self.listener.hear(&Event::Checking { spec: self.spec });
        for Running { side, mut evidence } in running {
            let ended = self
                .end(side, &mut evidence, &derived, outcome.is_ok())
                .await;
            self.scenario.ablation.push(evidence);
            // The first cause counts, not what others meet because of it.
            if let (Ok(_), Err(cause)) = (&outcome, ended) {
                outcome = Err(cause);
            }
        }
        outcome
    }

    /// Ends a variant, in order where all goes well, and holds its database against what it acknowledged.
    async fn end(
        &self,
        mut side: Side,
        evidence: &mut Variant,
        derived: &[Hash],
        in_order: bool,
    ) -> anyhow::Result<()> {
        let service = &evidence.service;
        if in_order {
            let closed = side.arm.close().await;
            closed.with_context(|| place(service))?;
        }
        let left = side.leave();
        if left.opened.stores {
            let hash = |state| self.bench.state_hash(derived, state);
            let checked = left.check(hash).await;
            let check = checked.with_context(|| format!("reading back {}", place(service)))?;
            evidence.ledger = Some(check);
        }
        Ok(())
    }

    /// Starts all variants, each on a clean database.
    async fn begin_variants(
        &self,
        asked: &AblationSpec,
        spec: &Spec,
        plan: &Plan,
        derived: &[Hash],
    ) -> anyhow::Result<Vec<Running>> {
        let sources = own_services(&asked.variants, self.bench.sources)?;
        let expected = digest(plan, None, |state| self.bench.state_hash(derived, state));
        let mut running = Vec::with_capacity(sources.len());
        for (number, (source, label)) in sources.iter().zip(labels(&sources)).enumerate() {
            let side = self.begin_variant(number, source, spec).await;
            let side = side.with_context(|| place(&source.service))?;
            if side.opened.plan != expected {
                bail!(
                    "{} plans other saves than this build",
                    place(&source.service)
                );
            }
            running.push(Running {
                side,
                evidence: Variant {
                    service: source.service.clone(),
                    label,
                    rounds: Vec::new(),
                    ledger: None,
                },
            });
        }
        Ok(running)
    }

    async fn begin_variant(
        &self,
        number: usize,
        source: &ArmSource,
        spec: &Spec,
    ) -> anyhow::Result<Side> {
        let name = format!("variant-{number}");
        let place = self.bench.databases.place(&spec.name, 0, &name).await?;
        Side::begin_at(self.bench, source, ArmRole::Candidate, spec, None, place).await
    }

    /// All slices on all variants.
    async fn slices(
        &mut self,
        running: &mut [Running],
        asked: &AblationSpec,
        plan: &Plan,
    ) -> anyhow::Result<Status> {
        let mut rng = seeded("ablation-order", self.bench.seed);
        let mut order: Vec<usize> = (0..running.len()).collect();
        for (number, block) in plan.blocks.iter().enumerate() {
            order.shuffle(&mut rng);
            for variant in &order {
                if self.bench.interrupt.is_asked() {
                    return Ok(Status::Interrupted);
                }
                let Running { side, evidence } = &mut running[*variant];
                let service = &evidence.service;
                let done = side.run_block(number, &block.saves).await;
                let done = done.with_context(|| place(service))?;
                if done.block.outcomes.errors.contains_key(DISK_FULL) {
                    bail!(
                        "the disk is full: the database of {} has no space left",
                        place(service)
                    );
                }
                evidence.rounds.push(round(number, done));
            }
            self.listener.hear(&Event::RoundDone {
                spec: self.spec,
                done: number + 1,
                rounds: asked.rounds as usize,
            });
        }
        Ok(Status::Complete)
    }
}

/// `the variant optimized:batch=off`.
fn place(service: &str) -> String {
    format!("the variant {service}")
}

fn round(number: usize, done: BlockDone) -> VariantRound {
    let block = done.block;
    VariantRound {
        round: number as u32,
        acknowledged: block.outcomes.acknowledged(),
        deduplicated: block.outcomes.deduplicated,
        failed: block.outcomes.errors.values().sum(),
        duration_ns: block.duration_ns,
        cpu_ns: block.cpu_ns,
        database: block.database,
    }
}
