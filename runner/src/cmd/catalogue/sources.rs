//! Where each metric comes from, and where the site shows it. A metric without a line here does not compile.

use shared::metric::Plain;

/// What a reader may look up.
pub(super) struct Source {
    /// The instrument and the members of the report that it fills.
    pub(super) evidence: &'static str,
    /// Where the site shows it, beside a run's key metrics.
    pub(super) site: &'static str,
}

const fn from(evidence: &'static str, site: &'static str) -> Source {
    Source { evidence, site }
}

const WORK: &str = "scenario: where the time and the writes go";
const TIME: &str = "scenario: over time";
const CACHE: &str = "scenario: cache";
const SAFETY: &str = "scenario: safety";
const TARGETS: &str = "the targets on it";
/// Nowhere but in the section of a run's page with the figures of §1.1 and §4.1.
const NO_OTHER: &str = "";

const PROFILE: &str = "`memory_profile`: the allocator's count of one thread that fills the cache, or saves, alone; not where the \
candidate has no cache";

/// Of all latencies.
pub(super) const LATENCIES: Source = from(
    "the recorder: `blocks.*.latencies`, merged over the open blocks",
    "scenario: latency",
);

pub(super) const fn source(plain: Plain) -> Source {
    match plain {
        Plain::ClosedThroughput => from(
            "the recorder: acknowledged saves and length of the closed blocks",
            WORK,
        ),
        Plain::OpenThroughput => from(
            "the recorder: acknowledged saves and length of the open blocks",
            NO_OTHER,
        ),
        Plain::RowsPerSave => from("the services' own count: `blocks.*.database.rows_*`", WORK),
        Plain::ConnectionPerSave => from(
            "the services' own clock: `blocks.*.database.connection_ns`",
            WORK,
        ),
        Plain::WriteTime => from(
            "the services' own clock: `blocks.*.phases.*.write_ns` over `outcomes.written`; of saves that commit together, each \
             waits for all",
            WORK,
        ),
        Plain::HashTime => from(
            "the services' own clock: `blocks.*.phases.*.hash_ns`; the mean, since a report holds sums of it",
            WORK,
        ),
        Plain::LookupTime => from(
            "the services' own clock: `blocks.*.phases.*.lookup_ns` over the look-ups; the mean, since a report holds sums of it",
            WORK,
        ),
        Plain::CacheOperations => from(
            "the cache's own count: `blocks.*.cache`, over the length of the open blocks",
            NO_OTHER,
        ),
        Plain::Deduplication => from("the services' answers: `blocks.*.outcomes`", NO_OTHER),
        Plain::PoolUtilization => from(
            "`blocks.*.database.connection_ns` over length and `promises.*.pool_size`; on SQLite one connection writes",
            TIME,
        ),
        Plain::LogPerSave => from(
            "`blocks.*.resources.database.wal_bytes`: SQLite's log as it is written, PostgreSQL's position in its log, which is \
             the whole server's",
            NO_OTHER,
        ),
        Plain::TransactionsPerSave => from(
            "the database's own count: `blocks.*.resources.database.transactions`; SQLite's are the commits in its log",
            NO_OTHER,
        ),
        Plain::NetworkPerSave => from(
            "the kernel's count of the connections to the server: `blocks.*.resources.network`; not where the database is in the \
             process, or behind a socket of the file system",
            NO_OTHER,
        ),
        Plain::SamplingShare => from(
            "the threads' own clocks: `blocks.*.resources.instruments_ns` over `cpu_ns`, in the scenario `sampling`",
            TARGETS,
        ),
        Plain::AllocationsPerSave | Plain::AllocatedPerSave => from(
            "jemalloc: `blocks.*.resources.allocations`; with `MALLOC_CONF=tcache:false` in the environment, else not measured",
            NO_OTHER,
        ),
        Plain::CpuPerSave | Plain::CpuUtilization => from(
            "the operating system's clock of the process: `blocks.*.cpu_ns`, generator included",
            NO_OTHER,
        ),
        Plain::MemoryIdle => from("the operating system: `idle_resident_bytes`", TIME),
        Plain::MemoryGrowth | Plain::MemoryPerSave | Plain::MemoryPeak => from(
            "the operating system: `blocks.*.resident`, `idle_resident_bytes`",
            TIME,
        ),
        Plain::MemoryTrend => from("the operating system: `series.*.resident_bytes`", TARGETS),
        Plain::MemoryLeak => from("jemalloc: `series.*.allocator.allocated_bytes`", TARGETS),
        Plain::Fragmentation => from(
            "jemalloc: `series.*.allocator`, active and allocated bytes",
            NO_OTHER,
        ),
        Plain::EntryMemory
        | Plain::LeastEntryMemory
        | Plain::MostEntryMemory
        | Plain::SerializeMemory
        | Plain::HashMemory
        | Plain::CopyMemory
        | Plain::LeftMemory => from(PROFILE, NO_OTHER),
        Plain::CacheGrowth => from(
            "`memory_profile`, and `blocks.*.cache.entries` until the first eviction",
            NO_OTHER,
        ),
        Plain::LatencyTrend => from("the recorder: `blocks.*.latencies`", TARGETS),
        Plain::ErrorRate | Plain::ErrorCount | Plain::SuccessRate | Plain::PoolTimeouts => {
            from("the recorder: `blocks.*.outcomes.errors`, by kind", SAFETY)
        }
        Plain::LostSaves => from(
            "the ledger against the database: `ledger`",
            "run and scenario: safety",
        ),
        Plain::CacheOverLimit | Plain::EvictionExact | Plain::EvictionMemory => {
            from("the probe of the eviction: `eviction`", CACHE)
        }
        Plain::HitRatio | Plain::HitRatioError => from(
            "the cache's own count: `blocks.*.cache`, and a perfect LRU's: `blocks.*.implied`",
            CACHE,
        ),
        Plain::StatisticsError => from(
            "`blocks.*.cache.hits` against `blocks.*.outcomes.deduplicated`",
            TARGETS,
        ),
        Plain::EvictionPenalty | Plain::PatternPenalty => {
            from("the recorder: `blocks.*.latencies.*.service`", CACHE)
        }
        Plain::CapacityRate | Plain::ConcurrentCapacity => from(
            "a search for the highest load: `capacity`",
            "scenario: capacity",
        ),
        Plain::CacheRecovery
        | Plain::KillRecovery
        | Plain::OutageRecovery
        | Plain::Unrecovered
        | Plain::FaultViolations
        | Plain::CollateralErrors => from("deliberate faults: `faults`", "scenario: faults"),
        Plain::BreakEven => from(
            "the recorder: `blocks.*.latencies.*.service`",
            "run; scenario: where the time and the writes go",
        ),
    }
}
