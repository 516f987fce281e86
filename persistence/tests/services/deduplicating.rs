//! Beside the contract: what the optimized service spares.

use std::sync::{Arc, Mutex};

use persistence::{
    DEFAULT_CACHE_ENTRIES, OptimizedOptions, OptimizedService, Outcome, StandardService,
    StatePersistence,
};

use crate::support::{TestDatabase, request, run_concurrently, state};

#[tokio::test]
async fn a_repeated_state_is_answered_with_its_snapshot() {
    let database = TestDatabase::new();
    let service: OptimizedService = database.open().await;
    let first = service
        .save(request("run", r#"{"a":1,"b":2}"#))
        .await
        .unwrap();
    let again = service
        .save(request("run", r#"{ "b": 2, "a": 1 }"#))
        .await
        .unwrap();

    assert_eq!(
        (again.outcome, again.snapshot_id),
        (Outcome::Deduplicated, first.snapshot_id)
    );
    assert_eq!(
        (again.observation.statements, again.observation.write_ns),
        (0, 0)
    );
    assert!(again.observation.hash_ns > 0 && again.observation.lookup_ns > 0);
    assert_eq!(database.number("SELECT count(*) FROM snapshots").await, 1);
    service.maintain_cache();
    let statistics = service.cache_statistics();
    assert_eq!((statistics.hits, statistics.misses), (1, 1));
    assert_eq!(
        (
            statistics.entries,
            statistics.insertions,
            statistics.evictions
        ),
        (1, 1, 0)
    );
    assert_eq!(statistics.capacity, DEFAULT_CACHE_ENTRIES);
}

#[tokio::test]
async fn of_equal_states_under_way_at_once_one_is_written() {
    let database = TestDatabase::new();
    let service: OptimizedService = database.open().await;
    let saved = run_concurrently((0..20).map(|_| service.save(request("run", &state(1))))).await;
    let outcomes: Vec<_> = saved
        .into_iter()
        .map(|saved| saved.unwrap().outcome)
        .collect();
    assert_eq!(outcomes[0], Outcome::Written);
    assert!(
        outcomes[1..]
            .iter()
            .all(|outcome| *outcome == Outcome::Deduplicated),
        "{outcomes:?}"
    );
}

#[tokio::test]
async fn an_evicted_run_is_reported_and_written_again() {
    let database = TestDatabase::new();
    let evicted = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&evicted);
    let options = OptimizedOptions {
        cache_entries: Some(2),
        on_evict: Some(Arc::new(move |run_id| {
            log.lock().unwrap().push(run_id.to_owned())
        })),
        ..OptimizedOptions::default()
    };
    let service = OptimizedService::open(&database.options(), options)
        .await
        .unwrap();
    for run_id in ["a", "b", "a", "c"] {
        service.save(request(run_id, &state(1))).await.unwrap();
        service.maintain_cache();
    }

    assert_eq!(*evicted.lock().unwrap(), ["b"]);
    let statistics = service.cache_statistics();
    assert_eq!((statistics.entries, statistics.evictions), (2, 1));
    assert_eq!(
        service.save(request("a", &state(1))).await.unwrap().outcome,
        Outcome::Deduplicated
    );
    assert_eq!(
        service.save(request("b", &state(1))).await.unwrap().outcome,
        Outcome::Written
    );
}

#[tokio::test]
async fn a_written_save_takes_fewer_statements_and_rows() {
    let (one, other) = (TestDatabase::new(), TestDatabase::new());
    let standard: StandardService = one.open().await;
    let optimized: OptimizedService = other.open().await;
    for (number, (standard_statements, optimized_statements)) in
        [(7, 6), (7, 4)].into_iter().enumerate()
    {
        let baseline = standard
            .save(request("run", &state(number)))
            .await
            .unwrap()
            .observation;
        let candidate = optimized
            .save(request("run", &state(number)))
            .await
            .unwrap()
            .observation;
        assert_eq!(baseline.statements, standard_statements);
        assert_eq!(candidate.statements, optimized_statements);
        assert_eq!(
            baseline.rows_written - candidate.rows_written,
            1,
            "the audit record is written once"
        );
        assert_eq!(baseline.bytes_written, candidate.bytes_written);
    }
}

#[tokio::test]
async fn without_cache_entries_every_save_is_written() {
    let database = TestDatabase::new();
    let options = OptimizedOptions {
        cache_entries: Some(0),
        ..OptimizedOptions::default()
    };
    let service = OptimizedService::open(&database.options(), options)
        .await
        .unwrap();
    for _ in 0..3 {
        assert_eq!(
            service
                .save(request("run", &state(1)))
                .await
                .unwrap()
                .outcome,
            Outcome::Written
        );
    }
    assert_eq!(service.cache_statistics().hits, 0);
}

#[tokio::test]
async fn a_user_deleted_behind_its_back_is_put_back_by_the_next_try() {
    let database = TestDatabase::new();
    let service: OptimizedService = database.open().await;
    service.save(request("run", &state(1))).await.unwrap();
    database
        .execute("DELETE FROM snapshots; DELETE FROM users")
        .await;

    assert_eq!(
        service
            .save(request("run", &state(2)))
            .await
            .unwrap_err()
            .kind(),
        "database"
    );
    service.save(request("run", &state(2))).await.unwrap();
    assert_eq!(database.latest_state("run").await, Some(state(2)));
}
