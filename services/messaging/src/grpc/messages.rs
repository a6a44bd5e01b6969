//! Protobuf messages as our words, and our words as protobuf messages.

use std::str::FromStr;

use nova_ids::{MediaId, UserId};
use nova_proto::messaging::v1 as proto;
use nova_resilience::{FieldError, Invalid};
use nova_service::http::PageQuery;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::{
    ConversationType, Draft, MessageType, Opening, Query, Role, Said, Title, Window,
};
use crate::error::Error;

pub(super) fn id<T: FromStr>(field: &str, text: &str) -> Result<T, Invalid> {
    text.parse()
        .map_err(|_| Invalid::from(FieldError::new(field, "invalid_id", "is not an id")))
}

/// A user by their id, or the caller by `me`.
pub(super) fn somebody(caller: UserId, text: &str) -> Result<UserId, Invalid> {
    match text {
        "me" => Ok(caller),
        text => id("user_id", text),
    }
}

/// A limit of a message, where 0 means that nothing was asked.
fn limit(number: i32) -> Option<i64> {
    (number != 0).then_some(number.into())
}

pub(super) fn opening(
    opener: UserId,
    message: proto::CreateConversationRequest,
) -> Result<Opening, Error> {
    let kind = match proto::ConversationType::try_from(message.r#type) {
        Ok(proto::ConversationType::Direct) => ConversationType::Direct,
        Ok(proto::ConversationType::Group) => ConversationType::Group,
        Ok(proto::ConversationType::Unspecified) => {
            let missing = FieldError::new("type", "missing_field", "is missing");
            return Err(Invalid::from(missing).into());
        }
        Err(_) => return Err(unknown("type").into()),
    };
    let members = ids("member_ids", &message.member_ids)?;
    Ok(Opening::check(opener, kind, members, message.title)?)
}

fn ids<T: FromStr>(field: &str, texts: &[String]) -> Result<Vec<T>, Invalid> {
    let ids = texts.iter().enumerate();
    ids.map(|(index, text)| id(&format!("{field}[{index}]"), text))
        .collect()
}

/// The title, if it is to be another; an empty one takes it away.
pub(super) fn title(title: Option<String>) -> Result<Option<Option<Title>>, Invalid> {
    match title {
        None => Ok(None),
        Some(empty) if empty.is_empty() => Ok(Some(None)),
        Some(title) => Ok(Some(Some(Title::check(title)?))),
    }
}

pub(super) fn role(number: i32) -> Result<Option<Role>, Invalid> {
    match proto::MemberRole::try_from(number) {
        Ok(proto::MemberRole::Unspecified) => Ok(None),
        Ok(proto::MemberRole::Member) => Ok(Some(Role::Member)),
        Ok(proto::MemberRole::Admin) => Ok(Some(Role::Admin)),
        Ok(proto::MemberRole::Owner) => Ok(Some(Role::Owner)),
        Err(_) => Err(unknown("role")),
    }
}

pub(super) fn draft(message: proto::SendMessageRequest) -> Result<Draft, Invalid> {
    let media_ids: Vec<MediaId> = ids("media_ids", &message.media_ids)?;
    let client_message_id = match &message.client_message_id {
        Some(text) => Some(uuid("client_message_id", text)?),
        None => None,
    };
    let reply_to = match &message.reply_to {
        Some(text) => Some(id("reply_to", text)?),
        None => None,
    };
    let said = Said {
        content: Some(message.content),
        kind: kind(message.r#type)?,
        media_ids,
        reply_to,
        client_message_id,
    };
    Draft::check(id("conversation_id", &message.conversation_id)?, said)
}

fn uuid(field: &str, text: &str) -> Result<Uuid, Invalid> {
    let found = Uuid::try_parse(text);
    found.map_err(|_| FieldError::new(field, "invalid_id", "is not a UUID").into())
}

fn kind(number: i32) -> Result<Option<MessageType>, Invalid> {
    match proto::MessageType::try_from(number) {
        Ok(proto::MessageType::Unspecified) => Ok(None),
        Ok(proto::MessageType::Text) => Ok(Some(MessageType::Text)),
        Ok(proto::MessageType::Image) => Ok(Some(MessageType::Image)),
        Ok(proto::MessageType::Video) => Ok(Some(MessageType::Video)),
        Ok(proto::MessageType::Audio) => Ok(Some(MessageType::Audio)),
        Err(_) => Err(unknown("type")),
    }
}

pub(super) fn window(message: &proto::ListMessagesRequest) -> Result<Window, Invalid> {
    let limit = limit(message.limit);
    Window::check(message.before, message.after, message.around, limit)
}

pub(super) fn search(message: proto::SearchMessagesRequest) -> Result<(Query, PageQuery), Invalid> {
    let page = PageQuery::of_message(message.limit.into(), &message.cursor)?;
    Ok((Query::check("query", message.query)?, page))
}

pub(super) fn until(
    message: &proto::MuteConversationRequest,
) -> Result<Option<OffsetDateTime>, Invalid> {
    let Some(until) = message.until else {
        return Ok(None);
    };
    let nanos = i128::from(until.seconds) * 1_000_000_000 + i128::from(until.nanos);
    let wrong = || FieldError::new("until", "out_of_range", "is no time of years 0 to 9999");
    let until = OffsetDateTime::from_unix_timestamp_nanos(nanos).map_err(|_| wrong())?;
    if (0..=9_999).contains(&until.year()) {
        Ok(Some(until))
    } else {
        Err(wrong().into())
    }
}

fn unknown(field: &str) -> Invalid {
    FieldError::new(field, "invalid_value", "is none of the values there are").into()
}
