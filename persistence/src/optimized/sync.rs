//! The locks and threads of the write path. In this crate's own tests they are shuttle's, so that
//! models try many interleavings of the very code that runs elsewhere.

#[cfg(test)]
pub(super) use shuttle::{
    sync::{Condvar, Mutex, MutexGuard},
    thread,
};
#[cfg(not(test))]
pub(super) use std::{
    sync::{Condvar, Mutex, MutexGuard},
    thread,
};
