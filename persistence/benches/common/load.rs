//! The closed model: each user saves again as soon as its last save was answered.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use persistence::{CheckpointType, Outcome, SaveRequest, Saved, StatePersistence};

use super::states::States;
use super::{Random, Result, SAVES_PER_RUN, run_id, thread_id, user_id};

/// What the users save.
pub(crate) struct Workload {
    pub(crate) states: States,
    pub(crate) users: u32,
    /// Share of saves that repeat the run's last state, byte for byte; a run's first save never
    /// does.
    pub(crate) duplicate_percent: u64,
}

/// What was saved.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Load {
    pub(crate) saves: u64,
    pub(crate) written: u64,
    pub(crate) commits: u64,
    pub(crate) elapsed: Duration,
}

impl Load {
    fn count(&mut self, saved: &Saved) {
        self.saves += 1;
        self.written += u64::from(saved.outcome == Outcome::Written);
        self.commits += saved.observation.commits;
    }

    pub(crate) fn rows_per_commit(&self) -> f64 {
        self.written as f64 / self.commits.max(1) as f64
    }
}

pub(crate) fn request(user: u32, save: u64, state: Bytes) -> SaveRequest {
    SaveRequest {
        run_id: run_id(user, save),
        thread_id: thread_id(user),
        user_id: user_id(user),
        state,
        checkpoint_type: CheckpointType::Auto,
        agent_phase: None,
        execution_context: None,
        is_recovery_point: false,
        expires_at: None,
    }
}

/// Lets all users save for as long as `go_on` says so, asked before each save.
pub(crate) async fn closed_loop(
    service: &Arc<dyn StatePersistence>,
    workload: &Arc<Workload>,
    go_on: impl Fn() -> bool + Clone + Send + 'static,
) -> Result<Load> {
    let begun = Instant::now();
    let users: Vec<_> = (0..workload.users)
        .map(|user| {
            let (service, workload) = (Arc::clone(service), Arc::clone(workload));
            let go_on = go_on.clone();
            tokio::spawn(async move { save_as(user, &*service, &workload, go_on).await })
        })
        .collect();
    let mut all = Load::default();
    for user in users {
        let load = user.await??;
        all.saves += load.saves;
        all.written += load.written;
        all.commits += load.commits;
    }
    all.elapsed = begun.elapsed();
    Ok(all)
}

async fn save_as(
    user: u32,
    service: &dyn StatePersistence,
    workload: &Workload,
    go_on: impl Fn() -> bool,
) -> Result<Load> {
    let mut random = Random::new(u64::from(user));
    let mut load = Load::default();
    let mut last = Bytes::new();
    while go_on() {
        let begins_run = load.saves.is_multiple_of(SAVES_PER_RUN);
        if begins_run || random.below(100) >= workload.duplicate_percent {
            last = Bytes::from(workload.states.received(&mut random));
        }
        let saved = service
            .save(request(user, load.saves, last.clone()))
            .await?;
        load.count(&saved);
    }
    Ok(load)
}
