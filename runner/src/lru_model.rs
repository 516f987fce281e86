//! A perfect least-recently-used cache of keys: what a real cache is held against.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

/// A set of at most `capacity` keys that always gives up the one touched longest ago.
#[derive(Debug, Clone)]
pub(crate) struct LruModel<K> {
    capacity: usize,
    /// Counts touches; each touch has a tick of its own, so ticks order the keys by recency.
    tick: u64,
    ticks: HashMap<K, u64>,
    by_tick: BTreeMap<u64, K>,
}

impl<K: Hash + Eq + Clone> LruModel<K> {
    /// An empty cache for `capacity` keys. With a capacity of 0 every insertion evicts its own key.
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            capacity,
            tick: 0,
            ticks: HashMap::new(),
            by_tick: BTreeMap::new(),
        }
    }

    /// Whether the key is there; if so it becomes the most recently used one.
    pub(crate) fn get(&mut self, key: &K) -> bool {
        let Some(old) = self.ticks.get_mut(key) else {
            return false;
        };
        self.tick += 1;
        if let Some(key) = self.by_tick.remove(old) {
            self.by_tick.insert(self.tick, key);
        }
        *old = self.tick;
        true
    }

    /// Puts the key in as the most recently used one; returns the key that had to go for it, if any.
    pub(crate) fn insert(&mut self, key: K) -> Option<K> {
        if self.get(&key) {
            return None;
        }
        self.tick += 1;
        self.ticks.insert(key.clone(), self.tick);
        self.by_tick.insert(self.tick, key);
        if self.ticks.len() <= self.capacity {
            return None;
        }
        let (_, evicted) = self.by_tick.pop_first()?;
        self.ticks.remove(&evicted);
        Some(evicted)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_key_touched_longest_ago_goes_first() {
        let mut lru = LruModel::new(2);
        assert_eq!(lru.insert("a"), None);
        assert_eq!(lru.insert("b"), None);
        assert!(lru.get(&"a"));
        assert_eq!(lru.insert("c"), Some("b"));
        assert!(!lru.get(&"b"));
        assert_eq!(lru.insert("a"), None, "a key that is there evicts nothing");
        assert_eq!(
            lru.insert("d"),
            Some("c"),
            "inserting a key again touches it"
        );
        assert_eq!(lru.ticks.len(), 2);
    }

    #[test]
    fn without_room_a_key_evicts_itself() {
        let mut lru = LruModel::new(0);
        assert_eq!(lru.insert(7), Some(7));
        assert_eq!(lru.ticks.len(), 0);
    }

    proptest! {
        /// Against the plainest implementation there is: a list ordered by recency.
        #[test]
        fn it_agrees_with_a_list(capacity in 1_usize..8, operations in prop::collection::vec((any::<bool>(), 0_u8..12), 0..200)) {
            let mut lru = LruModel::new(capacity);
            let mut list: Vec<u8> = Vec::new();
            for (insert, key) in operations {
                let known = list.iter().position(|k| *k == key).map(|at| list.remove(at)).is_some();
                if insert {
                    list.push(key);
                    let evicted = (list.len() > capacity).then(|| list.remove(0));
                    prop_assert_eq!(lru.insert(key), evicted);
                } else {
                    if known {
                        list.push(key);
                    }
                    prop_assert_eq!(lru.get(&key), known);
                }
                prop_assert_eq!(lru.ticks.len(), list.len());
            }
        }
    }
}
