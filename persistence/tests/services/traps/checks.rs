//! One check per trap: what must hold, and what was found instead.

use persistence::{SnapshotId, StatePersistence};

use crate::support::{TestDatabase, request, run_concurrently, state, unlock};

/// A save that failed is written when it is repeated, and does not make an older state look saved.
pub(super) async fn failed_saves_are_not_remembered(
    service: &dyn StatePersistence,
    database: &TestDatabase,
) -> Result<(), String> {
    save(service, 1).await?;

    let lock = database.lock().await;
    let failed = save(service, 2).await;
    unlock(lock).await;
    if failed.is_ok() {
        return Err("a save was answered although the database was locked".into());
    }
    save(service, 2).await?;
    expect_latest(database, 2).await?;

    database.abort_writes_of("\"step\":3").await;
    if save(service, 3).await.is_ok() {
        return Err("a save was answered although the database rejected it".into());
    }
    database.accept_writes_again().await;
    for number in [2, 3] {
        save(service, number).await?;
        expect_latest(database, number).await?;
    }
    Ok(())
}

/// Every answer names a stored snapshot with the state that was saved.
pub(super) async fn answered_snapshots_exist(
    service: &dyn StatePersistence,
    database: &TestDatabase,
) -> Result<(), String> {
    for number in [1, 1, 2, 2, 1, 1] {
        let snapshot_id = save(service, number).await?;
        match database.state_of(snapshot_id).await {
            Some(found) if found == state(number) => (),
            found => {
                return Err(format!(
                    "snapshot {snapshot_id} holds {found:?}, not {}",
                    state(number)
                ));
            }
        }
    }
    Ok(())
}

/// Of saves under way at the same time, the one submitted last is the run's latest.
pub(super) async fn saves_do_not_overtake(
    service: &dyn StatePersistence,
    database: &TestDatabase,
) -> Result<(), String> {
    save(service, 1).await?;
    // Some of the last states equal the one that is committed when they are submitted: answering
    // them at once is wrong, since another state comes between.
    for order in [[2, 1], [2, 2], [1, 2], [2, 1]] {
        for saved in run_concurrently(order.map(|number| save(service, number))).await {
            saved?;
        }
        expect_latest(database, order[1]).await?;
    }

    // 4 is submitted again as soon as its first save is answered, while 5 is still being written.
    let twice = async {
        save(service, 4).await?;
        save(service, 4).await
    };
    let (first, second) = tokio::join!(biased; twice, save(service, 5));
    first?;
    second?;
    expect_latest(database, 4).await
}

async fn save(service: &dyn StatePersistence, number: usize) -> Result<SnapshotId, String> {
    match service.save(request("run", &state(number))).await {
        Ok(saved) => Ok(saved.snapshot_id),
        Err(error) => Err(error.to_string()),
    }
}

async fn expect_latest(database: &TestDatabase, number: usize) -> Result<(), String> {
    let expected = state(number);
    match database.latest_state("run").await {
        Some(found) if found == expected => Ok(()),
        found => Err(format!(
            "the latest state is {found:?}, the last one answered {expected}"
        )),
    }
}
