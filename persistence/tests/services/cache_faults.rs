//! A cache that is altered, emptied or out of order costs writes, never a wrong answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use persistence::{
    CacheFaults, OptimizedOptions, OptimizedService, Outcome, SaveRequest, StatePersistence,
};

use crate::support::{TestDatabase, request, state};

const RUNS: u64 = 5;

async fn open(database: &TestDatabase) -> (OptimizedService, CacheFaults) {
    let faults = CacheFaults::default();
    let options = OptimizedOptions {
        cache_faults: Some(faults.clone()),
        ..OptimizedOptions::default()
    };
    let service = OptimizedService::open(&database.options(), options).await;
    (service.unwrap(), faults)
}

/// Saves the state and looks from outside whether the answer is right.
async fn save_rightly(
    service: &OptimizedService,
    database: &TestDatabase,
    request: SaveRequest,
) -> Outcome {
    let run_id = request.run_id.clone();
    let state = String::from_utf8(request.state.to_vec()).unwrap();
    let saved = service.save(request).await.unwrap();
    assert_eq!(
        database.state_of(saved.snapshot_id).await.as_ref(),
        Some(&state)
    );
    assert_eq!(database.latest_state(&run_id).await, Some(state));
    saved.outcome
}

async fn all_are(outcome: Outcome, service: &OptimizedService, database: &TestDatabase) {
    for run in 0..RUNS {
        let request = request(&run.to_string(), &state(1));
        assert_eq!(save_rightly(service, database, request).await, outcome);
    }
}

#[tokio::test]
async fn altered_entries_are_not_believed_and_replaced() {
    let database = TestDatabase::new();
    let (service, faults) = open(&database).await;
    all_are(Outcome::Written, &service, &database).await;
    faults.poison();
    all_are(Outcome::Written, &service, &database).await;
    assert_eq!(service.cache_statistics().rejected, RUNS);
    all_are(Outcome::Deduplicated, &service, &database).await;
    let statistics = service.cache_statistics();
    assert_eq!((statistics.hits, statistics.misses), (RUNS, 2 * RUNS));
    assert_eq!(statistics.rejected, RUNS);
}

#[tokio::test]
async fn an_emptied_cache_fills_again() {
    let database = TestDatabase::new();
    let (service, faults) = open(&database).await;
    all_are(Outcome::Written, &service, &database).await;
    faults.empty();
    all_are(Outcome::Written, &service, &database).await;
    all_are(Outcome::Deduplicated, &service, &database).await;
    assert_eq!(service.cache_statistics().rejected, 0);
}

#[tokio::test]
async fn what_changed_while_the_cache_failed_is_not_forgotten() {
    let database = TestDatabase::new();
    let (service, faults) = open(&database).await;
    all_are(Outcome::Written, &service, &database).await;

    faults.fail(true);
    let before = service.cache_statistics();
    all_are(Outcome::Written, &service, &database).await;
    let changed = request("0", &state(2));
    assert_eq!(
        save_rightly(&service, &database, changed).await,
        Outcome::Written
    );
    let during = service.cache_statistics();
    assert!(during.rejected > RUNS && during.rejected <= during.misses);
    assert_eq!(
        (during.hits, during.insertions),
        (before.hits, before.insertions)
    );

    faults.fail(false);
    // The cache still held that state when it failed.
    all_are(Outcome::Written, &service, &database).await;
    all_are(Outcome::Deduplicated, &service, &database).await;
}

#[tokio::test]
async fn while_the_cache_breaks_again_and_again_every_answer_is_right() {
    let database = TestDatabase::new();
    let (service, faults) = open(&database).await;
    let done = Arc::new(AtomicBool::new(false));
    let breaking = {
        let done = Arc::clone(&done);
        thread::spawn(move || {
            while !done.load(Ordering::SeqCst) {
                faults.poison();
                thread::yield_now();
                faults.fail(true);
                faults.empty();
                thread::yield_now();
                faults.fail(false);
                thread::sleep(Duration::from_micros(500));
            }
        })
    };
    for number in 0..200 {
        // Each state twice, in two runs at a time; each comes again later.
        let request = request(&(number % 2).to_string(), &state((number / 4) % 3));
        save_rightly(&service, &database, request).await;
    }
    done.store(true, Ordering::SeqCst);
    breaking.join().unwrap();
    assert!(service.cache_statistics().rejected > 0);
}
