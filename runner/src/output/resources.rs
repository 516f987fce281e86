//! Whether the counters of a process and its database agree with themselves.

use shared::report::{Allocations, Allocator, Resources};

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
    use shared::report::{DatabaseCounters, Scenario};

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
