//! The names of what can be judged.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::arms::Class;
use crate::units::Unit;

/// Which of the three latencies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LatencyKind {
    /// From the planned instant to the answer.
    Response,
    /// From the call to the answer.
    Service,
    /// From the planned instant to the call.
    ScheduleLag,
}

impl LatencyKind {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Response, Self::Service, Self::ScheduleLag];

    /// The name as it stands in reports and links.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Response => "response",
            Self::Service => "service",
            Self::ScheduleLag => "schedule_lag",
        }
    }
}

/// A figure that evidence yields and a criterion can judge.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Metric {
    /// A percentile of a latency, nanoseconds: `response.p95`, `service.p50.duplicate`.
    Latency {
        /// Which latency.
        kind: LatencyKind,
        /// The percentile, 0 to 100.
        percentile: f64,
        /// Of one class, or of all saves.
        class: Option<Class>,
    },
    /// A figure without parameters.
    Plain(Plain),
}

impl Metric {
    /// The response time of all saves at a percentile of 0 to 100.
    #[must_use]
    pub const fn response(percentile: f64) -> Self {
        Self::Latency {
            kind: LatencyKind::Response,
            percentile,
            class: None,
        }
    }

    /// Whether it is the slope of a line over the length of the run. The interval of other figures narrows with the root of
    /// the evidence; that of a slope narrows with the length besides, since the points lie farther apart.
    #[must_use]
    pub const fn is_slope(self) -> bool {
        matches!(self, Self::Plain(Plain::MemoryLeak))
    }

    /// The unit of its own figure.
    #[must_use]
    pub const fn unit(self) -> Unit {
        match self {
            Self::Latency { .. } => Unit::Nanoseconds,
            Self::Plain(plain) => match plain {
                Plain::ConnectionPerSave
                | Plain::CpuPerSave
                | Plain::HashTime
                | Plain::LookupTime
                | Plain::WriteTime
                | Plain::CacheRecovery
                | Plain::KillRecovery
                | Plain::OutageRecovery => Unit::Nanoseconds,
                Plain::MemoryGrowth
                | Plain::MemoryIdle
                | Plain::LeftMemory
                | Plain::MemoryPerSave
                | Plain::MemoryPeak
                | Plain::AllocatedPerSave
                | Plain::LogPerSave
                | Plain::NetworkPerSave
                | Plain::EntryMemory
                | Plain::LeastEntryMemory
                | Plain::MostEntryMemory
                | Plain::CacheGrowth
                | Plain::HashMemory
                | Plain::CopyMemory => Unit::Bytes,
                Plain::ErrorRate
                | Plain::SuccessRate
                | Plain::EvictionExact
                | Plain::HitRatio
                | Plain::HitRatioError
                | Plain::BreakEven
                | Plain::SamplingShare
                | Plain::Fragmentation
                | Plain::Deduplication
                | Plain::PoolUtilization
                | Plain::CpuUtilization => Unit::Share,
                Plain::MemoryTrend
                | Plain::MemoryLeak
                | Plain::LatencyTrend
                | Plain::EvictionMemory => Unit::Growth,
                Plain::EvictionPenalty | Plain::PatternPenalty | Plain::SerializeMemory => {
                    Unit::Factor
                }
                Plain::ClosedThroughput
                | Plain::OpenThroughput
                | Plain::CacheOperations
                | Plain::CapacityRate => Unit::PerSecond,
                Plain::RowsPerSave | Plain::TransactionsPerSave | Plain::AllocationsPerSave => {
                    Unit::PerSave
                }
                Plain::ErrorCount
                | Plain::LostSaves
                | Plain::PoolTimeouts
                | Plain::CacheOverLimit
                | Plain::StatisticsError
                | Plain::ConcurrentCapacity
                | Plain::Unrecovered
                | Plain::FaultViolations
                | Plain::CollateralErrors => Unit::Count,
            },
        }
    }
}

macro_rules! plain_metrics {
    ($($variant:ident = $name:literal, $doc:literal;)+) => {
        /// Figures without parameters.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Plain { $(#[doc = $doc] $variant,)+ }

        impl Plain {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name as it stands in scenario files and reports.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// What it is, in a sentence.
            #[must_use]
            pub const fn description(self) -> &'static str {
                match self { $(Self::$variant => $doc,)+ }
            }
        }
    };
}

plain_metrics! {
    ClosedThroughput = "throughput.closed", "Saves answered a second in the closed model.";
    OpenThroughput = "throughput.open", "Saves acknowledged a second in the open model.";
    RowsPerSave = "database.rows", "Rows written or deleted per acknowledged save.";
    ConnectionPerSave = "database.connection_time", "Time a connection is held per acknowledged save, nanoseconds.";
    WriteTime = "database.write_time", "Mean time from a connection to the answered commit per save that was written, nanoseconds.";
    HashTime = "hash.time", "Mean time spent hashing per acknowledged save, nanoseconds.";
    LookupTime = "cache.lookup_time", "Mean time of a look-up in the cache, nanoseconds.";
    CacheOperations = "cache.operations", "Look-ups and insertions of the cache a second in the open model.";
    Deduplication = "deduplication", "Share of acknowledged saves that were answered with a snapshot that was there already, 0 to 1.";
    PoolUtilization = "pool.utilization", "Share of the time of all the pool's connections during which one was held, 0 to 1.";
    LogPerSave = "database.wal_bytes", "Bytes of the database's write-ahead log per acknowledged save.";
    TransactionsPerSave = "database.transactions", "Transactions committed per acknowledged save, by the database's own count.";
    NetworkPerSave = "network.bytes", "Bytes to the database and back over the network per acknowledged save.";
    SamplingShare = "sampling.cpu", "Share of the processor time of the arm's process that its instruments took in the closed model, 0 to 1.";
    AllocationsPerSave = "allocations", "Requests to the allocator per acknowledged save, generator included.";
    AllocatedPerSave = "allocated_bytes", "Bytes that the allocator gave for its requests per acknowledged save, generator included.";
    CpuPerSave = "cpu", "Processor time per acknowledged save, nanoseconds.";
    CpuUtilization = "cpu.utilization", "Processor time over time, generator included: 1 is one processor's whole time.";
    MemoryIdle = "memory.idle", "Resident memory after the warm-up, before the first block, bytes.";
    MemoryGrowth = "memory.growth", "Highest resident memory over the idle baseline, bytes.";
    MemoryPerSave = "memory.per_save", "Highest resident memory over the idle baseline divided by the acknowledged saves of the open blocks, bytes.";
    MemoryPeak = "memory.peak", "Highest resident memory of the arm's process, bytes; a ratio needs processes of their own for each pair.";
    MemoryTrend = "memory.trend", "Growth of resident memory from the first to the last tenth of the samples, as a ratio.";
    MemoryLeak = "memory.leak", "Growth of allocated memory over 24 hours of the strategy's load, from a robust line over the measured time after the warm-up, as a ratio of its level.";
    Fragmentation = "memory.fragmentation", "Share of the bytes in pages in use that holds nothing: what the allocator cannot give to others, 0 to 1.";
    EntryMemory = "memory.entry", "Bytes that a cached entry takes, the mean from the empty to the full cache.";
    LeastEntryMemory = "memory.entry_min", "Bytes that a cached entry takes in the step of the fill in which it takes least.";
    MostEntryMemory = "memory.entry_max", "Bytes that a cached entry takes in the step of the fill in which it takes most.";
    CacheGrowth = "memory.cache_growth", "Bytes a second by which the cache grows in the blocks before it evicts.";
    SerializeMemory = "memory.serialize", "Bytes allocated in parsing a state and writing it in canonical form, per byte of the state.";
    HashMemory = "memory.hash", "Bytes allocated in hashing, per save that is no duplicate.";
    CopyMemory = "memory.copy", "Bytes allocated in handing a save to the commit queue, per save that is no duplicate.";
    LeftMemory = "memory.left", "Bytes that a save leaves allocated when it was given up, the most of any state.";
    LatencyTrend = "response.trend", "Growth of the median response from the first to the last tenth of the blocks, as a ratio.";
    ErrorRate = "errors", "Share of planned saves that failed, 0 to 1.";
    ErrorCount = "errors.count", "Planned saves that failed.";
    SuccessRate = "success", "Share of planned saves that were acknowledged, 0 to 1.";
    LostSaves = "lost", "Acknowledged saves that are lost or wrong, and runs whose latest state is not the last one acknowledged.";
    PoolTimeouts = "pool.timeouts", "Saves that failed for want of a connection.";
    CacheOverLimit = "cache.over_limit", "Entries beyond the cache's limit once it has settled.";
    EvictionExact = "cache.eviction_exact", "Share of evictions that hit the very entry a perfect LRU evicts, maintenance forced, 0 to 1.";
    HitRatio = "cache.hit_ratio", "Share of look-ups that hit, 0 to 1.";
    HitRatioError = "cache.hit_ratio_error", "Distance of the hit ratio from what a perfect LRU hits on the same plan, 0 to 1.";
    StatisticsError = "cache.statistics_error", "Hits by the cache's own statistics that are no deduplicated answers, or the other way round.";
    EvictionPenalty = "penalty.eviction", "Median service time of unique saves while evicting over that while filling.";
    PatternPenalty = "penalty.pattern", "Mean service time of the alternating pattern over that of the sequential one.";
    EvictionMemory = "memory.eviction", "Growth of resident memory from the first to the last eviction, as a ratio of the memory before.";
    CapacityRate = "capacity.rate", "The highest open rate that still meets the latency target, saves a second.";
    ConcurrentCapacity = "capacity.users", "The most concurrent users that still meet the latency target.";
    CacheRecovery = "recovery.cache", "Longest time from a cache failure to normal service, nanoseconds.";
    KillRecovery = "recovery.kill", "Longest time from opening the database after a kill to the first acknowledged save, nanoseconds.";
    OutageRecovery = "recovery.outage", "Longest time from the end of a database outage to normal service, nanoseconds.";
    Unrecovered = "faults.unrecovered", "Deliberate faults after which normal service was not seen again.";
    FaultViolations = "faults.violations", "Acknowledged saves that were lost, wrong or stale right after a deliberate fault.";
    CollateralErrors = "errors.collateral", "Saves that failed beside those that were meant to.";
    BreakEven = "break_even", "Share of duplicates below which a save costs the candidate more time than the baseline, 0 to 1.";
}

/// A name that is no metric.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown metric `{0}`: a latency (`response.p95`, `service.p50.duplicate`, `schedule_lag.p99.unique`) or one of {known}",
    known = Plain::ALL.iter().map(|p| p.as_str()).collect::<Vec<_>>().join(", ")
)]
pub struct UnknownMetric(pub String);

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(plain) => f.write_str(plain.as_str()),
            Self::Latency {
                kind,
                percentile,
                class,
            } => {
                write!(f, "{}.p{percentile}", kind.as_str())?;
                class.map_or(Ok(()), |class| write!(f, ".{}", class.as_str()))
            }
        }
    }
}

impl FromStr for Metric {
    type Err = UnknownMetric;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        if let Some(plain) = Plain::ALL.iter().find(|p| p.as_str() == name) {
            return Ok(Self::Plain(*plain));
        }
        latency(name).ok_or_else(|| UnknownMetric(name.to_owned()))
    }
}

fn latency(name: &str) -> Option<Metric> {
    let (kind, rest) = name.split_once(".p")?;
    let kind = LatencyKind::ALL.into_iter().find(|k| k.as_str() == kind)?;
    let (percentile, class) = match Class::ALL
        .into_iter()
        .find_map(|c| Some((rest.strip_suffix(c.as_str())?.strip_suffix('.')?, c)))
    {
        Some((percentile, class)) => (percentile, Some(class)),
        None => (rest, None),
    };
    let percentile = decimal(percentile)?;
    (percentile > 0.0 && percentile < 100.0).then_some(Metric::Latency {
        kind,
        percentile,
        class,
    })
}

/// A decimal number without sign or exponent, as `99.9`. The general parser of floating-point numbers would bring its
/// tables along, a twentieth of the site's download.
fn decimal(text: &str) -> Option<f64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_number = |digits: &str| digits.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || text.ends_with('.') || !is_number(whole) || !is_number(fraction) {
        return None;
    }
    let digits: u32 = format!("{whole}{fraction}").parse().ok()?;
    let scale = 10_u32.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    Some(f64::from(digits) / f64::from(scale))
}

impl TryFrom<String> for Metric {
    type Error = UnknownMetric;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        name.parse()
    }
}

impl From<Metric> for String {
    fn from(metric: Metric) -> Self {
        metric.to_string()
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Metric {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Metric".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let plain: Vec<&str> = Plain::ALL.iter().map(|p| p.as_str()).collect();
        schemars::json_schema!({
            "description": "Name of a figure that can be judged.",
            "anyOf": [
                {"enum": plain},
                {"type": "string", "pattern": "^(response|service|schedule_lag)\\.p[0-9.]+(\\.(duplicate|unique))?$"}
            ]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_survive_a_round_trip() {
        let latencies = [
            "response.p95",
            "service.p50.duplicate",
            "schedule_lag.p99.9.unique",
            "response.p99.9",
        ];
        for name in latencies
            .into_iter()
            .chain(Plain::ALL.iter().map(|p| p.as_str()))
        {
            let metric: Metric = name.parse().unwrap();
            assert_eq!(metric.to_string(), name);
        }
    }

    #[test]
    fn an_unknown_name_lists_the_known_ones() {
        let refused = "respons.p95".parse::<Metric>().unwrap_err().to_string();
        assert!(
            refused.contains("`respons.p95`") && refused.contains("throughput.closed"),
            "{refused}"
        );
        assert!("response.p0".parse::<Metric>().is_err());
        assert!("response.p100".parse::<Metric>().is_err());
        for wrong in ["NaN", "9e1", "-5", "+5", "95.", ".5", "9.123456789123"] {
            assert!(
                format!("response.p{wrong}").parse::<Metric>().is_err(),
                "{wrong}"
            );
        }
    }
}
