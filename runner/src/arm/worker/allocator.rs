//! What the process has of its allocator, by the allocator's own statistics.

use shared::report::Allocator;
use tikv_jemalloc_ctl::{Access, AsName, epoch, stats};

/// Bytes that threads keep to hand out again without asking the arenas: the arenas count them as handed out. `4096` is
/// jemalloc's number for all arenas together, `MALLCTL_ARENAS_ALL`.
const KEPT_BY_THREADS: &str = "stats.arenas.4096.tcache_bytes\0";

/// The statistics as of now; `None` where they cannot be read, or contradict each other because other threads were
/// allocating while they were gathered.
pub(super) fn read() -> Option<Allocator> {
    // They are gathered once an epoch.
    epoch::advance().ok()?;
    let kept: usize = KEPT_BY_THREADS.name().read().ok()?;
    let allocated = stats::allocated::read().ok()?.checked_sub(kept)?;
    let read = Allocator {
        allocated_bytes: allocated as u64,
        active_bytes: stats::active::read().ok()? as u64,
        resident_bytes: stats::resident::read().ok()? as u64,
        retained_bytes: stats::retained::read().ok()? as u64,
    };
    is_consistent(&read).then_some(read)
}

/// What is allocated lies in active pages, and these are resident.
fn is_consistent(read: &Allocator) -> bool {
    read.allocated_bytes <= read.active_bytes && read.active_bytes <= read.resident_bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// More than the rest of the tests, which share the process, allocate and free meanwhile.
    const BLOCK: usize = 1 << 20;
    const BLOCKS: usize = 256;

    #[test]
    fn what_is_live_is_counted_and_what_was_freed_is_not() {
        let before = read().unwrap();
        let live: Vec<Vec<u8>> = (0..BLOCKS).map(|_| Vec::with_capacity(BLOCK)).collect();
        let during = read().unwrap();
        drop(live);
        let after = read().unwrap();
        let grown = during.allocated_bytes - before.allocated_bytes;
        let expected = (BLOCK * BLOCKS) as u64;
        let near = |figure: u64| figure.abs_diff(expected) < expected / 50;
        assert!(near(grown), "{grown} of {expected}");
        let freed = during.allocated_bytes - after.allocated_bytes;
        assert!(near(freed), "{freed} of {expected}");
    }

    #[test]
    fn small_blocks_that_a_thread_freed_are_not_live_though_it_keeps_them() {
        const SMALL: usize = 64;
        const COUNT: usize = 500_000;
        let live: Vec<Box<[u8; SMALL]>> = (0..COUNT).map(|_| Box::new([1; SMALL])).collect();
        let during = read().unwrap();
        drop(live);
        let freed = during
            .allocated_bytes
            .saturating_sub(read().unwrap().allocated_bytes);
        let expected = (SMALL * COUNT + COUNT * size_of::<usize>()) as u64;
        assert!(freed > expected / 2, "{freed} of {expected}");
    }

    #[test]
    fn statistics_that_contradict_each_other_are_none() {
        let fine = Allocator {
            allocated_bytes: 1,
            active_bytes: 2,
            resident_bytes: 3,
            retained_bytes: 0,
        };
        assert!(is_consistent(&fine));
        assert!(!is_consistent(&Allocator {
            allocated_bytes: 3,
            ..fine
        }));
        assert!(!is_consistent(&Allocator {
            active_bytes: 4,
            ..fine
        }));
    }
}
