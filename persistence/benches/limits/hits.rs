//! The service time of a hit, one caller, each hit timed by itself.

use std::hint::black_box;
use std::time::Instant;

use bytes::Bytes;
use persistence::{OptimizedOptions, OptimizedService, Outcome, StatePersistence as _};
use tokio::runtime::Runtime;

use crate::arguments::Arguments;
use crate::common::load::request;
use crate::common::states::States;
use crate::common::{Random, Result};
use crate::comparison::{Comparison, Round, Target, median, sorted};
use crate::place::Place;

const HITS: usize = 20_000;
/// The targets for 10 KB, in microseconds.
const MOST: f64 = 8.0;
const MOST_BESIDE_HASHING: f64 = 2.0;

pub(crate) fn hit(
    runtime: &Runtime,
    place: &Place,
    arguments: &Arguments,
) -> Result<[Comparison; 2]> {
    let fresh = place.fresh();
    let service = runtime.block_on(OptimizedService::open(
        &fresh.options,
        OptimizedOptions::default(),
    ))?;
    let state = Bytes::from(States::of_size(10_000)?.received(&mut Random::new(0)));
    runtime.block_on(service.save(request(0, 0, state.clone())))?;
    let mut rounds = Vec::new();
    for _ in 0..arguments.rounds {
        let ours = runtime.block_on(median_hit(&service, &state))?;
        rounds.push((ours, median_hash(&state)));
    }
    runtime.block_on(service.close());
    fresh.remove(runtime)?;

    let against = |limit: &dyn Fn(f64) -> f64| -> Vec<Round> {
        let rounds = rounds.iter();
        rounds
            .map(|(ours, hash)| Round {
                ours: *ours,
                limit: limit(*hash),
            })
            .collect()
    };
    let hash = median(&sorted(rounds.iter().map(|(_, hash)| *hash)));
    let note = format!("{HITS} hits a round, no statement of any; BLAKE3 alone {hash:.2} µs");
    let comparison = |limit_is: &str, rounds| Comparison {
        what: format!("{}: hit at 10 KB, median", place.name()),
        limit_is: limit_is.to_owned(),
        unit: "µs",
        target: Target::AtMost(1.0),
        rounds,
        note: note.clone(),
    };
    Ok([
        comparison("8 µs", against(&|_| MOST)),
        comparison(
            "2 × BLAKE3 over the same bytes, plus 2 µs",
            against(&|hash| 2.0 * hash + MOST_BESIDE_HASHING),
        ),
    ])
}

/// Microseconds. Fails if a hit is none or asks the database.
async fn median_hit(service: &OptimizedService, state: &Bytes) -> Result<f64> {
    let mut times = Vec::with_capacity(HITS);
    for _ in 0..HITS {
        let request = request(0, 0, state.clone());
        let begun = Instant::now();
        let saved = service.save(request).await?;
        times.push(begun.elapsed().as_secs_f64() * 1e6);
        if saved.outcome != Outcome::Deduplicated || saved.observation.statements != 0 {
            return Err(format!("not a hit without the database: {saved:?}").into());
        }
    }
    Ok(median(&sorted(times.into_iter())))
}

/// Microseconds.
fn median_hash(state: &Bytes) -> f64 {
    let times = (0..HITS).map(|_| {
        let begun = Instant::now();
        black_box(blake3::hash(black_box(state)));
        begun.elapsed().as_secs_f64() * 1e6
    });
    median(&sorted(times))
}
