//! What a cache entry takes by dhat, a heap profiler: an account of its own beside the one that the instrument reads from
//! the service's allocator.
//!
//! `CACHE_ENTRIES` is the capacity, filled to the last entry, and `RUN_ID_BYTES` the length of the runs' ids. Prints the
//! bytes of an entry as they were asked for, and as jemalloc would give them.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use bytes::Bytes;
use persistence::{CacheProfile, CheckpointType, SaveRequest, SnapshotId};
use serde_json::Value;

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

/// Bytes that are live.
#[derive(Debug)]
struct Live {
    /// As asked for.
    asked: u64,
    /// As jemalloc gives them.
    given: u64,
}

/// What a cache of this capacity has allocated with so many entries.
fn live(capacity: u64, entries: u64, id_bytes: usize) -> Live {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("heap.json");
    let profiler = dhat::Profiler::builder().file_name(&file).build();
    let cache = CacheProfile::new(capacity);
    for run in 0..entries {
        let entered = cache.enter(request(run, id_bytes), SnapshotId(1));
        entered.unwrap();
    }
    assert_eq!(cache.entries(), entries);
    // What it writes is what is live now.
    drop(profiler);
    let heap: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let mut live = Live { asked: 0, given: 0 };
    for place in heap["pps"].as_array().unwrap() {
        let (bytes, blocks) = (place["eb"].as_u64(), place["ebk"].as_u64());
        if let (Some(bytes), Some(blocks @ 1..)) = (bytes, blocks) {
            live.asked += bytes;
            live.given += blocks * size_class(bytes.div_ceil(blocks));
        }
    }
    live
}

/// jemalloc's size classes: multiples of 16 up to 128, then four to each doubling.
fn size_class(bytes: u64) -> u64 {
    let step = match bytes {
        0..=8 => 8,
        9..=128 => 16,
        _ => 1 << ((bytes - 1).ilog2() - 2),
    };
    bytes.next_multiple_of(step)
}

#[test]
fn an_entry_takes_its_own_bytes_and_a_share_of_the_tables() {
    assert_eq!([1, 40, 129, 257].map(size_class), [8, 48, 160, 320]);
    let entries = setting("CACHE_ENTRIES", 1000);
    let id_bytes = usize::try_from(setting("RUN_ID_BYTES", 10)).unwrap();
    // What a thread needs once, to maintain any cache.
    let _ = live(1, 1, id_bytes);
    let empty = live(entries, 0, id_bytes);
    let full = live(entries, entries, id_bytes);
    let each = |full: u64, empty: u64| (full - empty) as f64 / entries as f64;
    let asked = each(full.asked, empty.asked);
    let given = each(full.given, empty.given);
    println!("bytes of an entry: {asked:.1} {given:.1}");
    // The entry alone, key and value without any table, is 160 bytes; of a small cache the tables take more.
    assert!((160.0..2000.0).contains(&asked), "{asked}");
    assert!((1.0..1.25).contains(&(given / asked)), "{given} {asked}");
}
