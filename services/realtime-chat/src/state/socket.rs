//! One socket, as everybody but its own task sees it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use nova_ids::UserId;
use tokio::sync::Notify;
use uuid::Uuid;

use super::encoding::Format;
use crate::domain::ConversationId;
use crate::domain::connection::{Backlog, Close, Fleeting};

/// Most sends of one socket that wait for their answer. The oldest is forgotten for a newer one: its answer then comes as
/// the message that it is.
const MOST_PENDING: usize = 256;
/// Most conversations of which it is known how far a socket has said that they are read there.
const MOST_READ: usize = 64;
/// Bytes handed to a socket at once: what is on its way when there is no more room cannot be taken back.
const AT_ONCE: usize = 32 * 1024;

/// A socket: whatever is to be sent is put here, and its task takes it.
#[derive(Debug)]
pub struct Socket {
    /// Names it.
    pub id: Uuid,
    /// Whose it is.
    pub user_id: UserId,
    /// How its frames are written.
    pub format: Format,
    waiting: Mutex<Waiting>,
    wake: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    backlog: Backlog,
    /// Sends that were not answered.
    pending: Vec<Uuid>,
    /// How far it has said that conversations are read, until that was heard.
    read: Vec<(ConversationId, i64)>,
    is_live: bool,
    end: Option<Close>,
}

impl Socket {
    /// A socket of that user, which is told nothing yet.
    #[must_use]
    pub fn new(user_id: UserId, format: Format) -> Self {
        Self {
            id: Uuid::now_v7(),
            user_id,
            format,
            waiting: Mutex::default(),
            wake: Notify::new(),
        }
    }

    /// Adds a frame that must arrive. When there is no room for it the socket ends.
    pub fn push(&self, frame: Bytes) {
        let mut waiting = self.waiting();
        if !waiting.backlog.push(frame) {
            waiting.end.get_or_insert(Close::TOO_SLOW);
        }
        drop(waiting);
        self.wake.notify_one();
    }

    /// Adds a frame of which only the latest counts.
    pub fn push_fleeting(&self, what: Fleeting, frame: Bytes) {
        self.waiting().backlog.push_fleeting(what, frame);
        self.wake.notify_one();
    }

    /// Takes frames that wait, in their order.
    #[must_use]
    pub fn take(&self) -> Vec<Bytes> {
        let mut waiting = self.waiting();
        let (mut frames, mut bytes) = (Vec::new(), 0);
        while bytes < AT_ONCE
            && let Some(frame) = waiting.backlog.pop()
        {
            bytes += frame.len();
            frames.push(frame);
        }
        frames
    }

    /// Ends it.
    pub fn end(&self, close: Close) {
        self.waiting().end.get_or_insert(close);
        self.wake.notify_one();
    }

    /// Why it ends, if it does.
    #[must_use]
    pub fn ended(&self) -> Option<Close> {
        self.waiting().end.clone()
    }

    /// Waits until there may be something to do.
    pub async fn woken(&self) {
        self.wake.notified().await;
    }

    /// Whether changes go to it as they happen.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.waiting().is_live
    }

    /// From now on they do.
    pub fn go_live(&self) {
        self.waiting().is_live = true;
    }

    /// An answer to this send is waited for.
    pub fn expect(&self, client_message_id: Uuid) {
        let mut waiting = self.waiting();
        if waiting.pending.contains(&client_message_id) {
            return;
        }
        if waiting.pending.len() >= MOST_PENDING {
            waiting.pending.remove(0);
        }
        waiting.pending.push(client_message_id);
    }

    /// Whether an answer to this send was waited for. Not any more.
    pub fn answered(&self, client_message_id: Uuid) -> bool {
        let mut waiting = self.waiting();
        let at = waiting
            .pending
            .iter()
            .position(|pending| *pending == client_message_id);
        if let Some(at) = at {
            waiting.pending.remove(at);
        }
        if waiting.pending.is_empty() {
            waiting.pending = Vec::new();
        }
        at.is_some()
    }

    /// It says that a conversation is read so far.
    pub fn reads(&self, id: ConversationId, sequence: i64) {
        let mut waiting = self.waiting();
        waiting.read.retain(|(other, _)| *other != id);
        if waiting.read.len() >= MOST_READ {
            waiting.read.remove(0);
        }
        waiting.read.push((id, sequence));
    }

    /// Whether it has said itself that a conversation is read so far, or further: then it needs not be told.
    pub fn has_read(&self, id: ConversationId, sequence: i64) -> bool {
        let mut waiting = self.waiting();
        let said = waiting.read.iter().position(|(other, _)| *other == id);
        let Some(at) = said.filter(|at| waiting.read[*at].1 >= sequence) else {
            return false;
        };
        if waiting.read[at].1 == sequence {
            waiting.read.swap_remove(at);
        }
        if waiting.read.is_empty() {
            waiting.read = Vec::new();
        }
        true
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_send_is_answered_once() {
        let socket = Socket::new(UserId::new(), Format::Json);
        let id = Uuid::now_v7();
        assert!(!socket.answered(id));
        socket.expect(id);
        socket.expect(id);
        assert!(socket.answered(id));
        assert!(!socket.answered(id));
    }

    #[test]
    fn what_a_socket_has_read_it_is_not_told() {
        let socket = Socket::new(UserId::new(), Format::Json);
        let (one, other) = (Uuid::now_v7(), Uuid::now_v7());
        assert!(!socket.has_read(one, 1));
        socket.reads(one, 3);
        assert!(socket.has_read(one, 2) && !socket.has_read(one, 4));
        assert!(!socket.has_read(other, 1));
        assert!(socket.has_read(one, 3));
        // Told by another socket once more: whoever is told too often is right.
        assert!(!socket.has_read(one, 3));
    }

    #[test]
    fn who_takes_nothing_is_too_slow() {
        let socket = Socket::new(UserId::new(), Format::Json);
        for _ in 0..257 {
            socket.push(Bytes::from_static(b"x"));
        }
        assert_eq!(socket.ended(), Some(Close::TOO_SLOW));
        assert!(socket.take().is_empty());
    }
}
