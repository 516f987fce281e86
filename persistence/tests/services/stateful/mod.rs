//! The optimized service against a model, in every combination of its parts: saves of all kinds,
//! also equal and concurrent ones, saves that the database rejects, callers who stop waiting, a
//! cache that breaks, restarts.

mod model;
mod steps;

use std::cell::Cell;

use persistence::{CacheFaults, Consistency, OptimizedOptions};
use proptest::test_runner::{Config, TestRunner};

use self::model::Comparison;
use self::steps::{Step, setting, steps};
use crate::support::TestDatabase;

/// Operations on SQLite, at least and in all.
const OPERATIONS: usize = 10_000;

/// Steps of each combination on SQLite: three operations each on average.
const STEPS: usize = 60;

/// Parts that are on or off: [`options`] reads them from the bits of a number.
const PARTS: u32 = 6;

/// On PostgreSQL: everything on, each part off, everything off.
const ON_POSTGRES: [u32; 8] = [
    0b11_1111, 0b11_1110, 0b11_1101, 0b11_1011, 0b11_0111, 0b10_1111, 0b01_1111, 0,
];

fn options(parts: u32, faults: &CacheFaults) -> OptimizedOptions {
    let is_on = |part: u32| parts & (1 << part) != 0;
    let dedup = is_on(0);
    OptimizedOptions {
        dedup,
        batch: is_on(1),
        fast_path: is_on(2),
        spread_pruning: is_on(3),
        known_users: is_on(4),
        consistency: match is_on(5) {
            true => Consistency::SingleWriter,
            false => Consistency::Shared,
        },
        cache_faults: dedup.then(|| faults.clone()),
        ..OptimizedOptions::default()
    }
}

/// Takes random steps with these parts on; returns how many operations there were.
fn compare(parts: u32, length: usize, new: fn() -> TestDatabase, may_roll_back: bool) -> usize {
    let mut runner = TestRunner::new(Config {
        cases: 1,
        max_shrink_iters: 200,
        failure_persistence: None,
        ..Config::default()
    });
    let operations = Cell::new(0);
    let outcome = runner.run(
        &(setting(may_roll_back), steps(length)),
        |(setting, steps)| {
            let faults = CacheFaults::default();
            let options = setting.apply_to(options(parts, &faults));
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let database = new();
                let mut comparison =
                    Comparison::begin(&database, options, faults, setting.rolls_back).await;
                for step in &steps {
                    comparison.take(step).await?;
                }
                comparison.finish().await
            })?;
            operations.set(steps.iter().map(Step::operations).sum());
            Ok(())
        },
    );
    let options = options(parts, &CacheFaults::default());
    assert!(outcome.is_ok(), "{options:#?} {outcome:#?}");
    operations.get()
}

#[test]
fn on_sqlite_every_combination_of_parts_agrees_with_the_model() {
    let of_each = (0..1 << PARTS).map(|parts| compare(parts, STEPS, TestDatabase::new, true));
    let operations: usize = of_each.sum();
    assert!(operations >= OPERATIONS, "only {operations} operations");
}

#[test]
fn on_postgres_each_part_agrees_with_the_model() {
    for parts in ON_POSTGRES {
        assert!(compare(parts, STEPS / 3, TestDatabase::postgres, false) >= STEPS / 3);
    }
}
