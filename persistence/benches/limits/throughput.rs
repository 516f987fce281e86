//! Saves a second in the closed model.

use std::sync::Arc;
use std::time::{Duration, Instant};

use persistence::{
    Database, DatabaseOptions, OptimizedOptions, OptimizedService, StandardService,
    StatePersistence,
};
use tokio::runtime::Runtime;

use crate::arguments::Arguments;
use crate::common::load::{Load, Workload, closed_loop};
use crate::common::raw::RawInserts;
use crate::common::states::States;
use crate::common::{Result, USERS};
use crate::comparison::{Comparison, Round, Target, median, sorted};
use crate::pgbench;
use crate::place::Place;

/// Before measuring: connections are opened, users known, the log has its size.
const WARM_UP: Duration = Duration::from_millis(500);

#[derive(Clone, Copy)]
enum Service {
    Standard,
    Optimized,
}

impl Service {
    async fn open(self, options: &DatabaseOptions) -> Result<Arc<dyn StatePersistence>> {
        Ok(match self {
            Self::Standard => Arc::new(StandardService::open(options).await?),
            Self::Optimized => {
                Arc::new(OptimizedService::open(options, OptimizedOptions::default()).await?)
            }
        })
    }

    fn measure(
        self,
        runtime: &Runtime,
        place: &Place,
        workload: &Arc<Workload>,
        time: Duration,
    ) -> Result<Load> {
        let fresh = place.fresh();
        let load: Result<Load> = runtime.block_on(async {
            let service = self.open(&fresh.options).await?;
            closed_loop(&service, workload, until(WARM_UP)).await?;
            let load = closed_loop(&service, workload, until(time)).await;
            service.close().await;
            load
        });
        fresh.remove(runtime)?;
        load
    }
}

fn per_second(load: &Load) -> f64 {
    load.saves as f64 / load.elapsed.as_secs_f64()
}

/// Rows a second over this time.
fn insert(raw: &mut RawInserts, states: &States, rows: u64, time: Duration) -> Result<f64> {
    let begun = Instant::now();
    let mut inserted = 0;
    while begun.elapsed() < time {
        raw.commit(states, rows)?;
        inserted += rows;
    }
    Ok(inserted as f64 / begun.elapsed().as_secs_f64())
}

fn until(time: Duration) -> impl Fn() -> bool + Clone + Send + 'static {
    let end = Instant::now() + time;
    move || Instant::now() < end
}

/// 60 % duplicates, states of 1 to 50 KB: optimized beside standard.
pub(crate) fn duplicates(
    runtime: &Runtime,
    place: &Place,
    arguments: &Arguments,
) -> Result<Comparison> {
    let workload = Arc::new(Workload {
        states: States::new(200, 1_000, 50_000)?,
        users: USERS,
        duplicate_percent: 60,
    });
    let mut rounds = Vec::new();
    let mut written = Vec::new();
    for number in 0..arguments.rounds {
        let side = |service: Service| service.measure(runtime, place, &workload, arguments.time);
        // Who begins changes from round to round.
        let (ours, limit) = if number % 2 == 0 {
            let ours = side(Service::Optimized)?;
            (ours, side(Service::Standard)?)
        } else {
            let limit = side(Service::Standard)?;
            (side(Service::Optimized)?, limit)
        };
        written.push(100.0 * ours.written as f64 / ours.saves as f64);
        rounds.push(Round {
            ours: per_second(&ours),
            limit: per_second(&limit),
        });
    }
    let written = median(&sorted(written.into_iter()));
    Ok(Comparison {
        what: format!("{}: 60 % duplicates, 1 to 50 KB", place.name()),
        limit_is: format!("the standard service, {USERS} users each"),
        unit: "op/s",
        target: Target::AtLeast(match place {
            Place::Sqlite(_) => 8.0,
            Place::Postgres(_) => 4.0,
        }),
        rounds,
        note: format!("{written:.1} % of the saves were written"),
    })
}

/// Unique states of 10 KB: optimized beside raw insertions.
pub(crate) fn unique(
    runtime: &Runtime,
    place: &Place,
    arguments: &Arguments,
) -> Result<Comparison> {
    let workload = Arc::new(Workload {
        states: States::of_size(10_000)?,
        users: USERS,
        duplicate_percent: 0,
    });
    let mut rounds = Vec::new();
    let mut sizes = Vec::new();
    let mut best_clients = String::new();
    for _ in 0..arguments.rounds {
        let ours = Service::Optimized.measure(runtime, place, &workload, arguments.time)?;
        let rows = (ours.rows_per_commit().round() as u64).max(1);
        sizes.push(ours.rows_per_commit());
        let fresh = place.fresh();
        let limit = match &fresh.options.database {
            Database::Sqlite(file) => {
                let mut raw = runtime.block_on(RawInserts::create(file))?;
                insert(&mut raw, &workload.states, rows, WARM_UP)?;
                insert(&mut raw, &workload.states, rows, arguments.time)?
            }
            Database::Postgres(_) => {
                let best = pgbench::best(runtime, &fresh, &workload.states, rows, arguments.time)?;
                best_clients = format!(
                    "; in the last round pgbench was best with {}, and reached {:.0} op/s with one round trip a row",
                    best.how, best.unpipelined
                );
                best.rows_per_second
            }
        };
        fresh.remove(runtime)?;
        rounds.push(Round {
            ours: per_second(&ours),
            limit,
        });
    }
    let size = median(&sorted(sizes.into_iter()));
    Ok(Comparison {
        what: format!("{}: unique, 10 KB", place.name()),
        limit_is: match place {
            Place::Sqlite(_) => "raw prepared inserts, one thread".into(),
            Place::Postgres(_) => {
                "raw prepared inserts by pgbench, its best number of clients".into()
            }
        },
        unit: "op/s",
        target: Target::AtLeast(0.7),
        rounds,
        note: format!("{size:.1} rows a commit on both sides{best_clients}"),
    })
}
