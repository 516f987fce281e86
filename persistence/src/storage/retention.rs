//! What the batch writers remember of what they committed, so that they ask the database less.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::RETAINED_SNAPSHOTS;

/// Beyond as many everything is forgotten, which costs a statement for each, once.
const MAX_REMEMBERED: usize = 100_000;

/// How many snapshots runs have, shared by all writers of a database: a run's batches may go to any
/// of them, though never to two at the same time.
#[derive(Debug, Clone, Default)]
pub(in crate::storage) struct RunLengths(Arc<Mutex<HashMap<String, u32>>>);

impl RunLengths {
    pub(in crate::storage) fn get(&self, run_id: &str) -> Option<u32> {
        self.lengths().get(run_id).copied()
    }

    /// To be called after the commit.
    pub(in crate::storage) fn remember(&self, lengths: &BTreeMap<&str, u32>) {
        let mut known = self.lengths();
        if known.len() + lengths.len() > MAX_REMEMBERED {
            known.clear();
        }
        for (run_id, length) in lengths {
            let length = (*length).min(RETAINED_SNAPSHOTS);
            match known.get_mut(*run_id) {
                Some(known) => *known = length,
                None => {
                    known.insert((*run_id).to_owned(), length);
                }
            }
        }
    }

    pub(in crate::storage) fn forget<'a>(&self, runs: impl Iterator<Item = &'a str>) {
        let mut known = self.lengths();
        for run_id in runs {
            known.remove(run_id);
        }
    }

    // A panic elsewhere cannot leave the map half-changed, so a poisoned lock is still good.
    fn lengths(&self) -> MutexGuard<'_, HashMap<String, u32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Users who are in the database.
#[derive(Debug)]
pub(in crate::storage) struct KnownUsers {
    remembers: bool,
    users: HashSet<String>,
}

impl KnownUsers {
    /// One that does not remember knows nobody.
    pub(in crate::storage) fn new(remembers: bool) -> Self {
        Self {
            remembers,
            users: HashSet::new(),
        }
    }

    pub(in crate::storage) fn contains(&self, user_id: &str) -> bool {
        self.users.contains(user_id)
    }

    /// To be called after the commit.
    pub(in crate::storage) fn remember(&mut self, users: &[&str]) {
        if !self.remembers {
            return;
        }
        if self.users.len() + users.len() > MAX_REMEMBERED {
            self.users.clear();
        }
        self.users
            .extend(users.iter().map(|user| (*user).to_owned()));
    }

    pub(in crate::storage) fn forget<'a>(&mut self, users: impl Iterator<Item = &'a str>) {
        for user_id in users {
            self.users.remove(user_id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_never_longer_than_what_is_kept() {
        let lengths = RunLengths::default();
        lengths.remember(&BTreeMap::from([
            ("short", 3),
            ("long", RETAINED_SNAPSHOTS + 9),
        ]));
        assert_eq!(lengths.get("short"), Some(3));
        assert_eq!(lengths.get("long"), Some(RETAINED_SNAPSHOTS));
        lengths.forget(["short"].into_iter());
        assert_eq!(lengths.get("short"), None);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let lengths = RunLengths::default();
        let mut users = KnownUsers::new(true);
        for number in 0..MAX_REMEMBERED + 10 {
            let name = number.to_string();
            lengths.remember(&BTreeMap::from([(name.as_str(), 1)]));
            users.remember(&[&name]);
        }
        assert!(lengths.lengths().len() <= MAX_REMEMBERED);
        assert!(users.users.len() <= MAX_REMEMBERED);
        assert!(users.contains(&(MAX_REMEMBERED + 9).to_string()));
    }
}
