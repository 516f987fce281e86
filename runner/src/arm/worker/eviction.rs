//! How exact the cache's eviction is, through the service itself: the evicted runs, in order, against a perfect LRU.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use persistence::{CheckpointType, SaveRequest};
use shared::report::{EvictionProbe, EvictionRun};

use super::resources::resident_bytes;
use super::subject::Subject;
use crate::lru_model::LruModel;
use crate::place::Place;

/// Every so many saves one goes to an older run, so that the order of use is not the order of arrival: in turn with a
/// new state, which the cache sees as a write, and with the state it has, which the cache sees as a read.
const REUSE_EVERY: u64 = 3;

/// Probes a service twice, each time on a database of its own.
///
/// # Errors
/// What the service says.
pub(super) async fn probe(
    subject: &Subject,
    place: &Place,
    capacity: u64,
    operations: u64,
) -> anyhow::Result<EvictionProbe> {
    Ok(EvictionProbe {
        capacity,
        maintained: pass(
            subject,
            &place.beside("maintained"),
            capacity,
            operations,
            true,
        )
        .await?,
        unmaintained: pass(
            subject,
            &place.beside("unmaintained"),
            capacity,
            operations,
            false,
        )
        .await?,
    })
}

async fn pass(
    subject: &Subject,
    place: &Place,
    capacity: u64,
    operations: u64,
    maintain: bool,
) -> anyhow::Result<EvictionRun> {
    let evicted = Arc::new(Mutex::new(Vec::<String>::new()));
    let log = Arc::clone(&evicted);
    let listener = move |run: &str| {
        log.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(run.to_owned())
    };
    let service = subject
        .open(place, capacity, Some(Arc::new(listener)))
        .await?;
    let mut model = LruModel::new(usize::try_from(capacity).unwrap_or(usize::MAX));
    let mut expected = Vec::new();
    let before = resident_bytes();
    let mut peak = before;
    let mut highest = 0;
    for number in 0..operations {
        let (run, step) = save_of(number, capacity);
        service.save(request(&run, step)).await?;
        if maintain {
            service.maintain_cache();
        }
        highest = highest.max(service.cache_statistics().entries);
        // Reading an entry and replacing it both count as its use.
        expected.extend(model.insert(run));
        peak = peak.max(resident_bytes());
    }
    service.maintain_cache();
    let settled = service.cache_statistics().entries;
    service.close().await;
    place.clear().await?;
    let evicted = evicted.lock().unwrap_or_else(PoisonError::into_inner);
    let (exact, largest_displacement) = agreement(&expected, &evicted);
    Ok(EvictionRun {
        operations,
        expected_evictions: expected.len() as u64,
        evictions: evicted.len() as u64,
        exact,
        largest_displacement,
        highest_entries: highest.max(settled),
        settled_entries: settled,
        resident_before_bytes: before,
        resident_peak_bytes: peak,
        resident_after_bytes: resident_bytes(),
    })
}

/// The run of a save and the step that makes its state: new runs, and now and then one that is no longer new.
fn save_of(number: u64, capacity: u64) -> (String, u64) {
    if number < capacity || !number.is_multiple_of(REUSE_EVERY) {
        return (format!("probe-{number}"), number);
    }
    let older = number - capacity / 2;
    let step = if number.is_multiple_of(2) {
        older
    } else {
        number
    };
    (format!("probe-{older}"), step)
}

/// A save of a small state that may be skipped.
fn request(run: &str, step: u64) -> SaveRequest {
    SaveRequest {
        run_id: run.to_owned(),
        thread_id: "probe".to_owned(),
        user_id: "probe".to_owned(),
        state: Bytes::from(format!("{{\"step\":{step}}}")),
        checkpoint_type: CheckpointType::Auto,
        agent_phase: None,
        execution_context: None,
        is_recovery_point: false,
        expires_at: None,
    }
}

/// How many evictions stand at the same place of both sequences, and the farthest that one stands from its place.
fn agreement(expected: &[String], evicted: &[String]) -> (u64, u64) {
    let exact = expected.iter().zip(evicted).filter(|(e, a)| e == a).count() as u64;
    let mut places: std::collections::HashMap<&str, Vec<usize>> = std::collections::HashMap::new();
    for (place, run) in expected.iter().enumerate() {
        places.entry(run).or_default().push(place);
    }
    // An entry that a perfect LRU never evicts stands farther than any place.
    let never = expected.len().max(evicted.len()) as u64;
    let displacement = |(place, run): (usize, &String)| {
        places
            .get(run.as_str())
            .and_then(|at| at.iter().map(|p| p.abs_diff(place) as u64).min())
            .unwrap_or(never)
    };
    (
        exact,
        evicted
            .iter()
            .enumerate()
            .map(displacement)
            .max()
            .unwrap_or(0),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &[&str]) -> Vec<String> {
        list.iter().map(|s| (*s).to_owned()).collect()
    }

    #[test]
    fn agreement_counts_places_and_distance() {
        assert_eq!(
            agreement(&names(&["a", "b", "c"]), &names(&["a", "b", "c"])),
            (3, 0)
        );
        assert_eq!(
            agreement(&names(&["a", "b", "c"]), &names(&["b", "a", "c"])),
            (1, 1)
        );
        assert_eq!(
            agreement(&names(&["a", "b", "c"]), &names(&["a", "x"])),
            (1, 3)
        );
        assert_eq!(agreement(&[], &[]), (0, 0));
    }

    #[tokio::test]
    async fn with_maintenance_forced_the_service_evicts_exactly_the_least_recently_used() {
        let folder = tempfile::tempdir().unwrap();
        let subject: Subject = "optimized".parse().unwrap();
        let place = Place::Sqlite {
            file: folder.path().join("state.db"),
        };
        let probe = probe(&subject, &place, 50, 250).await.unwrap();
        let exact = probe.maintained;
        assert!(exact.evictions > 50, "{exact:?}");
        assert_eq!(exact.exact, exact.expected_evictions);
        assert_eq!(exact.evictions, exact.expected_evictions);
        assert_eq!((exact.settled_entries, exact.largest_displacement), (50, 0));
        assert_eq!(probe.unmaintained.settled_entries, 50);
    }
}
