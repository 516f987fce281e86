//! From the evidence of a block to the figures.

use shared::arms::{ArmRole, ByClass, Class};
use shared::histogram::Histogram;
use shared::report::{Allocator, Block, Mode, Sample};

use super::families::{Counters, Families, Gauges};
use super::family::Labels;

/// The quantiles that the strategy names, as Prometheus writes them.
const QUANTILES: [(f64, &str); 4] = [(0.5, "0.5"), (0.9, "0.9"), (0.95, "0.95"), (0.99, "0.99")];
const NS_PER_SECOND: f64 = 1e9;

/// All latencies of an arm in the scenario in progress: exact quantiles need them whole.
#[derive(Debug, Default)]
pub(super) struct SoFar {
    response: ByClass<Histogram>,
    service: ByClass<Histogram>,
    peak_bytes: u64,
}

/// Labels of an arm in a scenario, and more.
pub(super) fn labels(arm: ArmRole, scenario: &str, more: &[(&'static str, &str)]) -> Labels {
    let own = [("arm", arm.as_str()), ("scenario", scenario)];
    own.iter()
        .chain(more)
        .map(|(name, value)| (*name, (*value).to_owned()))
        .collect()
}

/// The families of one arm in one scenario.
pub(super) struct OfArm<'a> {
    /// All families.
    pub(super) families: &'a Families,
    /// The arm.
    pub(super) arm: ArmRole,
    /// Name of the scenario.
    pub(super) scenario: &'a str,
}

impl OfArm<'_> {
    pub(super) fn add(&self, to: &Counters, more: &[(&'static str, &str)], value: f64) {
        to.get_or_create(&self.labels(more)).inc_by(value);
    }

    pub(super) fn set(&self, to: &Gauges, more: &[(&'static str, &str)], value: f64) {
        to.get_or_create(&self.labels(more)).set(value);
    }

    fn labels(&self, more: &[(&'static str, &str)]) -> Labels {
        labels(self.arm, self.scenario, more)
    }

    /// Adds a block and the last sample of it.
    pub(super) fn block(&self, block: &Block, last: Option<&Sample>, so_far: &mut SoFar) {
        self.outcomes(block);
        // The closed model has no planned instants: its latencies say how much was asked for, not how fast the service is.
        if block.mode == Mode::Open {
            self.latencies(block, so_far);
        }
        self.phases(block);
        self.database(block);
        self.process(block, so_far);
        if let Some(sample) = last {
            self.sample(sample);
        }
    }

    fn outcomes(&self, block: &Block) {
        let mode = ("mode", mode_name(block.mode));
        let families = self.families;
        self.add(&families.blocks, &[mode], 1.0);
        let seconds = block.duration_ns as f64 / NS_PER_SECOND;
        self.add(&families.block_seconds, &[mode], seconds);
        let outcomes = &block.outcomes;
        for (result, count) in [
            ("written", outcomes.written),
            ("deduplicated", outcomes.deduplicated),
            ("failed", outcomes.failed()),
        ] {
            self.add(&families.saves, &[mode, ("result", result)], count as f64);
        }
        for (kind, count) in &outcomes.errors {
            self.add(
                &families.save_errors,
                &[mode, ("kind", kind)],
                *count as f64,
            );
        }
        if let Some(backlog) = block.backlog {
            self.set(&families.backlog, &[], backlog.at_end as f64);
        }
    }

    fn latencies(&self, block: &Block, so_far: &mut SoFar) {
        let families = self.families;
        for class in Class::ALL {
            let labels = self.labels(&[("class", class.as_str())]);
            let latencies = block.latencies.get(class);
            families
                .response
                .get_or_create(&labels)
                .add(&latencies.response);
            families
                .service
                .get_or_create(&labels)
                .add(&latencies.service);
            merge(so_far.response.get_mut(class), &latencies.response);
            merge(so_far.service.get_mut(class), &latencies.service);
        }
        self.quantiles(&families.response_quantile, &so_far.response);
        self.quantiles(&families.service_quantile, &so_far.service);
        let lag = families.dispatch_lag.get_or_create(&self.labels(&[]));
        lag.add(&block.dispatch_lag);
    }

    fn quantiles(&self, to: &Gauges, of: &ByClass<Histogram>) {
        let all = Histogram::merged([&of.duplicate, &of.unique]);
        for (class, histogram) in [
            (Class::Duplicate.as_str(), &of.duplicate),
            (Class::Unique.as_str(), &of.unique),
            ("all", &all),
        ] {
            for (quantile, name) in QUANTILES {
                if let Some(ns) = histogram.value_at_quantile(quantile) {
                    let more = [("class", class), ("quantile", name)];
                    self.set(to, &more, ns as f64 / NS_PER_SECOND);
                }
            }
        }
    }

    fn phases(&self, block: &Block) {
        for class in Class::ALL {
            let phases = block.phases.get(class);
            // A service that tells nothing of its phases has none, rather than phases of no length.
            if phases.operations == 0 {
                continue;
            }
            let class = ("class", class.as_str());
            let saves = &self.families.phase_saves;
            self.add(saves, &[class], phases.operations as f64);
            for (phase, ns) in [
                ("serialize", phases.serialize_ns),
                ("hash", phases.hash_ns),
                ("lookup", phases.lookup_ns),
                ("wait", phases.wait_ns),
                ("write", phases.write_ns),
            ] {
                let seconds = ns as f64 / NS_PER_SECOND;
                self.add(
                    &self.families.phase_seconds,
                    &[class, ("phase", phase)],
                    seconds,
                );
            }
        }
    }

    fn database(&self, block: &Block) {
        let (families, work) = (self.families, &block.database);
        for (family, count) in [
            (&families.rows_written, work.rows_written),
            (&families.rows_deleted, work.rows_deleted),
            (&families.statements, work.statements),
            (&families.commits, work.commits),
            (&families.state_bytes, work.state_bytes),
        ] {
            self.add(family, &[], count as f64);
        }
        let held = work.connection_ns as f64 / NS_PER_SECOND;
        self.add(&families.connection_seconds, &[], held);
        if let Some(counted) = block.resources.and_then(|used| used.database) {
            for (family, count) in [
                (&families.transactions, counted.transactions),
                (&families.log_bytes, counted.wal_bytes),
            ] {
                if let Some(count) = count {
                    self.add(family, &[], count as f64);
                }
            }
            if let Some(bytes) = counted.size_bytes {
                self.set(&families.database_bytes, &[], bytes as f64);
            }
        }
        if let Some(network) = block.resources.and_then(|used| used.network) {
            for (direction, bytes) in [
                ("sent", network.sent_bytes),
                ("received", network.received_bytes),
            ] {
                let more = [("direction", direction)];
                self.add(&families.network_bytes, &more, bytes as f64);
            }
        }
    }

    fn process(&self, block: &Block, so_far: &mut SoFar) {
        let families = self.families;
        if let Some(ns) = block.resources.and_then(|used| used.instruments_ns) {
            let seconds = ns as f64 / NS_PER_SECOND;
            self.add(&families.instruments_seconds, &[], seconds);
        }
        if let Some(ns) = block.cpu_ns {
            self.add(&families.cpu_seconds, &[], ns as f64 / NS_PER_SECOND);
        }
        if let Some(resident) = block.resident {
            so_far.peak_bytes = so_far.peak_bytes.max(resident.peak_bytes);
            self.set(&families.resident_bytes, &[], resident.end_bytes as f64);
            self.set(&families.resident_peak_bytes, &[], so_far.peak_bytes as f64);
        }
        if let Some(cache) = block.cache {
            self.set(&families.cache_entries, &[], cache.entries as f64);
            for (family, count) in [
                (&families.cache_hits, cache.hits),
                (&families.cache_misses, cache.misses),
                (&families.cache_insertions, cache.insertions),
                (&families.cache_evictions, cache.evictions),
            ] {
                self.add(family, &[], count as f64);
            }
        }
    }

    fn sample(&self, sample: &Sample) {
        let families = self.families;
        for (family, value) in [
            (
                &families.connections_in_use,
                sample.connections_in_use.map(f64::from),
            ),
            (
                &families.connections_idle,
                sample.connections_idle.map(f64::from),
            ),
            (
                &families.connections_waited_for,
                sample.connections_waited_for.map(f64::from),
            ),
            (&families.threads, sample.threads.map(f64::from)),
            (
                &families.database_bytes,
                sample.database_bytes.map(|bytes| bytes as f64),
            ),
            (
                &families.wal_bytes,
                sample.wal_bytes.map(|bytes| bytes as f64),
            ),
        ] {
            if let Some(value) = value {
                self.set(family, &[], value);
            }
        }
        if let Some(allocator) = sample.allocator {
            self.allocator(allocator);
        }
    }

    fn allocator(&self, allocator: Allocator) {
        for (kind, bytes) in [
            ("allocated", allocator.allocated_bytes),
            ("active", allocator.active_bytes),
            ("resident", allocator.resident_bytes),
            ("retained", allocator.retained_bytes),
        ] {
            let family = &self.families.allocator_bytes;
            self.set(family, &[("kind", kind)], bytes as f64);
        }
    }
}

fn merge(into: &mut Histogram, part: &Histogram) {
    *into = Histogram::merged([&*into, part]);
}

const fn mode_name(mode: Mode) -> &'static str {
    match mode {
        Mode::Open => "open",
        Mode::Closed => "closed",
    }
}
