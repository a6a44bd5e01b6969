//! Events as their services would tell them, as short as they can be.

use nova_ids::{PostId, UserId};
use nova_proto::content::v1::{PostCreated, PostType, PostVisibility};
use nova_proto::feed::v1::{FeedChange, FeedUpdated};
use prost_types::Timestamp;
use time::OffsetDateTime;

/// The field of [`post`] that says when it was handed to Kafka.
pub(crate) const POST_TIME: &str = "created_at";
/// The same of [`feed_updated`].
pub(crate) const FEED_TIME: &str = "updated_at";

/// A public post with one tag and without a text.
pub(crate) fn post(author: UserId, tag: &str) -> PostCreated {
    PostCreated {
        post_id: PostId::new().to_string(),
        user_id: author.to_string(),
        r#type: PostType::Text.into(),
        visibility: PostVisibility::Public.into(),
        tags: vec![tag.to_owned()],
        created_at: Some(now()),
        revision: 1,
        ..PostCreated::default()
    }
}

/// Something has changed in somebody's feed.
pub(crate) fn feed_updated(user: UserId) -> FeedUpdated {
    FeedUpdated {
        user_id: user.to_string(),
        change: FeedChange::Rebuilt.into(),
        updated_at: Some(now()),
        ..FeedUpdated::default()
    }
}

/// To the nanosecond: services say milliseconds, which are too few here.
fn now() -> Timestamp {
    let now = OffsetDateTime::now_utc();
    Timestamp {
        seconds: now.unix_timestamp(),
        nanos: i32::try_from(now.nanosecond()).unwrap_or(0),
    }
}
