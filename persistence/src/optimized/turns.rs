//! Turns of a run: its saves proceed one at a time, in the order in which they asked.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::sync::PoisonError;

use tokio::sync::oneshot;

use super::sync::{Mutex, MutexGuard};

/// The runs that have a save under way, by a hash of their names: two runs that share one wait for
/// each other, which does no harm. Bounded by the saves under way, since the last one of a run
/// clears up.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    names: RandomState,
    runs: Mutex<HashMap<u64, VecDeque<oneshot::Sender<()>>>>,
}

impl Turns {
    /// Waits for the run's turn. The place in the queue is taken when the future is first polled.
    pub(crate) async fn take(&self, run_id: &str) -> Turn<'_> {
        let run = self.names.hash_one(run_id);
        let mut turn = Turn {
            turns: self,
            run,
            called: None,
        };
        {
            let mut runs = self.runs();
            match runs.get_mut(&run) {
                None => {
                    runs.insert(run, VecDeque::new());
                }
                Some(waiting) => {
                    let (call, called) = oneshot::channel();
                    waiting.push_back(call);
                    turn.called = Some(called);
                }
            }
        }
        // It stays in the turn meanwhile, so that a caller who stops waiting clears up too.
        if let Some(called) = &mut turn.called {
            // Nobody ends a turn without calling the next one.
            let _ = called.await;
            turn.called = None;
        }
        turn
    }

    // A panic elsewhere cannot leave the map half-changed, so a poisoned lock is still good.
    fn runs(&self) -> MutexGuard<'_, HashMap<u64, VecDeque<oneshot::Sender<()>>>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The turn, or the place in the queue for it; ends when dropped.
pub(crate) struct Turn<'a> {
    turns: &'a Turns,
    run: u64,
    /// Present while it waits.
    called: Option<oneshot::Receiver<()>>,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if let Some(called) = &mut self.called {
            called.close();
            if called.try_recv().is_err() {
                // Not its turn yet: whoever calls passes it by.
                return;
            }
        }
        let mut runs = self.turns.runs();
        let next = |waiting: &mut VecDeque<oneshot::Sender<()>>| {
            while let Some(call) = waiting.pop_front() {
                if call.send(()).is_ok() {
                    return true;
                }
            }
            false
        };
        if !runs.get_mut(&self.run).is_some_and(next) {
            runs.remove(&self.run);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::{Future, poll_fn};
    use std::pin::pin;
    use std::task::Poll;

    use shuttle::future::block_on;

    use super::*;

    async fn is_ready_now(future: std::pin::Pin<&mut impl Future>) -> bool {
        let mut future = future;
        poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_ready())).await
    }

    #[test]
    fn one_run_waits_for_its_turn_and_another_does_not() {
        let model = || {
            block_on(async {
                let turns = Turns::default();
                let first = turns.take("a").await;
                let mut second = pin!(turns.take("a"));
                assert!(!is_ready_now(second.as_mut()).await);
                assert!(is_ready_now(pin!(turns.take("b"))).await);
                drop(first);
                assert!(is_ready_now(second).await);
            });
        };
        shuttle::check_random(model, 1);
    }

    #[test]
    fn nothing_is_kept_of_runs_that_are_done_or_given_up() {
        let model = || {
            block_on(async {
                let turns = Turns::default();
                {
                    let first = turns.take("a").await;
                    let mut given_up = Box::pin(turns.take("a"));
                    assert!(!is_ready_now(given_up.as_mut()).await);
                    let mut called_and_given_up = Box::pin(turns.take("a"));
                    assert!(!is_ready_now(called_and_given_up.as_mut()).await);
                    drop(given_up);
                    drop(first);
                    drop(called_and_given_up);
                }
                assert!(turns.runs().is_empty());
            });
        };
        shuttle::check_random(model, 1);
    }
}
