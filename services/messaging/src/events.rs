//! What this service publishes. The one place where a message or a conversation becomes an event.

use nova_ids::UserId;
use nova_proto::messaging::v1::{
    self as proto, ConversationCreated, ConversationUpdated, MessageDeleted, MessageDelivered,
    MessageEdited, MessageReacted, MessageRead, MessageSent, MessagingExported,
};
use nova_proto::timestamp;
use time::OffsetDateTime;

use crate::domain::{
    Change, Conversation, ConversationType, Member, Message, MessageType, Reaction, Role,
};
use crate::store::exports::Export;
use crate::store::marks::Told;

/// Somebody said something, to these.
#[must_use]
pub fn message_sent(message: &Message, recipients: &[UserId]) -> MessageSent {
    MessageSent {
        message_id: message.id.to_string(),
        conversation_id: message.conversation_id.to_string(),
        sender_id: text_of(message.sender_id),
        recipient_ids: recipients.iter().map(ToString::to_string).collect(),
        content: message.content.clone().unwrap_or_default(),
        r#type: proto::MessageType::from(message.kind).into(),
        sent_at: Some(timestamp(message.sent_at)),
        sequence: message.sequence,
        position: message.position,
        client_message_id: text_of(message.client_message_id),
        media: message.media.iter().cloned().map(Into::into).collect(),
        reply_to: message.reply_to.map(|id| id.to_string()),
        revision: message.revision,
    }
}

/// A message was edited, or its media came or went: the whole of it, as it is now.
#[must_use]
pub fn message_edited(message: &Message, now: OffsetDateTime) -> MessageEdited {
    MessageEdited {
        message_id: message.id.to_string(),
        conversation_id: message.conversation_id.to_string(),
        position: message.position,
        message: Some(message.clone().into()),
        edited_at: Some(timestamp(now)),
    }
}

/// A message is gone for all, by whom; nobody when its sender's account was erased.
#[must_use]
pub fn message_deleted(message: &Message, by: Option<UserId>) -> MessageDeleted {
    MessageDeleted {
        message_id: message.id.to_string(),
        conversation_id: message.conversation_id.to_string(),
        position: message.position,
        message: Some(message.clone().into()),
        deleted_at: message.deleted_at.map(timestamp),
        deleted_by: text_of(by),
    }
}

/// Somebody reacted to a message, or takes that back.
#[must_use]
pub fn message_reacted(
    message: &Message,
    user: UserId,
    emoji: &str,
    removed: bool,
    now: OffsetDateTime,
) -> MessageReacted {
    MessageReacted {
        message_id: message.id.to_string(),
        conversation_id: message.conversation_id.to_string(),
        position: message.position,
        message: Some(message.clone().into()),
        user_id: user.to_string(),
        emoji: emoji.to_owned(),
        removed,
        reacted_at: Some(timestamp(now)),
    }
}

/// Somebody has read up to here.
#[must_use]
pub fn message_read(told: &Told) -> MessageRead {
    MessageRead {
        conversation_id: told.conversation_id.to_string(),
        user_id: told.user_id.to_string(),
        sequence: told.marks.read,
        read_at: Some(timestamp(told.at)),
    }
}

/// Messages up to here have reached a device of somebody.
#[must_use]
pub fn message_delivered(told: &Told) -> MessageDelivered {
    MessageDelivered {
        conversation_id: told.conversation_id.to_string(),
        user_id: told.user_id.to_string(),
        sequence: told.marks.delivered,
        delivered_at: Some(timestamp(told.at)),
    }
}

/// A conversation came to be.
#[must_use]
pub fn conversation_created(conversation: &Conversation) -> ConversationCreated {
    ConversationCreated {
        conversation_id: conversation.id.to_string(),
        conversation: Some(whole(conversation)),
        created_at: Some(timestamp(conversation.created_at)),
    }
}

/// Members, a role or the title changed: the whole of it, as it is now.
#[must_use]
pub fn conversation_updated(conversation: &Conversation, change: &Change) -> ConversationUpdated {
    let ids = |ids: &[UserId]| ids.iter().map(ToString::to_string).collect();
    ConversationUpdated {
        conversation_id: conversation.id.to_string(),
        position: conversation.position,
        conversation: Some(whole(conversation)),
        removed_user_ids: ids(&change.removed),
        updated_at: Some(timestamp(conversation.updated_at)),
        added_user_ids: ids(&change.added),
    }
}

/// The next part of what is kept of a user.
#[must_use]
pub fn messaging_exported(export: &Export, content: Vec<u8>, last: bool) -> MessagingExported {
    MessagingExported {
        user_id: export.user_id.to_string(),
        export_id: export.id.to_string(),
        number: export.parts + 1,
        last,
        content,
    }
}

/// As events have it: how far members have come is told by itself.
fn whole(conversation: &Conversation) -> proto::Conversation {
    let mut whole = proto::Conversation::from(conversation.clone());
    for member in &mut whole.members {
        member.read_sequence = 0;
        member.delivered_sequence = 0;
    }
    whole
}

fn text_of(id: Option<impl ToString>) -> String {
    id.map(|id| id.to_string()).unwrap_or_default()
}

impl From<Message> for proto::Message {
    fn from(message: Message) -> Self {
        Self {
            id: message.id.to_string(),
            conversation_id: message.conversation_id.to_string(),
            sequence: message.sequence,
            position: message.position,
            sender_id: text_of(message.sender_id),
            r#type: proto::MessageType::from(message.kind).into(),
            content: message.content,
            media: message.media.into_iter().map(Into::into).collect(),
            reply_to: message.reply_to.map(|id| id.to_string()),
            reactions: message.reactions.into_iter().map(Into::into).collect(),
            client_message_id: text_of(message.client_message_id),
            revision: message.revision,
            sent_at: Some(timestamp(message.sent_at)),
            edited_at: message.edited_at.map(timestamp),
            deleted_at: message.deleted_at.map(timestamp),
        }
    }
}

impl From<Reaction> for proto::Reaction {
    fn from(reaction: Reaction) -> Self {
        Self {
            emoji: reaction.emoji,
            count: i32::try_from(reaction.count).unwrap_or(i32::MAX),
            mine: reaction.mine,
            user_ids: reaction.user_ids.iter().map(ToString::to_string).collect(),
        }
    }
}

impl From<Conversation> for proto::Conversation {
    fn from(conversation: Conversation) -> Self {
        Self {
            id: conversation.id.to_string(),
            r#type: proto::ConversationType::from(conversation.kind).into(),
            title: conversation.title,
            members: conversation.members.into_iter().map(Into::into).collect(),
            last_message: conversation.last_message.map(Into::into),
            sequence: conversation.sequence,
            position: conversation.position,
            read_sequence: conversation.read_sequence,
            unread_count: conversation.unread_count,
            muted_until: conversation.muted_until.map(timestamp),
            created_at: Some(timestamp(conversation.created_at)),
            updated_at: Some(timestamp(conversation.updated_at)),
        }
    }
}

impl From<Member> for proto::Member {
    fn from(member: Member) -> Self {
        Self {
            user_id: member.user_id.to_string(),
            role: proto::MemberRole::from(member.role).into(),
            joined_at: Some(timestamp(member.joined_at)),
            joined_position: member.joined_position,
            read_sequence: member.read_sequence,
            delivered_sequence: member.delivered_sequence,
        }
    }
}

impl From<ConversationType> for proto::ConversationType {
    fn from(kind: ConversationType) -> Self {
        match kind {
            ConversationType::Direct => Self::Direct,
            ConversationType::Group => Self::Group,
        }
    }
}

impl From<Role> for proto::MemberRole {
    fn from(role: Role) -> Self {
        match role {
            Role::Member => Self::Member,
            Role::Admin => Self::Admin,
            Role::Owner => Self::Owner,
        }
    }
}

impl From<MessageType> for proto::MessageType {
    fn from(kind: MessageType) -> Self {
        match kind {
            MessageType::Text => Self::Text,
            MessageType::Image => Self::Image,
            MessageType::Video => Self::Video,
            MessageType::Audio => Self::Audio,
        }
    }
}

/// What was said by a socket was not taken.
#[derive(Debug)]
pub struct Rejection {
    /// As it was said.
    pub conversation_id: String,
    /// Whose socket it was.
    pub user_id: UserId,
    /// As it was said.
    pub client_message_id: String,
    /// A code of a problem.
    pub code: &'static str,
    /// For a person.
    pub detail: String,
    /// The field that is wrong, if one is.
    pub field: Option<String>,
    /// What was sent before, if that is why.
    pub message: Option<Message>,
}

impl Rejection {
    /// As an event.
    #[must_use]
    pub fn event(self, now: OffsetDateTime) -> proto::MessageRejected {
        proto::MessageRejected {
            // The key of an event is a text of Postgres.
            conversation_id: self.conversation_id.replace('\0', ""),
            user_id: self.user_id.to_string(),
            client_message_id: self.client_message_id,
            code: self.code.to_owned(),
            detail: self.detail,
            field: self.field,
            rejected_at: Some(timestamp(now)),
            message: self.message.map(Into::into),
        }
    }
}
