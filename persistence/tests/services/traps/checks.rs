//! One check per trap: what must hold, and what was found instead.

use persistence::{SnapshotId, StatePersistence};

use crate::support::{TestDatabase, request, run_concurrently, state, unlock};

/// A save that failed is written when it is repeated, and does not make an older state look saved.
pub(super) async fn failed_saves_are_not_remembered(
    service: &dyn StatePersistence,
    database: &TestDatabase,
) -> Result<(), String> {
    service
        .save(request("run", &state(1)))
        .await
        .map_err(|error| error.to_string())?;

    let lock = database.lock().await;
    let failed = service.save(request("run", &state(2))).await;
    unlock(lock).await;
    if failed.is_ok() {
        return Err("a save was answered although the database was locked".into());
    }
    service
        .save(request("run", &state(2)))
        .await
        .map_err(|error| error.to_string())?;
    expect_latest(database, &state(2)).await?;

    database.abort_writes_of("\"step\":3").await;
    if service.save(request("run", &state(3))).await.is_ok() {
        return Err("a save was answered although the database rejected it".into());
    }
    database.accept_writes_again().await;
    for number in [2, 3] {
        service
            .save(request("run", &state(number)))
            .await
            .map_err(|error| error.to_string())?;
        expect_latest(database, &state(number)).await?;
    }
    Ok(())
}

/// Every answer names a stored snapshot with the state that was saved.
pub(super) async fn answered_snapshots_exist(
    service: &dyn StatePersistence,
    database: &TestDatabase,
) -> Result<(), String> {
    for number in [1, 1, 2, 2, 1, 1] {
        let saved = service
            .save(request("run", &state(number)))
            .await
            .map_err(|error| error.to_string())?;
        expect_state(database, saved.snapshot_id, &state(number)).await?;
    }
    Ok(())
}

/// Of saves under way at the same time, the one submitted last is the run's latest.
pub(super) async fn saves_do_not_overtake(
    service: &dyn StatePersistence,
    database: &TestDatabase,
) -> Result<(), String> {
    service
        .save(request("run", &state(1)))
        .await
        .map_err(|error| error.to_string())?;
    // The last state equals the one that is committed when the saves are submitted: answering it at once is wrong, since 2 comes between.
    for order in [[2, 1], [2, 2], [1, 2], [2, 1]] {
        for saved in
            run_concurrently(order.map(|number| service.save(request("run", &state(number))))).await
        {
            saved.map_err(|error| error.to_string())?;
        }
        expect_latest(database, &state(order[1])).await?;
    }
    Ok(())
}

async fn expect_latest(database: &TestDatabase, expected: &str) -> Result<(), String> {
    match database.latest_state("run").await {
        Some(found) if found == expected => Ok(()),
        found => Err(format!(
            "the latest state is {found:?}, the last one answered {expected}"
        )),
    }
}

async fn expect_state(
    database: &TestDatabase,
    snapshot_id: SnapshotId,
    expected: &str,
) -> Result<(), String> {
    match database.state_of(snapshot_id).await {
        Some(found) if found == expected => Ok(()),
        found => Err(format!(
            "snapshot {snapshot_id} holds {found:?} instead of {expected}"
        )),
    }
}
