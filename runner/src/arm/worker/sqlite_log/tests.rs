use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqliteConnection};

use super::*;

async fn database(file: &Path, pages_before_checkpoint: &str) -> SqliteConnection {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Off)
        .pragma("wal_autocheckpoint", pages_before_checkpoint.to_owned());
    let mut connection = options.connect().await.unwrap();
    run(
        &mut connection,
        "CREATE TABLE states (id INTEGER PRIMARY KEY, state TEXT)",
    )
    .await;
    connection
}

async fn run(connection: &mut SqliteConnection, statement: &'static str) {
    sqlx::raw_sql(statement).execute(connection).await.unwrap();
}

/// Commits of one to many pages.
async fn fill(connection: &mut SqliteConnection, rows: i64) {
    for row in 0..rows {
        sqlx::query("INSERT INTO states (state) VALUES (hex(randomblob(?)))")
            .bind(1 + row * 7_919 % 20_000)
            .execute(&mut *connection)
            .await
            .unwrap();
    }
}

fn log_bytes(file: &Path) -> u64 {
    file.with_extension("db-wal").metadata().unwrap().len()
}

/// The same commits make the same pages dirty, wherever the log begins anew. Looks come in the middle of a log, as often
/// as a thread that is not kept waiting takes them.
#[tokio::test]
async fn what_is_counted_is_what_a_log_without_checkpoints_grows_by() {
    const LOOKS: usize = 70;
    const ROWS: i64 = 40;
    let folder = tempfile::tempdir().unwrap();
    let counted = folder.path().join("counted.db");
    let mut connection = database(&counted, "1000").await;
    let mut counter = Counter::begin(&LogFiles::open(&counted).unwrap()).unwrap();
    for _ in 0..LOOKS {
        fill(&mut connection, ROWS).await;
        counter.look().unwrap();
    }
    let counted = counter.counted();

    let growing = folder.path().join("growing.db");
    let mut connection = database(&growing, "0").await;
    let before = log_bytes(&growing);
    for _ in 0..LOOKS {
        fill(&mut connection, ROWS).await;
    }
    let grown = log_bytes(&growing) - before;
    connection.close().await.unwrap();

    let checkpoints = counted.checkpoints.unwrap();
    assert!(checkpoints >= 10, "{counted:?}");
    assert_eq!(counted.wal_bytes, Some(grown + checkpoints * LOG_HEADER));
    assert_eq!(counted.wal_pages, Some(grown / (FRAME_HEADER + 4096)));
}

#[tokio::test]
async fn nothing_is_counted_while_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("idle.db");
    let mut connection = database(&file, "1000").await;
    fill(&mut connection, 10).await;
    let watch = Watch::begin(&LogFiles::open(&file).unwrap()).unwrap();
    run(&mut connection, "SELECT count(*) FROM states").await;
    let counted = watch.end().unwrap().counted;
    assert_eq!((counted.wal_pages, counted.checkpoints), (Some(0), Some(0)));
    assert_eq!(counted.transactions, Some(0));
}

#[tokio::test]
async fn transactions_and_size_are_known_though_frames_were_missed() {
    const ROWS: u64 = 25;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("known.db");
    let mut connection = database(&file, "1000").await;
    let watch = Watch::begin(&LogFiles::open(&file).unwrap()).unwrap();
    fill(&mut connection, ROWS.cast_signed()).await;
    run(&mut connection, "BEGIN; DELETE FROM states; ROLLBACK").await;
    run(&mut connection, "SELECT count(*) FROM states").await;
    let pages: i64 = sqlx::query_scalar("PRAGMA page_count")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    let missed = Watch {
        thread: std::thread::spawn(|| (Err(missed()), 0)),
        ..watch
    };
    let counted = missed.end().unwrap().counted;
    assert_eq!(counted.wal_bytes, None);
    assert_eq!(counted.transactions, Some(ROWS));
    assert_eq!(counted.size_bytes, Some(pages.unsigned_abs() * 4096));
}

#[tokio::test]
async fn a_log_that_was_missed_gives_no_count() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("missed.db");
    let mut connection = database(&file, "0").await;
    fill(&mut connection, 10).await;
    let mut counter = Counter::begin(&LogFiles::open(&file).unwrap()).unwrap();
    let anew = async |connection: &mut SqliteConnection| {
        run(connection, "PRAGMA wal_checkpoint(RESTART)").await;
        fill(connection, 1).await;
    };
    anew(&mut connection).await;
    counter.look().unwrap();
    assert_eq!(counter.logs, 1);
    anew(&mut connection).await;
    anew(&mut connection).await;
    assert!(counter.look().is_err());
}

#[tokio::test]
async fn a_log_that_was_overwritten_before_it_was_looked_at_gives_no_count() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("overwritten.db");
    let mut connection = database(&file, "0").await;
    let mut counter = Counter::begin(&LogFiles::open(&file).unwrap()).unwrap();
    fill(&mut connection, 10).await;
    run(&mut connection, "PRAGMA wal_checkpoint(RESTART)").await;
    fill(&mut connection, 20).await;
    assert!(counter.look().is_err());
}

/// Locks on a file, by the system's own list of them. While others come and go, reading the list may skip some, so it is
/// read several times.
fn locks(file: &Path) -> usize {
    let inode = format!(":{} ", file.metadata().unwrap().ino());
    let read = |_| {
        let all = std::fs::read_to_string("/proc/locks").unwrap();
        all.lines().filter(|line| line.contains(&inode)).count()
    };
    (0..10).map(read).max().unwrap()
}

#[tokio::test]
async fn watching_leaves_the_databases_locks_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("locked.db");
    let mut connection = database(&file, "1000").await;
    let files = LogFiles::open(&file).unwrap();
    let index = folder.path().join("locked.db-shm");
    let held = locks(&index);
    assert!(held > 0, "an open database holds a lock on its index");
    for _ in 0..2 {
        let watch = Watch::begin(&files).unwrap();
        fill(&mut connection, 10).await;
        let watched = watch.end().unwrap();
        assert!(watched.counted.wal_pages > Some(0));
        assert!(watched.processor_ns > 0);
        // The last statement may still have its own for a moment.
        assert!(locks(&index) >= held, "the locks are still there");
    }
    drop(files);
    assert_eq!(locks(&index), 0, "closing the files takes the locks away");
}

#[tokio::test]
async fn a_log_that_was_removed_gives_no_count() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("removed.db");
    let connection = database(&file, "1000").await;
    let files = LogFiles::open(&file).unwrap();
    connection.close().await.unwrap();
    assert!(Watch::begin(&files).is_none());
}

#[test]
fn a_database_without_a_log_has_no_count() {
    let folder = tempfile::tempdir().unwrap();
    assert!(LogFiles::open(&folder.path().join("none.db")).is_none());
}
