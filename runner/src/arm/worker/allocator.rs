//! What the process has of its allocator and asked of it, by the allocator's own statistics.

use shared::report::{Allocations, Allocator};
use tikv_jemalloc_ctl::thread::{self, ThreadLocal};
use tikv_jemalloc_ctl::{Access, AsName, epoch, opt, stats};

/// jemalloc's number for all arenas together, `MALLCTL_ARENAS_ALL`.
const ALL_ARENAS: u32 = 4096;

/// Counts what is asked of the allocator.
///
/// `nrequests` counts every request; `nmalloc` would not: what a thread hands out again from its own cache is no
/// allocation to the arenas. But a thread adds the requests that it served itself only when it fills or empties its cache
/// of a size class, which a thread that uses one buffer again and again never does: so the count is right only where
/// threads have no caches.
#[derive(Clone)]
pub(super) struct RequestCounter {
    /// Size of each class, bytes, and the name of its count.
    classes: Vec<(u64, String)>,
}

impl RequestCounter {
    /// None where threads have caches, or nothing can be read.
    pub(super) fn open() -> Option<Self> {
        if opt::tcache::read().ok()? {
            return None;
        }
        Self::of_all_classes()
    }

    /// Right for a thread that has no cache, see [`without_thread_cache`], while no other one works.
    pub(super) fn of_all_classes() -> Option<Self> {
        let small: u32 = "arenas.nbins\0".name().read().ok()?;
        let large: u32 = "arenas.nlextents\0".name().read().ok()?;
        let small = (0..small).map(|i| class("bin", "bins", i));
        let large = (0..large).map(|i| class("lextent", "lextents", i));
        let classes = small.chain(large).collect::<Option<_>>()?;
        Some(Self { classes })
    }

    /// Requests since the process began. Asks for nothing itself.
    pub(super) fn read(&self) -> Option<Allocations> {
        // Statistics are gathered once an epoch.
        epoch::advance().ok()?;
        let mut sum = Allocations::default();
        for (size, requests) in &self.classes {
            let count: u64 = requests.name().read().ok()?;
            sum.count += count;
            sum.bytes += count * size;
        }
        Some(sum)
    }
}

/// A size class, and the name of the count of its requests.
fn class(kind: &str, statistics: &str, number: u32) -> Option<(u64, String)> {
    let size: usize = format!("arenas.{kind}.{number}.size\0")
        .name()
        .read()
        .ok()?;
    let requests = format!("stats.arenas.{ALL_ARENAS}.{statistics}.{number}.nrequests\0");
    Some((size as u64, requests))
}

/// Lets the calling thread do without a cache of freed memory from now on, so that its requests are counted at once.
/// None where that cannot be.
pub(super) fn without_thread_cache() -> Option<()> {
    "thread.tcache.enabled\0".name().write(false).ok()
}

/// What the calling thread has allocated and given back since it began, bytes. jemalloc counts each request, whatever the
/// thread keeps in its cache.
pub(super) struct ThreadBytes {
    allocated: ThreadLocal<u64>,
    deallocated: ThreadLocal<u64>,
}

impl ThreadBytes {
    /// None where they cannot be read.
    pub(super) fn open() -> Option<Self> {
        Some(Self {
            allocated: thread::allocatedp::read().ok()?,
            deallocated: thread::deallocatedp::read().ok()?,
        })
    }

    pub(super) fn allocated(&self) -> u64 {
        self.allocated.get()
    }

    pub(super) fn deallocated(&self) -> u64 {
        self.deallocated.get()
    }

    /// Allocated and not given back, by this thread.
    pub(super) fn live(&self) -> u64 {
        self.allocated().saturating_sub(self.deallocated())
    }
}

/// The statistics as of now; `None` where they cannot be read, or contradict each other because other threads were
/// allocating while they were gathered.
pub(super) fn read() -> Option<Allocator> {
    // They are gathered once an epoch.
    epoch::advance().ok()?;
    // What threads keep to hand out again without asking the arenas, which count it as handed out.
    let kept = format!("stats.arenas.{ALL_ARENAS}.tcache_bytes\0");
    let kept: usize = kept.name().read().ok()?;
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
    /// Where tests share a process, those that count what the whole of it holds wait for each other.
    static ALONE: std::sync::Mutex<()> = std::sync::Mutex::new(());

    #[test]
    fn what_is_live_is_counted_and_what_was_freed_is_not() {
        let _alone = ALONE.lock();
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

    /// SQLite is written in C: it must not have an allocator that nobody counts, whichever C library is linked.
    #[test]
    fn what_sqlite_holds_is_counted() {
        use sqlx::{AssertSqlSafe, Connection, SqliteConnection};
        const HELD: u64 = 64 << 20;
        let _alone = ALONE.lock();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let (before, held) = runtime.block_on(async {
            let mut database = SqliteConnection::connect("sqlite::memory:").await.unwrap();
            let before = read().unwrap();
            let fill = format!("CREATE TABLE held AS SELECT zeroblob({HELD}) AS bytes");
            let fill = sqlx::raw_sql(AssertSqlSafe(fill));
            fill.execute(&mut database).await.unwrap();
            (before, read().unwrap())
        });
        let grown = held.allocated_bytes - before.allocated_bytes;
        assert!((HELD..4 * HELD).contains(&grown), "{grown} of {HELD}");
    }

    #[test]
    fn small_blocks_that_a_thread_freed_are_not_live_though_it_keeps_them() {
        const SMALL: usize = 64;
        const COUNT: usize = 500_000;
        let _alone = ALONE.lock();
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
    fn every_request_of_a_thread_without_a_cache_is_counted() {
        const COUNT: usize = 20_000;
        let counter = RequestCounter::of_all_classes().unwrap();
        without_thread_cache().unwrap();
        for size in [64, 1 << 10, 16 << 10, 256 << 10] {
            for held in [1, 10] {
                let mut some = Vec::with_capacity(held);
                let before = counter.read().unwrap();
                for _ in 0..COUNT / held {
                    some.extend((0..held).map(|_| Vec::<u8>::with_capacity(size)));
                    some.clear();
                }
                let after = counter.read().unwrap();
                // The other tests of this process, if there are any, have caches.
                let near = |counted: u64, expected: usize| {
                    counted.abs_diff(expected as u64) <= expected as u64 / 100
                };
                let (count, bytes) = (after.count - before.count, after.bytes - before.bytes);
                assert!(near(count, COUNT), "{count} of {COUNT}, {size} B");
                assert!(near(bytes, COUNT * size), "{bytes} of {}", COUNT * size);
            }
        }
    }

    #[test]
    fn requests_are_not_counted_where_threads_have_caches() {
        assert!(opt::tcache::read().unwrap());
        assert!(RequestCounter::open().is_none());
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
