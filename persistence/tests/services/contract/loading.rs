//! What can be read back, through which service.

use persistence::{
    CheckpointType, OptimizedService, RunSummary, SaveRequest, SnapshotId, StandardService,
};

use crate::support::{Openable, TestDatabase, request, state};

on_both_databases!(
    nothing_is_found_where_nothing_was_saved,
    the_context_of_a_thread_lists_its_runs_newest_first,
    an_unknown_encoding_is_named,
    ids_to_look_up_are_checked,
);

async fn nothing_is_found_where_nothing_was_saved<S: Openable>(database: TestDatabase) {
    let service: S = database.open().await;
    assert_eq!(service.load_latest("run").await.unwrap(), None);
    assert_eq!(service.load_snapshot(SnapshotId(1)).await.unwrap(), None);
    assert_eq!(service.thread_context("thread").await.unwrap(), None);
}

async fn the_context_of_a_thread_lists_its_runs_newest_first<S: Openable>(database: TestDatabase) {
    let service: S = database.open().await;
    let save = async |run_id: &str, user_id: &str, number| {
        let request = SaveRequest {
            thread_id: "thread".into(),
            user_id: user_id.into(),
            ..request(run_id, &state(number))
        };
        service.save(request).await.unwrap().snapshot_id
    };
    save("a", "first user", 1).await;
    let latest_of_b = save("b", "first user", 2).await;
    let latest_of_a = save("a", "second user", 3).await;
    service.save(request("elsewhere", &state(4))).await.unwrap();

    let context = service.thread_context("thread").await.unwrap().unwrap();

    assert_eq!(context.thread_id, "thread");
    assert_eq!(context.user_id, "second user");
    assert_eq!(context.snapshots, 3);
    let expected = [
        RunSummary {
            run_id: "a".into(),
            latest: latest_of_a,
            snapshots: 2,
        },
        RunSummary {
            run_id: "b".into(),
            latest: latest_of_b,
            snapshots: 1,
        },
    ];
    assert_eq!(context.runs, expected);
}

async fn an_unknown_encoding_is_named<S: Openable>(database: TestDatabase) {
    let service: S = database.open().await;
    service.save(request("run", &state(1))).await.unwrap();
    database
        .execute("UPDATE snapshots SET encoding = 'zstd'")
        .await;

    let error = service.load_latest("run").await.unwrap_err();

    assert_eq!(error.kind(), "unknown_value");
    assert!(error.to_string().contains("encoding \"zstd\""), "{error}");
}

async fn ids_to_look_up_are_checked<S: Openable>(database: TestDatabase) {
    let service: S = database.open().await;
    assert_eq!(
        service.load_latest("").await.unwrap_err().kind(),
        "invalid_field"
    );
    assert_eq!(
        service
            .thread_context(&"x".repeat(257))
            .await
            .unwrap_err()
            .kind(),
        "invalid_field"
    );
}

#[tokio::test]
async fn each_service_loads_what_the_other_saved() {
    for new in [TestDatabase::new, TestDatabase::postgres] {
        each_loads_what_the_other_saved::<StandardService, OptimizedService>(new()).await;
        each_loads_what_the_other_saved::<OptimizedService, StandardService>(new()).await;
    }
}

async fn each_loads_what_the_other_saved<Writer: Openable, Reader: Openable>(
    database: TestDatabase,
) {
    let mut saved = Vec::new();
    let writer: Writer = database.open().await;
    for (number, checkpoint_type) in CheckpointType::ALL.into_iter().enumerate() {
        let request = SaveRequest {
            checkpoint_type,
            ..request("run", &state(number))
        };
        saved.push(writer.save(request).await.unwrap().snapshot_id);
    }
    writer.close().await;

    let reader: Reader = database.open().await;
    for (number, snapshot_id) in saved.iter().enumerate() {
        let loaded = reader.load_snapshot(*snapshot_id).await.unwrap().unwrap();
        assert_eq!(loaded.state, state(number));
        assert_eq!(loaded.checkpoint_type, CheckpointType::ALL[number]);
    }
    assert_eq!(
        reader
            .load_latest("run")
            .await
            .unwrap()
            .unwrap()
            .snapshot_id,
        saved[saved.len() - 1]
    );
    // And it goes on where the other stopped.
    let next = reader
        .save(request("run", &state(99)))
        .await
        .unwrap()
        .snapshot_id;
    assert!(next > saved[saved.len() - 1]);
}
