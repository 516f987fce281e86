//! Deliberate failures of the deduplication cache.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::dedup::CommittedStates;

/// Makes the cache of an [`OptimizedService`](crate::OptimizedService) fail, to see that the
/// service stays right. Clones act on the same cache: that of the service opened last with one of
/// them in its options.
#[derive(Clone, Default)]
pub struct CacheFaults {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    failing: AtomicBool,
    cache: Mutex<Weak<CommittedStates>>,
}

impl CacheFaults {
    /// Alters every entry as broken memory might: its seal does not fit any more.
    pub fn poison(&self) {
        if let Some(cache) = self.cache() {
            cache.poison();
        }
    }

    /// Removes every entry.
    pub fn empty(&self) {
        if let Some(cache) = self.cache() {
            cache.empty();
        }
    }

    /// From now on every access to the cache fails, or works again.
    pub fn fail(&self, failing: bool) {
        self.shared.failing.store(failing, Ordering::SeqCst);
    }

    pub(super) fn are_failing(&self) -> bool {
        self.shared.failing.load(Ordering::SeqCst)
    }

    pub(super) fn attach(&self, cache: &Arc<CommittedStates>) {
        *self
            .shared
            .cache
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Arc::downgrade(cache);
    }

    fn cache(&self) -> Option<Arc<CommittedStates>> {
        let cache = self.shared.cache.lock();
        cache.unwrap_or_else(PoisonError::into_inner).upgrade()
    }
}

impl fmt::Debug for CacheFaults {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("CacheFaults")
            .field("failing", &self.are_failing())
            .finish_non_exhaustive()
    }
}
