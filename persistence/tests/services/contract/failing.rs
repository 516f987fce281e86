//! A save that fails leaves nothing behind, in the database and in the service.

use bytes::Bytes;
use persistence::{MAX_ID_BYTES, MAX_STATE_BYTES, MAX_STATE_DEPTH, SaveRequest};

use crate::support::{Openable, TestDatabase, request, run_concurrently, state, unlock};

on_both_databases!(
    bad_states_are_refused,
    bad_fields_are_named,
    a_refused_save_changes_nothing,
    limits_themselves_are_accepted,
    a_locked_database_is_busy_and_works_again_later,
    a_failed_write_is_undone_and_can_be_repeated,
    rejected_saves_do_not_fail_their_neighbours,
);

// PostgreSQL never ends a transaction by itself and keeps the connection.
on_sqlite_only!(a_transaction_that_sqlite_rolled_back_does_not_block_later_saves);

async fn bad_states_are_refused<S: Openable>(database: TestDatabase) {
    let service: S = database.open().await;
    let too_large = format!(r#"{{"a":"{}"}}"#, "x".repeat(MAX_STATE_BYTES));
    let too_deep = format!(
        r#"{{"a":{}{}}}"#,
        "[".repeat(MAX_STATE_DEPTH),
        "]".repeat(MAX_STATE_DEPTH)
    );
    let cases: [(&[u8], &str); 9] = [
        (b"", "EOF"),
        (b"{", "EOF"),
        (b"[1]", "not an object"),
        (b"null", "not an object"),
        (br#"{"a":1} x"#, "trailing characters"),
        (br#"{"a":NaN}"#, "column"),
        (b"{\"a\":\"\xff\"}", "unicode"),
        (too_large.as_bytes(), "at most 16777216"),
        (too_deep.as_bytes(), "recursion limit"),
    ];
    for (bytes, reason) in cases {
        let bad = SaveRequest {
            state: Bytes::copy_from_slice(bytes),
            ..request("run", "{}")
        };
        let error = service.save(bad).await.unwrap_err();
        assert_eq!(error.kind(), "invalid_state");
        assert!(error.to_string().contains(reason), "{error}");
    }
    assert_eq!(
        database
            .number("SELECT (SELECT count(*) FROM snapshots) + (SELECT count(*) FROM audit)")
            .await,
        0
    );
}

async fn bad_fields_are_named<S: Openable>(database: TestDatabase) {
    let service: S = database.open().await;
    let good = || request("run", "{}");
    let long = "x".repeat(MAX_ID_BYTES + 1);
    let cases = [
        (
            "run_id",
            SaveRequest {
                run_id: String::new(),
                ..good()
            },
        ),
        (
            "run_id",
            SaveRequest {
                run_id: long.clone(),
                ..good()
            },
        ),
        (
            "thread_id",
            SaveRequest {
                thread_id: String::new(),
                ..good()
            },
        ),
        (
            "thread_id",
            SaveRequest {
                thread_id: "a\0b".into(),
                ..good()
            },
        ),
        (
            "user_id",
            SaveRequest {
                user_id: String::new(),
                ..good()
            },
        ),
        (
            "user_id",
            SaveRequest {
                user_id: long.clone(),
                ..good()
            },
        ),
        (
            "agent_phase",
            SaveRequest {
                agent_phase: Some(long),
                ..good()
            },
        ),
        (
            "execution_context",
            SaveRequest {
                execution_context: Some(Bytes::from_static(b"{")),
                ..good()
            },
        ),
        (
            "expires_at",
            SaveRequest {
                expires_at: Some(-1),
                ..good()
            },
        ),
    ];
    for (field, bad) in cases {
        let error = service.save(bad).await.unwrap_err();
        assert_eq!(error.kind(), "invalid_field");
        assert!(
            error.to_string().contains(&format!("`{field}`")),
            "{field}: {error}"
        );
    }
    assert_eq!(
        database
            .number("SELECT (SELECT count(*) FROM snapshots) + (SELECT count(*) FROM users)")
            .await,
        0
    );
}

async fn a_refused_save_changes_nothing<S: Openable>(database: TestDatabase) {
    let service: S = database.open().await;
    service.save(request("run", &state(1))).await.unwrap();
    service.save(request("run", "[]")).await.unwrap_err();
    let saved = service.save(request("run", &state(1))).await.unwrap();
    assert_eq!(database.state_of(saved.snapshot_id).await, Some(state(1)));
    assert_eq!(database.latest_state("run").await, Some(state(1)));
}

async fn limits_themselves_are_accepted<S: Openable>(database: TestDatabase) {
    let service: S = database.open().await;
    let id = "x".repeat(MAX_ID_BYTES);
    let largest = format!(r#"{{"a":"{}"}}"#, "x".repeat(MAX_STATE_BYTES - 8));
    assert_eq!(largest.len(), MAX_STATE_BYTES);
    let largest_everywhere = SaveRequest {
        thread_id: id.clone(),
        user_id: id.clone(),
        agent_phase: Some(id.clone()),
        ..request(&id, &largest)
    };
    service.save(largest_everywhere).await.unwrap();
    assert_eq!(
        service.load_latest(&id).await.unwrap().unwrap().state,
        largest
    );
}

async fn a_locked_database_is_busy_and_works_again_later<S: Openable>(database: TestDatabase) {
    let service: S = database.open().await;
    service.save(request("run", &state(1))).await.unwrap();

    let lock = database.lock().await;
    assert_eq!(
        service
            .save(request("run", &state(2)))
            .await
            .unwrap_err()
            .kind(),
        "busy"
    );
    assert_eq!(
        service.load_latest("run").await.unwrap().unwrap().state,
        state(1),
        "reading goes on"
    );
    unlock(lock).await;

    service.save(request("run", &state(2))).await.unwrap();
    assert_eq!(database.latest_state("run").await, Some(state(2)));
}

async fn a_failed_write_is_undone_and_can_be_repeated<S: Openable>(database: TestDatabase) {
    let service: S = database.open().await;
    service.save(request("run", &state(1))).await.unwrap();
    database.abort_writes_of("\"step\":2").await;

    assert_eq!(
        service
            .save(request("run", &state(2)))
            .await
            .unwrap_err()
            .kind(),
        "database"
    );
    assert_eq!(database.latest_state("run").await, Some(state(1)));
    assert_eq!(database.number("SELECT count(*) FROM audit").await, 1);

    database.accept_writes_again().await;
    service.save(request("run", &state(2))).await.unwrap();
    assert_eq!(database.latest_state("run").await, Some(state(2)));
}

async fn a_transaction_that_sqlite_rolled_back_does_not_block_later_saves<S: Openable>(
    database: TestDatabase,
) {
    let service: S = database.open().await;
    service.save(request("run", &state(1))).await.unwrap();
    database.roll_back_writes_of("\"step\":2").await;
    for _ in 0..3 {
        assert_eq!(
            service
                .save(request("run", &state(2)))
                .await
                .unwrap_err()
                .kind(),
            "database"
        );
        service.save(request("run", &state(3))).await.unwrap();
        assert_eq!(database.latest_state("run").await, Some(state(3)));
    }
}

async fn rejected_saves_do_not_fail_their_neighbours<S: Openable>(database: TestDatabase) {
    let service: S = database.open().await;
    database.abort_writes_of("poison").await;
    let poisoned = |number: usize| [7, 23, 49].contains(&number);
    let state_of = |number: usize| match poisoned(number) {
        true => format!(r#"{{"poison":{number}}}"#),
        false => state(number),
    };
    // Two saves of each run: the second one of a poisoned first one is fine too.
    let run_of = |number: usize| format!("run {}", number / 2);

    let saves = (0..50).map(|number| service.save(request(&run_of(number), &state_of(number))));
    let saved = run_concurrently(saves).await;

    for (number, saved) in saved.into_iter().enumerate() {
        match saved {
            Ok(saved) => {
                assert!(!poisoned(number), "{number}");
                assert_eq!(
                    database.state_of(saved.snapshot_id).await,
                    Some(state_of(number))
                );
            }
            Err(error) => {
                assert!(poisoned(number), "{number}: {error}");
                assert_eq!(error.kind(), "database");
            }
        }
    }
    for number in (0..50).step_by(2) {
        let last = if poisoned(number + 1) {
            number
        } else {
            number + 1
        };
        assert_eq!(
            database.latest_state(&run_of(number)).await,
            Some(state_of(last))
        );
    }
    assert_eq!(database.number("SELECT count(*) FROM snapshots").await, 47);
    assert_eq!(database.number("SELECT count(*) FROM audit").await, 47);
}
