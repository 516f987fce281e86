//! The parts of a save, each beside its limit on this machine: `cargo bench -p persistence --bench
//! parts`. docs/benchmarks.md says what each measures.

#[path = "../common/mod.rs"]
mod common;
mod hits;
mod texts;
mod writes;

use std::time::Duration;

use criterion::Criterion;

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    texts::canonicalise(&mut criterion);
    texts::hash(&mut criterion);
    hits::look_up(&mut criterion);
    hits::hit(&mut criterion);
    writes::write(&mut criterion);
    criterion.final_summary();
}
