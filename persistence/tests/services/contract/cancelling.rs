//! A caller may stop waiting at any point of a save.

use std::time::Duration;

use crate::support::{Openable, TestDatabase, give_up_after, request, state};

on_both_databases!(
    a_save_given_up_at_any_point_happened_completely_or_not_at_all,
    nothing_stays_taken_by_saves_given_up
);

// SQLite's connections are no clients of a server that could tell.
on_postgres_only!(no_connection_stays_inside_a_transaction);

/// A save is polled about once for each statement.
const MAX_POLLS: usize = 10;

/// Not at all, and long enough for the database to finish a statement that nobody waits for any
/// more.
const LINGER: [Duration; 3] = [
    Duration::ZERO,
    Duration::from_micros(300),
    Duration::from_millis(5),
];

async fn a_save_given_up_at_any_point_happened_completely_or_not_at_all<S: Openable>(
    database: TestDatabase,
) {
    let service: S = database.open().await;
    let mut given_up = 0;
    for (polls, linger) in (0..MAX_POLLS).flat_map(|polls| LINGER.map(|linger| (polls, linger))) {
        let run_id = format!("given up after {polls} polls and {linger:?}");
        let (before, wanted) = (state(2 * polls), state(2 * polls + 1));
        service.save(request(&run_id, &before)).await.unwrap();

        let answer = give_up_after(polls, linger, service.save(request(&run_id, &wanted))).await;
        given_up += usize::from(answer.is_none());
        // Whichever of the two is the latest now, each save that is answered makes its state the
        // latest.
        for state in [&before, &wanted, &before] {
            let saved = service.save(request(&run_id, state)).await.unwrap();
            assert_eq!(
                database.state_of(saved.snapshot_id).await.as_ref(),
                Some(state),
                "{run_id}"
            );
            assert_eq!(
                database.latest_state(&run_id).await.as_ref(),
                Some(state),
                "{run_id}"
            );
        }
    }
    // Before its first poll, and after it: the optimized service is not polled again before the
    // commit.
    assert!(
        given_up >= 2 * LINGER.len(),
        "only {given_up} saves were given up on their way"
    );
    let incomplete = "SELECT (SELECT count(*) FROM snapshots) - (SELECT count(*) FROM audit WHERE status = 'completed')";
    assert_eq!(database.number(incomplete).await, 0);
}

async fn nothing_stays_taken_by_saves_given_up<S: Openable>(database: TestDatabase) {
    let service: S = database.open().await;
    let holder = service.save(request("run", &state(0)));
    let waiting: Vec<_> = (1..20)
        .map(|number| {
            give_up_after(
                1,
                Duration::ZERO,
                service.save(request("run", &state(number))),
            )
        })
        .collect();
    let (held, ()) = tokio::join!(holder, async {
        for save in waiting {
            save.await;
        }
    });
    held.unwrap();
    assert_eq!(service.pool_status().waiting, 0);
    service.save(request("run", &state(99))).await.unwrap();
    assert_eq!(database.latest_state("run").await, Some(state(99)));
}

async fn no_connection_stays_inside_a_transaction<S: Openable>(database: TestDatabase) {
    let service: S = database.open().await;
    for number in 0..60 {
        let save = service.save(request("run", &state(number)));
        give_up_after(1 + number % 4, Duration::ZERO, save).await;
        // Takes whichever connection was given back last.
        service.load_latest("run").await.unwrap();
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(database.transactions_left_open().await, 0);
}
