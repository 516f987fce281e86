use std::path::PathBuf;

use shared::report::LedgerCheck;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode};
use sqlx::{ConnectOptions, Connection};
use tempfile::TempDir;

use super::{Expected, Ledger, RETAINED};

/// A database with the columns that the check reads, made by hand, and the plan of a few saves.
struct Bench {
    _folder: TempDir,
    database: PathBuf,
    connection: SqliteConnection,
    ledger: Ledger,
    plan: Vec<(&'static str, String)>,
}

fn state(n: usize) -> String {
    format!(r#"{{"messages":["{n}"],"step":{n}}}"#)
}

impl Bench {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("arm.sqlite");
        let mut connection = SqliteConnectOptions::new()
            .filename(&database)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .connect()
            .await
            .unwrap();
        sqlx::query("CREATE TABLE snapshots (id INTEGER PRIMARY KEY, run_id TEXT, state TEXT, encoding TEXT)")
            .execute(&mut connection)
            .await
            .unwrap();
        Self {
            _folder: folder,
            database,
            connection,
            ledger: Ledger::default(),
            plan: Vec::new(),
        }
    }

    async fn store(&mut self, id: i64, run: &str, state: &str, encoding: &str) {
        sqlx::query("INSERT INTO snapshots VALUES (?, ?, ?, ?)")
            .bind(id)
            .bind(run)
            .bind(state)
            .bind(encoding)
            .execute(&mut self.connection)
            .await
            .unwrap();
    }

    async fn remove(&mut self, id: i64) {
        sqlx::query("DELETE FROM snapshots WHERE id = ?")
            .bind(id)
            .execute(&mut self.connection)
            .await
            .unwrap();
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
        self.connection.close().await.unwrap();
        let expected = |index: u64| {
            let (run, state) = &self.plan[index as usize];
            Expected {
                run: (*run).to_owned(),
                state: blake3::hash(state.as_bytes()),
            }
        };
        let check = self.ledger.check(expected, &self.database).await.unwrap();
        assert_eq!(
            check.acknowledged,
            check.found + check.retired + check.lost + check.wrong
        );
        check
    }
}

#[tokio::test]
async fn a_clean_database_has_no_findings() {
    let mut bench = Bench::new().await;
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

#[tokio::test]
async fn json_in_another_form_is_the_same_state() {
    let mut bench = Bench::new().await;
    bench
        .store(1, "run-a", r#"{ "step": 1, "messages": ["1"] }"#, "json")
        .await;
    bench.answered(1, "run-a", 1, true);
    assert!(bench.check().await.is_clean());
}

#[tokio::test]
async fn a_lost_row_is_found() {
    let mut bench = Bench::new().await;
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

#[tokio::test]
async fn a_run_that_vanished_is_lost_and_stale() {
    let mut bench = Bench::new().await;
    bench.answered(1, "run-a", 1, true);
    let check = bench.check().await;
    assert_eq!(
        (check.lost, check.stale_runs, check.violations()),
        (1, 1, 2)
    );
    assert_eq!(check.findings[1], "run-a has no snapshot at all");
}

#[tokio::test]
async fn a_wrong_state_is_found() {
    let mut bench = Bench::new().await;
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

#[tokio::test]
async fn a_state_that_cannot_be_read_is_wrong_and_no_latest() {
    let mut bench = Bench::new().await;
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

#[tokio::test]
async fn a_snapshot_of_another_run_is_found() {
    let mut bench = Bench::new().await;
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

#[tokio::test]
async fn a_stale_latest_state_is_found() {
    let mut bench = Bench::new().await;
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

#[tokio::test]
async fn retired_snapshots_are_legitimately_gone() {
    let mut bench = Bench::new().await;
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

#[tokio::test]
async fn retention_that_took_one_too_many_lost_it() {
    let mut bench = Bench::new().await;
    for n in 0..RETAINED + 1 {
        bench.saved(n as i64 + 1, "run-a", n).await;
    }
    bench.remove(1).await;
    bench.remove(2).await;
    let check = bench.check().await;
    // Only 49 are left, so neither may be missing.
    assert_eq!((check.found, check.retired, check.lost), (49, 0, 2));
}

#[tokio::test]
async fn overfull_runs_are_counted_but_lose_nothing() {
    let mut bench = Bench::new().await;
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

#[tokio::test]
async fn a_failed_save_may_have_been_written() {
    let mut bench = Bench::new().await;
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

#[tokio::test]
async fn an_earlier_failed_save_is_no_excuse_for_a_stale_state() {
    let mut bench = Bench::new().await;
    bench.failed("run-a", 1);
    bench.saved(2, "run-a", 2).await;
    bench.store(3, "run-a", &state(1), "json").await;
    assert_eq!(bench.check().await.stale_runs, 1);
}

#[tokio::test]
async fn a_retry_may_be_deduplicated_against_a_failed_save_that_was_written() {
    let mut bench = Bench::new().await;
    bench.saved(1, "run-a", 1).await;
    bench.failed("run-a", 2);
    bench.store(2, "run-a", &state(2), "json").await;
    bench.answered(2, "run-a", 2, false);
    assert!(bench.check().await.is_clean());
}

#[tokio::test]
async fn a_retry_that_was_skipped_though_nothing_was_written_is_lost() {
    let mut bench = Bench::new().await;
    bench.saved(1, "run-a", 1).await;
    bench.failed("run-a", 2);
    bench.answered(2, "run-a", 2, false);
    let check = bench.check().await;
    assert_eq!((check.lost, check.stale_runs), (1, 1));
}

#[tokio::test]
async fn a_deduplicated_save_that_points_to_no_snapshot_is_lost_even_in_a_long_run() {
    let mut bench = Bench::new().await;
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

#[tokio::test]
async fn a_save_skipped_though_the_run_had_moved_on_is_wrong() {
    let mut bench = Bench::new().await;
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

#[tokio::test]
async fn one_snapshot_cannot_be_two_saves_and_saves_do_not_overtake() {
    let mut bench = Bench::new().await;
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

#[tokio::test]
async fn findings_are_cut_but_counts_are_not() {
    let mut bench = Bench::new().await;
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
            std::path::Path::new("/nowhere/arm.sqlite"),
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
