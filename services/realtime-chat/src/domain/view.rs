//! Messages and conversations as frames show them: the REST objects without what is the viewer's own.

use nova_attachments::Attachment;
use serde::Serialize;
use time::OffsetDateTime;
use uuid::Uuid;

/// What a message mainly is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum MessageType {
    /// Words.
    Text,
    /// Pictures.
    Image,
    /// A film.
    Video,
    /// A sound.
    Audio,
}

/// What a conversation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ConversationType {
    /// Of two.
    Direct,
    /// Of many.
    Group,
}

/// What a member may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum MemberRole {
    /// Speaks.
    Member,
    /// Adds and removes members.
    Admin,
    /// Gives roles.
    Owner,
}

/// A message.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Message {
    /// Its id.
    pub id: Uuid,
    /// Where it is.
    pub conversation_id: Uuid,
    /// Its number among the messages there.
    pub sequence: i64,
    /// That of its last change.
    pub position: i64,
    /// None when the sender's account was erased.
    pub sender_id: Option<Uuid>,
    /// What it mainly is.
    #[serde(rename = "type")]
    pub kind: MessageType,
    /// None when it was deleted.
    pub content: Option<String>,
    /// Those that are there.
    pub media: Vec<Attachment>,
    /// The message that it answers.
    pub reply_to: Option<Uuid>,
    /// How many reacted with what.
    pub reactions: Vec<Reaction>,
    /// As its sender's client named it.
    pub client_message_id: Option<Uuid>,
    /// 1, one more with every edit.
    pub revision: i64,
    /// When it was sent.
    #[serde(with = "nova_service::rfc3339")]
    pub sent_at: OffsetDateTime,
    /// When it was last edited.
    #[serde(serialize_with = "maybe")]
    pub edited_at: Option<OffsetDateTime>,
    /// When it was deleted.
    #[serde(serialize_with = "maybe")]
    pub deleted_at: Option<OffsetDateTime>,
}

/// How many reacted to a message with one emoji.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reaction {
    /// With what.
    pub emoji: String,
    /// How many.
    pub count: i32,
}

/// A conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Conversation {
    /// Its id.
    pub id: Uuid,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: ConversationType,
    /// Of a group, if it has one.
    pub title: Option<String>,
    /// In the order in which they came.
    pub members: Vec<Member>,
    /// That of the newest message; 0 before the first.
    pub sequence: i64,
    /// That of the last change.
    pub position: i64,
    /// When it began.
    #[serde(with = "nova_service::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When it last changed.
    #[serde(with = "nova_service::rfc3339")]
    pub updated_at: OffsetDateTime,
}

/// Somebody in a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Member {
    /// Who.
    pub user_id: Uuid,
    /// What they may do.
    pub role: MemberRole,
    /// Since when.
    #[serde(with = "nova_service::rfc3339")]
    pub joined_at: OffsetDateTime,
}

/// Writes a time if there is one.
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
