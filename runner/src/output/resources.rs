//! Whether the counters of a process and its database agree with themselves.

use shared::report::{Allocations, Allocator, MemoryProfile, Resources};

/// The smallest size class of the allocator, bytes.
const SMALLEST_ALLOCATION: u64 = 8;
/// The smallest page that SQLite has, bytes.
const SMALLEST_PAGE: u64 = 512;

/// Each request was given something, and each page of the log is larger than its number is.
pub(super) fn check_resources(place: &str, resources: &Resources, findings: &mut Vec<String>) {
    if let Some(Allocations { count, bytes }) = resources.allocations
        && bytes / SMALLEST_ALLOCATION < count
    {
        findings.push(format!(
            "{place}/allocations: {bytes} bytes for {count} requests"
        ));
    }
    if let Some(database) = resources.database
        && let (Some(pages), Some(bytes)) = (database.wal_pages, database.wal_bytes)
        && bytes / SMALLEST_PAGE < pages
    {
        findings.push(format!(
            "{place}/database: {bytes} bytes for {pages} pages of the log"
        ));
    }
}

/// A fill only adds entries, up to the limit, and each request of a save was given something.
pub(super) fn check_memory_profile(profile: &MemoryProfile, findings: &mut Vec<String>) {
    let entries: Vec<u64> = profile.fill.iter().map(|step| step.entries).collect();
    if !entries.is_sorted_by(|a, b| a < b) || entries.last().is_some_and(|n| *n > profile.capacity)
    {
        findings.push(format!(
            "/memory_profile/fill: {entries:?} entries are no way to fill a cache of {}",
            profile.capacity
        ));
    }
    for (i, save) in profile.saves.iter().enumerate() {
        for (name, stage) in [
            ("serialize", save.serialize),
            ("hash", save.hash),
            ("queue", save.queue),
        ] {
            if stage.allocated_bytes / SMALLEST_ALLOCATION < stage.allocations {
                findings.push(format!(
                    "/memory_profile/saves/{i}/{name}: {} bytes for {} requests",
                    stage.allocated_bytes, stage.allocations
                ));
            }
        }
    }
}

/// What is allocated lies in active pages, and these are resident.
pub(super) fn check_allocator(place: &str, allocator: &Allocator, findings: &mut Vec<String>) {
    let Allocator {
        allocated_bytes,
        active_bytes,
        resident_bytes,
        ..
    } = *allocator;
    if allocated_bytes > active_bytes || active_bytes > resident_bytes {
        findings.push(format!(
            "{place}: {allocated_bytes} allocated, {active_bytes} active and {resident_bytes} resident bytes contradict \
             each other"
        ));
    }
}

#[cfg(test)]
mod tests {
    use shared::report::{DatabaseCounters, FillStep, SaveMemory, Scenario, StageMemory};

    use super::super::counts::check_counts;
    use super::super::sample;
    use super::*;

    fn findings(change: impl FnOnce(&mut Scenario)) -> Vec<String> {
        let mut scenario = sample::scenario("r", "low-load");
        change(&mut scenario);
        check_counts(&scenario)
    }

    #[test]
    fn counters_do_not_contradict_themselves() {
        let of_log = |wal_pages, wal_bytes| DatabaseCounters {
            wal_pages: Some(wal_pages),
            wal_bytes: Some(wal_bytes),
            ..DatabaseCounters::default()
        };
        let fine = Resources {
            allocations: Some(Allocations {
                count: 2,
                bytes: 24,
            }),
            database: Some(of_log(1, 4120)),
            ..Resources::default()
        };
        assert_eq!(findings(|s| s.blocks[0].resources = Some(fine)), [""; 0]);
        let found = findings(|s| {
            s.blocks[0].resources = Some(Resources {
                allocations: Some(Allocations {
                    count: 2,
                    bytes: 15,
                }),
                database: Some(of_log(9, 4120)),
                ..fine
            });
        });
        assert_eq!(
            found,
            [
                "/blocks/0/resources/allocations: 15 bytes for 2 requests",
                "/blocks/0/resources/database: 4120 bytes for 9 pages of the log"
            ]
        );
    }

    #[test]
    fn a_fill_grows_up_to_the_limit_and_requests_are_given_bytes() {
        let with = |entries: &[u64], allocations| {
            let step = |entries: &u64| FillStep {
                entries: *entries,
                allocated_bytes: 1,
            };
            let save = SaveMemory {
                state_bytes: 1,
                serialize: StageMemory::default(),
                hash: StageMemory::default(),
                queue: StageMemory {
                    allocations,
                    allocated_bytes: 16,
                    freed_bytes: 0,
                },
                left_bytes: 0,
            };
            findings(|s| {
                s.memory_profile = Some(MemoryProfile {
                    capacity: 5,
                    run_id_bytes: 10,
                    fill: entries.iter().map(step).collect(),
                    saves: vec![save],
                });
            })
        };
        assert_eq!(with(&[0, 2, 5], 2), [""; 0]);
        for wrong in [with(&[0, 2, 2], 2), with(&[0, 6], 2)] {
            assert!(wrong[0].starts_with("/memory_profile/fill: "), "{wrong:?}");
        }
        assert_eq!(
            with(&[0], 3),
            ["/memory_profile/saves/0/queue: 16 bytes for 3 requests"]
        );
    }

    #[test]
    fn what_is_allocated_is_active_and_that_is_resident() {
        let with = |allocated_bytes, active_bytes, resident_bytes| {
            findings(|s| {
                s.series.baseline[1].allocator = Some(Allocator {
                    allocated_bytes,
                    active_bytes,
                    resident_bytes,
                    retained_bytes: 0,
                });
            })
        };
        assert_eq!(with(1, 2, 3), [""; 0]);
        for wrong in [with(3, 2, 3), with(1, 4, 3)] {
            assert!(
                wrong[0].starts_with("/series/baseline/1/allocator: "),
                "{wrong:?}"
            );
        }
    }
}
