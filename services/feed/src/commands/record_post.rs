use nova_event_bus::Outbox;
use nova_proto::feed::v1::FeedChange;
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::FOLLOWERS_TOLD;
use crate::domain::Post;
use crate::error::Error;
use crate::{events, store};

/// Remembers a state of a post, and tells those whose feeds it changes.
///
/// # Errors
/// When the database fails.
pub async fn record_post(tx: &mut PgConnection, outbox: &Outbox, post: &Post) -> Result<(), Error> {
    let Some(followers) = store::posts::save(tx, post, FOLLOWERS_TOLD).await? else {
        return Ok(());
    };
    let now = OffsetDateTime::now_utc();
    let tell = |users: &[_], change| {
        events::feeds_updated(users, change, Some(post.id), post.author_id, now)
    };
    let mut updates = tell(&[post.author_id], FeedChange::PostAdded);
    let visible = post.visibility.reaches_followers();
    // A post that was never visible to followers is no news to them.
    if visible || post.revision > 1 {
        let change = if visible {
            FeedChange::PostAdded
        } else {
            FeedChange::PostRemoved
        };
        updates.extend(tell(&followers, change));
    }
    Ok(outbox.append_all(tx, &updates).await?)
}
