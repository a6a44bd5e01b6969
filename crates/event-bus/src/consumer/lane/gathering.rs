//! Keys whose messages are put away, many in one statement: each statement is a transaction on disk.

use std::collections::VecDeque;
use std::time::Duration;

use crate::consumer::keys::KeyHash;

/// Messages in one statement.
pub(super) const TOGETHER: usize = 512;
/// How long more of them are waited for after fewer than that.
pub(super) const GATHERED: Duration = Duration::from_millis(20);

/// Taken keys that wait, and whether a statement runs that must end first: order is that of the statements.
#[derive(Default)]
pub(super) struct Gathering {
    keys: VecDeque<KeyHash>,
    is_running: bool,
}

impl Gathering {
    pub(super) fn push(&mut self, key: KeyHash) {
        self.keys.push_back(key);
    }

    pub(super) fn can_begin(&self) -> bool {
        !self.is_running && !self.keys.is_empty()
    }

    pub(super) fn begin(&mut self) {
        self.is_running = true;
    }

    pub(super) fn end(&mut self) {
        self.is_running = false;
    }

    pub(super) fn next(&mut self) -> Option<KeyHash> {
        self.keys.pop_front()
    }
}
