//! Random sequences of saves and failures, against a model that a map can hold.

use std::collections::HashMap;
use std::time::Duration;

use persistence::{OptimizedOptions, OptimizedService, StandardService, StatePersistence};
use proptest::prelude::*;

use crate::support::{TestDatabase, give_up_after, request, state};

#[derive(Debug, Clone)]
enum Step {
    Save {
        run: u8,
        state: usize,
        critical: bool,
    },
    /// The database rejects this save.
    Fail { run: u8, state: usize },
    /// The caller stops waiting.
    GiveUp {
        run: u8,
        state: usize,
        polls: usize,
        linger: Duration,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0_u8..4, 0_usize..3, any::<bool>()).prop_map(|(run, state, critical)| Step::Save { run, state, critical }),
        1 => (0_u8..4, 0_usize..3).prop_map(|(run, state)| Step::Fail { run, state }),
        1 => (0_u8..4, 0_usize..3, 0_usize..10, 0_u64..1000)
            .prop_map(|(run, state, polls, linger)| Step::GiveUp { run, state, polls, linger: Duration::from_micros(linger) }),
    ];
    proptest::collection::vec(step, 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn both_services_agree_with_the_model_on_sqlite(steps in steps()) {
        both_follow_the_model(TestDatabase::new, &steps);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4, ..ProptestConfig::default() })]

    #[test]
    fn both_services_agree_with_the_model_on_postgres(steps in steps()) {
        both_follow_the_model(TestDatabase::postgres, &steps);
    }
}

fn both_follow_the_model(new: impl Fn() -> TestDatabase, steps: &[Step]) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let database = new();
        let service = StandardService::open(&database.options()).await.unwrap();
        follow_the_model(&service, &database, steps).await;
        let database = new();
        // Fewer entries than runs, so that evictions take part.
        let options = OptimizedOptions {
            cache_entries: Some(2),
            ..OptimizedOptions::default()
        };
        let service = OptimizedService::open(&database.options(), options)
            .await
            .unwrap();
        follow_the_model(&service, &database, steps).await;
    });
}

async fn follow_the_model(service: &dyn StatePersistence, database: &TestDatabase, steps: &[Step]) {
    let mut latest: HashMap<String, String> = HashMap::new();
    for step in steps {
        match step {
            Step::Save {
                run,
                state: number,
                critical,
            } => {
                let run_id = run.to_string();
                let mut request = request(&run_id, &state(*number));
                request.is_recovery_point = *critical;
                let saved = service.save(request).await.unwrap();
                assert_eq!(
                    database.state_of(saved.snapshot_id).await,
                    Some(state(*number))
                );
                latest.insert(run_id, state(*number));
            }
            Step::Fail { run, state: number } => {
                let run_id = run.to_string();
                // A new state, so that no service may answer it without the database.
                let rejected = format!(r#"{{"rejected":true,"step":{number}}}"#);
                database.abort_writes_of("rejected").await;
                assert_eq!(
                    service
                        .save(request(&run_id, &rejected))
                        .await
                        .unwrap_err()
                        .kind(),
                    "database"
                );
                database.accept_writes_again().await;
            }
            Step::GiveUp {
                run,
                state: number,
                polls,
                linger,
            } => {
                let run_id = run.to_string();
                let _ = give_up_after(
                    *polls,
                    *linger,
                    service.save(request(&run_id, &state(*number))),
                )
                .await;
                // Both outcomes are right; a save that is answered settles which state is the
                // latest.
                let settled = state(number + 1);
                service.save(request(&run_id, &settled)).await.unwrap();
                latest.insert(run_id, settled);
            }
        }
        for (run_id, state) in &latest {
            let loaded = service.load_latest(run_id).await.unwrap().unwrap();
            assert_eq!(
                loaded.state,
                state.as_bytes(),
                "run {run_id} after {step:?}"
            );
        }
    }
}
