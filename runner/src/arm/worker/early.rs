//! A service that promises too early: it acknowledges saves before they are committed. It proves that the crash scenario
//! can fail; as long as nobody kills the process, nothing shows.

use std::sync::Arc;

use async_trait::async_trait;
use persistence::{
    CacheStatistics, Health, LoadedState, Observation, Outcome, PersistenceError, PoolStatus,
    Promises, SaveRequest, Saved, SnapshotId, StatePersistence, ThreadContext,
};
use tokio::sync::{Mutex, mpsc, oneshot};

/// Saves that may wait behind their acknowledgements.
const QUEUE: usize = 64;

type Answer = Result<Saved, PersistenceError>;

/// What the task that writes is asked for.
enum Job {
    /// Write this; nobody may be waiting for the answer any more.
    Save(SaveRequest, oneshot::Sender<Answer>),
    /// Say so when everything before is written.
    Flush(oneshot::Sender<()>),
}

/// A service that writes one save after the other, so that the snapshot of a save is known before it is written: one more
/// than that of the save before it.
pub(super) struct Early {
    service: Arc<dyn StatePersistence>,
    percent: u32,
    queue: mpsc::Sender<Job>,
    order: Mutex<Order>,
}

/// The saves so far.
#[derive(Default)]
struct Order {
    saves: u64,
    /// The snapshot of the next save; unknown before the first answer.
    next: Option<i64>,
}

impl Early {
    /// `percent` of the saves, 1 to 100, are acknowledged early. The service must write every save and number its
    /// snapshots without gaps.
    pub(super) fn new(service: Arc<dyn StatePersistence>, percent: u32) -> Self {
        let (queue, jobs) = mpsc::channel(QUEUE);
        tokio::spawn(write(Arc::clone(&service), jobs));
        Self {
            service,
            percent,
            queue,
            order: Mutex::default(),
        }
    }

    async fn enqueue(
        &self,
        request: SaveRequest,
    ) -> Result<oneshot::Receiver<Answer>, PersistenceError> {
        let (sender, receiver) = oneshot::channel();
        let queued = self.queue.send(Job::Save(request, sender)).await;
        queued.map(|()| receiver).map_err(|_| gone())
    }
}

/// Writes in the order of the queue until nobody can ask any more.
async fn write(service: Arc<dyn StatePersistence>, mut jobs: mpsc::Receiver<Job>) {
    while let Some(job) = jobs.recv().await {
        match job {
            Job::Save(request, sender) => {
                let answer = service.save(request).await;
                let _nobody_waits = sender.send(answer);
            }
            Job::Flush(sender) => {
                let _nobody_waits = sender.send(());
            }
        }
    }
}

fn gone() -> PersistenceError {
    PersistenceError::Busy {
        context: "the task that writes has ended".to_owned(),
    }
}

/// Whether a save, by its number from 1, is one of `percent` in a hundred, spread evenly.
fn is_due(number: u64, percent: u32) -> bool {
    let until = |number: u64| number * u64::from(percent) / 100;
    until(number) > until(number - 1)
}

#[async_trait]
impl StatePersistence for Early {
    async fn save(&self, request: SaveRequest) -> Answer {
        let mut order = self.order.lock().await;
        order.saves += 1;
        let Some(id) = order.next else {
            let saved = self.enqueue(request).await?.await.map_err(|_| gone())??;
            order.next = Some(saved.snapshot_id.0 + 1);
            return Ok(saved);
        };
        let answer = self.enqueue(request).await?;
        order.next = Some(id + 1);
        let early = is_due(order.saves, self.percent);
        drop(order);
        if early {
            return Ok(Saved {
                snapshot_id: SnapshotId(id),
                outcome: Outcome::Written,
                observation: Observation::default(),
            });
        }
        answer.await.map_err(|_| gone())?
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
        let (sender, flushed) = oneshot::channel();
        if self.queue.send(Job::Flush(sender)).await.is_ok() {
            let _written_or_gone = flushed.await;
        }
        self.service.close().await;
    }
}

#[cfg(test)]
mod tests {
    use super::super::faults::tests::request;
    use super::*;

    #[test]
    fn early_saves_are_spread_evenly() {
        let due = |percent| (1..=200).filter(|n| is_due(*n, percent)).count();
        assert_eq!([due(1), due(30), due(100)], [2, 60, 200]);
        assert_eq!(
            (1..=10).filter(|n| is_due(*n, 50)).collect::<Vec<_>>(),
            [2, 4, 6, 8, 10]
        );
    }

    #[tokio::test]
    async fn early_answers_name_the_snapshots_that_come_to_be() {
        let folder = tempfile::tempdir().unwrap();
        let options = persistence::DatabaseOptions::sqlite(folder.path().join("state.db"));
        let service = Arc::new(persistence::StandardService::open(&options).await.unwrap());
        let early = Early::new(Arc::clone(&service) as Arc<dyn StatePersistence>, 50);
        let mut answered = Vec::new();
        for number in 0..20 {
            answered.push(early.save(request(number)).await.unwrap().snapshot_id);
        }
        early.close().await;
        let again = persistence::StandardService::open(&options).await.unwrap();
        for (number, id) in answered.into_iter().enumerate() {
            let stored = again.load_snapshot(id).await.unwrap().unwrap();
            assert_eq!(stored.state, format!("{{\"number\":{number}}}"));
        }
    }
}
