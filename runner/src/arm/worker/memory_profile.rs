//! What a cached entry and a save take of memory: the service's own parts on a thread that does nothing else.

use anyhow::{Context, anyhow};
use bytes::Bytes;
use persistence::{
    CacheProfile, CheckpointType, PersistenceError, SaveProfile, SaveRequest, SaveStage, SnapshotId,
};
use shared::report::{FillStep, MemoryProfile, SaveMemory, StageMemory};

use super::allocator::{RequestCounter, ThreadBytes, without_thread_cache};
use crate::dataset::Dataset;

/// Steps from the empty to the full cache.
const STEPS: u64 = 20;
/// Sizes of state that a save is profiled with, bytes: the strategy's smallest and largest, and what lies between.
const STATE_BYTES: [u64; 4] = [1_000, 10_000, 100_000, 1_000_000];
/// Saves of each size. All of them allocate alike, but what else is in the process may now and then as well.
const REPEATS: usize = 15;
/// Length of a plan's run ids.
const RUN_ID_BYTES: usize = 10;

/// The states nearest to the sizes that are profiled.
pub(super) fn states(dataset: &Dataset) -> Vec<Bytes> {
    let nearest = |wanted: u64| {
        (0..dataset.len() as u32).min_by_key(|index| dataset.size(*index).abs_diff(wanted))
    };
    let mut numbers: Vec<u32> = STATE_BYTES.into_iter().filter_map(nearest).collect();
    numbers.dedup();
    numbers.into_iter().map(|n| dataset.state(n)).collect()
}

/// Fills a cache of this capacity, and takes each state through the stages of a save.
///
/// # Errors
/// The allocator's counts cannot be read, or the service refuses a state.
pub(super) async fn profile(capacity: u64, states: Vec<Bytes>) -> anyhow::Result<MemoryProfile> {
    let profiled = tokio::task::spawn_blocking(move || {
        // The pool's threads are used again, and this one is to be without a cache.
        std::thread::spawn(move || on_this_thread(capacity, &states)).join()
    });
    let joined = profiled.await.context("the thread of the profile")?;
    joined.map_err(|_| anyhow!("the thread of the profile broke"))?
}

fn on_this_thread(capacity: u64, states: &[Bytes]) -> anyhow::Result<MemoryProfile> {
    without_thread_cache().context("the allocator keeps its caches")?;
    let bytes = ThreadBytes::open().context("the allocator does not count this thread")?;
    let requests =
        RequestCounter::of_all_classes().context("the allocator does not count requests")?;
    // What a thread needs once, to maintain any cache.
    fill(1, &bytes)?;
    Ok(MemoryProfile {
        capacity,
        run_id_bytes: RUN_ID_BYTES as u64,
        fill: fill(capacity, &bytes)?,
        saves: states
            .iter()
            .map(|state| save(state, &bytes, &requests))
            .collect::<anyhow::Result<_>>()?,
    })
}

fn fill(capacity: u64, bytes: &ThreadBytes) -> Result<Vec<FillStep>, PersistenceError> {
    let mut steps = Vec::with_capacity(STEPS as usize + 1);
    let before = bytes.live();
    let cache = CacheProfile::new(capacity);
    let step = |cache: &CacheProfile| FillStep {
        entries: cache.entries(),
        allocated_bytes: bytes.live().saturating_sub(before),
    };
    steps.push(step(&cache));
    let mut entered = 0;
    for number in 1..=STEPS.min(capacity) {
        let wanted = capacity * number / STEPS.min(capacity);
        while entered < wanted {
            cache.enter(request(entered, Bytes::from_static(b"{}")), SnapshotId(1))?;
            entered += 1;
        }
        steps.push(step(&cache));
    }
    Ok(steps)
}

/// What the allocator has counted of this thread, at an instant.
#[derive(Clone, Copy, Default)]
struct Reading {
    requests: u64,
    allocated: u64,
    deallocated: u64,
}

impl Reading {
    fn since(self, earlier: Self) -> StageMemory {
        StageMemory {
            allocations: self.requests.saturating_sub(earlier.requests),
            allocated_bytes: self.allocated.saturating_sub(earlier.allocated),
            freed_bytes: self.deallocated.saturating_sub(earlier.deallocated),
        }
    }
}

fn save(
    state: &Bytes,
    bytes: &ThreadBytes,
    requests: &RequestCounter,
) -> anyhow::Result<SaveMemory> {
    let profile = SaveProfile::default();
    let mut walks = Vec::with_capacity(REPEATS);
    for _ in 0..REPEATS {
        walks.push(walk(&profile, state, bytes, requests)?);
    }
    // The first one also makes the tables of what is under way, once for all.
    let settled = walks.get(1..).unwrap_or_default();
    let stage = |of: fn(&SaveMemory) -> StageMemory| StageMemory {
        allocations: median(settled.iter().map(|w| of(w).allocations)),
        allocated_bytes: median(settled.iter().map(|w| of(w).allocated_bytes)),
        freed_bytes: median(settled.iter().map(|w| of(w).freed_bytes)),
    };
    Ok(SaveMemory {
        state_bytes: state.len() as u64,
        serialize: stage(|w| w.serialize),
        hash: stage(|w| w.hash),
        queue: stage(|w| w.queue),
        left_bytes: median(settled.iter().map(|w| w.left_bytes)),
    })
}

fn walk(
    profile: &SaveProfile,
    state: &Bytes,
    bytes: &ThreadBytes,
    requests: &RequestCounter,
) -> anyhow::Result<SaveMemory> {
    let before = bytes.live();
    let request = request(0, state.clone());
    // Reading allocates nothing.
    let read = || {
        Some(Reading {
            requests: requests.read()?.count,
            allocated: bytes.allocated(),
            deallocated: bytes.deallocated(),
        })
    };
    let mut readings = [None; 5];
    readings[0] = read();
    let mut next = readings.iter_mut().skip(1);
    profile.walk(request, |_: SaveStage| {
        if let Some(reading) = next.next() {
            *reading = read();
        }
    })?;
    let left_bytes = bytes.live().saturating_sub(before);
    let [
        Some(begin),
        Some(hashed),
        Some(serialized),
        Some(compared),
        Some(queued),
    ] = readings
    else {
        return Err(anyhow!("the allocator stopped counting requests"));
    };
    Ok(SaveMemory {
        state_bytes: state.len() as u64,
        serialize: serialized.since(hashed),
        hash: sum(hashed.since(begin), compared.since(serialized)),
        queue: queued.since(compared),
        left_bytes,
    })
}

const fn sum(a: StageMemory, b: StageMemory) -> StageMemory {
    StageMemory {
        allocations: a.allocations + b.allocations,
        allocated_bytes: a.allocated_bytes + b.allocated_bytes,
        freed_bytes: a.freed_bytes + b.freed_bytes,
    }
}

fn median(values: impl Iterator<Item = u64>) -> u64 {
    let mut values: Vec<u64> = values.collect();
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or(0)
}

fn request(run: u64, state: Bytes) -> SaveRequest {
    SaveRequest {
        run_id: format!("{run:0RUN_ID_BYTES$}"),
        thread_id: "profile".to_owned(),
        user_id: "profile".to_owned(),
        state,
        checkpoint_type: CheckpointType::Auto,
        agent_phase: None,
        execution_context: None,
        is_recovery_point: false,
        expires_at: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_fill_grows_from_empty_to_full_and_is_the_same_each_time() {
        let profiled = profile(1000, Vec::new()).await.unwrap();
        let entries: Vec<u64> = profiled.fill.iter().map(|step| step.entries).collect();
        assert_eq!(entries, (0..=20).map(|i| i * 50).collect::<Vec<_>>());
        assert!(profiled.fill.is_sorted_by_key(|step| step.allocated_bytes));
        let again = profile(1000, Vec::new()).await.unwrap();
        let full = |p: &MemoryProfile| p.fill.last().unwrap().allocated_bytes;
        let (one, other) = (full(&profiled), full(&again));
        assert!(one.abs_diff(other) < one / 20, "{one} {other}");
    }

    #[tokio::test]
    async fn a_cache_smaller_than_the_steps_is_filled_entry_by_entry() {
        let profiled = profile(3, Vec::new()).await.unwrap();
        let entries: Vec<u64> = profiled.fill.iter().map(|step| step.entries).collect();
        assert_eq!(entries, [0, 1, 2, 3]);
        let none = profile(0, Vec::new()).await.unwrap();
        assert_eq!(none.fill.len(), 1);
    }

    #[tokio::test]
    async fn a_save_allocates_for_its_canonical_form_and_nothing_stays() {
        let dataset = Dataset::new(7, 10_000);
        let states = states(&dataset);
        assert_eq!(states.len(), STATE_BYTES.len());
        let profiled = profile(10, states).await.unwrap();
        for save in &profiled.saves {
            assert!(
                save.serialize.allocated_bytes >= save.state_bytes,
                "{save:?}"
            );
            assert_eq!(save.hash.allocated_bytes, 0, "{save:?}");
            let queue = save.queue.allocated_bytes;
            assert!((1..2_000).contains(&queue), "{save:?}");
            assert_eq!(save.left_bytes, 0, "{save:?}");
        }
    }
}
