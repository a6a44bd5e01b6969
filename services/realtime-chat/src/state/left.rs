//! Whose sockets have gone: Redis is told of many at once, by the job that keeps the leases.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use nova_ids::UserId;
use tokio::sync::Notify;

/// Users of whom Redis does not know yet that they have fewer sockets on this node.
#[derive(Debug, Default)]
pub struct Left {
    users: Mutex<HashSet<UserId>>,
    wake: Notify,
}

impl Left {
    /// One of this user's sockets has gone.
    pub fn add(&self, user: UserId) {
        self.users().insert(user);
        self.wake.notify_one();
    }

    /// Waits until there may be some.
    pub async fn some(&self) {
        self.wake.notified().await;
    }

    /// Takes all.
    #[must_use]
    pub fn take(&self) -> Vec<UserId> {
        self.users().drain().collect()
    }

    /// Puts those back of whom Redis could not be told. That wakes nobody.
    pub fn put_back(&self, users: Vec<UserId>) {
        self.users().extend(users);
    }

    fn users(&self) -> MutexGuard<'_, HashSet<UserId>> {
        self.users.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
