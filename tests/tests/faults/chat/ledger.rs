//! Who talks where, and what all of them have seen of it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use crate::flaws::Flaw;
use crate::folder::Journal;
use crate::users::User;

/// A conversation.
pub(super) struct Room {
    pub(super) id: String,
    /// Numbers of users; the first has begun it.
    pub(super) members: Vec<usize>,
    pub(super) is_group: bool,
    /// Messages that were acknowledged: what they are called, and whose they are.
    known: Mutex<Vec<(String, usize)>>,
}

impl Room {
    pub(super) fn new(id: String, members: Vec<usize>, is_group: bool) -> Self {
        Self {
            id,
            members,
            is_group,
            known: Mutex::default(),
        }
    }

    /// Messages that were acknowledged.
    pub(super) fn known(&self) -> MutexGuard<'_, Vec<(String, usize)>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A message that was acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Acknowledged {
    /// Number of its conversation.
    pub(super) room: usize,
    pub(super) id: String,
    pub(super) sequence: i64,
}

/// How often what was done.
#[derive(Debug, Default)]
pub(super) struct Counts {
    /// Messages that somebody began to send.
    pub(super) sends: AtomicUsize,
    /// Sends that were said once more.
    pub(super) repeated: AtomicUsize,
    /// Edits, deletions, reactions, marks and titles that were taken.
    pub(super) changes: AtomicUsize,
    /// Changes that a device was told.
    pub(super) delivered: AtomicUsize,
    pub(super) reconnects: AtomicUsize,
    /// Sends by socket that were not answered yet.
    pub(super) unanswered: AtomicUsize,
}

impl Counts {
    pub(super) fn add(counter: &AtomicUsize) {
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

/// What all share.
pub(super) struct Ledger {
    pub(super) users: Vec<User>,
    pub(super) rooms: Vec<Room>,
    pub(super) counts: Counts,
    pub(super) journal: Journal,
    acknowledged: Mutex<HashMap<String, Acknowledged>>,
    flaws: Mutex<Vec<Flaw>>,
}

impl Ledger {
    pub(super) fn new(users: Vec<User>, rooms: Vec<Room>, journal: Journal) -> Self {
        Self {
            users,
            rooms,
            counts: Counts::default(),
            journal,
            acknowledged: Mutex::default(),
            flaws: Mutex::default(),
        }
    }

    /// Numbers of the conversations that a user is in.
    pub(super) fn rooms_of(&self, user: usize) -> Vec<usize> {
        let rooms = self.rooms.iter().enumerate();
        rooms
            .filter(|(_, room)| room.members.contains(&user))
            .map(|(number, _)| number)
            .collect()
    }

    /// By `client_message_id`.
    pub(super) fn acknowledged(&self) -> MutexGuard<'_, HashMap<String, Acknowledged>> {
        let all = self.acknowledged.lock();
        all.unwrap_or_else(PoisonError::into_inner)
    }

    /// A message of this user was acknowledged, for the first time or not: as `{id or message_id, sequence}`.
    pub(super) fn acknowledge(&self, user: usize, room: usize, client_id: &str, told: &Value) {
        let id = told["message_id"].as_str().or(told["id"].as_str());
        let acknowledged = Acknowledged {
            room,
            id: id.unwrap_or_default().to_owned(),
            sequence: told["sequence"].as_i64().unwrap_or_default(),
        };
        let before = self
            .acknowledged()
            .insert(client_id.to_owned(), acknowledged.clone());
        match before {
            None => self.rooms[room].known().push((acknowledged.id, user)),
            Some(before) if before == acknowledged => {}
            Some(before) => self.flaw(Flaw::Doubled(format!(
                "{client_id} is {before:?} and {acknowledged:?}"
            ))),
        }
    }

    /// Something must not be.
    pub(super) fn flaw(&self, flaw: Flaw) {
        self.journal.note(&flaw);
        self.flaws().push(flaw);
    }

    pub(super) fn flaws(&self) -> MutexGuard<'_, Vec<Flaw>> {
        self.flaws.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
