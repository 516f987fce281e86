//! How much room the databases of a run take, and whether it is there.

use std::io;
use std::path::Path;

use anyhow::{Result, anyhow};
use shared::units::format_bytes;

use crate::arm::RETAINED_SNAPSHOTS;
use crate::dataset::Dataset;
use crate::exit::usage;
use crate::scenario::{Pattern, Spec};

/// Logs of both databases, pages that are not full, and the report, bytes.
const BESIDE_STATES: u64 = 16 << 20;

/// Less than this holds no run: two databases with 20 small saves and their report were seen to fit into 1.5 MiB.
pub(crate) const LEAST_BYTES: u64 = 1 << 20;

/// Refuses a disk that no run fits on, before anything is made. Where nobody can tell how full it is, the run finds out.
///
/// # Errors
/// Names folder, room and remedy; ends with [`crate::exit::Exit::Usage`].
pub(crate) fn refuse_full(folder: &Path) -> Result<()> {
    match free_bytes(folder) {
        Ok(free) if free < LEAST_BYTES => Err(usage(anyhow!(
            "the disk of {} is full, {} are free and no run fits into that: free some, or name another disk with --out or \
             --database sqlite:DIR",
            folder.display(),
            format_bytes(free as f64)
        ))),
        _ => Ok(()),
    }
}

/// What the user may still write on the disk of a folder, bytes.
///
/// # Errors
/// What the system says; the folder must be there.
pub(crate) fn free_bytes(folder: &Path) -> io::Result<u64> {
    let disk = rustix::fs::statvfs(folder)?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// About how large both databases of a scenario grow together, bytes: as if either service kept each state, of every run the
/// newest. What a search for a capacity saves is known to nobody before.
pub(crate) fn needed_bytes(spec: &Spec, dataset: &Dataset) -> u64 {
    let rounds = if spec.fresh_arms {
        spec.pairs.max(1)
    } else {
        1
    };
    let open = spec.load().offered.operations / u64::from(rounds);
    let closed = spec
        .closed
        .map_or(0, |closed| u64::from(closed.pairs) * closed.operations);
    let saves = open + closed;
    let kept = match spec.pattern {
        Pattern::Mixed | Pattern::Edit | Pattern::Unique | Pattern::Thrashing => {
            saves.min(u64::from(spec.runs) * u64::from(RETAINED_SNAPSHOTS))
        }
        // They begin new runs as they go, or as a file says.
        Pattern::Append | Pattern::Replay | Pattern::Overflow => saves,
    };
    2 * kept * mean_bytes(spec, dataset) + BESIDE_STATES
}

/// Mean size of the states that a scenario saves.
fn mean_bytes(spec: &Spec, dataset: &Dataset) -> u64 {
    if let (Pattern::Replay, Some(import)) = (spec.pattern, dataset.import()) {
        let described = import.describe();
        return described.bytes / described.states.max(1);
    }
    let states = dataset.states_of_size(spec.state_bytes);
    let bytes: u64 = states.iter().map(|state| dataset.size(*state)).sum();
    bytes / (states.len() as u64).max(1)
}

/// What to say before the work where the disk of `folder` may not suffice for one of the scenarios; none where it does, or
/// where nobody can tell.
pub(crate) fn warning(specs: &[Spec], dataset: &Dataset, folder: &Path) -> Option<String> {
    let free = free_bytes(folder).ok()?;
    let needs = specs.iter().map(|spec| (needed_bytes(spec, dataset), spec));
    let (needed, spec) = needs.max_by_key(|(bytes, _)| *bytes)?;
    (needed > free).then(|| {
        format!(
            "the databases of {} may grow to {} in {}, where {} are free: free some, or name another disk with --database \
             sqlite:DIR",
            spec.name,
            format_bytes(needed as f64),
            folder.display(),
            format_bytes(free as f64)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::DEFAULT_STATES;
    use crate::scenario::{Profile, load};

    fn spec(name: &str) -> Spec {
        load(name).unwrap().resolve(Profile::Ci, None).unwrap()
    }

    /// Largest sizes of both databases together, bytes, seen with `du` while `runner --all --profile ci` ran.
    const SEEN: [(&str, u64); 6] = [
        ("low-load", 15_146_200),
        ("medium-load", 24_813_000),
        ("high-load", 27_332_100),
        ("cache-overflow", 22_735_600),
        ("overload", 89_763_500),
        ("append", 32_468_200),
    ];

    #[test]
    fn the_estimate_is_above_what_was_seen_but_not_by_far() {
        let dataset = Dataset::new(20_251_103, DEFAULT_STATES);
        for (name, seen) in SEEN {
            let needed = needed_bytes(&spec(name), &dataset);
            assert!(
                (seen..4 * seen).contains(&needed),
                "{name}: {needed}, seen {seen}"
            );
        }
    }

    #[test]
    fn old_states_of_a_run_are_gone_and_each_round_begins_with_empty_databases() {
        let dataset = Dataset::new(20_251_103, DEFAULT_STATES);
        let needed = |spec: &Spec| needed_bytes(spec, &dataset);
        let mut long = spec("medium-load");
        let runs = u64::from(long.runs);
        long.offered.operations = runs * u64::from(RETAINED_SNAPSHOTS);
        long.closed = None;
        let full = needed(&long);
        long.offered.operations *= 10;
        assert_eq!(needed(&long), full);
        long.fresh_arms = true;
        long.pairs = 100;
        assert!(needed(&long) < full);
    }

    #[test]
    fn too_little_room_is_told_with_the_scenario_that_needs_most() {
        let dataset = Dataset::new(20_251_103, DEFAULT_STATES);
        let mut specs = [spec("low-load"), spec("high-load")];
        let here = tempfile::tempdir().unwrap();
        specs[1].offered.operations = 1 << 40;
        specs[1].runs = u32::MAX;
        let said = warning(&specs, &dataset, here.path()).unwrap();
        assert!(
            said.starts_with("the databases of high-load may grow to ")
                && said.contains(&here.path().display().to_string()),
            "{said}"
        );
        assert_eq!(warning(&specs[..1], &dataset, here.path()), None);
        assert_eq!(
            warning(&specs, &dataset, Path::new("/no/such/folder")),
            None
        );
    }
}
