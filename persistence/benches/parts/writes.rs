//! Unique saves to SQLite by one and by several users, beside raw insertions of the same rows in
//! transactions of the size that the service's batches had.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput};
use persistence::{DatabaseOptions, OptimizedOptions, OptimizedService, StatePersistence};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::common::Result;
use crate::common::load::{Load, Workload, closed_loop};
use crate::common::raw::RawInserts;
use crate::common::states::States;

const STATE_BYTES: usize = 10_000;
/// Saves that show how many go into a transaction.
const PROBE: u64 = 2_000;

struct Subject {
    runtime: Runtime,
    service: Arc<dyn StatePersistence>,
    workload: Arc<Workload>,
    raw: RawInserts,
    _folder: TempDir,
}

impl Subject {
    fn open(users: u32) -> Result<Self> {
        let runtime = Runtime::new()?;
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        let options = DatabaseOptions::sqlite(folder.path().join("writes.db"));
        let service = runtime.block_on(OptimizedService::open(
            &options,
            OptimizedOptions::default(),
        ))?;
        let raw = runtime.block_on(RawInserts::create(&folder.path().join("raw.db")))?;
        Ok(Self {
            runtime,
            service: Arc::new(service),
            workload: Arc::new(Workload {
                states: States::of_size(STATE_BYTES)?,
                users,
                duplicate_percent: 0,
            }),
            raw,
            _folder: folder,
        })
    }

    fn save(&self, count: u64) -> Result<Load> {
        let left = Arc::new(AtomicU64::new(count));
        let go_on = move || {
            let take_one = |left: u64| left.checked_sub(1);
            left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take_one)
                .is_ok()
        };
        self.runtime
            .block_on(closed_loop(&self.service, &self.workload, go_on))
    }

    /// The time for so many rows, of which the last transaction may have more.
    fn insert(&mut self, count: u64, rows_per_commit: u64) -> Result<Duration> {
        let begun = Instant::now();
        let commits = count.div_ceil(rows_per_commit);
        for _ in 0..commits {
            self.raw.commit(&self.workload.states, rows_per_commit)?;
        }
        let share = count as f64 / (commits * rows_per_commit) as f64;
        Ok(begun.elapsed().mul_f64(share))
    }
}

pub(crate) fn write(criterion: &mut Criterion) {
    for users in [1, 10, 50] {
        let mut subject = Subject::open(users).expect("a database can be created below target/");
        let probe = subject.save(PROBE).expect("the database accepts saves");
        let rows = (probe.rows_per_commit().round() as u64).max(1);

        let mut group = criterion.benchmark_group(format!("write/{users} users"));
        group.throughput(Throughput::Elements(1));
        group.bench_function(
            BenchmarkId::new("ours", format!("{rows} a commit")),
            |bencher| {
                bencher.iter_custom(|count| {
                    let load = subject.save(count).expect("the database accepts saves");
                    load.elapsed
                });
            },
        );
        group.bench_function(
            BenchmarkId::new("limit: raw inserts", format!("{rows} a commit")),
            |bencher| {
                bencher.iter_custom(|count| {
                    subject
                        .insert(count, rows)
                        .expect("the database accepts rows")
                });
            },
        );
        group.finish();
        subject.runtime.block_on(subject.service.close());
    }
}
