use shared::report::LedgerCheck;
use sqlx::postgres::PgConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
use tempfile::TempDir;

use super::{Expected, Ledger, RETAINED};
use crate::databases::tests::server;
use crate::place::{Place, connect};

/// A database with the columns that the check reads, made by hand, and the plan of a few saves.
struct Bench {
    database: Database,
    place: Place,
    ledger: Ledger,
    plan: Vec<(&'static str, String)>,
}

enum Database {
    Sqlite(SqliteConnection, TempDir),
    Postgres(PgConnection),
}

fn state(n: usize) -> String {
    format!(r#"{{"messages":["{n}"],"step":{n}}}"#)
}

impl Bench {
    async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("arm.sqlite");
        let connection = SqliteConnectOptions::new()
            .filename(&file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .connect()
            .await
            .unwrap();
        Self::begin(Database::Sqlite(connection, folder), Place::Sqlite { file }).await
    }

    async fn postgres(test: &str) -> Self {
        let url = server();
        let place = Place::Postgres {
            url: url.clone(),
            schema: crate::place::fitting(format!("ledger_{}_{test}", std::process::id())),
        };
        place.clear().await.unwrap();
        let connection = connect(&url).await.unwrap();
        Self::begin(Database::Postgres(connection), place).await
    }

    async fn begin(database: Database, place: Place) -> Self {
        let mut bench = Self {
            database,
            place,
            ledger: Ledger::default(),
            plan: Vec::new(),
        };
        if let Place::Postgres { schema, .. } = bench.place.clone() {
            bench.execute(&format!("CREATE SCHEMA {schema}")).await;
            bench.execute(&format!("SET search_path TO {schema}")).await;
        }
        bench
            .execute("CREATE TABLE snapshots (id BIGINT PRIMARY KEY, run_id TEXT, state TEXT, encoding TEXT)")
            .await;
        bench
    }

    async fn execute(&mut self, statement: &str) {
        let statement = sqlx::raw_sql(AssertSqlSafe(statement.to_owned()));
        match &mut self.database {
            Database::Sqlite(connection, _) => {
                statement.execute(connection).await.unwrap();
            }
            Database::Postgres(connection) => {
                statement.execute(connection).await.unwrap();
            }
        }
    }

    async fn store(&mut self, id: i64, run: &str, state: &str, encoding: &str) {
        let row = format!("INSERT INTO snapshots VALUES ({id}, '{run}', '{state}', '{encoding}')");
        self.execute(&row).await;
    }

    async fn remove(&mut self, id: i64) {
        self.execute(&format!("DELETE FROM snapshots WHERE id = {id}"))
            .await;
    }

    fn plan(&mut self, run: &'static str, state: String) -> u64 {
        self.plan.push((run, state));
        self.plan.len() as u64 - 1
    }

    /// A save that was written and answered so.
    async fn saved(&mut self, id: i64, run: &'static str, n: usize) {
        self.store(id, run, &state(n), "json").await;
        self.answered(id, run, n, true);
    }

    /// An answer without a row.
    fn answered(&mut self, id: i64, run: &'static str, n: usize, written: bool) {
        let index = self.plan(run, state(n));
        self.ledger.record(index, id, written);
    }

    fn failed(&mut self, run: &'static str, n: usize) {
        let index = self.plan(run, state(n));
        self.ledger.record_failed(index);
    }

    async fn check(self) -> LedgerCheck {
        match self.database {
            Database::Sqlite(connection, _folder) => {
                connection.close().await.unwrap();
                Self::held_against(&self.ledger, &self.plan, &self.place).await
            }
            Database::Postgres(connection) => {
                connection.close().await.unwrap();
                let check = Self::held_against(&self.ledger, &self.plan, &self.place).await;
                self.place.clear().await.unwrap();
                check
            }
        }
    }

    async fn held_against(
        ledger: &Ledger,
        plan: &[(&'static str, String)],
        place: &Place,
    ) -> LedgerCheck {
        let expected = |index: u64| {
            let (run, state) = &plan[index as usize];
            Expected {
                run: (*run).to_owned(),
                state: blake3::hash(state.as_bytes()),
            }
        };
        let check = ledger.check(expected, place).await.unwrap();
        assert_eq!(
            check.acknowledged,
            check.found + check.retired + check.lost + check.wrong
        );
        check
    }
}

/// The tests that follow, on each database.
mod on_each {
    use super::Bench;

    macro_rules! on_each {
        ($($test:ident),* $(,)?) => {
            mod sqlite {
                $(#[tokio::test]
                async fn $test() {
                    super::super::$test(super::Bench::sqlite().await).await;
                })*
            }
            mod postgres {
                $(#[tokio::test]
                async fn $test() {
                    super::super::$test(super::Bench::postgres(stringify!($test)).await).await;
                })*
            }
        };
    }

    on_each!(
        a_clean_database_has_no_findings,
        json_in_another_form_is_the_same_state,
        a_lost_row_is_found,
        a_run_that_vanished_is_lost_and_stale,
        a_wrong_state_is_found,
        a_state_that_cannot_be_read_is_wrong_and_no_latest,
        a_snapshot_of_another_run_is_found,
        a_stale_latest_state_is_found,
        retired_snapshots_are_legitimately_gone,
        retention_that_took_one_too_many_lost_it,
        overfull_runs_are_counted_but_lose_nothing,
        a_failed_save_may_have_been_written,
        an_earlier_failed_save_is_no_excuse_for_a_stale_state,
        after_a_kill_what_was_under_way_may_be_stored_or_not,
        after_a_kill_nothing_older_than_the_last_acknowledged_state_may_be_the_latest,
        a_retry_may_be_deduplicated_against_a_failed_save_that_was_written,
        a_retry_that_was_skipped_though_nothing_was_written_is_lost,
        a_deduplicated_save_that_points_to_no_snapshot_is_lost_even_in_a_long_run,
        a_save_skipped_though_the_run_had_moved_on_is_wrong,
        one_snapshot_cannot_be_two_saves_and_saves_do_not_overtake,
        findings_are_cut_but_counts_are_not,
        pages_are_read_to_the_end,
    );
}

async fn pages_are_read_to_the_end(mut bench: Bench) {
    // More rows than a page of one database, more bytes than one of the other.
    let filler = "x".repeat(300_000);
    for id in 1..=100_usize {
        let state = format!(r#"{{"filler":"{filler}","step":{id}}}"#);
        let run = if id.is_multiple_of(2) {
            "run-a"
        } else {
            "run-b"
        };
        bench.store(id as i64, run, &state, "json").await;
        let index = bench.plan(run, state);
        bench.ledger.record(index, id as i64, true);
    }
    let check = bench.check().await;
    assert_eq!((check.found, check.violations()), (100, 0), "{check:?}");
}

async fn a_clean_database_has_no_findings(mut bench: Bench) {
    bench.saved(1, "run-a", 1).await;
    bench.saved(2, "run-b", 2).await;
    bench.answered(2, "run-b", 2, false);
    bench.saved(3, "run-a", 3).await;
    let check = bench.check().await;
    assert_eq!(
        check,
        LedgerCheck {
            acknowledged: 4,
            found: 4,
            runs: 2,
            ..LedgerCheck::default()
        }
    );
}

async fn json_in_another_form_is_the_same_state(mut bench: Bench) {
    bench
        .store(1, "run-a", r#"{ "step": 1, "messages": ["1"] }"#, "json")
        .await;
    bench.answered(1, "run-a", 1, true);
    assert!(bench.check().await.is_clean());
}

async fn a_lost_row_is_found(mut bench: Bench) {
    bench.saved(1, "run-a", 1).await;
    bench.saved(2, "run-a", 2).await;
    bench.remove(1).await;
    let check = bench.check().await;
    assert_eq!((check.lost, check.stale_runs), (1, 0));
    assert_eq!(
        check.findings,
        ["save 0 of run-a is lost: there is no snapshot 1, and only 1 of the run are newer"]
    );
}

async fn a_run_that_vanished_is_lost_and_stale(mut bench: Bench) {
    bench.answered(1, "run-a", 1, true);
    let check = bench.check().await;
    assert_eq!(
        (check.lost, check.stale_runs, check.violations()),
        (1, 1, 2)
    );
    assert_eq!(check.findings[1], "run-a has no snapshot at all");
}

async fn a_wrong_state_is_found(mut bench: Bench) {
    bench.store(1, "run-a", &state(9), "json").await;
    bench.answered(1, "run-a", 1, true);
    bench.saved(2, "run-a", 2).await;
    let check = bench.check().await;
    assert_eq!((check.wrong, check.stale_runs), (1, 0));
    assert_eq!(
        check.findings,
        ["save 0 of run-a is wrong: snapshot 1 holds another state"]
    );
}

async fn a_state_that_cannot_be_read_is_wrong_and_no_latest(mut bench: Bench) {
    bench.store(1, "run-a", &state(1), "zstd").await;
    bench.answered(1, "run-a", 1, true);
    bench.store(2, "run-b", "{", "json").await;
    bench.answered(2, "run-b", 2, true);
    let check = bench.check().await;
    assert_eq!((check.wrong, check.stale_runs), (2, 2));
    assert_eq!(
        check.findings[0],
        "save 0 of run-a is wrong: snapshot 1 has the unknown encoding `zstd`"
    );
    assert!(
        check.findings[1].starts_with("save 1 of run-b is wrong: snapshot 2 holds no JSON"),
        "{check:?}"
    );
}

async fn a_snapshot_of_another_run_is_found(mut bench: Bench) {
    bench.saved(1, "run-b", 1).await;
    bench.store(2, "run-a", &state(1), "json").await;
    bench.answered(1, "run-a", 1, false);
    let check = bench.check().await;
    assert_eq!((check.wrong, check.lost), (1, 0));
    assert_eq!(
        check.findings,
        ["save 1 of run-a is wrong: snapshot 1 belongs to run-b"]
    );
}

async fn a_stale_latest_state_is_found(mut bench: Bench) {
    bench.saved(1, "run-a", 1).await;
    bench.saved(2, "run-a", 2).await;
    bench.store(3, "run-a", &state(1), "json").await;
    let check = bench.check().await;
    assert_eq!((check.lost, check.wrong, check.stale_runs), (0, 0, 1));
    assert_eq!(
        check.findings,
        ["run-a: its latest snapshot, 3, is not the last state acknowledged"]
    );
}

async fn retired_snapshots_are_legitimately_gone(mut bench: Bench) {
    for n in 0..RETAINED + 3 {
        bench.saved(n as i64 + 1, "run-a", n).await;
    }
    for id in 1..=3 {
        bench.remove(id).await;
    }
    let check = bench.check().await;
    assert_eq!(
        (
            check.found,
            check.retired,
            check.violations(),
            check.overfull_runs
        ),
        (50, 3, 0, 0)
    );
}

async fn retention_that_took_one_too_many_lost_it(mut bench: Bench) {
    for n in 0..RETAINED + 1 {
        bench.saved(n as i64 + 1, "run-a", n).await;
    }
    bench.remove(1).await;
    bench.remove(2).await;
    let check = bench.check().await;
    // Only 49 are left, so neither may be missing.
    assert_eq!((check.found, check.retired, check.lost), (49, 0, 2));
}

async fn overfull_runs_are_counted_but_lose_nothing(mut bench: Bench) {
    for n in 0..RETAINED + 1 {
        bench.saved(n as i64 + 1, "run-a", n).await;
    }
    let check = bench.check().await;
    assert_eq!((check.overfull_runs, check.violations()), (1, 0));
    assert_eq!(
        check.findings,
        ["run-a keeps 51 snapshots, where retention allows 50"]
    );
}

async fn a_failed_save_may_have_been_written(mut bench: Bench) {
    bench.saved(1, "run-a", 1).await;
    bench.failed("run-a", 2);
    bench.store(2, "run-a", &state(2), "json").await;
    bench.saved(3, "run-b", 3).await;
    bench.failed("run-b", 4);
    bench.failed("run-c", 5);
    let check = bench.check().await;
    assert_eq!(
        check,
        LedgerCheck {
            acknowledged: 2,
            found: 2,
            runs: 2,
            ..LedgerCheck::default()
        }
    );
}

async fn an_earlier_failed_save_is_no_excuse_for_a_stale_state(mut bench: Bench) {
    bench.failed("run-a", 1);
    bench.saved(2, "run-a", 2).await;
    bench.store(3, "run-a", &state(1), "json").await;
    assert_eq!(bench.check().await.stale_runs, 1);
}

async fn a_retry_may_be_deduplicated_against_a_failed_save_that_was_written(mut bench: Bench) {
    bench.saved(1, "run-a", 1).await;
    bench.failed("run-a", 2);
    bench.store(2, "run-a", &state(2), "json").await;
    bench.answered(2, "run-a", 2, false);
    assert!(bench.check().await.is_clean());
}

async fn a_retry_that_was_skipped_though_nothing_was_written_is_lost(mut bench: Bench) {
    bench.saved(1, "run-a", 1).await;
    bench.failed("run-a", 2);
    bench.answered(2, "run-a", 2, false);
    let check = bench.check().await;
    assert_eq!((check.lost, check.stale_runs), (1, 1));
}

async fn a_deduplicated_save_that_points_to_no_snapshot_is_lost_even_in_a_long_run(
    mut bench: Bench,
) {
    bench.answered(-7, "run-a", 0, false);
    for n in 1..=RETAINED {
        bench.saved(n as i64, "run-a", n).await;
    }
    let check = bench.check().await;
    assert_eq!((check.found, check.lost, check.retired), (50, 1, 0));
    assert!(
        check.findings[0].contains("there is no snapshot -7"),
        "{check:?}"
    );
}

async fn a_save_skipped_though_the_run_had_moved_on_is_wrong(mut bench: Bench) {
    bench.saved(1, "run-a", 1).await;
    bench.saved(2, "run-a", 2).await;
    bench.answered(1, "run-a", 1, false);
    let check = bench.check().await;
    assert_eq!((check.wrong, check.stale_runs), (1, 1));
    assert!(
        check.findings[0].contains("where the run's latest was 2"),
        "{check:?}"
    );
}

async fn one_snapshot_cannot_be_two_saves_and_saves_do_not_overtake(mut bench: Bench) {
    bench.saved(5, "run-a", 1).await;
    bench.answered(5, "run-a", 1, true);
    bench.saved(4, "run-a", 1).await;
    let check = bench.check().await;
    assert_eq!(check.wrong, 2);
    assert!(
        check.findings[0].contains("another save was written as"),
        "{check:?}"
    );
    assert!(check.findings[1].contains("overtook"), "{check:?}");
}

async fn findings_are_cut_but_counts_are_not(mut bench: Bench) {
    for id in 0..30 {
        bench.answered(id, "run-a", 1, true);
    }
    let check = bench.check().await;
    assert_eq!((check.lost, check.findings.len()), (30, 20));
}

#[tokio::test]
async fn a_missing_database_is_named() {
    let refused = Ledger::default()
        .check(
            |_| unreachable!("nothing was recorded"),
            &Place::Sqlite {
                file: "/nowhere/arm.sqlite".into(),
            },
        )
        .await
        .unwrap_err();
    assert!(
        refused.to_string().contains("/nowhere/arm.sqlite"),
        "{refused}"
    );
}

#[test]
fn checks_of_several_databases_add_up() {
    let check = |lost, findings: usize| LedgerCheck {
        acknowledged: 10,
        found: 10 - lost,
        lost,
        findings: vec!["x is lost".to_owned(); findings],
        ..LedgerCheck::default()
    };
    let mut sum = check(1, 15);
    super::merge(&mut sum, &check(9, 15));
    assert_eq!((sum.acknowledged, sum.found, sum.lost), (20, 10, 10));
    assert_eq!(sum.findings.len(), 20);
    assert!(!sum.is_clean());
}

/// Each process is killed after it acknowledged a save, with another one under way, and the next process goes on.
async fn after_a_kill_what_was_under_way_may_be_stored_or_not(mut bench: Bench) {
    for (number, run) in [(0, "run-a"), (10, "run-b")] {
        bench.saved(number + 1, run, 1).await;
        bench.failed(run, 2);
        if run == "run-b" {
            bench.store(number + 2, run, &state(2), "json").await;
        }
        // The plan's repetition of it: written again, since the new process does not know it.
        bench.saved(number + 3, run, 2).await;
        bench.answered(number + 3, run, 2, false);
    }
    assert!(bench.check().await.is_clean());
}

async fn after_a_kill_nothing_older_than_the_last_acknowledged_state_may_be_the_latest(
    mut bench: Bench,
) {
    bench.saved(1, "run-a", 1).await;
    bench.saved(2, "run-a", 2).await;
    bench.failed("run-a", 3);
    bench.remove(2).await;
    let check = bench.check().await;
    assert_eq!((check.lost, check.stale_runs), (1, 1), "{check:?}");
}
