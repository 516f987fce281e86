//! Some saves are rejected by the database, by a rule that the instrument puts into it: a service must tell their callers,
//! store nothing of them, and let no other save of the same transaction fail with them.

use std::collections::HashSet;
use std::time::Duration;

use anyhow::Context;
use shared::arms::ArmRole;
use shared::report::Fault;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};

use super::incident_in;
use crate::place::{Place, connect};
use crate::plan::{PlannedSave, REJECTED_PHASE};
use crate::run::course::Course;
use crate::run::side::Side;

/// How long to wait for an arm that writes.
const PATIENCE: Duration = Duration::from_secs(10);

impl Course<'_> {
    /// Runs a block of which some saves are rejected.
    pub(super) async fn rejecting(
        &mut self,
        side: &mut Side,
        role: ArmRole,
        number: usize,
    ) -> anyhow::Result<()> {
        let started_ns = self.elapsed_ns();
        let block = &self.plans.get(role).blocks[number];
        let length_ns = block.length_ns;
        let done = side
            .run_block(number, &block.saves)
            .await
            .with_context(|| self.place(role, number))?;
        let (meant_to_fail, accepted) = of_rejected(&block.saves, &done.failed);
        let mut incident = incident_in(&done.block, Fault::SavesRejected, started_ns, length_ns);
        incident.meant_to_fail = meant_to_fail;
        // An acknowledgement of a save that the database cannot have taken is a lost save, whatever the ledger finds.
        incident.violations = Some(accepted);
        self.enter_fault(incident);
        self.record(role, number, started_ns, done)
    }
}

/// Of the saves that the database rejects: how many failed, and how many were acknowledged all the same.
fn of_rejected(saves: &[PlannedSave], failed: &[u64]) -> (u64, u64) {
    let failed: HashSet<u64> = failed.iter().copied().collect();
    let (mut refused, mut accepted) = (0, 0);
    for save in saves.iter().filter(|save| save.rejected) {
        if failed.contains(&save.index) {
            refused += 1;
        } else {
            accepted += 1;
        }
    }
    (refused, accepted)
}

/// Makes a database reject the saves that the plan marks.
///
/// # Errors
/// What the database says.
pub(in crate::run) async fn reject_marked(place: &Place) -> anyhow::Result<()> {
    let ruled = match place {
        Place::Sqlite { file } => {
            let options = SqliteConnectOptions::new()
                .filename(file)
                .busy_timeout(PATIENCE);
            let mut connection = options.connect().await?;
            let rule = format!(
                "CREATE TRIGGER reject_marked BEFORE INSERT ON snapshots WHEN NEW.agent_phase = '{REJECTED_PHASE}' \
                 BEGIN SELECT RAISE(ABORT, 'rejected on purpose'); END"
            );
            let ruled = sqlx::raw_sql(AssertSqlSafe(rule))
                .execute(&mut connection)
                .await
                .map(drop);
            connection.close().await?;
            ruled
        }
        Place::Postgres { url, schema } => {
            let mut connection = connect(url).await?;
            let rule = format!(
                "ALTER TABLE \"{schema}\".snapshots ADD CONSTRAINT reject_marked \
                 CHECK (agent_phase IS NULL OR agent_phase <> '{REJECTED_PHASE}')"
            );
            let ruled = sqlx::raw_sql(AssertSqlSafe(rule))
                .execute(&mut connection)
                .await
                .map(drop);
            connection.close().await?;
            ruled
        }
    };
    ruled.with_context(|| format!("making {place} reject some saves"))
}
