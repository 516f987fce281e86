//! Opening, closing, and what a service says about itself.

use persistence::{
    DatabaseOptions, OptimizedService, RETAINED_SNAPSHOTS, StandardService, StatePersistence,
};

use crate::support::{Openable, TestDatabase, request, state};

on_both_services!(
    it_promises_durability,
    the_pool_has_one_writer_and_the_readers,
    health_tells_the_sizes,
    a_closed_service_is_unavailable,
    a_database_of_a_newer_schema_is_refused,
    a_missing_folder_is_named,
    a_file_that_is_no_database_is_refused,
    a_database_opened_for_reading_loads_but_does_not_save,
    a_database_without_schema_is_not_opened_for_reading,
    no_readers_are_refused,
);

async fn it_promises_durability<S: Openable>() {
    let database = TestDatabase::new();
    let promises = database.open::<S>().await.promises().await.unwrap();
    assert!(
        promises.database.starts_with("SQLite 3."),
        "{}",
        promises.database
    );
    assert_eq!(promises.journal_mode, "wal");
    assert_eq!(promises.synchronous, "full");
    assert!(promises.foreign_keys);
    assert_eq!(promises.schema_version, 1);
    assert_eq!(
        promises.pool_size,
        1 + database.options().reader_connections
    );
    assert_eq!(promises.retention, RETAINED_SNAPSHOTS);
}

#[tokio::test]
async fn both_services_promise_the_same() {
    let (one, other) = (TestDatabase::new(), TestDatabase::new());
    let standard = one
        .open::<StandardService>()
        .await
        .promises()
        .await
        .unwrap();
    let optimized = other
        .open::<OptimizedService>()
        .await
        .promises()
        .await
        .unwrap();
    assert_eq!(standard, optimized);
}

async fn the_pool_has_one_writer_and_the_readers<S: Openable>() {
    let database = TestDatabase::new();
    let service: S = database.open().await;
    service.save(request("run", &state(1))).await.unwrap();
    let status = service.pool_status();
    assert_eq!(status.size, 1 + database.options().reader_connections);
    assert!(status.open >= 1 && status.open <= status.size);
    assert!(status.idle <= status.open);
    assert_eq!(status.waiting, 0);
}

async fn health_tells_the_sizes<S: Openable>() {
    let database = TestDatabase::new();
    let service: S = database.open().await;
    service.save(request("run", &state(1))).await.unwrap();
    let health = service.health().await.unwrap();
    assert!(health.round_trip_ns > 0);
    assert_eq!(
        health.database_bytes,
        std::fs::metadata(database.path()).unwrap().len()
    );
    assert!(health.wal_bytes > 0);
}

async fn a_closed_service_is_unavailable<S: Openable>() {
    let database = TestDatabase::new();
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

async fn a_database_of_a_newer_schema_is_refused<S: Openable>() {
    let database = TestDatabase::new();
    database.open::<S>().await.close().await;
    database
        .execute(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
             VALUES (9000, 'from the future', TRUE, x'00', 1)",
        )
        .await;
    let error = S::open_with(&database.options()).await.err().unwrap();
    assert_eq!(error.kind(), "newer_schema");
    assert!(error.to_string().contains("9000"), "{error}");
}

async fn a_missing_folder_is_named<S: Openable>() {
    let database = TestDatabase::new();
    let path = database.path().join("missing").join("states.db");
    let error = S::open_with(&DatabaseOptions::new(&path))
        .await
        .err()
        .unwrap();
    assert_eq!(error.kind(), "cannot_open");
    assert!(
        error.to_string().contains(path.to_str().unwrap()),
        "{error}"
    );
}

async fn a_file_that_is_no_database_is_refused<S: Openable>() {
    let database = TestDatabase::new();
    std::fs::write(database.path(), "not a database".repeat(1000)).unwrap();
    let error = S::open_with(&database.options()).await.err().unwrap();
    assert_eq!(error.kind(), "corrupt");
}

async fn a_database_opened_for_reading_loads_but_does_not_save<S: Openable>() {
    let database = TestDatabase::new();
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

async fn a_database_without_schema_is_not_opened_for_reading<S: Openable>() {
    let database = TestDatabase::new();
    let options = DatabaseOptions {
        read_only: true,
        ..database.options()
    };
    assert_eq!(
        S::open_with(&options).await.err().unwrap().kind(),
        "cannot_open"
    );
    std::fs::write(database.path(), "").unwrap();
    assert_eq!(
        S::open_with(&options).await.err().unwrap().kind(),
        "older_schema"
    );
}

async fn no_readers_are_refused<S: Openable>() {
    let options = DatabaseOptions {
        reader_connections: 0,
        ..TestDatabase::new().options()
    };
    assert_eq!(
        S::open_with(&options).await.err().unwrap().kind(),
        "invalid_field"
    );
}
