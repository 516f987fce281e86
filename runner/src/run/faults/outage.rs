//! The database is out of reach for a while. Callers must hear of it, and service must go on by itself afterwards.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use shared::arms::ArmRole;
use shared::report::Fault;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};
use tokio::process::Command;

use super::incident_in;
use crate::arm::{Ack, LEAD};
use crate::place::{Place, connect};
use crate::plan::PlannedSave;
use crate::run::course::Course;
use crate::run::side::Side;

/// How long to wait for the lock of a database that an arm writes to.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long stopping or starting a server may take.
const SERVER_PATIENCE: Duration = Duration::from_secs(60);

/// An acknowledgement, and when it was heard, since the block was asked for.
type Heard = (Duration, Ack);

/// When an outage began and when it was over.
struct Outage {
    began: Instant,
    ended: Instant,
}

impl Course<'_> {
    /// Runs a block in the middle of which the arm's database is out of reach.
    pub(super) async fn without_database(
        &mut self,
        side: &mut Side,
        role: ArmRole,
        number: usize,
        at_ns: u64,
        length_ns: u64,
    ) -> anyhow::Result<()> {
        let control = self.bench.server_control;
        let place = side.place.clone();
        let ways = ways(&place, control);
        let fault = ways[number % ways.len()];
        let started_ns = self.elapsed_ns();
        let saves = &self.plans.get(role).blocks[number].saves;
        let requested = Instant::now();
        let mut heard: Vec<Heard> = Vec::with_capacity(saves.len());
        let mut hear = |ack| heard.push((requested.elapsed(), ack));
        let strike = async {
            let due = requested + LEAD + Duration::from_nanos(at_ns);
            tokio::time::sleep_until(due.into()).await;
            strike(fault, &place, control, Duration::from_nanos(length_ns)).await
        };
        let (done, outage) =
            tokio::join!(side.run_listening(number, saves, None, &mut hear), strike);
        let done = done.with_context(|| self.place(role, number))?;
        let Outage { began, ended } = outage.with_context(|| format!("the outage of {place}"))?;
        let (began, ended) = (began - requested, ended - requested);
        let recovery = recovery(saves, &heard, began, ended);
        let at_ns = started_ns + nanoseconds(began);
        let mut incident = incident_in(&done.block, fault, at_ns, nanoseconds(ended - began));
        incident.recovery_ns = recovery.map(nanoseconds);
        self.enter_fault(incident);
        self.record(role, number, started_ns, done)
    }
}

/// The outages that are possible, in the order of the blocks. A server that the runner was given no way to control is not
/// stopped.
fn ways(place: &Place, control: Option<&Path>) -> &'static [Fault] {
    match (place, control) {
        (Place::Sqlite { .. }, _) => &[Fault::DatabaseLocked],
        (Place::Postgres { .. }, None) => &[Fault::ConnectionsTerminated],
        (Place::Postgres { .. }, Some(_)) => &[Fault::ConnectionsTerminated, Fault::ServerStopped],
    }
}

/// From the end of an outage to the first acknowledgement of a save that was written and had been planned after its begin.
/// What was planned before may have been written before. Times since the block was asked for.
fn recovery(
    saves: &[PlannedSave],
    heard: &[Heard],
    began: Duration,
    ended: Duration,
) -> Option<Duration> {
    let planned = |index: u64| {
        let place = saves.binary_search_by_key(&index, |save| save.index).ok()?;
        // The block began no earlier.
        Some(LEAD + Duration::from_nanos(saves[place].at_ns))
    };
    let first = heard.iter().find(|(at, Ack(index, _, written))| {
        *written && *at >= ended && planned(*index).is_some_and(|planned| planned >= began)
    })?;
    Some(first.0 - ended)
}

async fn strike(
    fault: Fault,
    place: &Place,
    control: Option<&Path>,
    length: Duration,
) -> anyhow::Result<Outage> {
    match (fault, place, control) {
        (Fault::DatabaseLocked, Place::Sqlite { file }, _) => lock(file, length).await,
        (Fault::ConnectionsTerminated, Place::Postgres { url, schema }, _) => {
            terminate(url, schema).await
        }
        (Fault::ServerStopped, Place::Postgres { .. }, Some(script)) => stop(script, length).await,
        _ => bail!("{fault:?} is not possible there"),
    }
}

/// Holds the only lock for writing, as another process that writes may.
async fn lock(file: &Path, length: Duration) -> anyhow::Result<Outage> {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .busy_timeout(PATIENCE);
    let mut connection = options.connect().await?;
    let transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let began = Instant::now();
    tokio::time::sleep(length).await;
    transaction.rollback().await?;
    let ended = Instant::now();
    connection.close().await?;
    Ok(Outage { began, ended })
}

/// Cuts all connections of an arm, which bear the name of its schema.
async fn terminate(url: &str, schema: &str) -> anyhow::Result<Outage> {
    let mut connection = connect(url).await?;
    let query = "SELECT count(*) FROM (SELECT pg_terminate_backend(pid) AS done FROM pg_stat_activity \
                 WHERE application_name = $1) AS terminated WHERE done";
    let cut: i64 = sqlx::query_scalar(query)
        .bind(schema)
        .fetch_one(&mut connection)
        .await?;
    // An instant: a save planned before the server had been asked may have been written on a connection not yet cut.
    let cut_at = Instant::now();
    connection.close().await?;
    if cut == 0 {
        bail!("the server shows no connection of the arm that could be cut");
    }
    Ok(Outage {
        began: cut_at,
        ended: cut_at,
    })
}

/// Stops the server, and starts it again.
async fn stop(script: &Path, length: Duration) -> anyhow::Result<Outage> {
    let began = Instant::now();
    control(script, "stop").await?;
    tokio::time::sleep(length.saturating_sub(began.elapsed())).await;
    control(script, "start").await?;
    Ok(Outage {
        began,
        ended: Instant::now(),
    })
}

async fn control(script: &Path, action: &str) -> anyhow::Result<()> {
    let mut command = Command::new(script);
    command.arg(action).kill_on_drop(true);
    // What it says is no output of this program's.
    command
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::null());
    let shown = || format!("`{} {action}`", script.display());
    let ended = tokio::time::timeout(SERVER_PATIENCE, command.status()).await;
    let status = ended
        .with_context(|| format!("{} took longer than {SERVER_PATIENCE:?}", shown()))?
        .with_context(shown)?;
    if !status.success() {
        bail!("{} failed ({status})", shown());
    }
    Ok(())
}

fn nanoseconds(length: Duration) -> u64 {
    u64::try_from(length.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::Dataset;
    use crate::plan::Plan;
    use crate::scenario::{Profile, load};

    /// Ten saves, one each 100 ms from the begin of the block on.
    fn saves() -> Vec<PlannedSave> {
        let spec = load("low-load")
            .unwrap()
            .resolve(Profile::Ci, None)
            .unwrap();
        let plan = Plan::new(&spec, 1, &Dataset::new(1, 300)).unwrap();
        let mut saves = plan.blocks[0].saves[..10].to_vec();
        for (place, save) in saves.iter_mut().enumerate() {
            save.at_ns = place as u64 * 100_000_000;
        }
        saves
    }

    #[test]
    fn recovery_counts_to_the_first_save_that_only_the_database_can_have_answered() {
        let saves = saves();
        let ms = |n| LEAD + Duration::from_millis(n);
        let (began, ended) = (ms(250), ms(500));
        let ack = |place: usize, written| Ack(saves[place].index, 1, written);
        let before = [
            (ms(210), ack(2, true)),
            // Planned before the outage, heard after it; from the cache; heard before its end.
            (ms(501), ack(1, true)),
            (ms(505), ack(5, false)),
            (ms(499), ack(3, true)),
        ];
        assert_eq!(recovery(&saves, &before, began, ended), None);
        let after = [
            &before[..],
            &[(ms(530), ack(4, true)), (ms(531), ack(3, true))],
        ]
        .concat();
        assert_eq!(
            recovery(&saves, &after, began, ended),
            Some(Duration::from_millis(30))
        );
    }

    #[test]
    fn only_a_server_under_control_is_stopped() {
        let sqlite = Place::Sqlite {
            file: "x.db".into(),
        };
        let postgres = Place::Postgres {
            url: "postgres://u@h/d".to_owned(),
            schema: "s".to_owned(),
        };
        let script = Some(Path::new("control.sh"));
        assert_eq!(ways(&sqlite, script), [Fault::DatabaseLocked]);
        assert_eq!(ways(&postgres, None), [Fault::ConnectionsTerminated]);
        assert_eq!(
            ways(&postgres, script),
            [Fault::ConnectionsTerminated, Fault::ServerStopped]
        );
    }

    #[tokio::test]
    async fn a_script_that_fails_is_named() {
        let refused = control(Path::new("/bin/false"), "stop").await.unwrap_err();
        assert!(
            refused.to_string().starts_with("`/bin/false stop` failed"),
            "{refused}"
        );
        assert!(control(Path::new("/bin/true"), "start").await.is_ok());
    }
}
