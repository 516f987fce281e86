//! From what came of each save to the evidence of a block.

use std::time::Duration;

use persistence::{CacheStatistics, Outcome, Saved};
use shared::arms::{ArmRole, ByClass};
use shared::histogram::{Histogram, HistogramError, recording};
use shared::report::{
    Block, CacheActivity, DatabaseWork, Latencies, Mode, Outcomes, Phases, Resident, Resources,
    Sample,
};

use super::generator::{Completion, Served};
use super::resources::Reading;
use crate::arm::messages::BlockDone;
use crate::plan::PlannedBlock;

/// How an arm's measured time is cut into samples.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grid {
    /// Length of a sample.
    pub(super) interval: Duration,
    /// Samples in a block.
    pub(super) count: u32,
}

/// What was read before and after a block, and meanwhile.
pub(super) struct Readings {
    pub(super) before: Reading,
    pub(super) after: Reading,
    pub(super) during: Vec<Reading>,
    /// What the counters of process and database grew by.
    pub(super) resources: Option<Resources>,
    pub(super) caches: bool,
}

/// The evidence of a block. `started_ns` and `implied` are the controller's to add.
///
/// # Errors
/// Where a histogram cannot be encoded.
pub(super) fn record(
    role: ArmRole,
    planned: &PlannedBlock,
    served: &Served,
    readings: &Readings,
    grid: Grid,
) -> Result<BlockDone, HistogramError> {
    let mut tally = Tally::default();
    for completion in &served.completions {
        tally.add(planned, completion);
    }
    let mut dispatch_lag = recording();
    for lag in &served.dispatch_lags {
        dispatch_lag.saturating_record((*lag).max(1));
    }
    let samples = match planned.mode {
        Mode::Open => samples(planned, served, readings, grid)?,
        Mode::Closed => Vec::new(),
    };
    let block = Block {
        pair: planned.pair,
        arm: role,
        mode: planned.mode,
        pattern: planned.pattern.clone(),
        started_ns: 0,
        duration_ns: served
            .completions
            .iter()
            .map(|c| c.answered_ns)
            .max()
            .unwrap_or(0),
        planned: planned.saves.len() as u64,
        latencies: ByClass {
            duplicate: tally.latencies.duplicate.finish(planned.mode)?,
            unique: tally.latencies.unique.finish(planned.mode)?,
        },
        dispatch_lag: Histogram::from_recording(&dispatch_lag)?,
        outcomes: tally.outcomes,
        phases: tally.phases,
        database: tally.database,
        cpu_ns: Some(
            readings
                .after
                .processor_ns
                .saturating_sub(readings.before.processor_ns),
        ),
        resident: resident(readings),
        cache: readings
            .caches
            .then(|| activity(&readings.before.cache, &readings.after.cache)),
        implied: None,
        backlog: served.backlog,
        resources: readings.resources,
    };
    Ok(BlockDone {
        block,
        samples,
        failed: tally.failed,
        failure: None,
    })
}

struct LatencyRecording {
    response: hdrhistogram::Histogram<u64>,
    service: hdrhistogram::Histogram<u64>,
    schedule_lag: hdrhistogram::Histogram<u64>,
}

impl Default for LatencyRecording {
    fn default() -> Self {
        Self {
            response: recording(),
            service: recording(),
            schedule_lag: recording(),
        }
    }
}

impl LatencyRecording {
    /// In the closed model there is no planned instant, hence no response and no lag.
    fn finish(&self, mode: Mode) -> Result<Latencies, HistogramError> {
        let open = |h| match mode {
            Mode::Open => Histogram::from_recording(h),
            Mode::Closed => Ok(Histogram::default()),
        };
        Ok(Latencies {
            response: open(&self.response)?,
            service: Histogram::from_recording(&self.service)?,
            schedule_lag: open(&self.schedule_lag)?,
        })
    }
}

#[derive(Default)]
struct Tally {
    latencies: ByClass<LatencyRecording>,
    outcomes: Outcomes,
    phases: ByClass<Phases>,
    database: DatabaseWork,
    failed: Vec<u64>,
}

impl Tally {
    fn add(&mut self, planned: &PlannedBlock, completion: &Completion) {
        let save = &planned.saves[completion.place];
        match &completion.answer {
            Ok(saved) => {
                let latencies = self.latencies.get_mut(save.class);
                // A latency under the clock's grain still is one.
                let mut record =
                    |h: fn(&mut LatencyRecording) -> &mut hdrhistogram::Histogram<u64>, ns: u64| {
                        h(latencies).saturating_record(ns.max(1));
                    };
                record(
                    |l| &mut l.response,
                    completion.answered_ns.saturating_sub(save.at_ns),
                );
                record(
                    |l| &mut l.service,
                    completion.answered_ns.saturating_sub(completion.called_ns),
                );
                record(
                    |l| &mut l.schedule_lag,
                    completion.called_ns.saturating_sub(save.at_ns),
                );
                match saved.outcome {
                    Outcome::Written => self.outcomes.written += 1,
                    Outcome::Deduplicated => self.outcomes.deduplicated += 1,
                }
                add_phases(self.phases.get_mut(save.class), saved);
                add_work(&mut self.database, saved);
            }
            Err(kind) => {
                *self.outcomes.errors.entry((*kind).to_owned()).or_default() += 1;
                self.failed.push(save.index);
            }
        }
    }
}

fn add_phases(phases: &mut Phases, saved: &Saved) {
    let o = &saved.observation;
    phases.operations += 1;
    phases.serialize_ns += o.serialize_ns;
    phases.hash_ns += o.hash_ns;
    phases.lookup_ns += o.lookup_ns;
    phases.wait_ns += o.wait_ns;
    phases.write_ns += o.write_ns;
}

fn add_work(work: &mut DatabaseWork, saved: &Saved) {
    let o = &saved.observation;
    work.rows_written += o.rows_written;
    work.rows_deleted += o.rows_deleted;
    work.statements += o.statements;
    work.commits += o.commits;
    work.state_bytes += o.bytes_written;
    work.connection_ns += o.connection_ns;
}

fn resident(readings: &Readings) -> Option<Resident> {
    let start = readings.before.resident_bytes?;
    let end = readings.after.resident_bytes?;
    let peak = readings
        .during
        .iter()
        .filter_map(|r| r.resident_bytes)
        .chain([start, end])
        .max()?;
    Some(Resident {
        start_bytes: start,
        peak_bytes: peak,
        end_bytes: end,
    })
}

fn activity(from: &CacheStatistics, to: &CacheStatistics) -> CacheActivity {
    CacheActivity {
        entries: to.entries,
        hits: to.hits.saturating_sub(from.hits),
        misses: to.misses.saturating_sub(from.misses),
        insertions: to.insertions.saturating_sub(from.insertions),
        evictions: to.evictions.saturating_sub(from.evictions),
    }
}

/// Cuts a block into samples by the instant of the answer; what is answered after the last interval belongs to it.
fn samples(
    planned: &PlannedBlock,
    served: &Served,
    readings: &Readings,
    grid: Grid,
) -> Result<Vec<Sample>, HistogramError> {
    let count = grid.count.max(1) as usize;
    let interval_ns = u64::try_from(grid.interval.as_nanos())
        .unwrap_or(u64::MAX)
        .max(1);
    let mut responses: Vec<_> = (0..count).map(|_| recording()).collect();
    let mut failed = vec![0_u64; count];
    for completion in &served.completions {
        let at = usize::try_from(completion.answered_ns / interval_ns)
            .unwrap_or(count)
            .min(count - 1);
        match &completion.answer {
            Ok(_) => {
                let due = planned.saves[completion.place].at_ns;
                responses[at].saturating_record(completion.answered_ns.saturating_sub(due).max(1));
            }
            Err(_) => failed[at] += 1,
        }
    }
    let mut earlier = &readings.before;
    let mut samples = Vec::with_capacity(count);
    for (i, response) in responses.iter().enumerate() {
        // The last interval ends with the block, which may be later than its planned end.
        let reading = if i + 1 == count {
            Some(&readings.after)
        } else {
            readings.during.get(i)
        };
        samples.push(sample(
            planned.pair,
            i as u64,
            interval_ns,
            response,
            failed[i],
            earlier,
            reading,
            readings.caches,
        )?);
        earlier = reading.unwrap_or(earlier);
    }
    Ok(samples)
}

#[expect(
    clippy::too_many_arguments,
    reason = "the parts of one record, each of another kind"
)]
fn sample(
    pair: u32,
    number: u64,
    interval_ns: u64,
    response: &hdrhistogram::Histogram<u64>,
    failed: u64,
    earlier: &Reading,
    reading: Option<&Reading>,
    caches: bool,
) -> Result<Sample, HistogramError> {
    Ok(Sample {
        at_ns: number * interval_ns,
        length_ns: interval_ns,
        pair,
        acknowledged: response.len(),
        failed,
        response: Histogram::from_recording(response)?,
        resident_bytes: reading.and_then(|r| r.resident_bytes),
        cpu_ns: reading.map(|r| r.processor_ns.saturating_sub(earlier.processor_ns)),
        cache: reading
            .filter(|_| caches)
            .map(|r| activity(&earlier.cache, &r.cache)),
        connections_in_use: reading.map(|r| r.connections_in_use),
        database_bytes: reading.and_then(|r| r.database_bytes),
        wal_bytes: reading.and_then(|r| r.wal_bytes),
        allocator: reading.and_then(|r| r.allocator),
        threads: reading.and_then(|r| r.threads),
        connections_idle: reading.map(|r| r.connections_idle),
        connections_waited_for: reading.map(|r| r.connections_waited_for),
    })
}
