//! What an arm's process uses.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use persistence::{CacheStatistics, StatePersistence};
use rustix::time::{ClockId, clock_gettime};
use shared::report::Allocator;

use super::allocator;
use crate::place::Place;

/// Where the system tells of this process.
const MEMORY: &str = "/proc/self/statm";
const THREADS: &str = "/proc/self/stat";

/// What the system does not let be measured of this process, and why.
pub(crate) fn unreadable() -> Vec<String> {
    let files = [("resident memory", MEMORY), ("threads", THREADS)];
    files
        .into_iter()
        .filter_map(|(what, file)| why_unreadable(what, file))
        .collect()
}

fn why_unreadable(what: &str, file: &str) -> Option<String> {
    let error = std::fs::read(file).err()?;
    Some(format!("{what} cannot be measured: {file}: {error}"))
}

/// Processor time of this process so far, nanoseconds.
pub(super) fn processor_ns() -> u64 {
    nanoseconds(ClockId::ProcessCPUTime)
}

/// Processor time of the thread that asks so far, nanoseconds.
pub(super) fn thread_processor_ns() -> u64 {
    nanoseconds(ClockId::ThreadCPUTime)
}

fn nanoseconds(clock: ClockId) -> u64 {
    let time = clock_gettime(clock);
    // Neither is ever negative for a clock that counts from the start of the process or thread.
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    seconds * 1_000_000_000 + u64::try_from(time.tv_nsec).unwrap_or(0)
}

/// Resident memory of this process, bytes; `None` where the system does not tell.
pub(super) fn resident_bytes() -> Option<u64> {
    let statm = std::fs::read_to_string(MEMORY).ok()?;
    let pages: u64 = statm.split_ascii_whitespace().nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}

/// Threads of this process; `None` where the system does not tell.
fn threads() -> Option<u32> {
    threads_in(&std::fs::read_to_string(THREADS).ok()?)
}

/// Threads by the text of `/proc/PID/stat`, see proc_pid_stat(5). The second field is the program's name in parentheses,
/// which may hold spaces and parentheses of its own; threads are the 20th.
fn threads_in(stat: &str) -> Option<u32> {
    let (_, after_name) = stat.rsplit_once(')')?;
    after_name.split_ascii_whitespace().nth(17)?.parse().ok()
}

/// One look at everything.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    pub(super) resident_bytes: Option<u64>,
    pub(super) allocator: Option<Allocator>,
    pub(super) threads: Option<u32>,
    pub(super) processor_ns: u64,
    pub(super) cache: CacheStatistics,
    pub(super) connections_in_use: u32,
    pub(super) connections_idle: u32,
    pub(super) connections_waited_for: u32,
    pub(super) database_bytes: Option<u64>,
    pub(super) wal_bytes: Option<u64>,
}

/// Where to look.
#[derive(Clone)]
pub(super) struct Instruments {
    service: Arc<dyn StatePersistence>,
    /// Database and write-ahead log, where they are files that this process can see.
    files: Option<(PathBuf, PathBuf)>,
}

impl Instruments {
    pub(super) fn new(service: Arc<dyn StatePersistence>, place: &Place) -> Self {
        let files = match place {
            Place::Sqlite { file } => {
                let mut wal = file.clone().into_os_string();
                wal.push("-wal");
                Some((file.clone(), wal.into()))
            }
            Place::Postgres { .. } => None,
        };
        Self { service, files }
    }

    pub(super) fn read(&self) -> Reading {
        let size = |path: &PathBuf| std::fs::metadata(path).ok().map(|m| m.len());
        let pool = self.service.pool_status();
        Reading {
            resident_bytes: resident_bytes(),
            allocator: allocator::read(),
            threads: threads(),
            processor_ns: processor_ns(),
            cache: self.service.cache_statistics(),
            connections_in_use: pool.open.saturating_sub(pool.idle),
            connections_idle: pool.idle,
            connections_waited_for: pool.waiting,
            database_bytes: self.files.as_ref().and_then(|(database, _)| size(database)),
            wal_bytes: self.files.as_ref().and_then(|(_, wal)| size(wal)),
        }
    }
}

/// Whether an instant came before the end.
fn wait(due: Instant, stopped: &AtomicBool) -> bool {
    while !stopped.load(Ordering::Relaxed) {
        let left = due.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return true;
        }
        std::thread::park_timeout(left);
    }
    false
}

/// What a sampler read.
#[derive(Default)]
pub(super) struct Sampled {
    /// Fewer than asked for where the block ended early.
    pub(super) readings: Vec<Reading>,
    /// Processor time that it took, nanoseconds.
    pub(super) processor_ns: u64,
}

/// Reads at the end of each of `count` intervals from `start` on, in a thread of its own.
pub(super) struct Sampler {
    thread: JoinHandle<Sampled>,
    stop: Arc<AtomicBool>,
}

impl Sampler {
    pub(super) fn start(
        instruments: Instruments,
        start: Instant,
        interval: Duration,
        count: u32,
    ) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let mut readings = Vec::new();
            for i in 1..=count {
                if !wait(start + interval * i, &stopped) {
                    break;
                }
                readings.push(instruments.read());
            }
            Sampled {
                readings,
                processor_ns: thread_processor_ns(),
            }
        });
        Self { thread, stop }
    }

    /// Ends it.
    pub(super) fn finish(self) -> Sampled {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.thread().unpark();
        self.thread.join().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_are_found_whatever_the_program_is_called() {
        let after_name = "S 1 2 3 0 -1 4194304 5 6 7 8 9 10 11 12 20 0 17 0 99 1000 20";
        for name in ["runner", "a b", "a) R 1 (b", ")"] {
            let stat = format!("42 ({name}) {after_name}");
            assert_eq!(threads_in(&stat), Some(17), "{stat}");
        }
        for wrong in ["", "42", "42 (runner", "42 (runner) S 1 2"] {
            assert_eq!(threads_in(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        assert_eq!(unreadable(), [""; 0]);
        assert_eq!(
            why_unreadable("threads", "/proc/self/none").as_deref(),
            Some(
                "threads cannot be measured: /proc/self/none: No such file or directory (os error 2)"
            )
        );
    }

    #[test]
    fn a_thread_more_is_counted() {
        let (stay, waiting) = std::sync::mpsc::channel::<()>();
        let one_more = std::thread::spawn(move || waiting.recv());
        // Other tests have threads that come and go: this one and the one just started are there for certain.
        assert!(threads() >= Some(2), "{:?}", threads());
        drop(stay);
        assert!(one_more.join().is_ok());
    }
}
