//! Keys that are known for a while.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::replicas::Shared;

/// Most keys that one process remembers: 5 MB at most. Beyond it the one that a new one takes the place of has to
/// become known again.
const MOST: usize = 100_000;

/// Keys that are known for a while after they were last told: in this process, and in all replicas where limits are
/// shared. A key that is forgotten early, as by a start, does no harm: it is a stranger's until it is told again.
/// Clones know the same.
#[derive(Debug, Clone)]
pub struct Known(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    name: &'static str,
    life: Duration,
    hasher: RandomState,
    until: Mutex<HashMap<u64, Instant>>,
    shared: Option<Shared>,
}

impl Known {
    pub(super) fn new(name: &'static str, life: Duration, shared: Option<Shared>) -> Self {
        Self(Arc::new(Inner {
            name,
            life,
            hasher: RandomState::new(),
            until: Mutex::default(),
            shared,
        }))
    }

    /// Makes a key known from now on.
    pub async fn remember(&self, key: &str) {
        self.remember_here(key);
        let Inner { name, life, .. } = *self.0;
        let Some(shared) = &self.0.shared else {
            return;
        };
        if let Err(error) = shared.remember(name, key, life).await {
            tracing::debug!(%error, "only this process will remember");
        }
    }

    /// Whether a key is known.
    pub async fn knows(&self, key: &str) -> bool {
        let hash = self.0.hasher.hash_one(key);
        let until = self.until().get(&hash).copied();
        if until.is_some_and(|until| until > Instant::now()) {
            return true;
        }
        let Some(shared) = &self.0.shared else {
            return false;
        };
        shared.remembers(self.0.name, key).await.unwrap_or(false)
    }

    fn remember_here(&self, key: &str) {
        let now = Instant::now();
        let mut until = self.until();
        if until.len() >= MOST {
            until.retain(|_, until| *until > now);
        }
        if until.len() >= MOST {
            let any = until.keys().next().copied();
            any.and_then(|any| until.remove(&any));
        }
        if let Some(then) = now.checked_add(self.0.life) {
            until.insert(self.0.hasher.hash_one(key), then);
        }
    }

    fn until(&self) -> MutexGuard<'_, HashMap<u64, Instant>> {
        self.0.until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_is_known_is_forgotten_after_its_time() {
        let known = Known::new("addresses", Duration::from_secs(60), None);
        assert!(!known.knows("a").await);
        known.remember("a").await;
        assert!(known.knows("a").await && !known.knows("b").await);
        tokio::time::advance(Duration::from_secs(59)).await;
        assert!(known.knows("a").await);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(!known.knows("a").await);
    }

    #[tokio::test]
    async fn no_more_than_so_many_are_known() {
        let known = Known::new("addresses", Duration::from_secs(60), None);
        for number in 0..MOST + 10 {
            known.remember_here(&number.to_string());
        }
        assert_eq!(known.until().len(), MOST);
        known.remember("the last").await;
        assert!(known.knows("the last").await);
    }
}
