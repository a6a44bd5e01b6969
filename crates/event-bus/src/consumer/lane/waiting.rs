//! Keys that wait for a turn of their kind.

use std::collections::VecDeque;

use futures::future::BoxFuture;

use crate::consumer::keys::KeyHash;
use crate::middleware::{Limit, Turn};

/// Keys that wait for a turn.
pub(super) struct Waiting {
    pub(super) keys: VecDeque<KeyHash>,
    limit: Limit,
    next: Option<BoxFuture<'static, Option<Turn>>>,
}

impl Waiting {
    pub(super) const fn of(limit: Limit) -> Self {
        Self {
            keys: VecDeque::new(),
            limit,
            next: None,
        }
    }

    /// A turn that is there at once; if there is none, asks for the next.
    pub(super) fn turn(&mut self) -> Option<Turn> {
        if self.keys.is_empty() || self.next.is_some() {
            return None;
        }
        let turn = self.limit.at_once();
        if turn.is_none() {
            self.next = Some(self.limit.next());
        }
        turn
    }

    /// The turn that was asked for; waits for ever if none was.
    pub(super) async fn next(&mut self) -> Option<Turn> {
        let Some(next) = &mut self.next else {
            return std::future::pending().await;
        };
        let turn = next.await;
        self.next = None;
        turn
    }
}
