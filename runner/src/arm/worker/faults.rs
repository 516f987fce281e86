//! Services with deliberate faults: they prove that the instrument sees what it must see.

use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
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
    /// Every so many saves fail.
    Fail {
        /// Each how many saves.
        every: u64,
    },
}

/// A service with a fault.
pub(super) struct Faulty {
    service: Arc<dyn StatePersistence>,
    fault: Fault,
    first: OnceLock<Instant>,
    saves: AtomicU64,
}

impl Faulty {
    pub(super) fn new(service: Arc<dyn StatePersistence>, fault: Fault) -> Self {
        Self {
            service,
            fault,
            first: OnceLock::new(),
            saves: AtomicU64::new(0),
        }
    }

    /// The save's number, from 1, if it is one of every so many.
    fn due(&self, every: u64) -> Option<u64> {
        Some(self.saves.fetch_add(1, Ordering::Relaxed) + 1)
            .filter(|number| number.is_multiple_of(every))
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
            Fault::Fail { every } => {
                if self.due(every).is_some() {
                    return Err(PersistenceError::Busy {
                        context: "a deliberate fault".to_owned(),
                    });
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

    async fn close(&self) {
        self.service.close().await;
    }
}
