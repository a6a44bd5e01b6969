//! The sockets of this node, and what each of their conversations has come to.
//!
//! A change goes to a conversation's sockets when it is the next one there; if one is missing, it is loaded first. So
//! each socket gets every change once and in order, whichever way and however often a node hears of it.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nova_attachments::Links;
use nova_ids::UserId;
use nova_proto::messaging::v1 as messaging;
use tokio::sync::mpsc;
use uuid::Uuid;

use super::encoding::{ack_of, encode};
use super::rooms::{Inner, Room, members_of};
use super::socket::Socket;
use super::watches::MOST_WATCHED;
use crate::domain::connection::{Close, Fleeting};
use crate::domain::{self, Change, ConversationId, Here, MarkState, ServerFrame, Stretch};
use crate::metrics;
use crate::store::routes::Presence;

/// Most sockets of one user on all nodes, as far as Redis can tell; and on each node, whatever Redis does.
pub(super) const MOST_SOCKETS: usize = 20;

/// The sockets of this node.
pub struct Hub {
    inner: Mutex<Inner>,
    links: Links,
    behind: mpsc::UnboundedSender<ConversationId>,
}

/// There are as many sockets of that user as there may be on a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full;

impl Hub {
    /// Without sockets. Conversations of which something is missing go to `behind`, each once until that was loaded.
    #[must_use]
    pub fn new(links: Links, behind: mpsc::UnboundedSender<ConversationId>) -> Self {
        Self {
            inner: Mutex::default(),
            links,
            behind,
        }
    }

    /// The frames of a change are to be written with these links.
    #[must_use]
    pub const fn links(&self) -> &Links {
        &self.links
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a socket in, and says how many its user has here then. It hears nothing before it is live.
    ///
    /// # Errors
    /// When its user has too many.
    pub fn enter(&self, socket: &Arc<Socket>, unseen: Vec<UserId>) -> Result<usize, Full> {
        let mut inner = self.inner();
        let local = inner.users.entry(socket.user_id).or_default();
        if local.sockets.len() >= MOST_SOCKETS {
            return Err(Full);
        }
        local.sockets.push(Arc::clone(socket));
        let count = local.sockets.len();
        local.unseen = unseen.into_iter().collect();
        let rooms: Vec<ConversationId> = local.rooms.iter().copied().collect();
        for id in rooms {
            if let Some(room) = inner.rooms.get_mut(&id) {
                let at = room.at;
                room.seat(socket, at);
            }
        }
        inner.sockets += 1;
        metrics::sockets(inner.sockets);
        Ok(count)
    }

    /// Seats a socket in the conversations that its user is in, from where each is.
    pub fn seat(&self, socket: &Arc<Socket>, heads: &[(ConversationId, i64)]) {
        let mut inner = self.inner();
        let inner = &mut *inner;
        let Some(local) = inner.users.get_mut(&socket.user_id) else {
            return;
        };
        for (id, head) in heads {
            local.rooms.insert(*id);
            let room = inner.rooms.entry(*id).or_insert_with(|| Room::new(*head));
            for one in &local.sockets {
                room.seat(one, *head);
            }
            // It may have been seated by a change that came in between: what is before its hello is none of its.
            let own = room
                .seats
                .iter_mut()
                .find(|seat| seat.socket.id == socket.id);
            if let Some(seat) = own {
                seat.floor = seat.floor.max(*head);
            }
            if room.at < *head && !room.is_behind {
                room.is_behind = true;
                self.behind.send(*id).ok();
            }
        }
    }

    /// Lets a socket go. Once more does nothing.
    pub fn leave(&self, socket: &Socket) {
        let mut inner = self.inner();
        inner.watches.remove(socket, None);
        let Some(local) = inner.users.get_mut(&socket.user_id) else {
            return;
        };
        let before = local.sockets.len();
        local.sockets.retain(|other| other.id != socket.id);
        if local.sockets.len() == before {
            return;
        }
        let is_last = local.sockets.is_empty();
        let rooms: Vec<ConversationId> = local.rooms.iter().copied().collect();
        if is_last {
            inner.users.remove(&socket.user_id);
        }
        for id in rooms {
            inner.leave_room(id, |other| other.id == socket.id);
        }
        inner.sockets -= 1;
        metrics::sockets(inner.sockets);
    }

    /// Makes a socket live that has been told everything up to these positions. What this node has told others meanwhile
    /// it must be told first: that, if there is any.
    #[must_use]
    pub fn settle(
        &self,
        socket: &Arc<Socket>,
        reached: &HashMap<ConversationId, i64>,
    ) -> Vec<Stretch> {
        let mut inner = self.inner();
        let inner = &mut *inner;
        let Some(local) = inner.users.get(&socket.user_id) else {
            return Vec::new();
        };
        let mut missed = Vec::new();
        for id in &local.rooms {
            let Some(room) = inner.rooms.get_mut(id) else {
                continue;
            };
            let at = room.at;
            let Some(seat) = room
                .seats
                .iter_mut()
                .find(|seat| seat.socket.id == socket.id)
            else {
                continue;
            };
            let floor = reached.get(id).copied().unwrap_or(seat.floor);
            seat.floor = floor;
            if floor < at {
                missed.push(Stretch {
                    id: *id,
                    after: floor,
                    to: at,
                });
            }
        }
        if missed.is_empty() {
            socket.go_live();
        }
        missed
    }

    /// Tells a change that is the next of its conversation; true if it was.
    pub fn change(&self, change: &Change) -> bool {
        self.tell(change, false)
    }

    /// Tells the changes of a conversation that was behind, and what is between them is not kept.
    pub fn caught_up(&self, id: ConversationId, changes: &[Change]) {
        for change in changes {
            self.tell(change, true);
        }
        if let Some(room) = self.inner().rooms.get_mut(&id) {
            room.is_behind = false;
        }
    }

    fn tell(&self, change: &Change, is_loaded: bool) -> bool {
        let id = change.conversation_id;
        let mut inner = self.inner();
        if inner
            .rooms
            .get(&id)
            .is_some_and(|room| change.position <= room.at)
        {
            return false;
        }
        for (user, joined) in members_of(change) {
            inner.adopt(id, user, joined.max(1).min(change.position) - 1);
        }
        let Some(room) = inner.rooms.get_mut(&id) else {
            return false;
        };
        if change.position > room.at + 1 && !is_loaded {
            if !room.is_behind {
                room.is_behind = true;
                self.behind.send(id).ok();
            }
            return false;
        }
        room.at = change.position;
        inner.deliver(change, &self.links);
        inner.answer_late(id);
        for user in &change.removed {
            inner.dismiss(id, *user);
        }
        true
    }

    /// Where a conversation is here, if it is.
    #[must_use]
    pub fn at(&self, id: ConversationId) -> Option<i64> {
        self.inner().rooms.get(&id).map(|room| room.at)
    }

    /// Whether a socket is in a conversation.
    #[must_use]
    pub fn is_in(&self, socket: &Socket, id: ConversationId) -> bool {
        let inner = self.inner();
        let local = inner.users.get(&socket.user_id);
        local.is_some_and(|local| local.rooms.contains(&id))
    }

    /// Conversations that have come to these positions: those that are not there yet are loaded, and those that are new
    /// are given back.
    #[must_use]
    pub fn found(&self, heads: &[(ConversationId, i64, bool)]) -> Vec<ConversationId> {
        let mut inner = self.inner();
        let mut unknown = Vec::new();
        for (id, head, has_members) in heads {
            match inner.rooms.get_mut(id) {
                Some(room) if room.at < *head => {
                    room.is_behind = true;
                    self.behind.send(*id).ok();
                }
                Some(_) => {}
                None if *has_members => unknown.push(*id),
                None => {}
            }
        }
        unknown
    }

    /// Seats users who came to conversations without this node being told.
    pub fn joined(&self, members: &[(ConversationId, Uuid, i64)]) {
        let mut inner = self.inner();
        for (id, user, joined) in members {
            inner.adopt(*id, UserId::from(*user), joined - 1);
            if let Some(room) = inner.rooms.get_mut(id)
                && !room.is_behind
            {
                room.is_behind = true;
                self.behind.send(*id).ok();
            }
        }
    }

    /// Everybody who has a socket here.
    #[must_use]
    pub fn users(&self) -> Vec<UserId> {
        self.inner().users.keys().copied().collect()
    }

    /// Whether a user has a socket here.
    #[must_use]
    pub fn holds(&self, user: UserId) -> bool {
        self.inner().users.contains_key(&user)
    }

    /// Those of these users who have sockets here, and how many.
    #[must_use]
    pub fn counts(&self, users: &[UserId]) -> Vec<(UserId, usize)> {
        let inner = self.inner();
        let count = |user: &UserId| Some((*user, inner.users.get(user)?.sockets.len()));
        users.iter().filter_map(count).collect()
    }

    /// Whom a user does not see.
    #[must_use]
    pub fn unseen_by(&self, user: UserId) -> HashSet<UserId> {
        let inner = self.inner();
        let local = inner.users.get(&user);
        local.map(|local| local.unseen.clone()).unwrap_or_default()
    }

    /// Tells the others in a conversation how far somebody is, as far as that is news; and how far they have read their own
    /// other sockets, for what is read on one device is unread on none.
    pub fn mark(&self, mark: MarkState) {
        let mut inner = self.inner();
        let Some(room) = inner.rooms.get_mut(&mark.conversation_id) else {
            return;
        };
        let known = room.marks.entry(mark.user_id).or_default();
        let read = (mark.read > known.0).then_some(mark.read);
        let delivered = (mark.delivered > known.1).then_some(mark.delivered);
        *known = (known.0.max(mark.read), known.1.max(mark.delivered));
        if read.is_none() && delivered.is_none() {
            return;
        }
        let inner = &*inner;
        let tell = |socket: &Socket, delivered| {
            let frame = ServerFrame::Mark {
                conversation_id: mark.conversation_id,
                user_id: mark.user_id,
                read,
                delivered,
            };
            socket.push(encode(socket.format, &frame));
        };
        inner.to_others(mark.conversation_id, mark.user_id, |socket| {
            tell(socket, delivered);
        });
        if let (Some(read), Some(own)) = (read, inner.users.get(&mark.user_id)) {
            let own = own.sockets.iter().filter(|socket| socket.is_live());
            for socket in own.filter(|socket| !socket.has_read(mark.conversation_id, read)) {
                tell(socket, None);
            }
        }
    }

    /// Shows the others in a conversation that somebody types, or has stopped.
    pub fn typing(&self, id: ConversationId, user: UserId, active: bool) {
        let frame = ServerFrame::Typing {
            conversation_id: id,
            user_id: user,
            active,
        };
        self.inner().to_others(id, user, |socket| {
            let what = Fleeting::Typing(id, user.uuid());
            socket.push_fleeting(what, encode(socket.format, &frame));
        });
    }

    /// Answers a send that was not taken, or was taken before.
    pub fn reject(&self, user: UserId, rejected: &messaging::MessageRejected) {
        let Ok(id) = rejected.client_message_id.parse::<Uuid>() else {
            return;
        };
        if let Some(ack) = rejected.message.as_ref().and_then(ack_of) {
            return self.inner().answer_taken(user, id, ack);
        }
        let frame = ServerFrame::Error {
            code: rejected.code.clone(),
            detail: rejected.detail.clone(),
            field: rejected.field.clone(),
            client_message_id: Some(rejected.client_message_id.clone()),
            retry_after_ms: None,
        };
        self.inner().answer(user, id, &frame);
    }

    /// From now on neither of two sees the other, or both do.
    pub fn block(&self, one: UserId, other: UserId, is_between: bool) {
        let mut inner = self.inner();
        for (viewer, unseen) in [(one, other), (other, one)] {
            if let Some(local) = inner.users.get_mut(&viewer) {
                if is_between {
                    local.unseen.insert(unseen);
                } else {
                    local.unseen.remove(&unseen);
                }
            }
        }
    }

    /// Ends the sockets of a user whose account is gone.
    pub fn gone(&self, user: UserId) {
        if let Some(local) = self.inner().users.get(&user) {
            for socket in &local.sockets {
                socket.end(Close::TOKEN_OVER);
            }
        }
    }

    /// Tells the node's own socket its number, as a message would be told.
    pub fn canary(&self, node: Uuid, number: i64) {
        if let Some(local) = self.inner().users.get(&UserId::from(node)) {
            for socket in &local.sockets {
                socket.push(number.to_be_bytes().to_vec().into());
            }
        }
    }

    /// Has a socket told of these users' presence; false when they are too many.
    pub fn watch(&self, socket: &Arc<Socket>, users: &[UserId]) -> bool {
        let mut inner = self.inner();
        if inner.watches.count(socket) + users.len() > MOST_WATCHED {
            return false;
        }
        for user in users {
            inner.watches.add(socket, *user);
        }
        true
    }

    /// Has a socket told of these users' presence no more.
    pub fn unwatch(&self, socket: &Socket, users: &[UserId]) {
        self.inner().watches.remove(socket, Some(users));
    }

    /// Whoever is watched here.
    #[must_use]
    pub fn watched(&self) -> Vec<UserId> {
        self.inner().watches.users()
    }

    /// A user's presence was told to somebody, for the first time here.
    pub fn presence_told(&self, user: UserId, presence: Presence) {
        self.inner().watches.told(user, presence);
    }

    /// The sockets that are to be told of a user's presence now.
    #[must_use]
    pub fn presence_news(&self, user: UserId, presence: Presence) -> Vec<Arc<Socket>> {
        self.inner().watches.news(user, presence)
    }

    /// Tells a socket whether a user is there.
    pub fn show_presence(socket: &Socket, user: UserId, presence: Presence) {
        let since = presence.since.and_then(|millis| {
            time::OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000).ok()
        });
        let frame = ServerFrame::Presence {
            user_id: user,
            state: if presence.is_online {
                domain::Presence::Online
            } else {
                domain::Presence::Offline
            },
            since,
        };
        let what = Fleeting::Presence(user.uuid());
        socket.push_fleeting(what, encode(socket.format, &frame));
    }

    /// Where the conversations of a user are.
    #[must_use]
    pub fn heads_of(&self, user: UserId) -> Vec<Here> {
        let inner = self.inner();
        let Some(local) = inner.users.get(&user) else {
            return Vec::new();
        };
        let here = |id: &ConversationId| {
            inner.rooms.get(id).map(|room| Here {
                id: *id,
                position: room.at,
            })
        };
        local.rooms.iter().filter_map(here).collect()
    }
}
