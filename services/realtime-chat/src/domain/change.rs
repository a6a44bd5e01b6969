//! A lasting change of a conversation.

use nova_ids::UserId;

use super::ConversationId;

/// What changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A message came.
    Message,
    /// A message was edited, or its media came or went.
    Edited,
    /// A message was deleted for all.
    Deleted,
    /// Somebody reacted to a message.
    Reacted,
    /// The conversation itself: it began, or its members or its title changed.
    Conversation,
}

impl Kind {
    /// Its number in the database.
    #[must_use]
    pub const fn number(self) -> i16 {
        match self {
            Self::Message => 1,
            Self::Edited => 2,
            Self::Deleted => 3,
            Self::Reacted => 4,
            Self::Conversation => 5,
        }
    }

    /// The kind with that number.
    #[must_use]
    pub const fn of_number(number: i16) -> Option<Self> {
        match number {
            1 => Some(Self::Message),
            2 => Some(Self::Edited),
            3 => Some(Self::Deleted),
            4 => Some(Self::Reacted),
            5 => Some(Self::Conversation),
            _ => None,
        }
    }
}

/// A lasting change of a conversation, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Where.
    pub conversation_id: ConversationId,
    /// Its number there, from 1.
    pub position: i64,
    /// What changed.
    pub kind: Kind,
    /// Who sent the message that it is about.
    pub sender_id: Option<UserId>,
    /// Who left with it.
    pub removed: Vec<UserId>,
    /// The message or the conversation, whole, in protobuf; none when nobody may see it any more.
    pub payload: Option<Vec<u8>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_numbers() {
        for number in 1..=5 {
            assert_eq!(Kind::of_number(number).map(Kind::number), Some(number));
        }
        assert_eq!(Kind::of_number(0), None);
        assert_eq!(Kind::of_number(6), None);
    }
}
