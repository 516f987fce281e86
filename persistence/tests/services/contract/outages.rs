//! Connections end while the service is open: callers are told, and it resumes by itself.

use std::time::{Duration, Instant};

use crate::support::{Openable, TestDatabase, request, run_concurrently, state};

// SQLite has no connections that somebody else could end.
on_postgres_only!(
    idle_connections_that_were_ended_are_replaced,
    saves_under_way_are_reported_and_later_ones_succeed,
);

/// How long a service may take until it works again.
const RECOVERY: Duration = Duration::from_secs(5);

async fn idle_connections_that_were_ended_are_replaced<S: Openable>(database: TestDatabase) {
    let service: S = database.open().await;
    for round in 0..3 {
        // As many connections as there can be.
        let saves = (0..30).map(|run| service.save(request(&format!("run {run}"), &state(round))));
        for saved in run_concurrently(saves).await {
            saved.unwrap();
        }
        tokio::time::sleep(Duration::from_millis(150)).await;
        assert!(database.end_connections().await >= 1);

        service
            .save(request("run 0", &state(100 + round)))
            .await
            .unwrap();
        let loaded = service.load_latest("run 0").await.unwrap().unwrap();
        assert_eq!(loaded.state, state(100 + round));
    }
}

async fn saves_under_way_are_reported_and_later_ones_succeed<S: Openable>(database: TestDatabase) {
    let service: S = database.open().await;
    let lock = database.lock().await;
    let ending = async {
        // By now the saves wait for the lock.
        tokio::time::sleep(Duration::from_millis(200)).await;
        database.end_connections().await;
        crate::support::unlock(lock).await;
    };
    let saves = run_concurrently(
        (0..20).map(|run| service.save(request(&format!("run {run}"), &state(1)))),
    );
    let (saved, ()) = tokio::join!(saves, ending);

    let failed = saved.iter().filter(|saved| saved.is_err()).count();
    assert!(failed >= 1, "no save was under way");
    for (run, saved) in saved.into_iter().enumerate() {
        let latest = database.latest_state(&format!("run {run}")).await;
        match saved {
            Ok(_) => assert_eq!(latest, Some(state(1)), "run {run}"),
            Err(error) => assert_eq!(error.kind(), "unavailable", "run {run}: {error}"),
        }
    }

    let started = Instant::now();
    while let Err(error) = service.save(request("run 0", &state(2))).await {
        assert!(started.elapsed() < RECOVERY, "{error}");
    }
    assert_eq!(database.latest_state("run 0").await, Some(state(2)));
}
