//! Failures of the cache, inflicted in the middle of a block, and when service was normal again.

use std::time::{Duration, Instant};

use anyhow::bail;
use persistence::{CacheFaults, Outcome};
use shared::arms::Class;
use shared::report::Fault;

use super::generator::{Completion, nanoseconds};
use crate::arm::messages::{CacheFailed, CacheFailure};
use crate::plan::PlannedBlock;

/// Duplicates that are looked at together.
const WINDOW: usize = 50;
/// Duplicates of a window that are answered from the cache in normal service: 90 % of what a cache hits that holds every
/// run's last state, which is all of them.
const NORMAL: usize = WINDOW * 9 / 10;

/// Lets a cache fail. Returns when it began and how long it lasted, nanoseconds; recovery is not known yet.
///
/// # Errors
/// The fault is not one of the cache's.
pub(super) async fn inflict(
    cache: &CacheFaults,
    failure: CacheFailure,
    begin: Instant,
) -> anyhow::Result<CacheFailed> {
    tokio::time::sleep_until((begin + Duration::from_nanos(failure.at_ns)).into()).await;
    let began = Instant::now();
    match failure.fault {
        Fault::CachePoisoned => cache.poison(),
        Fault::CacheEmptied => cache.empty(),
        Fault::CacheErroring => {
            cache.fail(true);
            tokio::time::sleep(Duration::from_nanos(failure.length_ns)).await;
            cache.fail(false);
        }
        other => bail!("{other:?} is no failure of the cache"),
    }
    Ok(CacheFailed {
        at_ns: nanoseconds(begin, began),
        length_ns: nanoseconds(began, Instant::now()),
        recovery_ns: None,
    })
}

/// From the end of a failure, nanoseconds after the block's begin, to normal service: until the last answer of the first
/// [`WINDOW`] consecutive duplicates, all of them called after that end, of which at least 90 % were answered from the
/// cache. A cache that holds every run would answer all. None where there is no such window.
pub(super) fn recovery_ns(
    planned: &PlannedBlock,
    completions: &[Completion],
    ended_ns: u64,
) -> Option<u64> {
    let mut later: Vec<&Completion> = completions
        .iter()
        .filter(|completion| {
            planned.saves[completion.place].class == Class::Duplicate
                && completion.called_ns >= ended_ns
        })
        .collect();
    later.sort_by_key(|completion| (completion.answered_ns, completion.place));
    let normal = later.windows(WINDOW).find(|window| {
        let hits = window.iter().filter(|completion| is_hit(completion));
        hits.count() >= NORMAL
    })?;
    let last = normal.last()?;
    Some(last.answered_ns.saturating_sub(ended_ns))
}

fn is_hit(completion: &Completion) -> bool {
    matches!(&completion.answer, Ok(saved) if saved.outcome == Outcome::Deduplicated)
}

#[cfg(test)]
mod tests {
    use persistence::{Observation, Saved, SnapshotId};

    use super::*;
    use crate::dataset::Dataset;
    use crate::plan::Plan;
    use crate::scenario::{Profile, load};

    /// A block of duplicates, one each millisecond, of which those for which `hit` says so are answered from the cache
    /// half a millisecond later.
    fn block(count: usize, hit: impl Fn(usize) -> Option<bool>) -> (PlannedBlock, Vec<Completion>) {
        let spec = load("low-load")
            .unwrap()
            .resolve(Profile::Ci, None)
            .unwrap();
        let plan = Plan::new(&spec, 1, &Dataset::new(1, 300)).unwrap();
        let mut planned = plan.blocks[0].clone();
        let mut save = planned.saves[0];
        save.class = Class::Duplicate;
        planned.saves = vec![save; count];
        let completions = (0..count)
            .map(|place| Completion {
                place,
                called_ns: place as u64 * 1_000_000,
                answered_ns: place as u64 * 1_000_000 + 500_000,
                answer: hit(place).map_or(Err("busy"), |hit| {
                    Ok(Saved {
                        snapshot_id: SnapshotId(1),
                        outcome: if hit {
                            Outcome::Deduplicated
                        } else {
                            Outcome::Written
                        },
                        observation: Observation::default(),
                    })
                }),
            })
            .collect();
        (planned, completions)
    }

    #[test]
    fn a_cache_that_works_at_once_is_seen_to_after_one_window() {
        let (planned, completions) = block(200, |_| Some(true));
        // The duplicates 10 to 59; the last is answered at 59.5 ms.
        assert_eq!(
            recovery_ns(&planned, &completions, 10_000_000),
            Some(49_500_000)
        );
    }

    #[test]
    fn service_is_normal_from_nine_hits_in_ten_on_in_whatever_order_they_are_reported() {
        let (planned, mut completions) = block(200, |place| Some(place >= 100));
        completions.reverse();
        // The window 95 to 144 has 45 hits.
        assert_eq!(recovery_ns(&planned, &completions, 0), Some(144_500_000));
        let (planned, completions) = block(200, |place| (place >= 100).then_some(true));
        assert_eq!(recovery_ns(&planned, &completions, 0), Some(144_500_000));
    }

    #[test]
    fn what_was_called_before_the_end_does_not_count_and_unique_states_neither() {
        let (mut planned, completions) = block(60, |_| Some(true));
        assert_eq!(recovery_ns(&planned, &completions, 11_000_000), None);
        assert!(recovery_ns(&planned, &completions, 10_000_000).is_some());
        planned.saves[30].class = Class::Unique;
        assert_eq!(recovery_ns(&planned, &completions, 10_000_000), None);
    }

    #[test]
    fn a_cache_that_never_hits_again_has_not_recovered() {
        let (planned, completions) = block(500, |place| Some(place % 8 != 0));
        assert_eq!(recovery_ns(&planned, &completions, 0), None);
    }

    #[tokio::test]
    async fn what_is_no_failure_of_the_cache_is_refused() {
        let failure = |fault| CacheFailure {
            fault,
            at_ns: 0,
            length_ns: 3_000_000,
        };
        let cache = CacheFaults::default();
        let begin = Instant::now();
        let erred = inflict(&cache, failure(Fault::CacheErroring), begin).await;
        assert!(erred.unwrap().length_ns >= 3_000_000);
        let refused = inflict(&cache, failure(Fault::ProcessKilled), begin).await;
        assert!(refused.unwrap_err().to_string().contains("ProcessKilled"));
    }
}
