//! Two optimized services on one database: what is lost if each believes to be alone, and that
//! nothing is lost if they know of each other.

use std::collections::HashSet;
use std::time::Duration;

use persistence::{
    Consistency, DatabaseOptions, OptimizedOptions, OptimizedService, Outcome, RETAINED_SNAPSHOTS,
    StatePersistence,
};
use proptest::prelude::*;

use crate::support::{TestDatabase, request, run_concurrently, state};

const DATABASES: [fn() -> TestDatabase; 2] = [TestDatabase::new, TestDatabase::postgres];

/// One service's save of a run's state.
#[derive(Debug, Clone, Copy)]
struct Save {
    instance: usize,
    run: u8,
    state: usize,
}

async fn open_both(database: &TestDatabase, consistency: Consistency) -> [OptimizedService; 2] {
    let options = DatabaseOptions {
        // The two wait for each other.
        statement_timeout: Duration::from_secs(10),
        ..database.options()
    };
    let open = || {
        let optimized = OptimizedOptions {
            consistency,
            ..OptimizedOptions::default()
        };
        OptimizedService::open(&options, optimized)
    };
    [open().await.unwrap(), open().await.unwrap()]
}

/// Performs the saves of each group concurrently, one group after the other. Every answer must name
/// its state, and each run's latest state must be one that may have been acknowledged last.
async fn interleave(
    database: &TestDatabase,
    consistency: Consistency,
    groups: &[Vec<Save>],
) -> Result<(), String> {
    let services = open_both(database, consistency).await;
    for group in groups {
        let saves = group.iter().map(|save| {
            services[save.instance].save(request(&save.run.to_string(), &state(save.state)))
        });
        let answers = run_concurrently(saves).await;
        for (save, answer) in group.iter().zip(answers) {
            let saved = answer.map_err(|error| format!("{save:?}: {error}"))?;
            let found = database.state_of(saved.snapshot_id).await;
            if found != Some(state(save.state)) {
                return Err(format!("{save:?} is answered with {found:?}"));
            }
        }
        for run in group.iter().map(|save| save.run).collect::<HashSet<_>>() {
            // Of each instance the last one: its own saves keep their order.
            let of_instance = |instance| {
                let mut saves = group.iter().rev();
                saves.find(|save| save.run == run && save.instance == instance)
            };
            let last: Vec<_> = (0..services.len()).filter_map(of_instance).collect();
            let latest = database.latest_state(&run.to_string()).await;
            if !last.iter().any(|save| latest == Some(state(save.state))) {
                return Err(format!("{latest:?} is the latest after {last:?}"));
            }
        }
    }
    for service in services {
        service.close().await;
    }
    Ok(())
}

/// The other one replaces the state in between.
fn replaced_by_the_other() -> Vec<Vec<Save>> {
    [(0, 1), (1, 2), (0, 1)]
        .map(|(instance, state)| {
            vec![Save {
                instance,
                run: 0,
                state,
            }]
        })
        .to_vec()
}

#[tokio::test]
async fn a_second_writer_unknown_to_the_first_makes_it_lose_a_state() {
    for new in DATABASES {
        let database = new();
        let [one, other] = open_both(&database, Consistency::SingleWriter).await;
        one.save(request("run", &state(1))).await.unwrap();
        other.save(request("run", &state(2))).await.unwrap();
        let lost = one.save(request("run", &state(1))).await.unwrap();
        assert_eq!(lost.outcome, Outcome::Deduplicated);
        assert_eq!(database.latest_state("run").await, Some(state(2)));

        let verdict = interleave(&new(), Consistency::SingleWriter, &replaced_by_the_other()).await;
        let complaint = verdict.unwrap_err();
        assert!(complaint.contains("is the latest after"), "{complaint}");
    }
}

#[tokio::test]
async fn services_that_share_a_database_lose_nothing() {
    for new in DATABASES {
        let verdict = interleave(&new(), Consistency::Shared, &replaced_by_the_other()).await;
        assert_eq!(verdict, Ok(()));
    }
}

#[tokio::test]
async fn a_shared_hit_takes_no_write_and_a_refuted_one_is_written() {
    for new in DATABASES {
        let database = new();
        let [one, other] = open_both(&database, Consistency::Shared).await;
        let first = one.save(request("run", &state(1))).await.unwrap();
        let again = one.save(request("run", &state(1))).await.unwrap();
        assert_eq!(
            (again.outcome, again.snapshot_id),
            (Outcome::Deduplicated, first.snapshot_id)
        );
        assert_eq!(again.observation.commits, 0);

        other.save(request("run", &state(1))).await.unwrap();
        let refuted = one.save(request("run", &state(1))).await.unwrap();
        assert_eq!(refuted.outcome, Outcome::Written);
        let statistics = one.cache_statistics();
        assert_eq!((statistics.hits, statistics.misses), (1, 2));
    }
}

#[tokio::test]
async fn a_run_that_two_services_write_keeps_its_newest_snapshots() {
    for new in DATABASES {
        let database = new();
        let services = open_both(&database, Consistency::Shared).await;
        let saves = RETAINED_SNAPSHOTS as usize + 6;
        for number in 0..saves {
            let service = &services[number % services.len()];
            service.save(request("run", &state(number))).await.unwrap();
        }
        let count = database.number("SELECT count(*) FROM snapshots").await;
        assert_eq!(count, i64::from(RETAINED_SNAPSHOTS));
        assert_eq!(database.latest_state("run").await, Some(state(saves - 1)));
    }
}

fn groups() -> impl Strategy<Value = Vec<Vec<Save>>> {
    let save = (0_usize..2, 0_u8..2, 0_usize..2).prop_map(|(instance, run, state)| Save {
        instance,
        run,
        state,
    });
    proptest::collection::vec(proptest::collection::vec(save, 1..5), 1..30)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]

    #[test]
    fn however_two_services_interleave_every_acknowledged_save_is_right(groups in groups()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        for new in DATABASES {
            let verdict = runtime.block_on(async {
                interleave(&new(), Consistency::Shared, &groups).await
            });
            prop_assert_eq!(verdict, Ok(()));
        }
    }
}
