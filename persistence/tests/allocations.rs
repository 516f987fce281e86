//! How often a hit asks for memory. A binary of its own: the counting allocator is the whole
//! process's.

use std::future::Future as _;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use persistence::{
    CheckpointType, DatabaseOptions, OptimizedOptions, OptimizedService, Outcome, SaveProfile,
    SaveRequest, SaveStage, Saved, StatePersistence,
};

/// The future itself, which the trait boxes. docs/benchmarks.md states it, too.
const ALLOCATIONS_PER_HIT: u64 = 1;

fn request(state: &Bytes) -> SaveRequest {
    SaveRequest {
        run_id: "run".into(),
        thread_id: "thread".into(),
        user_id: "user".into(),
        state: state.clone(),
        checkpoint_type: CheckpointType::Auto,
        agent_phase: None,
        execution_context: None,
        is_recovery_point: false,
        expires_at: None,
    }
}

/// A hit waits for nobody, so its future is ready when it is first polled; else there is none.
fn hit(service: &OptimizedService, request: SaveRequest) -> Option<Saved> {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(service.save(request)).poll(&mut context) {
        Poll::Ready(saved) => saved.ok(),
        Poll::Pending => None,
    }
}

#[tokio::test]
async fn a_hit_allocates_as_often_as_stated() {
    let folder = tempfile::tempdir().unwrap();
    let options = DatabaseOptions::sqlite(folder.path().join("states.db"));
    let service = OptimizedService::open(&options, OptimizedOptions::default())
        .await
        .unwrap();
    let state = Bytes::from(format!(r#"{{"text":"{}"}}"#, "x".repeat(10_000 - 11)));
    assert_eq!(state.len(), 10_000);
    service.save(request(&state)).await.unwrap();
    // moka applies what it recorded in batches, which may allocate: not a hit's own work.
    service.maintain_cache();

    let mut counts = Vec::new();
    for _ in 0..100 {
        let request = request(&state);
        let mut saved = None;
        let memory = allocation_counter::measure(|| saved = hit(&service, request));
        let saved = saved.unwrap();
        assert_eq!(saved.outcome, Outcome::Deduplicated);
        assert_eq!(saved.observation.statements, 0);
        counts.push((memory.count_total, memory.bytes_total));
    }
    counts.sort_unstable();
    let (allocations, bytes) = counts[counts.len() / 2];
    let most = counts.last().map_or(0, |(most, _)| *most);
    println!("a hit at 10 KB: {allocations} allocated, {bytes} bytes; at most {most} in 100 hits");
    assert_eq!(allocations, ALLOCATIONS_PER_HIT);
}

#[test]
fn a_save_goes_through_its_stages_in_order_and_leaves_nothing_allocated() {
    let profile = SaveProfile::default();
    let mut stages = Vec::new();
    let state = Bytes::from_static(br#"{"b":1,"a":2}"#);
    // The first one makes the tables of what is under way.
    profile
        .walk(request(&state), |stage| stages.push(stage))
        .unwrap();
    let order = [
        SaveStage::HashRequest,
        SaveStage::Serialize,
        SaveStage::HashCanonical,
        SaveStage::Queue,
    ];
    assert_eq!(stages, order);

    let walked = allocation_counter::measure(|| profile.walk(request(&state), |_| ()).unwrap());
    assert!(walked.count_total > 0);
    assert_eq!(walked.bytes_current, 0);

    let mut heard = 0;
    let no_json = request(&Bytes::from_static(b"no JSON"));
    let refused = profile.walk(no_json, |_| heard += 1).unwrap_err();
    assert_eq!((refused.kind(), heard), ("invalid_state", 1));
}
