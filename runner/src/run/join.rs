//! The evidence of a block from that of its stretches.

use shared::arms::{ByClass, Class};
use shared::histogram::{Histogram, HistogramError, decode_recording, recording};
use shared::report::{
    Allocations, Backlog, Block, CacheActivity, DatabaseCounters, DatabaseWork, Latencies, Network,
    Outcomes, Phases, Resident, Resources, Sample,
};

use crate::arm::BlockDone;

/// Samples that are joined may be longer than wanted by so much of it: lengths are whole nanoseconds.
const GRAIN: f64 = 1e-6;

/// Adds the stretch that began `from_ns` into the block. Neighbouring samples become one up to `sample_ns`.
///
/// # Errors
/// A histogram that cannot be read or written: the arm is broken.
pub(super) fn join(
    mut sum: BlockDone,
    next: BlockDone,
    from_ns: u64,
    sample_ns: f64,
) -> Result<BlockDone, HistogramError> {
    add(&mut sum.block, next.block, from_ns)?;
    for mut sample in next.samples {
        sample.at_ns += from_ns;
        match sum.samples.last_mut() {
            Some(last)
                if (last.length_ns + sample.length_ns) as f64 <= sample_ns * (1.0 + GRAIN) =>
            {
                prolong(last, sample)?;
            }
            _ => sum.samples.push(sample),
        }
    }
    sum.failed.extend(next.failed);
    Ok(sum)
}

fn add(sum: &mut Block, next: Block, from_ns: u64) -> Result<(), HistogramError> {
    for class in Class::ALL {
        let (latencies, more) = (sum.latencies.get_mut(class), next.latencies.get(class));
        *latencies = Latencies {
            response: both(&latencies.response, &more.response)?,
            service: both(&latencies.service, &more.service)?,
            schedule_lag: both(&latencies.schedule_lag, &more.schedule_lag)?,
        };
    }
    sum.dispatch_lag = both(&sum.dispatch_lag, &next.dispatch_lag)?;
    sum.duration_ns = from_ns.saturating_add(next.duration_ns);
    sum.planned += next.planned;
    add_outcomes(&mut sum.outcomes, next.outcomes);
    sum.phases = ByClass {
        duplicate: phases(sum.phases.duplicate, next.phases.duplicate),
        unique: phases(sum.phases.unique, next.phases.unique),
    };
    sum.database = work(sum.database, next.database);
    sum.cpu_ns = with(sum.cpu_ns, next.cpu_ns, u64::saturating_add);
    sum.resident = with(sum.resident, next.resident, |a, b| Resident {
        start_bytes: a.start_bytes,
        peak_bytes: a.peak_bytes.max(b.peak_bytes),
        end_bytes: b.end_bytes,
    });
    sum.cache = with(sum.cache, next.cache, activity);
    sum.backlog = with(sum.backlog, next.backlog, worse);
    sum.resources = with(sum.resources, next.resources, resources);
    Ok(())
}

/// All values of both.
fn both(a: &Histogram, b: &Histogram) -> Result<Histogram, HistogramError> {
    if a.is_empty() {
        return Ok(b.clone());
    }
    let mut sum = recording();
    for part in [a, b].into_iter().filter(|part| !part.is_empty()) {
        let part = decode_recording(part.encoded())?;
        sum.add(part)
            .map_err(|e| HistogramError::Counters(e.to_string()))?;
    }
    Histogram::from_recording(&sum)
}

/// What was measured in both stretches; what one of them lacks is not known of the block.
fn with<T>(a: Option<T>, b: Option<T>, join: impl FnOnce(T, T) -> T) -> Option<T> {
    Some(join(a?, b?))
}

fn add_outcomes(sum: &mut Outcomes, next: Outcomes) {
    sum.written += next.written;
    sum.deduplicated += next.deduplicated;
    for (kind, count) in next.errors {
        *sum.errors.entry(kind).or_default() += count;
    }
}

fn phases(a: Phases, b: Phases) -> Phases {
    Phases {
        operations: a.operations + b.operations,
        serialize_ns: a.serialize_ns + b.serialize_ns,
        hash_ns: a.hash_ns + b.hash_ns,
        lookup_ns: a.lookup_ns + b.lookup_ns,
        wait_ns: a.wait_ns + b.wait_ns,
        write_ns: a.write_ns + b.write_ns,
    }
}

fn work(a: DatabaseWork, b: DatabaseWork) -> DatabaseWork {
    DatabaseWork {
        rows_written: a.rows_written + b.rows_written,
        rows_deleted: a.rows_deleted + b.rows_deleted,
        statements: a.statements + b.statements,
        commits: a.commits + b.commits,
        state_bytes: a.state_bytes + b.state_bytes,
        connection_ns: a.connection_ns + b.connection_ns,
    }
}

fn activity(a: CacheActivity, b: CacheActivity) -> CacheActivity {
    CacheActivity {
        entries: b.entries,
        hits: a.hits + b.hits,
        misses: a.misses + b.misses,
        insertions: a.insertions + b.insertions,
        evictions: a.evictions + b.evictions,
    }
}

/// The backlog that grew more: a block fell behind where one of its stretches did.
fn worse(a: Backlog, b: Backlog) -> Backlog {
    let growth = |backlog: &Backlog| i128::from(backlog.at_end) - i128::from(backlog.at_half);
    if growth(&b) > growth(&a) { b } else { a }
}

fn resources(a: Resources, b: Resources) -> Resources {
    let sum = |a: Option<u64>, b| with(a, b, u64::saturating_add);
    Resources {
        instruments_ns: sum(a.instruments_ns, b.instruments_ns),
        allocations: with(a.allocations, b.allocations, |a, b| Allocations {
            count: a.count + b.count,
            bytes: a.bytes + b.bytes,
        }),
        network: with(a.network, b.network, |a, b| Network {
            sent_bytes: a.sent_bytes + b.sent_bytes,
            received_bytes: a.received_bytes + b.received_bytes,
        }),
        database: with(a.database, b.database, counters),
    }
}

fn counters(a: DatabaseCounters, b: DatabaseCounters) -> DatabaseCounters {
    let sum = |a: Option<u64>, b| with(a, b, u64::saturating_add);
    DatabaseCounters {
        transactions: sum(a.transactions, b.transactions),
        transactions_rolled_back: sum(a.transactions_rolled_back, b.transactions_rolled_back),
        rows_inserted: sum(a.rows_inserted, b.rows_inserted),
        rows_updated: sum(a.rows_updated, b.rows_updated),
        rows_deleted: sum(a.rows_deleted, b.rows_deleted),
        wal_pages: sum(a.wal_pages, b.wal_pages),
        wal_bytes: sum(a.wal_bytes, b.wal_bytes),
        wal_position_bytes: sum(a.wal_position_bytes, b.wal_position_bytes),
        wal_records: sum(a.wal_records, b.wal_records),
        wal_full_pages: sum(a.wal_full_pages, b.wal_full_pages),
        checkpoints: sum(a.checkpoints, b.checkpoints),
        // Read at the end.
        size_bytes: b.size_bytes,
        statements: sum(a.statements, b.statements),
        statements_ns: sum(a.statements_ns, b.statements_ns),
        pages_dirtied: sum(a.pages_dirtied, b.pages_dirtied),
    }
}

/// Adds the sample right after another.
fn prolong(sample: &mut Sample, next: Sample) -> Result<(), HistogramError> {
    *sample = Sample {
        at_ns: sample.at_ns,
        length_ns: sample.length_ns + next.length_ns,
        pair: sample.pair,
        acknowledged: sample.acknowledged + next.acknowledged,
        failed: sample.failed + next.failed,
        response: both(&sample.response, &next.response)?,
        cpu_ns: with(sample.cpu_ns, next.cpu_ns, u64::saturating_add),
        cache: with(sample.cache, next.cache, activity),
        // The rest is read at the end of a sample.
        ..next
    };
    Ok(())
}

#[cfg(test)]
mod tests {
    use shared::arms::ArmRole;
    use shared::report::Mode;

    use super::*;

    fn histogram(values: &[u64]) -> Histogram {
        let mut recorded = recording();
        for value in values {
            recorded.saturating_record(*value);
        }
        Histogram::from_recording(&recorded).unwrap()
    }

    fn sample(at_ns: u64, length_ns: u64, values: &[u64], resident: u64) -> Sample {
        Sample {
            at_ns,
            length_ns,
            pair: 3,
            acknowledged: values.len() as u64,
            failed: 1,
            response: histogram(values),
            resident_bytes: Some(resident),
            cpu_ns: Some(10),
            cache: None,
            connections_in_use: Some(1),
            connections_idle: None,
            database_bytes: None,
            wal_bytes: None,
            allocator: None,
            threads: None,
            connections_waited_for: None,
        }
    }

    fn done(values: &[u64], samples: Vec<Sample>, backlog: (u64, u64)) -> BlockDone {
        BlockDone {
            block: Block {
                pair: 3,
                arm: ArmRole::Candidate,
                mode: Mode::Open,
                pattern: None,
                started_ns: 0,
                duration_ns: 70,
                planned: values.len() as u64 + 1,
                latencies: ByClass {
                    duplicate: Latencies::default(),
                    unique: Latencies {
                        response: histogram(values),
                        service: histogram(values),
                        schedule_lag: histogram(values),
                    },
                },
                dispatch_lag: histogram(&[5]),
                outcomes: Outcomes {
                    written: values.len() as u64,
                    deduplicated: 0,
                    errors: [("timeout".to_owned(), 1)].into(),
                },
                phases: ByClass::default(),
                database: DatabaseWork {
                    rows_written: 4,
                    ..DatabaseWork::default()
                },
                cpu_ns: Some(7),
                resident: Some(Resident {
                    start_bytes: 10 + backlog.0,
                    peak_bytes: 100 + backlog.0,
                    end_bytes: 50 + backlog.0,
                }),
                cache: None,
                implied: None,
                backlog: Some(Backlog {
                    at_half: backlog.0,
                    at_end: backlog.1,
                }),
                resources: None,
            },
            samples,
            failed: vec![values[0]],
            failure: None,
        }
    }

    #[test]
    fn a_block_is_the_sum_of_its_stretches() {
        let first = done(
            &[1_000, 2_000],
            vec![sample(0, 60, &[1_000, 2_000], 1)],
            (5, 9),
        );
        let second = done(&[3_000], vec![sample(0, 60, &[3_000], 2)], (9, 4));
        let whole = join(first, second, 60, 60.0).unwrap();
        let block = &whole.block;
        assert_eq!((block.planned, block.duration_ns), (5, 130));
        let response = &block.latencies.unique.response;
        assert_eq!(*response, histogram(&[1_000, 2_000, 3_000]));
        assert_eq!(block.latencies.duplicate.response, Histogram::default());
        assert_eq!(block.dispatch_lag, histogram(&[5, 5]));
        assert_eq!((block.outcomes.written, block.outcomes.failed()), (3, 2));
        assert_eq!((block.database.rows_written, block.cpu_ns), (8, Some(14)));
        let resident = block.resident.unwrap();
        assert_eq!(
            (
                resident.start_bytes,
                resident.peak_bytes,
                resident.end_bytes
            ),
            (15, 109, 59)
        );
        assert_eq!(
            block.backlog.map(|b| b.at_end),
            Some(9),
            "the one that grew"
        );
        assert_eq!(whole.failed, [1_000, 3_000]);
        assert_eq!(whole.samples.len(), 2);
        assert_eq!(whole.samples[1].at_ns, 60);
    }

    #[test]
    fn samples_become_as_long_as_wanted_and_no_longer() {
        let part =
            |values: &[u64], resident| done(values, vec![sample(0, 60, values, resident)], (0, 0));
        let mut whole = part(&[1], 1);
        for (number, resident) in [(1, 2), (2, 3)] {
            whole = join(whole, part(&[1], resident), number * 60, 120.0).unwrap();
        }
        let found: Vec<(u64, u64, u64, Option<u64>)> = whole
            .samples
            .iter()
            .map(|s| (s.at_ns, s.length_ns, s.acknowledged, s.resident_bytes))
            .collect();
        assert_eq!(found, [(0, 120, 2, Some(2)), (120, 60, 1, Some(3))]);
        assert_eq!(whole.samples[0].cpu_ns, Some(20));
    }
}
