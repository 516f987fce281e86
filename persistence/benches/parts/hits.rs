//! A save whose state is already the run's latest.

use std::hint::black_box;
use std::time::{Duration, Instant};

use bytes::Bytes;
use criterion::{Criterion, Throughput};
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use persistence::{
    DEFAULT_CACHE_ENTRIES, DatabaseOptions, OptimizedOptions, OptimizedService, Saved,
    StatePersistence as _,
};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::common::load::request;
use crate::common::states::States;
use crate::common::{Random, Result, run_id};

const STATE_BYTES: usize = 10_000;

/// A service that has just committed a state, so that saving it again is a hit.
struct Subject {
    runtime: Runtime,
    service: OptimizedService,
    state: Bytes,
    _folder: TempDir,
}

impl Subject {
    fn open() -> Result<Self> {
        let runtime = Runtime::new()?;
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        let options = DatabaseOptions::sqlite(folder.path().join("hits.db"));
        let service = runtime.block_on(OptimizedService::open(
            &options,
            OptimizedOptions::default(),
        ))?;
        let state = Bytes::from(States::of_size(STATE_BYTES)?.received(&mut Random::new(0)));
        runtime.block_on(service.save(request(0, 0, state.clone())))?;
        Ok(Self {
            runtime,
            service,
            state,
            _folder: folder,
        })
    }

    /// The sum of what `measure` takes from each of so many hits.
    fn hits(&self, count: u64, measure: impl Fn(Duration, Saved) -> Duration) -> Duration {
        self.runtime.block_on(async {
            let mut sum = Duration::ZERO;
            for _ in 0..count {
                let request = request(0, 0, self.state.clone());
                let begun = Instant::now();
                let saved = self.service.save(request).await;
                let elapsed = begun.elapsed();
                let saved = saved.expect("nothing asks the database");
                assert_eq!(saved.observation.statements, 0, "a hit asks no database");
                sum += measure(elapsed, saved);
            }
            sum
        })
    }
}

/// The look-up within a hit, as the service itself times it, beside moka's alone.
pub(crate) fn look_up(criterion: &mut Criterion) {
    let subject = Subject::open().expect("a database can be created below target/");
    let runs: Cache<String, ([u8; 32], i64)> = Cache::builder()
        .max_capacity(DEFAULT_CACHE_ENTRIES)
        .eviction_policy(EvictionPolicy::lru())
        .build();
    let run = run_id(0, 0);
    runs.insert(run.clone(), ([0; 32], 1));

    let mut group = criterion.benchmark_group("look-up");
    group.bench_function("ours", |bencher| {
        bencher.iter_custom(|count| {
            subject.hits(count, |_, saved| {
                Duration::from_nanos(saved.observation.lookup_ns)
            })
        });
    });
    // Timed one by one as well: reading the clock is part of both.
    group.bench_function("limit: moka", |bencher| {
        bencher.iter_custom(|count| {
            (0..count)
                .map(|_| {
                    let begun = Instant::now();
                    black_box(runs.get(black_box(run.as_str())));
                    begun.elapsed()
                })
                .sum()
        });
    });
    group.finish();
}

/// The whole call, beside BLAKE3 over the same bytes.
pub(crate) fn hit(criterion: &mut Criterion) {
    let subject = Subject::open().expect("a database can be created below target/");
    let mut group = criterion.benchmark_group("hit");
    group.throughput(Throughput::Bytes(STATE_BYTES as u64));
    group.bench_function("ours", |bencher| {
        bencher.iter_custom(|count| subject.hits(count, |elapsed, _| elapsed));
    });
    group.bench_function("limit: BLAKE3", |bencher| {
        bencher.iter(|| blake3::hash(black_box(&subject.state)));
    });
    group.finish();
}
