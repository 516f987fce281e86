//! Saves of one run take effect in the order in which they were submitted.

use persistence::Outcome;

use crate::support::{Openable, TestDatabase, request, run_concurrently, state};

on_both_databases!(
    concurrent_saves_of_one_run_keep_their_order,
    concurrent_saves_of_many_runs_are_all_kept,
    concurrent_saves_of_equal_states_leave_that_state,
);

async fn concurrent_saves_of_one_run_keep_their_order<S: Openable>(database: TestDatabase) {
    let service: S = database.open().await;
    // The first states are the largest: work before the queue would let the later ones overtake.
    let states: Vec<String> = (0..100)
        .map(|number| {
            format!(
                r#"{{"padding":"{}","step":{number}}}"#,
                "x".repeat(200 * (100 - number))
            )
        })
        .collect();

    let saved = run_concurrently(
        states
            .iter()
            .map(|state| service.save(request("run", state))),
    )
    .await;

    let ids: Vec<_> = saved
        .into_iter()
        .map(|saved| saved.unwrap().snapshot_id)
        .collect();
    assert!(ids.is_sorted(), "ids in the order of submission: {ids:?}");
    assert_eq!(database.latest_state("run").await.as_ref(), states.last());
}

async fn concurrent_saves_of_many_runs_are_all_kept<S: Openable>(database: TestDatabase) {
    let service: S = database.open().await;
    let runs: Vec<String> = (0..10).map(|number| format!("run {number}")).collect();
    let requests: Vec<_> = (0..5)
        .flat_map(|number| {
            runs.iter()
                .map(move |run_id| request(run_id, &state(number)))
        })
        .collect();

    for saved in run_concurrently(requests.into_iter().map(|request| service.save(request))).await {
        saved.unwrap();
    }

    for run_id in &runs {
        assert_eq!(database.latest_state(run_id).await, Some(state(4)));
    }
    assert_eq!(database.number("SELECT count(*) FROM snapshots").await, 50);
}

async fn concurrent_saves_of_equal_states_leave_that_state<S: Openable>(database: TestDatabase) {
    let service: S = database.open().await;
    let saved = run_concurrently((0..20).map(|_| service.save(request("run", &state(1))))).await;
    let saved: Vec<_> = saved.into_iter().map(Result::unwrap).collect();

    let written = saved
        .iter()
        .filter(|saved| saved.outcome == Outcome::Written)
        .count();
    assert_eq!(
        database.number("SELECT count(*) FROM snapshots").await,
        written as i64
    );
    for saved in saved {
        assert_eq!(database.state_of(saved.snapshot_id).await, Some(state(1)));
    }
}
