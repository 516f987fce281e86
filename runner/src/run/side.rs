//! One arm while a scenario is measured, and what is left of it afterwards.

use std::path::Path;

use anyhow::Context;
use shared::arms::ArmRole;
use shared::report::LedgerCheck;

use super::bench::Bench;
use crate::arm::{Ack, Arm, ArmError, ArmSource, BlockDone, Open, Opened};
use crate::ledger::{Expected, Ledger};
use crate::plan::PlannedSave;
use crate::scenario::Spec;

/// One arm with its ledger.
pub(super) struct Side {
    /// The process.
    pub(super) arm: Box<dyn Arm>,
    /// What it said of itself.
    pub(super) opened: Opened,
    /// What it answered.
    pub(super) ledger: Ledger,
    /// Saves that it was asked for so far, by their places in the plan or beyond it: the ledger is checked against them.
    pub(super) asked: Vec<PlannedSave>,
}

impl Side {
    /// Starts an arm and opens the scenario on a clean database in `folder`; `pair` is the only one that the arm will be
    /// asked for, if there is only one.
    pub(super) async fn begin(
        bench: &Bench<'_>,
        source: &ArmSource,
        role: ArmRole,
        spec: &Spec,
        pair: Option<u32>,
        folder: &Path,
    ) -> anyhow::Result<Self> {
        let folder = folder.join(role.as_str());
        std::fs::create_dir_all(&folder)
            .with_context(|| format!("the folder {} for a database", folder.display()))?;
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
            folder,
        };
        let opened = arm.open(open).await.map_err(named)?;
        Ok(Self {
            arm,
            opened,
            ledger: Ledger::default(),
            asked: Vec::new(),
        })
    }

    /// Runs a block and keeps the ledger.
    pub(super) async fn run_block(
        &mut self,
        number: usize,
        saves: &[PlannedSave],
    ) -> Result<BlockDone, ArmError> {
        let ledger = &mut self.ledger;
        let mut acknowledge =
            |Ack(index, snapshot, written): Ack| ledger.record(index, snapshot, written);
        let result = self.arm.run(number, &mut acknowledge).await;
        self.settle(
            saves,
            result.as_ref().ok().map(|done| done.failed.as_slice()),
        );
        result
    }

    /// Notes the saves that were asked for and did not succeed; `failed` is absent where the arm did not live to say.
    /// Saves that were never answered may be stored or not, like failed ones.
    pub(super) fn settle(&mut self, saves: &[PlannedSave], failed: Option<&[u64]>) {
        self.asked.extend_from_slice(saves);
        if let Some(failed) = failed {
            for index in failed {
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
            opened: self.opened,
            ledger: self.ledger,
            asked: self.asked,
        }
    }
}

/// What is left of an arm that is gone.
pub(super) struct Left {
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
        let asked: std::collections::HashMap<u64, &PlannedSave> =
            self.asked.iter().map(|save| (save.index, save)).collect();
        let expected = |index: u64| {
            let save = asked[&index];
            Expected {
                run: save.run_id(),
                state: hash(save.state),
            }
        };
        self.ledger.check(expected, &self.opened.database).await
    }
}
