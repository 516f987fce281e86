//! One arm while a scenario is measured, and what is left of it afterwards.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use shared::arms::ArmRole;
use shared::report::LedgerCheck;
use sqlx::Connection;

use super::bench::Bench;
use super::resumption::Before;
use crate::arm::{
    Ack, Acknowledge, Arm, ArmError, ArmSource, BlockDone, CacheFailure, Kill, LEAD, Open, Opened,
};
use crate::ledger::{Expected, Ledger};
use crate::place::{Place, connect};
use crate::plan::{PlannedSave, Stretch};
use crate::scenario::Spec;

/// How long a server may go on with what a process asked of it that is gone, and how often to look.
const PATIENCE: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(5);
/// The sessions of an arm bear the name of its schema.
const SESSIONS: &str = "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1";

/// One arm with its ledger.
pub(super) struct Side {
    /// The process.
    pub(super) arm: Box<dyn Arm>,
    /// Where its states are.
    pub(super) place: Place,
    /// What it said of itself.
    pub(super) opened: Opened,
    /// What it answered.
    pub(super) ledger: Ledger,
    /// Saves that it was asked for so far, by their places in the plan or beyond it: the ledger is checked against them.
    pub(super) asked: Vec<PlannedSave>,
    /// Lost and wrong saves that earlier looks into its database found.
    pub(super) known_broken: u64,
}

/// What became of a block whose arm was killed.
pub(super) struct Killed {
    /// From the request of the block until the arm was gone.
    pub(super) until_gone: Duration,
    /// Saves that were due by then but never answered.
    pub(super) unanswered: u64,
}

impl Side {
    /// Starts an arm and opens the scenario on a clean database of the round; `pair` is the only one that the arm will be
    /// asked for, if there is only one.
    pub(super) async fn begin(
        bench: &Bench<'_>,
        source: &ArmSource,
        role: ArmRole,
        spec: &Spec,
        pair: Option<u32>,
        round: usize,
    ) -> anyhow::Result<Self> {
        let place = bench
            .databases
            .place(&spec.name, round, role.as_str())
            .await?;
        Self::begin_at(bench, source, role, spec, pair, place).await
    }

    /// Starts an arm and opens the scenario on a clean database.
    pub(super) async fn begin_at(
        bench: &Bench<'_>,
        source: &ArmSource,
        role: ArmRole,
        spec: &Spec,
        pair: Option<u32>,
        place: Place,
    ) -> anyhow::Result<Self> {
        let (arm, opened) = start(bench, source, role, spec, pair, &place, false).await?;
        Ok(Self {
            arm,
            place,
            opened,
            ledger: Ledger::default(),
            asked: Vec::new(),
            known_broken: 0,
        })
    }

    /// Starts an arm on the database that an earlier run's process left, and goes on with the plan.
    pub(super) async fn take_over(
        bench: &Bench<'_>,
        source: &ArmSource,
        role: ArmRole,
        spec: &Spec,
        before: Before,
    ) -> anyhow::Result<Self> {
        let Before {
            place,
            ledger,
            asked,
        } = before;
        wait_until_alone(&place).await?;
        let (arm, opened) = start(bench, source, role, spec, None, &place, true).await?;
        Ok(Self {
            arm,
            place,
            opened,
            ledger,
            asked,
            known_broken: 0,
        })
    }

    /// Starts the arm again on the database that its last process left, and goes on with the plan.
    pub(super) async fn restart(
        &mut self,
        bench: &Bench<'_>,
        source: &ArmSource,
        role: ArmRole,
        spec: &Spec,
    ) -> anyhow::Result<()> {
        (self.arm, self.opened) = start(bench, source, role, spec, None, &self.place, true).await?;
        Ok(())
    }

    /// Waits until the database has finished what a process asked of it that is gone.
    pub(super) async fn wait_until_alone(&self) -> anyhow::Result<()> {
        wait_until_alone(&self.place).await
    }

    /// Runs a block and keeps the ledger.
    pub(super) async fn run_block(
        &mut self,
        number: usize,
        saves: &[PlannedSave],
    ) -> Result<BlockDone, ArmError> {
        self.run_listening(number, saves, None, &mut |_| ()).await
    }

    /// Runs a block and keeps the ledger; with `failure` the arm's cache fails meanwhile. `hear` is told of each
    /// acknowledgement as it comes.
    pub(super) async fn run_listening(
        &mut self,
        number: usize,
        saves: &[PlannedSave],
        failure: Option<CacheFailure>,
        hear: Acknowledge<'_>,
    ) -> Result<BlockDone, ArmError> {
        self.run_part(number, None, saves, failure, hear).await
    }

    /// Runs a stretch of a block and keeps the ledger; `saves` are those of the stretch.
    pub(super) async fn run_stretch(
        &mut self,
        number: usize,
        stretch: Stretch,
        saves: &[PlannedSave],
        hear: Acknowledge<'_>,
    ) -> Result<BlockDone, ArmError> {
        self.run_part(number, Some(stretch), saves, None, hear)
            .await
    }

    /// Runs a stretch of a block, or all of it, and keeps the ledger.
    async fn run_part(
        &mut self,
        number: usize,
        stretch: Option<Stretch>,
        saves: &[PlannedSave],
        failure: Option<CacheFailure>,
        hear: Acknowledge<'_>,
    ) -> Result<BlockDone, ArmError> {
        let ledger = &mut self.ledger;
        let mut acknowledge = |ack: Ack| {
            ledger.record(ack.0, ack.1, ack.2);
            hear(ack);
        };
        let running = self.arm.run(number, stretch, failure, &mut acknowledge);
        let result = running.await;
        self.settle(
            saves,
            result.as_ref().ok().map(|done| done.failed.as_slice()),
        );
        result
    }

    /// Begins a block, kills the arm in the middle of it and keeps the ledger.
    pub(super) async fn run_and_kill(
        &mut self,
        number: usize,
        saves: &[PlannedSave],
        kill: Kill,
        hear: Acknowledge<'_>,
    ) -> Result<Killed, ArmError> {
        let ledger = &mut self.ledger;
        let mut acknowledge = |ack: Ack| {
            ledger.record(ack.0, ack.1, ack.2);
            hear(ack);
        };
        let result = self.arm.run_and_kill(number, kill, &mut acknowledge).await;
        match result {
            Ok(until_gone) => Ok(Killed {
                until_gone,
                unanswered: self.settle_killed(saves, until_gone),
            }),
            Err(e) => {
                self.settle(saves, None);
                Err(e)
            }
        }
    }

    /// Notes what a killed arm left unanswered. A block begins no earlier than its lead after it was asked for, so a save
    /// that was not due by then was certainly never made, and nothing excuses its state in the database.
    fn settle_killed(&mut self, saves: &[PlannedSave], until_gone: Duration) -> u64 {
        let until_ns = until_gone.saturating_sub(LEAD).as_nanos();
        let made: Vec<PlannedSave> = saves
            .iter()
            .filter(|save| {
                u128::from(save.at_ns) <= until_ns || self.ledger.is_answered(save.index)
            })
            .copied()
            .collect();
        let answered = made.iter().filter(|s| self.ledger.is_answered(s.index));
        let unanswered = made.len() - answered.count();
        self.settle(&made, None);
        unanswered as u64
    }

    /// Holds the database against what was acknowledged so far. `hash` gives the digest of a state.
    pub(super) async fn check(
        &self,
        hash: impl Fn(u32) -> blake3::Hash,
    ) -> anyhow::Result<LedgerCheck> {
        check(&self.ledger, &self.asked, &self.place, hash).await
    }

    /// Notes the saves that were asked for and did not succeed; `failed` is absent where the arm did not live to say.
    /// Saves that were never answered may be stored or not, like failed ones.
    pub(super) fn settle(&mut self, saves: &[PlannedSave], failed: Option<&[u64]>) {
        self.asked.extend_from_slice(saves);
        if let Some(failed) = failed {
            let rejected: HashSet<u64> = saves
                .iter()
                .filter(|save| save.rejected)
                .map(|save| save.index)
                .collect();
            // What the database rejects cannot be stored: the ledger must not make room for it.
            for index in failed.iter().filter(|index| !rejected.contains(index)) {
                self.ledger.record_failed(*index);
            }
            return;
        }
        for save in saves {
            if !self.ledger.is_answered(save.index) {
                self.ledger.record_failed(save.index);
            }
        }
    }

    /// Ends the process, in whatever state it is, and keeps what its database is held against.
    pub(super) fn leave(self) -> Left {
        Left {
            place: self.place,
            opened: self.opened,
            ledger: self.ledger,
            asked: self.asked,
        }
    }
}

/// What is left of an arm that is gone.
pub(super) struct Left {
    place: Place,
    /// What it said of itself.
    pub(super) opened: Opened,
    ledger: Ledger,
    asked: Vec<PlannedSave>,
}

impl Left {
    /// Holds the database against what was acknowledged. `hash` gives the digest of a state.
    pub(super) async fn check(
        &self,
        hash: impl Fn(u32) -> blake3::Hash,
    ) -> anyhow::Result<LedgerCheck> {
        check(&self.ledger, &self.asked, &self.place, hash).await
    }
}

async fn wait_until_alone(place: &Place) -> anyhow::Result<()> {
    let Place::Postgres { url, schema } = place else {
        // The process itself was the database.
        return Ok(());
    };
    let mut connection = connect(url).await?;
    let begun = Instant::now();
    loop {
        let left: i64 = sqlx::query_scalar(SESSIONS)
            .bind(schema)
            .fetch_one(&mut connection)
            .await?;
        if left == 0 {
            return Ok(connection.close().await?);
        }
        if begun.elapsed() > PATIENCE {
            bail!("{left} sessions of a process that is gone are still open after {PATIENCE:?}");
        }
        tokio::time::sleep(POLL).await;
    }
}

/// Starts an arm and opens the scenario: on a clean database, or `resumed` on the one that its last process left.
async fn start(
    bench: &Bench<'_>,
    source: &ArmSource,
    role: ArmRole,
    spec: &Spec,
    pair: Option<u32>,
    place: &Place,
    resumed: bool,
) -> anyhow::Result<(Box<dyn Arm>, Opened)> {
    let named = |e: ArmError| {
        let label = if source.is_this_build() {
            String::new()
        } else {
            format!(" ({})", source.binary.display())
        };
        anyhow::Error::new(e).context(format!("the {role} arm{label}"))
    };
    let mut arm = bench.arms.start(&source.binary).await.map_err(named)?;
    let open = Open {
        role,
        service: source.service.clone(),
        spec: spec.clone(),
        seed: bench.seed,
        states: u32::try_from(bench.dataset.len()).context("too many states")?,
        pair,
        dataset: bench.dataset.file().map(std::path::Path::to_owned),
        place: place.clone(),
        resumed,
    };
    let opened = arm.open(open).await.map_err(named)?;
    Ok((arm, opened))
}

/// Holds a database against a ledger of saves that were `asked` for.
async fn check(
    ledger: &Ledger,
    asked: &[PlannedSave],
    place: &Place,
    hash: impl Fn(u32) -> blake3::Hash,
) -> anyhow::Result<LedgerCheck> {
    let asked: std::collections::HashMap<u64, &PlannedSave> =
        asked.iter().map(|save| (save.index, save)).collect();
    let expected = |index: u64| {
        let save = asked[&index];
        Expected {
            run: save.run_id(),
            state: hash(save.state),
        }
    };
    ledger.check(expected, place).await
}
