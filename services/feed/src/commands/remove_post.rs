use nova_event_bus::Outbox;
use nova_ids::{PostId, UserId};
use nova_proto::feed::v1::FeedChange;
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::FOLLOWERS_TOLD;
use crate::error::Error;
use crate::{events, store};

/// Remembers that a post is gone for good, also if it has not come yet, and tells those who had it.
///
/// # Errors
/// When the database fails.
pub async fn remove_post(
    tx: &mut PgConnection,
    outbox: &Outbox,
    post: PostId,
    author: UserId,
) -> Result<(), Error> {
    let Some(mut readers) = store::posts::bury(tx, post, author, FOLLOWERS_TOLD).await? else {
        return Ok(());
    };
    readers.push(author);
    let now = OffsetDateTime::now_utc();
    let updates = events::feeds_updated(&readers, FeedChange::PostRemoved, Some(post), author, now);
    Ok(outbox.append_all(tx, &updates).await?)
}
