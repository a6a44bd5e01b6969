//! What nodes tell each other through Redis. Only nodes of the same build or the next read it, and what one cannot read
//! it finds in Postgres.

use nova_ids::UserId;
use prost::{Message, Oneof};
use uuid::Uuid;

use crate::domain::{Change, Kind, MarkState};

/// What one node tells another.
#[derive(Clone, PartialEq, Message)]
pub struct Notice {
    /// What it is.
    #[prost(oneof = "Told", tags = "1, 2, 3, 4, 5, 6, 7")]
    pub told: Option<Told>,
}

/// What it is.
#[derive(Clone, PartialEq, Oneof)]
pub enum Told {
    /// A lasting change.
    #[prost(message, tag = "1")]
    Change(ChangeNotice),
    /// How far somebody is.
    #[prost(message, tag = "2")]
    Mark(MarkNotice),
    /// Somebody types.
    #[prost(message, tag = "3")]
    Typing(TypingNotice),
    /// `nova.messaging.v1.MessageRejected`.
    #[prost(bytes, tag = "4")]
    Rejected(Vec<u8>),
    /// One of a pair blocks the other, or does not any more.
    #[prost(message, tag = "5")]
    Block(BlockNotice),
    /// An account is gone.
    #[prost(bytes, tag = "6")]
    Gone(Vec<u8>),
    /// Whether notices arrive.
    #[prost(int64, tag = "7")]
    Canary(i64),
}

/// A [`Change`].
#[derive(Clone, PartialEq, Message)]
pub struct ChangeNotice {
    /// Where.
    #[prost(bytes, tag = "1")]
    conversation_id: Vec<u8>,
    /// Its number.
    #[prost(int64, tag = "2")]
    position: i64,
    /// What changed.
    #[prost(int32, tag = "3")]
    kind: i32,
    /// Who sent the message.
    #[prost(bytes, optional, tag = "4")]
    sender_id: Option<Vec<u8>>,
    /// Who left.
    #[prost(bytes, repeated, tag = "5")]
    removed: Vec<Vec<u8>>,
    /// The whole.
    #[prost(bytes, optional, tag = "6")]
    payload: Option<Vec<u8>>,
}

/// A [`MarkState`].
#[derive(Clone, PartialEq, Message)]
pub struct MarkNotice {
    #[prost(bytes, tag = "1")]
    conversation_id: Vec<u8>,
    #[prost(bytes, tag = "2")]
    user_id: Vec<u8>,
    #[prost(int64, tag = "3")]
    read: i64,
    #[prost(int64, tag = "4")]
    delivered: i64,
}

/// Somebody types, or has stopped.
#[derive(Clone, PartialEq, Message)]
pub struct TypingNotice {
    /// Where.
    #[prost(bytes, tag = "1")]
    pub conversation_id: Vec<u8>,
    /// Who.
    #[prost(bytes, tag = "2")]
    pub user_id: Vec<u8>,
    /// Or has stopped.
    #[prost(bool, tag = "3")]
    pub active: bool,
}

/// One of a pair blocks the other, or does not any more.
#[derive(Clone, PartialEq, Message)]
pub struct BlockNotice {
    /// One of them.
    #[prost(bytes, tag = "1")]
    pub one: Vec<u8>,
    /// The other.
    #[prost(bytes, tag = "2")]
    pub other: Vec<u8>,
    /// Whether one blocks the other.
    #[prost(bool, tag = "3")]
    pub is_between: bool,
}

/// The id in a notice, if it is one.
#[must_use]
pub fn id(bytes: &[u8]) -> Option<Uuid> {
    Uuid::from_slice(bytes).ok()
}

fn bytes(id: Uuid) -> Vec<u8> {
    id.as_bytes().to_vec()
}

impl Notice {
    fn of(told: Told) -> Self {
        Self { told: Some(told) }
    }

    /// A lasting change.
    #[must_use]
    pub fn change(change: &Change) -> Self {
        Self::of(Told::Change(ChangeNotice {
            conversation_id: bytes(change.conversation_id),
            position: change.position,
            kind: change.kind.number().into(),
            sender_id: change.sender_id.map(|sender| bytes(sender.uuid())),
            removed: change
                .removed
                .iter()
                .map(|user| bytes(user.uuid()))
                .collect(),
            payload: change.payload.clone(),
        }))
    }

    /// How far somebody is.
    #[must_use]
    pub fn mark(mark: MarkState) -> Self {
        Self::of(Told::Mark(MarkNotice {
            conversation_id: bytes(mark.conversation_id),
            user_id: bytes(mark.user_id.uuid()),
            read: mark.read,
            delivered: mark.delivered,
        }))
    }

    /// Somebody types, or has stopped.
    #[must_use]
    pub fn typing(conversation: Uuid, user: UserId, active: bool) -> Self {
        Self::of(Told::Typing(TypingNotice {
            conversation_id: bytes(conversation),
            user_id: bytes(user.uuid()),
            active,
        }))
    }

    /// Something was not taken.
    #[must_use]
    pub fn rejected(payload: Vec<u8>) -> Self {
        Self::of(Told::Rejected(payload))
    }

    /// Whether one of a pair blocks the other.
    #[must_use]
    pub fn block(one: UserId, other: UserId, is_between: bool) -> Self {
        Self::of(Told::Block(BlockNotice {
            one: bytes(one.uuid()),
            other: bytes(other.uuid()),
            is_between,
        }))
    }

    /// An account is gone.
    #[must_use]
    pub fn gone(user: UserId) -> Self {
        Self::of(Told::Gone(bytes(user.uuid())))
    }

    /// Whether notices arrive.
    #[must_use]
    pub fn canary(number: i64) -> Self {
        Self::of(Told::Canary(number))
    }
}

impl ChangeNotice {
    /// The change, if it can be read.
    #[must_use]
    pub fn read(self) -> Option<Change> {
        let sender_id = match &self.sender_id {
            Some(sender) => Some(id(sender)?.into()),
            None => None,
        };
        let removed: Option<Vec<UserId>> = self
            .removed
            .iter()
            .map(|user| id(user).map(UserId::from))
            .collect();
        Some(Change {
            conversation_id: id(&self.conversation_id)?,
            position: self.position,
            kind: Kind::of_number(i16::try_from(self.kind).ok()?)?,
            sender_id,
            removed: removed?,
            payload: self.payload,
        })
    }
}

impl MarkNotice {
    /// The mark, if it can be read.
    #[must_use]
    pub fn read(&self) -> Option<MarkState> {
        Some(MarkState {
            conversation_id: id(&self.conversation_id)?,
            user_id: id(&self.user_id)?.into(),
            read: self.read,
            delivered: self.delivered,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_arrives_as_it_was() {
        let change = Change {
            conversation_id: Uuid::now_v7(),
            position: 7,
            kind: Kind::Reacted,
            sender_id: Some(UserId::new()),
            removed: vec![UserId::new()],
            payload: Some(vec![1, 2]),
        };
        let sent = Notice::change(&change).encode_to_vec();
        let Some(Told::Change(read)) = Notice::decode(sent.as_slice()).unwrap().told else {
            panic!("it is a change");
        };
        assert_eq!(read.read(), Some(change));
    }
}
