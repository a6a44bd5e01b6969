//! What the server says.

use nova_ids::UserId;
use serde::Serialize;
use time::OffsetDateTime;
use uuid::Uuid;

use super::view::{Conversation, Message};
use super::{ConversationId, Kind};

/// A frame of the server. As JSON it is an object that `type` tells apart.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[expect(
    missing_docs,
    reason = "each field is described in frames.proto and the README"
)]
pub enum ServerFrame {
    /// Always first.
    Hello {
        connection_id: Uuid,
        user_id: UserId,
        heartbeat_seconds: u64,
        retention_seconds: u64,
        max_frame_bytes: usize,
    },
    /// What was missed has been told.
    Resumed {
        gaps: Vec<Gap>,
        conversations: Vec<Here>,
    },
    /// A send has come to be.
    Ack {
        client_message_id: Uuid,
        message_id: Uuid,
        conversation_id: ConversationId,
        sequence: i64,
        position: i64,
        #[serde(with = "nova_service::rfc3339")]
        sent_at: OffsetDateTime,
    },
    /// A message came.
    Message(MessageChange),
    /// A message was edited.
    Edited(MessageChange),
    /// A message was deleted.
    Deleted(MessageChange),
    /// Somebody reacted.
    Reacted(MessageChange),
    /// A conversation changed.
    Conversation(ConversationChange),
    /// Somebody else has read or received.
    Mark {
        conversation_id: ConversationId,
        user_id: UserId,
        #[serde(skip_serializing_if = "Option::is_none")]
        read: Option<i64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        delivered: Option<i64>,
    },
    /// Somebody types, or has stopped.
    Typing {
        conversation_id: ConversationId,
        user_id: UserId,
        active: bool,
    },
    /// Somebody came or went.
    Presence {
        user_id: UserId,
        state: Presence,
        #[serde(serialize_with = "maybe")]
        since: Option<OffsetDateTime>,
    },
    /// The access token ends soon.
    Expiring { seconds: u64 },
    /// Something was not done.
    Error {
        code: String,
        detail: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        field: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        client_message_id: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        retry_after_ms: Option<u64>,
    },
    /// This node stops.
    GoingAway { reconnect_after_ms: u64 },
    /// The answer to a ping.
    Pong { id: String },
}

/// A change of a message; none may be seen when it is hidden.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MessageChange {
    /// Where.
    pub conversation_id: ConversationId,
    /// Its number there.
    pub position: i64,
    /// What it is now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Box<Message>>,
    /// Whether the viewer may not see it.
    #[serde(skip_serializing_if = "is_false")]
    pub hidden: bool,
}

/// A change of a conversation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ConversationChange {
    /// Where.
    pub conversation_id: ConversationId,
    /// Its number there.
    pub position: i64,
    /// What it is now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation: Option<Box<Conversation>>,
    /// Whether the viewer may not see it.
    #[serde(skip_serializing_if = "is_false")]
    pub hidden: bool,
}

/// Positions that are not kept any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// Where.
    pub conversation_id: ConversationId,
    /// The first.
    pub from: i64,
    /// The last.
    pub to: i64,
}

/// How far a conversation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Here {
    /// Which.
    pub id: ConversationId,
    /// The position of its last change.
    pub position: i64,
}

/// Whether somebody is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Presence {
    /// With at least one socket.
    Online,
    /// Without any.
    Offline,
}

impl ServerFrame {
    /// A change that the viewer may not see.
    #[must_use]
    pub const fn hidden(kind: Kind, conversation_id: ConversationId, position: i64) -> Self {
        let of_message = MessageChange {
            conversation_id,
            position,
            message: None,
            hidden: true,
        };
        match kind {
            Kind::Message => Self::Message(of_message),
            Kind::Edited => Self::Edited(of_message),
            Kind::Deleted => Self::Deleted(of_message),
            Kind::Reacted => Self::Reacted(of_message),
            Kind::Conversation => Self::Conversation(ConversationChange {
                conversation_id,
                position,
                conversation: None,
                hidden: true,
            }),
        }
    }

    /// Something was not done, for this reason.
    #[must_use]
    pub fn error(code: &str, detail: impl Into<String>) -> Self {
        Self::Error {
            code: code.to_owned(),
            detail: detail.into(),
            field: None,
            client_message_id: None,
            retry_after_ms: None,
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it so")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

#[expect(clippy::ref_option, reason = "serde hands it so")]
fn maybe<S: serde::Serializer>(
    at: &Option<OffsetDateTime>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => nova_service::rfc3339::serialize(at, serializer),
        None => serializer.serialize_none(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn json_is_what_the_contract_says() {
        let id = Uuid::nil();
        let told = |frame: &ServerFrame| serde_json::to_value(frame).unwrap();
        assert_eq!(
            told(&ServerFrame::hidden(Kind::Edited, id, 7)),
            json!({ "type": "edited", "conversation_id": id, "position": 7, "hidden": true })
        );
        assert_eq!(
            told(&ServerFrame::error("not_found", "no such")),
            json!({ "type": "error", "code": "not_found", "detail": "no such" })
        );
        assert_eq!(
            told(&ServerFrame::GoingAway {
                reconnect_after_ms: 5
            }),
            json!({ "type": "going_away", "reconnect_after_ms": 5 })
        );
        let user = UserId::from(id);
        assert_eq!(
            told(&ServerFrame::Presence {
                user_id: user,
                state: Presence::Online,
                since: None
            }),
            json!({ "type": "presence", "user_id": id, "state": "online", "since": null })
        );
        assert_eq!(
            told(&ServerFrame::Mark {
                conversation_id: id,
                user_id: user,
                read: Some(3),
                delivered: None
            }),
            json!({ "type": "mark", "conversation_id": id, "user_id": id, "read": 3 })
        );
    }
}
