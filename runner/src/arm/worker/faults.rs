//! Services with deliberate faults: they prove that the instrument sees what it must see.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use persistence::{
    CacheStatistics, Health, LoadedState, Observation, Outcome, PersistenceError, PoolStatus,
    Promises, SaveRequest, Saved, SnapshotId, StatePersistence, ThreadContext,
};
use tokio::time::Instant;

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// The service stands still once, `after` its first save, for `length`; it answers everybody when it wakes.
    Freeze {
        /// From the first save to the freeze.
        after: Duration,
        /// How long it stands still.
        length: Duration,
    },
    /// Every so many saves are acknowledged but not stored.
    Lose {
        /// Each how many saves.
        every: u64,
    },
    /// Every save takes longer, by a share of its own time.
    Slow {
        /// Percent of the time that the service takes.
        percent: u32,
    },
    /// Every so many saves fail.
    Fail {
        /// Each how many saves.
        every: u64,
    },
    /// Every so many saves leave memory behind that nobody ever uses or frees.
    Leak {
        /// How much, bytes.
        bytes: usize,
        /// Each how many saves.
        every: u64,
    },
}

/// The runtime's timers have a grain of a millisecond, and wake up to two late.
const TIMER_GRAIN: Duration = Duration::from_millis(2);

/// A service with a fault.
pub(super) struct Faulty {
    service: Arc<dyn StatePersistence>,
    fault: Fault,
    first: OnceLock<Instant>,
    saves: AtomicU64,
    /// What a leak has left behind.
    leaked: Mutex<Vec<Box<[u8]>>>,
}

impl Faulty {
    pub(super) fn new(service: Arc<dyn StatePersistence>, fault: Fault) -> Self {
        Self {
            service,
            fault,
            first: OnceLock::new(),
            saves: AtomicU64::new(0),
            leaked: Mutex::default(),
        }
    }

    /// The save's number, from 1, if it is one of every so many.
    fn due(&self, every: u64) -> Option<u64> {
        Some(self.saves.fetch_add(1, Ordering::Relaxed) + 1)
            .filter(|number| number.is_multiple_of(every))
    }

    /// Keeps so much memory. It is written to, so that it is resident as well.
    fn keep(&self, bytes: usize) {
        let mut leaked = self.leaked.lock().unwrap_or_else(PoisonError::into_inner);
        leaked.push(vec![1; bytes].into_boxed_slice());
    }

    async fn thaw(&self, after: Duration, length: Duration) {
        let frozen = *self.first.get_or_init(Instant::now) + after;
        let now = Instant::now();
        if now >= frozen && now < frozen + length {
            tokio::time::sleep_until(frozen + length).await;
        }
    }
}

#[async_trait]
impl StatePersistence for Faulty {
    async fn save(&self, request: SaveRequest) -> Result<Saved, PersistenceError> {
        match self.fault {
            Fault::Freeze { after, length } => self.thaw(after, length).await,
            Fault::Lose { every } => {
                if let Some(number) = self.due(every) {
                    return Ok(Saved {
                        // No database gives such a number.
                        snapshot_id: SnapshotId(-number.cast_signed()),
                        outcome: Outcome::Written,
                        observation: Observation::default(),
                    });
                }
            }
            Fault::Slow { percent } => {
                let begun = std::time::Instant::now();
                let answer = self.service.save(request).await;
                delay(begun.elapsed() * percent / 100).await;
                return answer;
            }
            Fault::Fail { every } => {
                if self.due(every).is_some() {
                    return Err(PersistenceError::Busy {
                        context: "a deliberate fault".to_owned(),
                    });
                }
            }
            Fault::Leak { bytes, every } => {
                if self.due(every).is_some() {
                    self.keep(bytes);
                }
            }
        }
        self.service.save(request).await
    }

    async fn load_latest(&self, run_id: &str) -> Result<Option<LoadedState>, PersistenceError> {
        self.service.load_latest(run_id).await
    }

    async fn load_snapshot(&self, id: SnapshotId) -> Result<Option<LoadedState>, PersistenceError> {
        self.service.load_snapshot(id).await
    }

    async fn thread_context(&self, id: &str) -> Result<Option<ThreadContext>, PersistenceError> {
        self.service.thread_context(id).await
    }

    fn cache_statistics(&self) -> CacheStatistics {
        self.service.cache_statistics()
    }

    fn maintain_cache(&self) {
        self.service.maintain_cache();
    }

    fn pool_status(&self) -> PoolStatus {
        self.service.pool_status()
    }

    async fn promises(&self) -> Result<Promises, PersistenceError> {
        self.service.promises().await
    }

    async fn health(&self) -> Result<Health, PersistenceError> {
        self.service.health().await
    }

    async fn flush_statistics(&self) -> Result<u64, PersistenceError> {
        self.service.flush_statistics().await
    }

    async fn close(&self) {
        self.service.close().await;
    }
}

/// Waits to within a few microseconds, letting others work meanwhile. A hit takes tens of microseconds: 5 % of that is far
/// below the grain of timers, and the wake-up of a sleeping thread alone takes longer, so what is left is spun away.
async fn delay(length: Duration) {
    let begun = std::time::Instant::now();
    let coarse = length.saturating_sub(TIMER_GRAIN);
    if !coarse.is_zero() {
        tokio::time::sleep(coarse).await;
    }
    while begun.elapsed() < length {
        tokio::task::yield_now().await;
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A delay is never shorter, and as exact as it is where nothing else wants the processor: on a busy machine most tries wait
    /// for their turn, so it is tried until one did not.
    #[tokio::test]
    async fn a_delay_is_met_from_microseconds_to_milliseconds() {
        for length in [20, 300, 5_000].map(Duration::from_micros) {
            let mut least = Duration::MAX;
            for _ in 0..1000 {
                let begun = std::time::Instant::now();
                delay(length).await;
                least = least.min(begun.elapsed());
                if least < length + Duration::from_micros(200) {
                    break;
                }
            }
            let met = length..length + Duration::from_micros(200);
            assert!(met.contains(&least), "{length:?}: {least:?}");
        }
    }

    #[tokio::test]
    async fn a_leak_keeps_its_bytes_at_every_so_many_saves() {
        let leaking = Faulty::new(
            Arc::new(crate::arm::worker::null::NullService::default()),
            Fault::Leak {
                bytes: 1024,
                every: 100,
            },
        );
        for number in 0..350 {
            leaking.save(request(number)).await.unwrap();
        }
        let leaked = leaking.leaked.lock().unwrap();
        assert_eq!(
            leaked.iter().map(|kept| kept.len()).collect::<Vec<_>>(),
            [1024; 3]
        );
    }

    #[tokio::test]
    async fn a_slow_service_takes_its_share_longer() {
        let folder = tempfile::tempdir().unwrap();
        let options = persistence::DatabaseOptions::sqlite(folder.path().join("state.db"));
        let service = Arc::new(persistence::StandardService::open(&options).await.unwrap());
        let slow = Faulty::new(
            Arc::clone(&service) as Arc<dyn StatePersistence>,
            Fault::Slow { percent: 300 },
        );
        // In turn, so that whatever else the machine does meets both alike.
        let services: [&dyn StatePersistence; 2] = [service.as_ref(), &slow];
        let mut lengths = [Vec::new(), Vec::new()];
        for number in 0..101 {
            for (service, lengths) in services.into_iter().zip(&mut lengths) {
                let begun = std::time::Instant::now();
                service.save(request(number)).await.unwrap();
                lengths.push(begun.elapsed().as_secs_f64());
            }
        }
        let [plain, slow] = lengths.map(|mut lengths| {
            lengths.sort_unstable_by(f64::total_cmp);
            lengths[lengths.len() / 2]
        });
        let ratio = slow / plain;
        // Four times as long, on a disk and a machine that others use as well.
        assert!((2.0..8.0).contains(&ratio), "{ratio}");
    }

    pub(in super::super) fn request(number: u64) -> SaveRequest {
        SaveRequest {
            run_id: "run".to_owned(),
            thread_id: "thread".to_owned(),
            user_id: "user".to_owned(),
            state: format!("{{\"number\":{number}}}").into(),
            checkpoint_type: persistence::CheckpointType::Auto,
            agent_phase: None,
            execution_context: None,
            is_recovery_point: false,
            expires_at: None,
        }
    }
}
