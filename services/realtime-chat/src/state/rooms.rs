//! Users with sockets on this node, and the conversations that they are in.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use nova_attachments::Links;
use nova_ids::UserId;
use nova_proto::messaging::v1 as messaging;
use prost::Message as _;
use uuid::Uuid;

use super::encoding::{Frames, ack_of, encode};
use super::socket::Socket;
use super::watches::Watches;
use crate::domain::connection::Close;
use crate::domain::{Change, ConversationId, Kind, ServerFrame};

#[derive(Default)]
pub(super) struct Inner {
    pub(super) users: HashMap<UserId, Local>,
    pub(super) rooms: HashMap<ConversationId, Room>,
    pub(super) watches: Watches,
    pub(super) sockets: usize,
}

/// A user with sockets on this node.
#[derive(Default)]
pub(super) struct Local {
    pub(super) sockets: Vec<Arc<Socket>>,
    pub(super) rooms: HashSet<ConversationId>,
    pub(super) unseen: HashSet<UserId>,
}

/// A conversation with members on this node.
pub(super) struct Room {
    /// Its last change that was told.
    pub(super) at: i64,
    pub(super) seats: Vec<Seat>,
    pub(super) marks: HashMap<UserId, (i64, i64)>,
    /// Somebody was asked to load what is missing.
    pub(super) is_behind: bool,
    /// Answers to sends that were taken before, of messages that have changed since and were not told here as they are.
    late: Vec<Late>,
}

/// An answer that waits until its position has been told.
struct Late {
    user: UserId,
    client_message_id: Uuid,
    position: i64,
    frame: ServerFrame,
}

/// A socket in a conversation.
pub(super) struct Seat {
    pub(super) socket: Arc<Socket>,
    /// Changes up to this one are none of its, or were told to it another way.
    pub(super) floor: i64,
}

impl Room {
    pub(super) fn new(at: i64) -> Self {
        Self {
            at,
            seats: Vec::new(),
            marks: HashMap::new(),
            is_behind: false,
            late: Vec::new(),
        }
    }

    pub(super) fn seat(&mut self, socket: &Arc<Socket>, floor: i64) {
        if !self.seats.iter().any(|seat| seat.socket.id == socket.id) {
            self.seats.push(Seat {
                socket: Arc::clone(socket),
                floor,
            });
        }
    }
}

impl Inner {
    pub(super) fn sees(&self, viewer: UserId, other: UserId) -> bool {
        let local = self.users.get(&viewer);
        local.is_none_or(|local| !local.unseen.contains(&other))
    }

    /// Seats the sockets of a user who came with the change behind `floor`.
    pub(super) fn adopt(&mut self, id: ConversationId, user: UserId, floor: i64) {
        let Some(local) = self.users.get_mut(&user) else {
            return;
        };
        if !local.rooms.insert(id) {
            return;
        }
        let room = self.rooms.entry(id).or_insert_with(|| Room::new(floor));
        for socket in &local.sockets {
            if room.at > floor && socket.is_live() {
                // What it missed has been told here already: it asks for that itself.
                socket.end(Close::TOO_SLOW);
            }
            room.seat(socket, floor);
        }
    }

    pub(super) fn dismiss(&mut self, id: ConversationId, user: UserId) {
        if let Some(local) = self.users.get_mut(&user) {
            local.rooms.remove(&id);
        }
        self.leave_room(id, |socket| socket.user_id == user);
    }

    pub(super) fn leave_room(&mut self, id: ConversationId, leaves: impl Fn(&Socket) -> bool) {
        if let Some(room) = self.rooms.get_mut(&id) {
            room.seats.retain(|seat| !leaves(&seat.socket));
            if room.seats.is_empty() {
                self.rooms.remove(&id);
            }
        }
    }

    /// Tells a change to those who have not had it.
    pub(super) fn deliver(&mut self, change: &Change, links: &Links) {
        let frames = Frames::of(change, links);
        let Some(room) = self.rooms.get(&change.conversation_id) else {
            return;
        };
        let ack = own_ack(change);
        for Seat { socket, floor } in &room.seats {
            if *floor >= change.position || !socket.is_live() {
                continue;
            }
            let user = socket.user_id;
            if change.sender_id == Some(user)
                && let Some((id, ack)) = &ack
                && socket.answered(*id)
            {
                socket.push(encode(socket.format, ack));
                continue;
            }
            let frame = match self.users.get(&user) {
                Some(local) if !change.removed.contains(&user) => {
                    frames.seen(socket.format, &local.unseen)
                }
                _ => frames.get(socket.format, true),
            };
            socket.push(frame);
        }
    }
}

impl Inner {
    /// Answers a send of this user with the ack of a message that was taken before. To a client an ack is a change, if it is
    /// the next one: so it comes behind what it tells the position of, which may be still to come.
    pub(super) fn answer_taken(&mut self, user: UserId, client_message_id: Uuid, ack: ServerFrame) {
        if let ServerFrame::Ack {
            conversation_id,
            position,
            ..
        } = ack
            && let Some(room) = self.rooms.get_mut(&conversation_id)
            && position > room.at
        {
            let is_same =
                |late: &Late| late.user == user && late.client_message_id == client_message_id;
            room.late.retain(|late| !is_same(late));
            room.late.push(Late {
                user,
                client_message_id,
                position,
                frame: ack,
            });
            return;
        }
        self.answer(user, client_message_id, &ack);
    }

    /// Answers a send to the sockets of this user that wait for it.
    pub(super) fn answer(&self, user: UserId, client_message_id: Uuid, frame: &ServerFrame) {
        let Some(local) = self.users.get(&user) else {
            return;
        };
        for socket in &local.sockets {
            if socket.answered(client_message_id) {
                socket.push(encode(socket.format, frame));
            }
        }
    }

    /// Gives the answers that waited for what has been told in a conversation now.
    pub(super) fn answer_late(&mut self, id: ConversationId) {
        let Some(room) = self.rooms.get_mut(&id) else {
            return;
        };
        let at = room.at;
        let told = room.late.extract_if(.., |late| late.position <= at);
        for one in told.collect::<Vec<_>>() {
            self.answer(one.user, one.client_message_id, &one.frame);
        }
    }
}

/// The ack that a new message is to the socket that has sent it.
fn own_ack(change: &Change) -> Option<(Uuid, ServerFrame)> {
    if change.kind != Kind::Message {
        return None;
    }
    let message = messaging::Message::decode(change.payload.as_deref()?).ok()?;
    let ack = ack_of(&message)?;
    Some((message.client_message_id.parse().ok()?, ack))
}

/// The members that a change of a conversation names, and the position with which each came.
pub(super) fn members_of(change: &Change) -> Vec<(UserId, i64)> {
    let payload = match (&change.payload, change.kind) {
        (Some(payload), Kind::Conversation) => payload.as_slice(),
        _ => return Vec::new(),
    };
    let Ok(conversation) = messaging::Conversation::decode(payload) else {
        return Vec::new();
    };
    let members = conversation.members.into_iter();
    members
        .filter_map(|member| Some((member.user_id.parse().ok()?, member.joined_position)))
        .collect()
}

impl Inner {
    pub(super) fn to_others(&self, id: ConversationId, user: UserId, tell: impl Fn(&Socket)) {
        let Some(room) = self.rooms.get(&id) else {
            return;
        };
        for Seat { socket, .. } in &room.seats {
            let viewer = socket.user_id;
            if viewer != user && socket.is_live() && self.sees(viewer, user) {
                tell(socket);
            }
        }
    }
}
