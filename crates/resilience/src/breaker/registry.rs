//! One breaker for each thing that is assigned to this process.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Breaker;
use super::policy::BreakerConfig;

/// Breakers by key, e.g. by topic and partition. Holds as many as are assigned: make one with
/// [`Self::get_or_open`] on assignment, drop it with [`Self::remove`] on revocation. Clones share it.
pub struct BreakerRegistry<K> {
    shared: Arc<Shared<K>>,
}

struct Shared<K> {
    config: BreakerConfig,
    name: Box<dyn Fn(&K) -> String + Send + Sync>,
    breakers: Mutex<HashMap<K, Breaker>>,
}

impl<K> Clone for BreakerRegistry<K> {
    fn clone(&self) -> Self {
        let shared = Arc::clone(&self.shared);
        Self { shared }
    }
}

impl<K> fmt::Debug for BreakerRegistry<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BreakerRegistry")
            .field("len", &self.lock().len())
            .finish_non_exhaustive()
    }
}

impl<K: Eq + Hash + Clone> BreakerRegistry<K> {
    /// An empty registry whose breakers are all of one config and are named by `name`, which must
    /// give different keys different names.
    #[must_use]
    pub fn new(config: BreakerConfig, name: impl Fn(&K) -> String + Send + Sync + 'static) -> Self {
        let shared = Arc::new(Shared {
            config,
            name: Box::new(name),
            breakers: Mutex::new(HashMap::new()),
        });
        Self { shared }
    }

    /// The breaker of a key that was assigned; a new, closed one unless it is there already.
    #[must_use]
    pub fn get_or_open(&self, key: &K) -> Breaker {
        let mut breakers = self.lock();
        if let Some(breaker) = breakers.get(key) {
            return breaker.clone();
        }
        let breaker = Breaker::new((self.shared.name)(key), self.shared.config);
        breakers.insert(key.clone(), breaker.clone());
        breaker
    }

    /// The breaker of a key, if it is assigned. A late lookup does not bring back what was revoked.
    #[must_use]
    pub fn get(&self, key: &K) -> Option<Breaker> {
        self.lock().get(key).cloned()
    }

    /// Forgets the breaker of a key that was revoked, with its state, and sets its gauge to zero for
    /// good: clones still in use work on, but are no longer in it. Says whether there was one.
    pub fn remove(&self, key: &K) -> bool {
        let mut breakers = self.lock();
        let removed = breakers.remove(key);
        // Still under the lock, so that a successor of the same name sets the gauge after this.
        if let Some(breaker) = &removed {
            breaker.retire();
        }
        removed.is_some()
    }

    /// Every assigned key with its breaker, in no order.
    #[must_use]
    pub fn list(&self) -> Vec<(K, Breaker)> {
        let breakers = self.lock();
        let all = breakers.iter();
        all.map(|(key, breaker)| (key.clone(), breaker.clone()))
            .collect()
    }

    /// Sets the gauges of all breakers again, see [`Breaker::report`].
    pub fn report(&self) {
        self.lock().values().for_each(Breaker::report);
    }

    /// How many keys are assigned.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Whether none is assigned.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<K> BreakerRegistry<K> {
    fn lock(&self) -> MutexGuard<'_, HashMap<K, Breaker>> {
        self.shared
            .breakers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{BreakerPolicy, BreakerState};
    use super::*;

    type Partition = (&'static str, i32);

    const FIRST: Partition = ("posts", 0);
    const SECOND: Partition = ("posts", 1);

    fn registry() -> BreakerRegistry<Partition> {
        let config = BreakerConfig::new(BreakerPolicy::Consecutive(1)).unwrap();
        BreakerRegistry::new(config, |(topic, partition)| format!("{topic}/{partition}"))
    }

    #[test]
    fn each_key_has_its_own_breaker_and_keeps_it() {
        let registry = registry();
        registry
            .get_or_open(&FIRST)
            .try_acquire()
            .unwrap()
            .failure();
        assert_eq!(registry.get_or_open(&FIRST).state(), BreakerState::Open);
        assert_eq!(registry.get_or_open(&SECOND).state(), BreakerState::Closed);
        assert_eq!(registry.get_or_open(&SECOND).name(), "posts/1");
        assert_eq!(registry.len(), 2);
    }

    #[test]
    fn a_revoked_key_is_forgotten_and_a_late_lookup_does_not_bring_it_back() {
        let registry = registry();
        registry
            .get_or_open(&FIRST)
            .try_acquire()
            .unwrap()
            .failure();
        assert!(registry.remove(&FIRST));
        assert!(!registry.remove(&FIRST));
        assert!(registry.get(&FIRST).is_none());
        assert!(registry.is_empty());
        assert_eq!(registry.get_or_open(&FIRST).state(), BreakerState::Closed);
    }

    #[test]
    fn what_is_assigned_is_listed_with_how_it_stands() {
        let registry = registry();
        let first = registry.get_or_open(&FIRST);
        first.try_acquire().unwrap().failure();
        let second = registry.get_or_open(&SECOND);
        second.try_acquire().unwrap().success();
        let mut listed: Vec<_> = registry.list().into_iter().collect();
        listed.sort_by_key(|(key, _)| *key);
        let listed: Vec<_> = listed
            .iter()
            .map(|(key, breaker)| (*key, breaker.state(), breaker.counts().failure_rate()))
            .collect();
        let (open, closed) = (BreakerState::Open, BreakerState::Closed);
        assert_eq!(listed, [(FIRST, open, 1.0), (SECOND, closed, 0.0)]);
    }

    #[test]
    fn it_holds_no_more_than_is_assigned_however_often_that_changes() {
        let registry = registry();
        for partition in 0..1_000 {
            drop(registry.get_or_open(&("posts", partition)));
            registry.remove(&("posts", partition - 3));
            assert!(registry.len() <= 3);
        }
    }

    #[test]
    fn a_permit_of_before_the_revocation_does_not_reach_the_successor() {
        let registry = registry();
        let late = registry.get_or_open(&FIRST).try_acquire().unwrap();
        registry.remove(&FIRST);
        let successor = registry.get_or_open(&FIRST);
        late.failure();
        assert_eq!(successor.state(), BreakerState::Closed);
    }
}
