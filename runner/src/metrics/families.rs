//! What there is to scrape: the name, the help text and the labels of each figure, once.

use std::sync::atomic::AtomicU64;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Unit;

use super::family::{Exposition, Family};
use super::recorded::Recorded;

/// Counters, by labels.
pub(super) type Counters = Family<Counter<f64, AtomicU64>>;
/// Gauges, by labels.
pub(super) type Gauges = Family<Gauge<f64, AtomicU64>>;
/// Histograms, by labels.
pub(super) type Histograms = Family<Recorded>;

/// Declares the families once: the field, its type, its name, unit and help text.
macro_rules! families {
    ($($(#[$doc:meta])* $field:ident: $kind:ty = $name:literal, $unit:expr, $help:literal;)*) => {
        /// All families. Those of an arm have the labels `arm` and `scenario`, and more where their documentation names them.
        #[derive(Debug, Clone)]
        pub(super) struct Families {
            $($(#[$doc])* pub(super) $field: $kind,)*
        }

        impl Families {
            /// All families, empty, and what they are scraped from.
            pub(super) fn new() -> (Self, Exposition) {
                let mut exposition = Exposition::new();
                let families = Self { $($field: exposition.add($name, $unit, $help),)* };
                (families, exposition)
            }
        }
    };
}

families! {
    /// Labels `version`, `revision`, `profile`, `target`.
    build_info: Gauges = "build_info", None, "The build of the runner; always 1";
    /// Labels `run`, `profile`, `baseline`, `candidate`.
    run_info: Gauges = "run_info", None, "The run and its services; always 1";
    /// Labels `scenario`, `faults`, `overload`, `calibration`.
    scenario_info: Gauges = "scenario_info", None, "Scenarios begun, what they break on purpose, whether they offer more than must be sustained, whether they try the instrument; always 1";
    /// No labels.
    scenarios_planned: Gauges = "scenarios_planned", None, "Scenarios of the run";
    /// No labels.
    scenarios_done: Counters = "scenarios_done", None, "Scenarios that ended, in whatever way";
    /// Label `scenario`.
    blocks_planned: Gauges = "blocks_planned", None, "Blocks of the scenario, both arms";
    /// Label `mode`.
    blocks: Counters = "blocks", None, "Blocks that ended";
    /// Label `mode`.
    block_seconds: Counters = "block_duration", Some(Unit::Seconds), "Length of the blocks that ended, to their last answer";
    /// Labels `mode`, `result`: `written`, `deduplicated`, `failed`.
    saves: Counters = "saves", None, "Saves by what they came to: written and deduplicated ones are acknowledged";
    /// Labels `mode`, `kind`.
    save_errors: Counters = "save_errors", None, "Failed saves by kind of error";
    /// Label `class`.
    response: Histograms = "save_response", Some(Unit::Seconds), "Time from the planned instant to the answer of acknowledged saves, open model";
    /// Label `class`.
    service: Histograms = "save_service", Some(Unit::Seconds), "Time from the call to the answer of acknowledged saves, open model";
    /// Labels `class` (`duplicate`, `unique`, `all`), `quantile`.
    response_quantile: Gauges = "save_response_quantile", Some(Unit::Seconds), "Exact quantiles of the response time over the scenario so far, 3 digits";
    /// Labels `class` (`duplicate`, `unique`, `all`), `quantile`.
    service_quantile: Gauges = "save_service_quantile", Some(Unit::Seconds), "Exact quantiles of the service time over the scenario so far, 3 digits";
    /// How late the load generator was.
    dispatch_lag: Histograms = "dispatch_lag", Some(Unit::Seconds), "How late the load generator itself handed saves over";
    /// Saves due but not answered when the last one of the block was due.
    backlog: Gauges = "backlog_saves", None, "Saves due but not answered at the end of the last block";
    /// Labels `class`, `phase`.
    phase_seconds: Counters = "save_phase", Some(Unit::Seconds), "Where the time of acknowledged saves went: serialize, hash, lookup (cache), wait (turn and connection), write (database)";
    /// Label `class`.
    phase_saves: Counters = "save_phase_saves", None, "Saves whose phases are summed";
    /// Look-ups that found the state.
    cache_hits: Counters = "cache_hits", None, "Cache look-ups that found the run with the same state";
    /// Look-ups that did not.
    cache_misses: Counters = "cache_misses", None, "Cache look-ups that did not";
    /// Entries put in.
    cache_insertions: Counters = "cache_insertions", None, "Entries put into the cache";
    /// Entries that had to go.
    cache_evictions: Counters = "cache_evictions", None, "Entries that had to go because the cache was full";
    /// Entries at the end of the last block.
    cache_entries: Gauges = "cache_entries", None, "Entries of the cache at the end of the last block";
    /// Rows inserted or updated.
    rows_written: Counters = "rows_written", None, "Database rows inserted or updated";
    /// Rows deleted by retention.
    rows_deleted: Counters = "rows_deleted", None, "Database rows deleted by retention";
    /// Statements executed.
    statements: Counters = "statements", None, "Database statements executed";
    /// Transactions committed.
    commits: Counters = "commits", None, "Database transactions committed";
    /// Transactions by the database's own count.
    transactions: Counters = "database_transactions", None, "Transactions that the database itself counted; none where it does not tell";
    /// Bytes written to the database's log.
    log_bytes: Counters = "wal_written", Some(Unit::Bytes), "Bytes written to the database's write-ahead log; none where it does not tell";
    /// Bytes of states handed to the database.
    state_bytes: Counters = "state", Some(Unit::Bytes), "Bytes of states handed to the database";
    /// Time that connections were held.
    connection_seconds: Counters = "connection_held", Some(Unit::Seconds), "Time that database connections were held";
    /// Connections in use at the end of the last block.
    connections_in_use: Gauges = "connections_in_use", None, "Database connections in use at the end of the last block";
    /// Connections that nobody used at the end of the last block.
    connections_idle: Gauges = "connections_idle", None, "Open database connections that nobody used at the end of the last block";
    /// Saves that waited for a connection at the end of the last block.
    connections_waited_for: Gauges = "connections_waited_for", None, "Saves that waited for a connection or their commit at the end of the last block";
    /// Processor time.
    cpu_seconds: Counters = "cpu", Some(Unit::Seconds), "Processor time of the arm's process in blocks, generator included";
    /// Processor time of the instruments in the arm's process.
    instruments_seconds: Counters = "instruments_cpu", Some(Unit::Seconds), "Processor time that sampling and counting took in the arm's process, part of its processor time";
    /// Resident memory at the end of the last block.
    resident_bytes: Gauges = "resident", Some(Unit::Bytes), "Resident memory of the arm's process at the end of the last block";
    /// The most resident memory so far.
    resident_peak_bytes: Gauges = "resident_peak", Some(Unit::Bytes), "The most resident memory of the arm's process in the scenario so far";
    /// Label `kind`: `allocated`, `active`, `resident`, `retained`.
    allocator_bytes: Gauges = "allocator", Some(Unit::Bytes), "What the process has of its allocator at the end of the last block, by the allocator's statistics";
    /// Threads at the end of the last block.
    threads: Gauges = "threads", None, "Threads of the arm's process at the end of the last block";
    /// Label `direction`: `sent`, `received`.
    network_bytes: Counters = "database_network", Some(Unit::Bytes), "Bytes to and from the database server; none where the database is in the process";
    /// Size of the database.
    database_bytes: Gauges = "database", Some(Unit::Bytes), "Size of the database at the end of the last block";
    /// Size of the write-ahead log.
    wal_bytes: Gauges = "wal", Some(Unit::Bytes), "Size of the write-ahead log at the end of the last block";
    /// Label `fault`.
    faults: Counters = "faults", None, "Deliberate faults";
    /// Label `fault`.
    fault_recovery_seconds: Gauges = "fault_recovery", Some(Unit::Seconds), "The longest time so far from the end of a fault to normal service";
    /// Label `fault`.
    fault_violations: Counters = "fault_violations", None, "Acknowledged saves found lost, wrong or stale right after a fault";
    /// Label `result`: `acknowledged`, `found`, `retired`, `lost`, `wrong`, `stale_runs`.
    ledger: Gauges = "ledger_saves", None, "Acknowledged saves held against the database, by what was found; stale_runs counts runs";
    /// All findings of the scenario.
    violations: Gauges = "ledger_violations", None, "Saves lost or wrong and runs stale in a scenario that ended, variants and faults included";
}
