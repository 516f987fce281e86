//! Opening, closing, and what a service says about itself.

use std::time::Duration;

use persistence::{
    Database, DatabaseOptions, OptimizedService, PostgresDatabase, RETAINED_SNAPSHOTS,
    StandardService, StatePersistence,
};

use crate::support::{Openable, TestDatabase, request, run_concurrently, state};

on_both_databases!(
    it_promises_durability,
    the_pool_is_as_large_as_asked_for,
    health_tells_the_sizes,
    a_closed_service_is_unavailable,
    a_database_of_a_newer_schema_is_refused,
    a_database_opened_for_reading_loads_but_does_not_save,
    a_database_without_schema_is_not_opened_for_reading,
    a_pool_without_room_to_read_is_refused,
    several_open_a_new_database_at_the_same_time,
);

// Only SQLite's databases are files.
on_sqlite_only!(
    a_missing_folder_is_named,
    a_file_that_is_no_database_is_refused,
);

// Only PostgreSQL has servers, users and schemas.
on_postgres_only!(
    a_server_that_cannot_be_used_is_named_without_the_password,
    its_connections_are_named_after_the_program,
);

async fn it_promises_durability<S: Openable>(database: TestDatabase) {
    let promises = database.open::<S>().await.promises().await.unwrap();
    let setting = |wanted: &str| {
        let mut settings = promises.settings.iter();
        let found = settings.find(|(name, _)| *name == wanted);
        found.map(|(_, value)| value.as_str())
    };
    match database.options().database {
        Database::Sqlite(_) => {
            assert!(promises.database.starts_with("SQLite 3."), "{promises:?}");
            assert_eq!(setting("journal_mode"), Some("wal"));
            assert_eq!(setting("synchronous"), Some("full"));
            assert_eq!(setting("foreign_keys"), Some("true"));
        }
        Database::Postgres(_) => {
            assert!(promises.database.starts_with("PostgreSQL "), "{promises:?}");
            assert_eq!(setting("synchronous_commit"), Some("on"));
            assert_eq!(setting("fsync"), Some("on"));
            assert_eq!(setting("full_page_writes"), Some("on"));
        }
    }
    assert_eq!(promises.schema_version, 1);
    assert_eq!(promises.pool_size, database.options().pool_size);
    assert_eq!(promises.retention, RETAINED_SNAPSHOTS);
}

#[tokio::test]
async fn both_services_promise_the_same() {
    for new in [TestDatabase::new, TestDatabase::postgres] {
        let database = new();
        let standard: StandardService = database.open().await;
        let optimized: OptimizedService = database.open().await;
        assert_eq!(
            standard.promises().await.unwrap(),
            optimized.promises().await.unwrap()
        );
    }
}

async fn the_pool_is_as_large_as_asked_for<S: Openable>(database: TestDatabase) {
    let service: S = database.open().await;
    service.save(request("run", &state(1))).await.unwrap();
    let status = service.pool_status();
    assert_eq!(status.size, database.options().pool_size);
    assert!(status.open >= 1 && status.open <= status.size);
    assert!(status.idle <= status.open);
    assert_eq!(status.waiting, 0);
}

async fn health_tells_the_sizes<S: Openable>(database: TestDatabase) {
    let service: S = database.open().await;
    service.save(request("run", &state(1))).await.unwrap();
    let health = service.health().await.unwrap();
    assert!(health.round_trip_ns > 0);
    match database.options().database {
        Database::Sqlite(path) => {
            let bytes = std::fs::metadata(path).unwrap().len();
            assert_eq!(health.database_bytes, bytes);
            assert!(health.wal_bytes > 0);
        }
        Database::Postgres(_) => {
            assert!(health.database_bytes > 8192, "{health:?}");
            assert_eq!(health.wal_bytes, 0);
        }
    }
}

async fn a_closed_service_is_unavailable<S: Openable>(database: TestDatabase) {
    let service: S = database.open().await;
    service.close().await;
    assert_eq!(
        service
            .save(request("run", &state(1)))
            .await
            .unwrap_err()
            .kind(),
        "unavailable"
    );
    assert_eq!(
        service.load_latest("run").await.unwrap_err().kind(),
        "unavailable"
    );
    assert_eq!(service.health().await.unwrap_err().kind(), "unavailable");
}

async fn a_database_of_a_newer_schema_is_refused<S: Openable>(database: TestDatabase) {
    database.open::<S>().await.close().await;
    database
        .execute(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
             VALUES (9000, 'from the future', TRUE, '', 1)",
        )
        .await;
    let error = S::open_with(&database.options()).await.err().unwrap();
    assert_eq!(error.kind(), "newer_schema");
    assert!(error.to_string().contains("9000"), "{error}");
}

async fn a_missing_folder_is_named<S: Openable>(database: TestDatabase) {
    let path = database.path().join("missing").join("states.db");
    let error = S::open_with(&DatabaseOptions::sqlite(&path))
        .await
        .err()
        .unwrap();
    assert_eq!(error.kind(), "cannot_open");
    assert!(
        error.to_string().contains(path.to_str().unwrap()),
        "{error}"
    );
}

async fn a_file_that_is_no_database_is_refused<S: Openable>(database: TestDatabase) {
    std::fs::write(database.path(), "not a database".repeat(1000)).unwrap();
    let error = S::open_with(&database.options()).await.err().unwrap();
    assert_eq!(error.kind(), "corrupt");
}

async fn a_database_opened_for_reading_loads_but_does_not_save<S: Openable>(
    database: TestDatabase,
) {
    let writing: S = database.open().await;
    writing.save(request("run", &state(1))).await.unwrap();
    writing.close().await;

    let reading = S::open_with(&DatabaseOptions {
        read_only: true,
        ..database.options()
    })
    .await
    .unwrap();
    assert_eq!(
        reading.load_latest("run").await.unwrap().unwrap().state,
        state(1)
    );
    // Twice: a failed save must not make the service forget that it cannot write.
    for _ in 0..2 {
        assert_eq!(
            reading
                .save(request("run", &state(2)))
                .await
                .unwrap_err()
                .kind(),
            "read_only"
        );
    }
    assert_eq!(database.latest_state("run").await, Some(state(1)));
}

async fn a_database_without_schema_is_not_opened_for_reading<S: Openable>(database: TestDatabase) {
    let options = DatabaseOptions {
        read_only: true,
        ..database.options()
    };
    if let Database::Sqlite(path) = &options.database {
        assert_eq!(
            S::open_with(&options).await.err().unwrap().kind(),
            "cannot_open"
        );
        std::fs::write(path, "").unwrap();
    }
    assert_eq!(
        S::open_with(&options).await.err().unwrap().kind(),
        "older_schema"
    );
}

async fn a_pool_without_room_to_read_is_refused<S: Openable>(database: TestDatabase) {
    let options = DatabaseOptions {
        pool_size: 1,
        ..database.options()
    };
    assert_eq!(
        S::open_with(&options).await.err().unwrap().kind(),
        "invalid_field"
    );
}

async fn several_open_a_new_database_at_the_same_time<S: Openable>(database: TestDatabase) {
    // SQLite's migrations wait for each other's locks.
    let options = DatabaseOptions {
        statement_timeout: Duration::from_secs(5),
        ..database.options()
    };
    let opened = run_concurrently((0..4).map(|_| S::open_with(&options))).await;
    for (number, service) in opened.into_iter().enumerate() {
        let run_id = format!("run {number}");
        let service = service.unwrap();
        service.save(request(&run_id, &state(1))).await.unwrap();
        assert_eq!(database.latest_state(&run_id).await, Some(state(1)));
    }
}

async fn a_server_that_cannot_be_used_is_named_without_the_password<S: Openable>(
    database: TestDatabase,
) {
    let options = database.options();
    let Database::Postgres(good) = &options.database else {
        panic!("this is about PostgreSQL");
    };
    let (user_and_password, place) = good.url.split_once("@").unwrap();
    let (server, _) = place.split_once('/').unwrap();
    let cases = [
        (
            format!("postgres://statebench:s3cret@{place}"),
            "check user and password",
        ),
        (
            format!("{user_and_password}@{server}/missing"),
            "the database does not exist",
        ),
        // Nobody listens on the discard service's port.
        (
            "postgres://statebench:s3cret@127.0.0.1:9/postgres".to_owned(),
            "check that the server runs",
        ),
    ];
    let password = user_and_password.rsplit(':').next().unwrap();
    for (url, remedy) in cases {
        let bad = PostgresDatabase {
            url,
            ..good.clone()
        };
        let options = DatabaseOptions {
            database: Database::Postgres(bad),
            ..options.clone()
        };
        let error = S::open_with(&options).await.err().unwrap();
        assert_eq!(error.kind(), "cannot_open", "{error:?}");
        let shown = format!("{error} {error:?}");
        assert!(shown.contains(remedy), "{shown}");
        assert!(
            !shown.contains("s3cret") && !shown.contains(password),
            "{shown}"
        );
    }
}

async fn its_connections_are_named_after_the_program<S: Openable>(database: TestDatabase) {
    let mut options = database.options();
    let Database::Postgres(place) = &mut options.database else {
        panic!("this is about PostgreSQL");
    };
    let (url, _) = place.url.split_once('?').unwrap();
    place.url = url.to_owned();
    let service = S::open_with(&options).await.unwrap();
    service.save(request("run", &state(1))).await.unwrap();
    let named = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'statebench'";
    assert!(database.number(named).await >= 1);
}
