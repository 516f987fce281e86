//! Memory, and what the control group grants of it.

use shared::units::format_bytes;

use super::cores::groups;
use super::finding::{Finding, Mark};
use crate::environment::memory_bytes;

/// What a run of the built-in scenarios wants, bytes: runner and arms were seen to take 0.3 GiB together, in the quick profile
/// of `high-load`, and the system keeps pages of their databases.
const WANTED: u64 = 1 << 29;

/// What memory there is.
pub(super) fn findings() -> [Finding; 1] {
    let meminfo = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    [memory(
        memory_bytes(&meminfo, "MemTotal"),
        memory_bytes(&meminfo, "MemAvailable"),
        groups().memory_bytes,
    )]
}

/// Sizes in bytes; an absent one could not be read, an absent limit is not set.
fn memory(total: Option<u64>, available: Option<u64>, limit: Option<u64>) -> Finding {
    let size = |bytes: u64| format_bytes(bytes as f64);
    let of_machine = match (available, total) {
        (Some(available), Some(total)) => {
            format!("{} of {} available", size(available), size(total))
        }
        (None, Some(total)) => size(total),
        _ => "size not to be read".to_owned(),
    };
    // A limit above what there is limits nothing.
    let limit = limit.filter(|limit| total.is_none_or(|total| *limit < total));
    let found = match limit {
        Some(limit) => format!("{of_machine}; the control group grants {}", size(limit)),
        None => of_machine,
    };
    let usable = [available.or(total), limit].into_iter().flatten().min();
    let (mark, means) = match (usable, limit) {
        (Some(usable), _) if usable < WANTED => (
            Mark::Note,
            format!(
                "runs of the built-in scenarios want about {}; with less the system ends an arm and the run breaks: free some, raise \
                 the group's limit, or ask for less with --profile ci",
                size(WANTED)
            ),
        ),
        (_, Some(_)) => (
            Mark::Ok,
            "enough; the pages of the databases that the system keeps count for the group too"
                .to_owned(),
        ),
        (Some(_), None) => (Mark::Ok, "enough for the built-in scenarios".to_owned()),
        (None, None) => (Mark::Note, "the report will not name the size".to_owned()),
    };
    Finding::new("memory", mark, found, means)
        .with("total_bytes", total)
        .with("available_bytes", available)
        .with("limit_bytes", limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1 << 30;

    #[test]
    fn the_groups_limit_counts_where_it_is_the_least() {
        let free = memory(Some(8 * GIB), Some(6 * GIB), None);
        assert_eq!(free.mark, Mark::Ok);
        assert_eq!(free.figures["available_bytes"], 6 * GIB);
        let limited = memory(Some(8 * GIB), Some(6 * GIB), Some(GIB / 4));
        assert_eq!(limited.mark, Mark::Note);
        assert!(limited.found.contains("grants 256"), "{}", limited.found);
        assert!(limited.means.contains("--profile ci"), "{}", limited.means);
        assert_eq!(
            memory(Some(8 * GIB), Some(6 * GIB), Some(2 * GIB)).mark,
            Mark::Ok
        );
        assert_eq!(memory(Some(8 * GIB), Some(6 * GIB), Some(9 * GIB)), free);
        assert_eq!(memory(Some(8 * GIB), Some(GIB / 4), None).mark, Mark::Note);
    }

    #[test]
    fn an_unknown_size_is_said() {
        let unknown = memory(None, None, None);
        assert_eq!(unknown.mark, Mark::Note);
        assert_eq!(unknown.found, "size not to be read");
    }
}
