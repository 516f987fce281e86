//! Turns of a run: its saves proceed one at a time, in the order in which they asked.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::OwnedMutexGuard;

/// The runs that have a save under way. Bounded by the saves under way, since the last one of a run
/// clears up.
#[derive(Debug, Default)]
pub(super) struct Turns {
    runs: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
}

impl Turns {
    /// Waits for the run's turn. The place in the queue is taken when the future is first polled.
    pub(super) async fn take<'a>(&'a self, run_id: &'a str) -> Turn<'a> {
        let lock = Arc::clone(self.runs().entry(run_id.to_owned()).or_default());
        // Exists before the wait, so that a caller who stops waiting clears up too.
        let mut turn = Turn {
            turns: self,
            run_id,
            lock,
            guard: None,
        };
        turn.guard = Some(Arc::clone(&turn.lock).lock_owned().await);
        turn
    }

    // A panic elsewhere cannot leave the map half-changed, so a poisoned lock is still good.
    fn runs(&self) -> MutexGuard<'_, HashMap<String, Arc<tokio::sync::Mutex<()>>>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The turn, or the place in the queue for it; ends when dropped.
pub(super) struct Turn<'a> {
    turns: &'a Turns,
    run_id: &'a str,
    lock: Arc<tokio::sync::Mutex<()>>,
    guard: Option<OwnedMutexGuard<()>>,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut runs = self.turns.runs();
        self.guard = None;
        // Everybody else who waits for this run holds the lock as well; with two holders it is the
        // map and this turn.
        if Arc::strong_count(&self.lock) == 2 {
            runs.remove(self.run_id);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::{Future, poll_fn};
    use std::pin::pin;
    use std::task::Poll;

    use super::*;

    async fn is_ready_now(future: std::pin::Pin<&mut impl Future>) -> bool {
        let mut future = future;
        poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_ready())).await
    }

    #[tokio::test]
    async fn one_run_waits_for_its_turn_and_another_does_not() {
        let turns = Turns::default();
        let first = turns.take("a").await;
        let mut second = pin!(turns.take("a"));
        assert!(!is_ready_now(second.as_mut()).await);
        assert!(is_ready_now(pin!(turns.take("b"))).await);
        drop(first);
        assert!(is_ready_now(second).await);
    }

    #[tokio::test]
    async fn nothing_is_kept_of_runs_that_are_done_or_given_up() {
        let turns = Turns::default();
        {
            let first = turns.take("a").await;
            let mut given_up = Box::pin(turns.take("a"));
            assert!(!is_ready_now(given_up.as_mut()).await);
            drop(given_up);
            drop(first);
        }
        assert!(turns.runs().is_empty());
    }
}
