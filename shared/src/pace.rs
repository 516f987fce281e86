//! Long computations in steps: who shows a page lets the browser paint between them, everybody else runs through.
//!
//! A function that ends in `_in_steps` awaits its `pause` between two steps, each of which takes some milliseconds.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// Takes all steps of a computation whose pauses are over at once, as [`none`] is.
pub(crate) fn at_once<T>(steps: impl Future<Output = T>) -> T {
    let mut steps = pin!(steps);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(done) = steps.as_mut().poll(&mut context) {
            return done;
        }
    }
}

/// No pause.
pub(crate) async fn none() {}
