//! What a cache entry takes by dhat, a heap profiler: an account of its own beside the one that the instrument reads from
//! the service's allocator.
//!
//! `CACHE_ENTRIES` is the capacity, filled to the last entry, and `RUN_ID_BYTES` the length of the runs' ids. Prints the
//! bytes of an entry.

use bytes::Bytes;
use persistence::{CacheProfile, CheckpointType, SaveRequest, SnapshotId};

#[global_allocator]
static PROFILER: dhat::Alloc = dhat::Alloc;

fn request(run: u64, id_bytes: usize) -> SaveRequest {
    SaveRequest {
        run_id: format!("{run:0id_bytes$}"),
        thread_id: "thread".to_owned(),
        user_id: "user".to_owned(),
        state: Bytes::from_static(b"{}"),
        checkpoint_type: CheckpointType::Auto,
        agent_phase: None,
        execution_context: None,
        is_recovery_point: false,
        expires_at: None,
    }
}

fn setting(name: &str, usual: u64) -> u64 {
    std::env::var(name).map_or(usual, |text| text.parse().unwrap())
}

fn live_bytes() -> u64 {
    dhat::HeapStats::get().curr_bytes as u64
}

#[test]
fn an_entry_takes_hundreds_of_bytes_and_not_thousands() {
    let entries = setting("CACHE_ENTRIES", 1000);
    let id_bytes = usize::try_from(setting("RUN_ID_BYTES", 10)).unwrap();
    let _profiler = dhat::Profiler::builder().testing().build();
    let cache = CacheProfile::new(entries);
    let empty = live_bytes();
    for run in 0..entries {
        let entered = cache.enter(request(run, id_bytes), SnapshotId(1));
        entered.unwrap();
    }
    let full = live_bytes();
    assert_eq!(cache.entries(), entries);
    let each = (full - empty) as f64 / entries as f64;
    println!("{each:.1}");
    // The entry alone, keys and values without any table, is 160 bytes.
    assert!((160.0..1000.0).contains(&each), "{each}");
}
