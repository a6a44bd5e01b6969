//! Tickets that were used on this node, for as long as they would still open something.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use uuid::Uuid;

/// The tickets, with when each is over, in seconds since the Unix epoch.
#[derive(Debug, Default)]
pub struct UsedTickets(Mutex<HashMap<Uuid, u64>>);

impl UsedTickets {
    /// Forgets that a ticket was used.
    pub fn release(&self, ticket: Uuid) {
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        used.remove(&ticket);
    }

    /// Notes that a ticket, which is over `until` then, is used; false if it was before.
    pub fn claim(&self, ticket: Uuid, until: u64, now: u64) -> bool {
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if used.len() >= 2 * used.capacity().max(64) / 3 {
            used.retain(|_, until| *until >= now);
        }
        used.insert(ticket, until).is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_is_used_once() {
        let used = UsedTickets::default();
        let ticket = Uuid::now_v7();
        assert!(used.claim(ticket, 30, 0));
        assert!(!used.claim(ticket, 30, 30));
        used.release(ticket);
        assert!(used.claim(ticket, 30, 30));
        for now in 0..10_000 {
            assert!(used.claim(Uuid::now_v7(), now + 30, now));
        }
        assert!(used.0.lock().unwrap().len() < 1_000);
    }
}
