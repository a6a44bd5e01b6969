//! What this service publishes, and how it reads what others publish.

use std::collections::HashSet;

use nova_attachments::{Attachment, Links, shown_to_others};
use nova_ids::UserId;
use nova_proto::messaging::v1 as proto;
use nova_proto::realtime_chat::v1::{MarksReported, MessageSubmitted};
use nova_proto::timestamp;
use prost_types::Timestamp;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::{
    Conversation, ConversationId, ConversationType, Member, MemberRole, Message, MessageType,
    Outgoing, Reaction,
};
use crate::error::Error;

/// A socket sends a message.
#[must_use]
pub fn submitted(user: UserId, outgoing: Outgoing, now: OffsetDateTime) -> MessageSubmitted {
    MessageSubmitted {
        conversation_id: outgoing.conversation_id.to_string(),
        user_id: user.to_string(),
        client_message_id: outgoing.client_message_id.to_string(),
        content: outgoing.content,
        r#type: outgoing.message_type.map_or(0, |kind| number(kind).into()),
        media_ids: outgoing.media_ids.iter().map(Uuid::to_string).collect(),
        reply_to: outgoing.reply_to.map(|id| id.to_string()),
        submitted_at: Some(timestamp(now)),
    }
}

/// A socket tells how far its user is.
#[must_use]
pub fn marks_reported(
    user: UserId,
    conversation: ConversationId,
    (read, delivered): (Option<i64>, Option<i64>),
    now: OffsetDateTime,
) -> MarksReported {
    MarksReported {
        conversation_id: conversation.to_string(),
        user_id: user.to_string(),
        read_sequence: read,
        delivered_sequence: delivered,
        reported_at: Some(timestamp(now)),
    }
}

const fn number(kind: MessageType) -> proto::MessageType {
    match kind {
        MessageType::Text => proto::MessageType::Text,
        MessageType::Image => proto::MessageType::Image,
        MessageType::Video => proto::MessageType::Video,
        MessageType::Audio => proto::MessageType::Audio,
    }
}

/// The id in an event's field.
///
/// # Errors
/// Names the field when it is not an id.
pub fn id<T: std::str::FromStr>(field: &'static str, text: &str) -> Result<T, Error> {
    text.parse().map_err(|_| Error::BadEvent(field))
}

/// The same, if there is one.
///
/// # Errors
/// Names the field when there is something else.
pub fn maybe_id<T: std::str::FromStr>(field: &'static str, text: &str) -> Result<Option<T>, Error> {
    if text.is_empty() {
        return Ok(None);
    }
    id(field, text).map(Some)
}

/// A number from 1 on: a revision, a position or a sequence.
///
/// # Errors
/// When it is none.
pub const fn counted(field: &'static str, number: i64) -> Result<i64, Error> {
    if number >= 1 {
        Ok(number)
    } else {
        Err(Error::BadEvent(field))
    }
}

/// A time in an event.
///
/// # Errors
/// Names the field when it is absent or not a time.
pub fn time(field: &'static str, at: Option<&Timestamp>) -> Result<OffsetDateTime, Error> {
    maybe_time(field, at)?.ok_or(Error::BadEvent(field))
}

/// The same, if there is one.
///
/// # Errors
/// Names the field when it is not a time.
pub fn maybe_time(
    field: &'static str,
    at: Option<&Timestamp>,
) -> Result<Option<OffsetDateTime>, Error> {
    let Some(at) = at else {
        return Ok(None);
    };
    if !(0..1_000_000_000).contains(&at.nanos) {
        return Err(Error::BadEvent(field));
    }
    let nanos = i128::from(at.seconds) * 1_000_000_000 + i128::from(at.nanos);
    OffsetDateTime::from_unix_timestamp_nanos(nanos)
        .map(Some)
        .map_err(|_| Error::BadEvent(field))
}

/// A message as others than its sender see it: only media that are there, as links that open them, and nobody's ids
/// beside reactions. Frames are encoded once for all.
#[must_use]
pub fn shown(mut message: proto::Message, links: &Links, now: OffsetDateTime) -> proto::Message {
    let mut media: Vec<Attachment> = message
        .media
        .iter()
        .filter_map(|one| Attachment::try_from(one).ok())
        .collect();
    shown_to_others(&mut media);
    links.sign(&mut media, now);
    message.media = media.into_iter().map(Into::into).collect();
    for reaction in &mut message.reactions {
        reaction.user_ids.clear();
        reaction.mine = false;
    }
    message
}

/// Whether one of these people has reacted to a message.
#[must_use]
pub fn has_reaction_of(message: &proto::Message, users: &HashSet<UserId>) -> bool {
    let mut reactions = message.reactions.iter();
    reactions.any(|reaction| reaction.user_ids.iter().any(|id| is_one_of(id, users)))
}

/// A message to which none of these people has reacted, as far as can be seen.
#[must_use]
pub fn without_reactions_of(
    mut message: proto::Message,
    users: &HashSet<UserId>,
) -> proto::Message {
    for reaction in &mut message.reactions {
        let before = reaction.user_ids.len();
        reaction.user_ids.retain(|id| !is_one_of(id, users));
        let unseen = before - reaction.user_ids.len();
        reaction.count -= i32::try_from(unseen).unwrap_or(i32::MAX);
    }
    message.reactions.retain(|reaction| reaction.count > 0);
    message
}

fn is_one_of(id: &str, users: &HashSet<UserId>) -> bool {
    id.parse().is_ok_and(|id: UserId| users.contains(&id))
}

/// A message for JSON, as [`shown`] has left it.
///
/// # Errors
/// Names the field that cannot be read.
pub fn message(
    message: &proto::Message,
    links: &Links,
    now: OffsetDateTime,
) -> Result<Message, Error> {
    let mut media = message
        .media
        .iter()
        .map(Attachment::try_from)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|bad| Error::BadEvent(bad.0))?;
    shown_to_others(&mut media);
    links.sign(&mut media, now);
    let reactions = message.reactions.iter().map(|reaction| Reaction {
        emoji: reaction.emoji.clone(),
        count: reaction.count,
    });
    let reply_to = message.reply_to.as_deref().unwrap_or_default();
    Ok(Message {
        id: id("id", &message.id)?,
        conversation_id: id("conversation_id", &message.conversation_id)?,
        sequence: message.sequence,
        position: message.position,
        sender_id: maybe_id("sender_id", &message.sender_id)?,
        kind: message_type(message.r#type)?,
        content: message.content.clone(),
        media,
        reply_to: maybe_id("reply_to", reply_to)?,
        reactions: reactions.collect(),
        client_message_id: maybe_id("client_message_id", &message.client_message_id)?,
        revision: message.revision,
        sent_at: time("sent_at", message.sent_at.as_ref())?,
        edited_at: maybe_time("edited_at", message.edited_at.as_ref())?,
        deleted_at: maybe_time("deleted_at", message.deleted_at.as_ref())?,
    })
}

fn message_type(number: i32) -> Result<MessageType, Error> {
    match proto::MessageType::try_from(number) {
        Ok(proto::MessageType::Text) => Ok(MessageType::Text),
        Ok(proto::MessageType::Image) => Ok(MessageType::Image),
        Ok(proto::MessageType::Video) => Ok(MessageType::Video),
        Ok(proto::MessageType::Audio) => Ok(MessageType::Audio),
        Ok(proto::MessageType::Unspecified) | Err(_) => Err(Error::BadEvent("type")),
    }
}

/// A conversation for JSON.
///
/// # Errors
/// Names the field that cannot be read.
pub fn conversation(conversation: &proto::Conversation) -> Result<Conversation, Error> {
    let kind = match proto::ConversationType::try_from(conversation.r#type) {
        Ok(proto::ConversationType::Direct) => ConversationType::Direct,
        Ok(proto::ConversationType::Group) => ConversationType::Group,
        Ok(proto::ConversationType::Unspecified) | Err(_) => return Err(Error::BadEvent("type")),
    };
    let members: Result<Vec<Member>, Error> = conversation.members.iter().map(member).collect();
    let created_at = time("created_at", conversation.created_at.as_ref())?;
    Ok(Conversation {
        id: id("id", &conversation.id)?,
        kind,
        title: conversation.title.clone(),
        members: members?,
        sequence: conversation.sequence,
        position: conversation.position,
        created_at,
        updated_at: maybe_time("updated_at", conversation.updated_at.as_ref())?
            .unwrap_or(created_at),
    })
}

fn member(member: &proto::Member) -> Result<Member, Error> {
    let role = match proto::MemberRole::try_from(member.role) {
        Ok(proto::MemberRole::Member) => MemberRole::Member,
        Ok(proto::MemberRole::Admin) => MemberRole::Admin,
        Ok(proto::MemberRole::Owner) => MemberRole::Owner,
        Ok(proto::MemberRole::Unspecified) | Err(_) => return Err(Error::BadEvent("role")),
    };
    Ok(Member {
        user_id: id("user_id", &member.user_id)?,
        role,
        joined_at: time("joined_at", member.joined_at.as_ref())?,
    })
}
