//! Canonical form and hash of a state.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput};
use serde_json::Value;

use crate::common::states::States;
use crate::common::{Random, Result};

/// Beside parsing alone, into a tree, and beside printing that tree.
pub(crate) fn canonicalise(criterion: &mut Criterion) {
    let (unsorted, sorted) = ten_kilobytes().expect("the generator's states are valid");
    for (order, text) in [("sorted", sorted), ("unsorted", unsorted)] {
        let mut group = criterion.benchmark_group(format!("canonicalise/{order}"));
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function("ours", |bencher| {
            bencher.iter(|| persistence::canonical_state(black_box(text.as_bytes())).ok());
        });
        group.bench_function("limit: parse", |bencher| {
            bencher.iter(|| serde_json::from_slice::<Value>(black_box(text.as_bytes())).ok());
        });
        group.bench_function("parse and print", |bencher| {
            bencher.iter(|| {
                serde_json::from_slice::<Value>(black_box(text.as_bytes()))
                    .ok()
                    .map(|value| value.to_string())
            });
        });
        group.finish();
    }
}

/// As received, and in canonical form.
fn ten_kilobytes() -> Result<(String, String)> {
    let states = States::of_size(10_000)?;
    let mut random = Random::new(0);
    Ok((states.received(&mut random), states.stored(&mut random)))
}

/// BLAKE3 alone: the limit of every hit.
pub(crate) fn hash(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("hash");
    for size in [1_000_usize, 10_000, 50_000] {
        let bytes = vec![b'x'; size];
        group.throughput(Throughput::Bytes(size as u64));
        group.bench_with_input(
            BenchmarkId::new("limit: BLAKE3", size),
            &bytes,
            |bencher, bytes| bencher.iter(|| blake3::hash(black_box(bytes))),
        );
    }
    group.finish();
}
