//! Runs on a real PostgreSQL: what they measure, what they leave, and what they never say.

use std::path::Path;
use std::process::{Command, Output};

use shared::report::Status;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions};

use crate::support::{Desk, Small, assert_exit, signal, stderr, stdout};

/// The URL of a PostgreSQL for tests: named by the environment, or one of the script's.
fn server() -> String {
    if let Ok(url) = std::env::var("STATEBENCH_TEST_POSTGRES") {
        return url;
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/postgres.sh");
    let said = Command::new(script).arg("url").output().unwrap();
    assert_exit(&said, 0);
    stdout(&said).trim().to_owned()
}

fn password_of(url: &str) -> &str {
    let owner = url.split("://").nth(1).unwrap().split('@').next().unwrap();
    owner.split_once(':').unwrap().1
}

/// Runs statements on the server; the first column of the last rows.
fn on_server(query: &str) -> Vec<String> {
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let options: PgConnectOptions = server().parse().unwrap();
        let mut connection: PgConnection = options.connect().await.unwrap();
        let query = AssertSqlSafe(query.to_owned());
        if query.0.starts_with("SELECT") {
            sqlx::query_scalar(query)
                .fetch_all(&mut connection)
                .await
                .unwrap()
        } else {
            sqlx::raw_sql(query).execute(&mut connection).await.unwrap();
            Vec::new()
        }
    })
}

/// Asserts that a run left no schema behind.
fn assert_no_schema_of(run: &str) {
    let (time, tag) = (&run[..16], run.rsplit('-').next().unwrap());
    let prefix = format!("statebench_{}_{tag}_", time.to_lowercase());
    let query = format!(
        "SELECT nspname::text FROM pg_namespace WHERE left(nspname, {}) = '{prefix}'",
        prefix.len()
    );
    assert_eq!(on_server(&query), Vec::<String>::new());
}

/// Asserts that neither what was said nor any file below a folder holds the text.
fn assert_never_said(secret: &str, output: &Output, folder: &Path) {
    assert!(secret.len() > 5, "{secret} could be anywhere");
    assert!(!stderr(output).contains(secret), "{}", stderr(output));
    assert!(!stdout(output).contains(secret), "{}", stdout(output));
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let bytes = std::fs::read(&path).unwrap();
                let found = bytes.windows(secret.len()).any(|w| w == secret.as_bytes());
                assert!(!found, "{} holds the password", path.display());
            }
        }
    }
}

#[test]
fn a_run_on_postgresql_is_checked_and_leaves_nothing_but_its_report() {
    let desk = Desk::new();
    let file = desk.scenario(&Small::default());
    let url = server();
    let output = desk.run(&[&file], &["--database", &url]);
    assert_exit(&output, 0);
    let report = desk.scenario_report("small");
    for role in shared::arms::ArmRole::ALL {
        let database = &report.promises.get(role)["database"];
        assert!(database.starts_with("PostgreSQL"), "{database}");
        let ledger = report.ledger.as_ref().unwrap().get(role);
        assert_eq!(
            (ledger.acknowledged, ledger.violations()),
            (200, 0),
            "{ledger:?}"
        );
        // The server's files are not this process's to measure.
        let samples = report.series.get(role);
        assert!(!samples.is_empty());
        assert!(
            samples
                .iter()
                .all(|s| s.database_bytes.is_none() && s.wal_bytes.is_none())
        );
    }
    let run = desk.run_report();
    assert_eq!(run.environment.file_system, None);
    assert_no_schema_of(&run.id);
    assert_never_said(password_of(&url), &output, desk.path());
    assert_eq!(desk.verify(), (Some(0), String::new()));
}

#[test]
fn what_a_service_loses_on_postgresql_is_found() {
    let desk = Desk::new();
    let file = desk.scenario(&Small::default());
    let url = server();
    let more = ["--database", &url, "--candidate", "optimized:lose=5"];
    let output = desk.run(&[&file], &more);
    assert_exit(&output, 5);
    let ledger = desk.scenario_report("small").ledger.unwrap();
    // Each lost snapshot has a number that none of the run's others has, and so has whoever was skipped in its favour.
    assert!(ledger.candidate.violations() >= 40, "{ledger:?}");
    assert!(ledger.baseline.is_clean(), "{ledger:?}");
}

#[test]
fn the_environment_names_the_database_unless_the_option_does() {
    let desk = Desk::new();
    let file = desk.scenario(&Small::default());
    let url = server();
    let output = desk
        .command(&[&file], &[])
        .env("DATABASE_URL", &url)
        .output()
        .unwrap();
    assert_exit(&output, 0);
    let database = desk.scenario_report("small").promises.baseline["database"].clone();
    assert!(database.starts_with("PostgreSQL"), "{database}");
    assert_never_said(password_of(&url), &output, desk.path());

    let desk = Desk::new();
    let file = desk.scenario(&Small::default());
    let folder = format!("sqlite:{}", desk.path().display());
    let output = desk
        .command(&[&file], &["--database", &folder])
        .env("DATABASE_URL", &url)
        .output()
        .unwrap();
    assert_exit(&output, 0);
    let database = desk.scenario_report("small").promises.baseline["database"].clone();
    assert!(database.starts_with("SQLite"), "{database}");
}

/// Asserts that a database is refused before any load, by these words and without the secret.
fn assert_refused(variable: Option<&str>, option: Option<&str>, words: &[&str], secret: &str) {
    let desk = Desk::new();
    let file = desk.scenario(&Small::default());
    let more: Vec<&str> = option
        .into_iter()
        .flat_map(|url| ["--database", url])
        .collect();
    let mut command = desk.command(&[&file], &more);
    if let Some(url) = variable {
        command.env("DATABASE_URL", url);
    }
    let output = command.output().unwrap();
    assert_exit(&output, 2);
    for word in words {
        assert!(
            stderr(&output).contains(word),
            "{word}: {}",
            stderr(&output)
        );
    }
    assert_never_said(secret, &output, desk.path());
    let begun = std::fs::read_dir(desk.out()).unwrap().count();
    assert_eq!(begun, 0, "nothing was begun");
}

#[test]
fn databases_that_cannot_be_used_are_refused_before_any_load() {
    let url = server();
    let secret = "s3cret-word";
    let at = url.rsplit('@').next().unwrap();
    let wrong = format!("postgres://statebench:{secret}@{at}");
    assert_refused(
        None,
        Some(&wrong),
        &["refused the user", "postgres://statebench@"],
        secret,
    );
    let nobody = format!("postgres://statebench:{secret}@127.0.0.1:1/states");
    assert_refused(
        None,
        Some(&nobody),
        &["cannot be reached", "127.0.0.1:1/states"],
        secret,
    );
    let (server, _) = url.rsplit_once('/').unwrap();
    let missing = format!("{server}/nowhere");
    assert_refused(
        None,
        Some(&missing),
        &["no such database"],
        password_of(&url),
    );
    let other = format!("mysql://ann:{secret}@db/states");
    assert_refused(
        Some(&other),
        None,
        &["variable DATABASE_URL", "`mysql:`"],
        secret,
    );
    assert_refused(None, Some(&other), &["--database", "`mysql:`"], secret);
}

#[test]
fn a_user_who_may_make_no_schema_is_refused_before_any_load() {
    let url = server();
    let secret = "s3cret-word";
    let user = format!("statebench_poor_{}", std::process::id());
    on_server(&format!("CREATE ROLE {user} LOGIN PASSWORD '{secret}'"));
    let at = url.rsplit('@').next().unwrap();
    let poor = format!("postgres://{user}:{secret}@{at}");
    assert_refused(
        None,
        Some(&poor),
        &["GRANT CREATE ON DATABASE", &user],
        secret,
    );
    on_server(&format!("DROP ROLE {user}"));
}

#[test]
fn an_interrupted_run_takes_its_schemas_along() {
    let desk = Desk::new();
    let file = desk.scenario(&Small {
        operations: 4000,
        pairs: 20,
        ..Small::default()
    });
    let url = server();
    let child = desk
        .command(&[&file], &["--database", &url])
        .spawn()
        .unwrap();
    while !desk.out().is_dir() || std::fs::read_dir(desk.out()).unwrap().count() == 0 {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    std::thread::sleep(std::time::Duration::from_secs(2));
    signal("INT", child.id());
    let output = child.wait_with_output().unwrap();
    assert_exit(&output, 130);
    let run = desk.run_report();
    assert_eq!(run.status, Status::Interrupted);
    assert_no_schema_of(&run.id);
}
