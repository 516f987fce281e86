//! What the service did is in the database's statistics at once, if it is asked to.

use crate::support::{Openable, TestDatabase, request, run_concurrently, state};

// SQLite keeps no statistics.
on_postgres_only!(what_was_saved_is_in_the_servers_statistics_once_they_are_flushed);
on_sqlite_only!(a_database_without_statistics_has_nothing_to_flush);

async fn what_was_saved_is_in_the_servers_statistics_once_they_are_flushed<S: Openable>(
    database: TestDatabase,
) {
    const SAVES: i64 = 30;
    const INSERTED: &str = "SELECT n_tup_ins::BIGINT FROM pg_stat_user_tables \
         WHERE schemaname = current_schema() AND relname = 'snapshots'";
    let service: S = database.open().await;
    for round in 1..=3 {
        let saves = (0..SAVES)
            .map(|run| service.save(request(&format!("run {run}"), &state(round as usize))));
        for saved in run_concurrently(saves).await {
            saved.unwrap();
        }
        assert!(service.flush_statistics().await.unwrap() > 0);
        assert_eq!(database.number(INSERTED).await, round * SAVES);
    }
    service.close().await;
}

async fn a_database_without_statistics_has_nothing_to_flush<S: Openable>(database: TestDatabase) {
    let service: S = database.open().await;
    service.save(request("run", &state(1))).await.unwrap();
    assert_eq!(service.flush_statistics().await.unwrap(), 0);
    service.close().await;
}
