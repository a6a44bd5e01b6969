//! What this service publishes, and how it reads what others publish.

use nova_attachments::{Attachment, BadAttachment};
use nova_ids::{ExportId, PostId, UserId};
use nova_proto::content::v1::{PostType as ProtoType, PostVisibility as ProtoVisibility};
use nova_proto::feed::v1::{FeedChange, FeedExported, FeedUpdated};
use nova_proto::media::v1 as proto;
use nova_proto::timestamp;
use prost_types::Timestamp;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::domain::{Change, PostType, Visibility};
use crate::error::Error;

/// The same change of many feeds, one event each.
#[must_use]
pub fn feeds_updated(
    users: &[UserId],
    change: FeedChange,
    post: Option<PostId>,
    author: UserId,
    now: OffsetDateTime,
) -> Vec<FeedUpdated> {
    let post_id = post.map(|post| post.to_string()).unwrap_or_default();
    let author_id = author.to_string();
    users
        .iter()
        .map(|user| FeedUpdated {
            user_id: user.to_string(),
            change: change.into(),
            post_id: post_id.clone(),
            author_id: author_id.clone(),
            updated_at: Some(timestamp(now)),
        })
        .collect()
}

/// The feed of the first one of each pair has changed as a whole, on account of the other.
#[must_use]
pub fn feeds_rebuilt(pairs: &[(UserId, UserId)], now: OffsetDateTime) -> Vec<FeedUpdated> {
    let rebuilt = |(user, author): &(UserId, UserId)| {
        feeds_updated(&[*user], FeedChange::Rebuilt, None, *author, now)
    };
    pairs.iter().flat_map(rebuilt).collect()
}

/// All that is kept of a user here, in one part: when they have last read their feed, if they have lately.
#[must_use]
pub fn feed_exported(
    user: UserId,
    export: ExportId,
    read_at: Option<OffsetDateTime>,
) -> FeedExported {
    let content = match read_at.map(|at| at.truncate_to_millisecond().format(&Rfc3339)) {
        Some(Ok(at)) => format!("[{{\"last_read_at\":\"{at}\"}}]"),
        // What is no time of RFC 3339 is no time that anybody has read at.
        None | Some(Err(_)) => "[]".to_owned(),
    };
    FeedExported {
        user_id: user.to_string(),
        export_id: export.to_string(),
        number: 1,
        last: true,
        content: content.into_bytes(),
    }
}

impl From<Change> for FeedChange {
    fn from(change: Change) -> Self {
        match change {
            Change::Added => Self::PostAdded,
            Change::Removed => Self::PostRemoved,
        }
    }
}

/// The id in an event's field.
///
/// # Errors
/// Names the field when it is not an id.
pub fn id<T: std::str::FromStr>(field: &'static str, text: &str) -> Result<T, Error> {
    text.parse().map_err(|_| Error::BadEvent(field))
}

/// The type of a post in an event.
///
/// # Errors
/// When it is none that is known.
pub fn post_type(number: i32) -> Result<PostType, Error> {
    match ProtoType::try_from(number) {
        Ok(ProtoType::Text) => Ok(PostType::Text),
        Ok(ProtoType::Image) => Ok(PostType::Image),
        Ok(ProtoType::Video) => Ok(PostType::Video),
        Ok(ProtoType::Reel) => Ok(PostType::Reel),
        Ok(ProtoType::Unspecified) | Err(_) => Err(Error::BadEvent("type")),
    }
}

/// The visibility of a post in an event.
///
/// # Errors
/// When it is none that is known.
pub fn visibility(number: i32) -> Result<Visibility, Error> {
    match ProtoVisibility::try_from(number) {
        Ok(ProtoVisibility::Public) => Ok(Visibility::Public),
        Ok(ProtoVisibility::Private) => Ok(Visibility::Private),
        Ok(ProtoVisibility::FollowersOnly) => Ok(Visibility::FollowersOnly),
        Ok(ProtoVisibility::Unspecified) | Err(_) => Err(Error::BadEvent("visibility")),
    }
}

/// The revision of the state that an event tells: 1 or more.
///
/// # Errors
/// When it is none.
pub const fn revision(number: i64) -> Result<i64, Error> {
    if number >= 1 {
        Ok(number)
    } else {
        Err(Error::BadEvent("revision"))
    }
}

/// A time in an event.
///
/// # Errors
/// Names the field when it is absent or not a time.
pub fn time(field: &'static str, at: Option<&Timestamp>) -> Result<OffsetDateTime, Error> {
    let at = at
        .filter(|at| (0..1_000_000_000).contains(&at.nanos))
        .ok_or(Error::BadEvent(field))?;
    let nanos = i128::from(at.seconds) * 1_000_000_000 + i128::from(at.nanos);
    OffsetDateTime::from_unix_timestamp_nanos(nanos).map_err(|_| Error::BadEvent(field))
}

/// The media of a post.
///
/// # Errors
/// When one cannot be read.
pub fn media(messages: &[proto::Attachment]) -> Result<Vec<Attachment>, Error> {
    let media: Result<_, BadAttachment> = messages.iter().map(Attachment::try_from).collect();
    media.map_err(|BadAttachment(field)| Error::BadEvent(field))
}
