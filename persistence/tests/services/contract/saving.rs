//! What a save leaves in the database.

use bytes::Bytes;
use persistence::{CheckpointType, Outcome, RETAINED_SNAPSHOTS, SaveRequest};

use crate::support::{Openable, TestDatabase, request, state};

on_both_databases!(
    a_saved_state_loads_with_all_its_fields,
    states_are_stored_in_canonical_form,
    critical_checkpoints_are_always_written,
    recovery_points_are_always_written,
    a_changed_state_is_written,
    a_state_that_comes_back_is_written,
    a_run_that_changes_hands_is_written,
    a_run_keeps_its_newest_snapshots,
    every_written_save_has_a_complete_audit_record,
    the_observation_counts_the_work,
);

async fn a_saved_state_loads_with_all_its_fields<S: Openable>(database: TestDatabase) {
    let service: S = database.open().await;
    let full = SaveRequest {
        agent_phase: Some("planning".into()),
        execution_context: Some(Bytes::from_static(br#"{"attempt": 2}"#)),
        is_recovery_point: true,
        expires_at: Some(1_900_000_000_000),
        checkpoint_type: CheckpointType::PhaseTransition,
        ..request("run", &state(1))
    };

    let saved = service.save(full).await.unwrap();
    let loaded = service.load_latest("run").await.unwrap().unwrap();

    assert_eq!(saved.outcome, Outcome::Written);
    assert_eq!(loaded.snapshot_id, saved.snapshot_id);
    assert_eq!(loaded.run_id, "run");
    assert_eq!(loaded.thread_id, "thread of run");
    assert_eq!(loaded.user_id, "user");
    assert_eq!(loaded.state, state(1));
    assert_eq!(loaded.checkpoint_type, CheckpointType::PhaseTransition);
    assert_eq!(loaded.agent_phase.as_deref(), Some("planning"));
    assert_eq!(
        loaded.execution_context.as_deref(),
        Some(br#"{"attempt":2}"#.as_slice())
    );
    assert!(loaded.is_recovery_point);
    assert_eq!(loaded.expires_at_ms, Some(1_900_000_000_000));
    assert!(loaded.created_at_ms > 1_700_000_000_000);
    assert_eq!(
        service.load_snapshot(saved.snapshot_id).await.unwrap(),
        Some(loaded)
    );
}

async fn states_are_stored_in_canonical_form<S: Openable>(database: TestDatabase) {
    let service: S = database.open().await;
    service
        .save(request("run", "{ \"b\": 1.50, \"a\": \"\\u00e9\" }"))
        .await
        .unwrap();
    assert_eq!(
        database.latest_state("run").await.as_deref(),
        Some(r#"{"a":"é","b":1.5}"#)
    );
    let bytes = database.number("SELECT state_bytes FROM snapshots").await;
    assert_eq!(bytes, r#"{"a":"é","b":1.5}"#.len() as i64);
}

async fn critical_checkpoints_are_always_written<S: Openable>(database: TestDatabase) {
    let service: S = database.open().await;
    let mut written = 0;
    for checkpoint_type in CheckpointType::ALL
        .into_iter()
        .filter(|kind| kind.is_critical())
    {
        let saved = service
            .save(SaveRequest {
                checkpoint_type,
                ..request("run", &state(1))
            })
            .await
            .unwrap();
        written += 1;
        assert_eq!(saved.outcome, Outcome::Written, "{checkpoint_type}");
        assert_eq!(
            database.number("SELECT count(*) FROM snapshots").await,
            written
        );
    }
}

async fn recovery_points_are_always_written<S: Openable>(database: TestDatabase) {
    let service: S = database.open().await;
    service.save(request("run", &state(1))).await.unwrap();
    let point = SaveRequest {
        is_recovery_point: true,
        ..request("run", &state(1))
    };
    assert_eq!(service.save(point).await.unwrap().outcome, Outcome::Written);
    assert!(
        service
            .load_latest("run")
            .await
            .unwrap()
            .unwrap()
            .is_recovery_point
    );
}

async fn a_changed_state_is_written<S: Openable>(database: TestDatabase) {
    let service: S = database.open().await;
    for number in 0..5 {
        let saved = service.save(request("run", &state(number))).await.unwrap();
        assert_eq!(saved.outcome, Outcome::Written);
        assert_eq!(database.latest_state("run").await, Some(state(number)));
    }
}

async fn a_state_that_comes_back_is_written<S: Openable>(database: TestDatabase) {
    let service: S = database.open().await;
    for number in [1, 2, 1] {
        service.save(request("run", &state(number))).await.unwrap();
    }
    assert_eq!(database.latest_state("run").await, Some(state(1)));
}

async fn a_run_that_changes_hands_is_written<S: Openable>(database: TestDatabase) {
    let service: S = database.open().await;
    service.save(request("run", &state(1))).await.unwrap();
    service
        .save(SaveRequest {
            thread_id: "other".into(),
            ..request("run", &state(1))
        })
        .await
        .unwrap();
    service
        .save(SaveRequest {
            user_id: "other".into(),
            ..request("run", &state(1))
        })
        .await
        .unwrap();
    assert!(service.thread_context("other").await.unwrap().is_some());
    assert_eq!(
        service.load_latest("run").await.unwrap().unwrap().user_id,
        "other"
    );
}

async fn a_run_keeps_its_newest_snapshots<S: Openable>(database: TestDatabase) {
    let service: S = database.open().await;
    let kept = RETAINED_SNAPSHOTS as usize;
    service.save(request("other run", &state(0))).await.unwrap();
    let mut ids = Vec::new();
    let mut pruned = 0;
    for number in 0..kept + 7 {
        let saved = service.save(request("run", &state(number))).await.unwrap();
        ids.push(saved.snapshot_id);
        pruned += saved.observation.rows_deleted;
    }

    assert_eq!(pruned, 7);
    assert_eq!(
        database
            .number("SELECT count(*) FROM snapshots WHERE run_id = 'run'")
            .await,
        i64::from(RETAINED_SNAPSHOTS)
    );
    assert_eq!(
        database
            .number("SELECT count(*) FROM snapshots WHERE run_id = 'other run'")
            .await,
        1
    );
    assert_eq!(service.load_snapshot(ids[6]).await.unwrap(), None);
    assert_eq!(
        service.load_snapshot(ids[7]).await.unwrap().unwrap().state,
        state(7)
    );
    assert_eq!(database.latest_state("run").await, Some(state(kept + 6)));
}

async fn every_written_save_has_a_complete_audit_record<S: Openable>(database: TestDatabase) {
    let service: S = database.open().await;
    for number in 0..3 {
        service.save(request("run", &state(number))).await.unwrap();
    }
    let complete = "SELECT count(*) FROM audit JOIN snapshots ON snapshots.id = audit.snapshot_id
        AND snapshots.run_id = audit.run_id AND snapshots.user_id = audit.user_id
        WHERE action = 'save' AND status = 'completed' AND completed_at >= started_at";
    assert_eq!(database.number(complete).await, 3);
    assert_eq!(database.number("SELECT count(*) FROM audit").await, 3);
}

async fn the_observation_counts_the_work<S: Openable>(database: TestDatabase) {
    let service: S = database.open().await;
    let first = service
        .save(request("run", &state(1)))
        .await
        .unwrap()
        .observation;
    let second = service
        .save(request("run", &state(2)))
        .await
        .unwrap()
        .observation;

    for observation in [first, second] {
        assert_eq!(observation.commits, 1);
        assert_eq!(observation.bytes_written, state(1).len() as u64);
        assert_eq!(observation.rows_deleted, 0);
        assert!(observation.serialize_ns > 0 && observation.write_ns > 0);
        assert!(observation.connection_ns >= observation.write_ns);
        assert!(observation.statements >= 1);
    }
    assert_eq!(
        first.rows_written - second.rows_written,
        1,
        "the user's row is written once"
    );
}
