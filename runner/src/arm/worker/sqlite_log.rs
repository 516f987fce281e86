//! What SQLite writes to its write-ahead log, counted from outside by the files' documented format
//! (<https://www.sqlite.org/walformat.html>): neither driver nor service takes part.
//!
//! The index of the log names its last committed frame. Frames only grow in number until the log begins anew after a
//! checkpoint, with another salt. What the old log still grew by since it was last looked at stands in the file, until
//! the new one has overwritten it. So one look for each log, before the next is as long, counts every frame.

#[cfg(test)]
mod tests;

use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use shared::report::DatabaseCounters;

use super::resources::thread_processor_ns;
use super::urgency::be_urgent;

/// Between two looks. A log begins anew after a thousand pages, for which a disk takes longer than twice this.
const INTERVAL: Duration = Duration::from_millis(10);
/// How often the index is read anew where somebody was changing it.
const ATTEMPTS: usize = 100;
/// Length of one of the two copies of the index header, which are equal unless somebody is changing it.
const INDEX_HEADER: usize = 48;
/// Bytes before the first frame, written anew with every log.
const LOG_HEADER: u64 = 32;
/// Bytes before the page of a frame.
const FRAME_HEADER: u64 = 24;

/// The log at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Log {
    /// As they stand in the file; the first is one higher in the next log.
    salts: [u8; 8],
    /// Committed.
    frames: u32,
    page_bytes: u64,
    /// Transactions that wrote something since somebody first opened the database; wraps around.
    transactions: u32,
    /// Pages of the database as of the last commit, wherever they are; none before the first one.
    database_pages: u32,
}

impl Log {
    /// Reads a copy of the index header; none of one that is not complete.
    fn of(header: &[u8; INDEX_HEADER]) -> Option<Self> {
        let is_initialized = header[12] != 0;
        let short = u16::from_ne_bytes([header[14], header[15]]);
        let number = |at: usize| {
            let bytes = header.get(at..at + 4)?;
            Some(u32::from_ne_bytes(bytes.try_into().ok()?))
        };
        is_initialized.then_some(Self {
            salts: header[32..40].try_into().ok()?,
            frames: number(16)?,
            transactions: number(8)?,
            database_pages: number(20)?,
            // The largest page does not fit.
            page_bytes: if short == 1 { 65_536 } else { u64::from(short) },
        })
    }

    /// Whether this is the log right after another.
    fn follows(&self, earlier: &Self) -> bool {
        let first = |log: &Self| {
            log.salts
                .first_chunk()
                .map(|salt| u32::from_be_bytes(*salt))
        };
        match (first(earlier), first(self)) {
            (Some(earlier), Some(later)) => earlier.wrapping_add(1) == later,
            _ => false,
        }
    }
}

/// The open files of a database's log, for as long as the database is open in this process and no shorter: closing any
/// handle of a file takes all locks on it from the process, and SQLite's own are on the index
/// (<https://www.sqlite.org/howtocorrupt.html>, section 2.2).
pub(super) struct LogFiles {
    index: File,
    file: File,
}

impl LogFiles {
    /// None where the files cannot be opened. To be called when the database is open, and dropped when it is closed.
    pub(super) fn open(database: &Path) -> Option<Arc<Self>> {
        let beside = |suffix| {
            let mut path = database.as_os_str().to_owned();
            path.push(suffix);
            File::open(path).ok()
        };
        let (index, file) = (beside("-shm")?, beside("-wal")?);
        Some(Arc::new(Self { index, file }))
    }

    /// Size of the database as of the last commit, what the log still holds included, bytes.
    pub(super) fn database_bytes(&self) -> Option<u64> {
        let log = self.log().ok()?;
        let pages = u64::from(log.database_pages);
        (pages > 0).then(|| pages * log.page_bytes)
    }

    /// # Errors
    /// The index cannot be read, or belongs to a log that is gone: all connections were closed in between.
    fn log(&self) -> io::Result<Log> {
        if self.index.metadata()?.nlink() == 0 {
            return Err(io::Error::other("the log was removed"));
        }
        read_index(&self.index)
    }
}

/// Counts from its begin on.
struct Counter {
    files: Arc<LogFiles>,
    log: Log,
    pages: u64,
    logs: u64,
}

impl Counter {
    fn begin(files: &Arc<LogFiles>) -> io::Result<Self> {
        Ok(Self {
            log: files.log()?,
            files: Arc::clone(files),
            pages: 0,
            logs: 0,
        })
    }

    /// # Errors
    /// The files cannot be read, or the log began anew so often that frames were missed.
    fn look(&mut self) -> io::Result<()> {
        let now = read_index(&self.files.index)?;
        if now.salts == self.log.salts {
            let grown = now.frames.checked_sub(self.log.frames);
            self.pages += u64::from(grown.ok_or_else(missed)?);
        } else {
            if !now.follows(&self.log) {
                return Err(missed());
            }
            self.pages +=
                u64::from(self.last_of_old_log()? - self.log.frames) + u64::from(now.frames);
            self.logs += 1;
        }
        self.log = now;
        Ok(())
    }

    /// The last committed frame of the log that has ended.
    fn last_of_old_log(&self) -> io::Result<u32> {
        let seen = self.log.frames;
        let (mut last, mut next) = (seen, seen + 1);
        while let Some(commits) = self.old_frame(next)? {
            last = if commits { next } else { last };
            next += 1;
        }
        // Frames are overwritten in their order: this one was there all the while, hence those after it too.
        match seen > 0 && self.old_frame(seen)?.is_some() {
            true => Ok(last),
            false => Err(missed()),
        }
    }

    /// Whether a frame ends a commit; none if it is not one of the old log.
    fn old_frame(&self, number: u32) -> io::Result<Option<bool>> {
        let before = u64::from(number - 1) * (FRAME_HEADER + self.log.page_bytes);
        let mut header = [0; FRAME_HEADER as usize];
        let file = &self.files.file;
        match file.read_exact_at(&mut header, LOG_HEADER + before) {
            Ok(()) if header[8..16] == self.log.salts => Ok(Some(header[4..8] != [0; 4])),
            Ok(()) => Ok(None),
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
            Err(e) => Err(e),
        }
    }

    fn counted(&self) -> DatabaseCounters {
        let frames = self.pages * (FRAME_HEADER + self.log.page_bytes);
        DatabaseCounters {
            wal_pages: Some(self.pages),
            wal_bytes: Some(frames + self.logs * LOG_HEADER),
            checkpoints: Some(self.logs),
            ..DatabaseCounters::default()
        }
    }
}

fn read_index(index: &File) -> io::Result<Log> {
    for _ in 0..ATTEMPTS {
        let mut copies = [[0; INDEX_HEADER]; 2];
        index.read_exact_at(copies.as_flattened_mut(), 0)?;
        if copies[0] == copies[1]
            && let Some(log) = Log::of(&copies[0])
        {
            return Ok(log);
        }
    }
    Err(io::Error::other(
        "the index of the log is being changed all the time",
    ))
}

fn missed() -> io::Error {
    io::Error::other("the log began anew too often to be followed")
}

/// Looks until told to stop, and once more.
fn follow(counter: &mut Counter, stopped: &AtomicBool) -> io::Result<()> {
    while !stopped.load(Ordering::Relaxed) {
        counter.look()?;
        std::thread::park_timeout(INTERVAL);
    }
    counter.look()?;
    // Looks are many, so only the last one asks whether all this was still the database's log.
    counter.files.log().map(|_| ())
}

/// Follows the log of a database in a thread of its own.
pub(super) struct Watch {
    thread: JoinHandle<(io::Result<Counter>, u64)>,
    stop: Arc<AtomicBool>,
    files: Arc<LogFiles>,
    /// At the begin.
    transactions: u32,
}

/// What a watch saw.
pub(super) struct Watched {
    pub(super) counted: DatabaseCounters,
    /// Processor time that it took, nanoseconds.
    pub(super) processor_ns: u64,
}

impl Watch {
    /// None where the files of the log cannot be read.
    pub(super) fn begin(files: &Arc<LogFiles>) -> Option<Self> {
        let mut counter = Counter::begin(files).ok()?;
        let transactions = counter.log.transactions;
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            // A log that grows past the last look's place unseen is not counted.
            be_urgent();
            let watched = follow(&mut counter, &stopped).map(|()| counter);
            (watched, thread_processor_ns())
        });
        Some(Self {
            thread,
            stop,
            files: Arc::clone(files),
            transactions,
        })
    }

    /// What was written since the begin: without frames where some were missed.
    pub(super) fn end(self) -> Option<Watched> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.thread().unpark();
        let (counter, processor_ns) = self.thread.join().ok()?;
        let frames = counter.map_or_else(|_| DatabaseCounters::default(), |c| c.counted());
        let transactions = self.files.log().ok().map(|log| log.transactions);
        let transactions = transactions.map(|now| now.wrapping_sub(self.transactions).into());
        Some(Watched {
            counted: DatabaseCounters {
                transactions,
                size_bytes: self.files.database_bytes(),
                ..frames
            },
            processor_ns,
        })
    }
}
