//! What of windows may still be told: posts are made private or deleted, and people go.

use std::collections::HashSet;
use std::sync::Arc;

use nova_ids::{PostId, UserId};
use sqlx::PgPool;

use super::{accounts, posts};
use crate::domain::{Channel, Entry, Window};

/// Takes out of windows of these channels what shows somebody who is gone and, where it is not the author's own, posts that are
/// not public any more. That they are not is on the post's channel, and stays.
///
/// # Errors
/// When the database fails.
pub async fn readable(
    pool: &PgPool,
    channels: &[Channel],
    windows: &mut [Window],
) -> sqlx::Result<()> {
    let entries = || windows.iter().flat_map(|window| &window.entries);
    let shown: HashSet<UserId> = entries()
        .flat_map(|entry| entry.shows.iter().copied())
        .collect();
    let about: HashSet<PostId> = entries()
        .filter_map(|entry| entry.post.map(|(post, _)| post))
        .collect();
    if shown.is_empty() && about.is_empty() {
        return Ok(());
    }
    let mut connection = pool.acquire().await?;
    let shown: Vec<UserId> = shown.into_iter().collect();
    let about: Vec<PostId> = about.into_iter().collect();
    let gone = accounts::gone(&mut connection, &shown).await?;
    let private = posts::private(&mut connection, &about).await?;
    for (channel, window) in channels.iter().zip(windows) {
        let is_mine = matches!(channel, Channel::Me(_));
        // What is decided is put on channels before others can see that it is: an event is told as long as nothing later is known.
        let is_private = |(post, revision): (PostId, i64)| {
            private.get(&post).is_some_and(|since| *since > revision)
        };
        let may_be_told = |entry: &Arc<Entry>| {
            let is_there = is_mine || !entry.post.is_some_and(is_private);
            is_there && !entry.shows.iter().any(|user| gone.contains(user))
        };
        window.entries.retain(may_be_told);
    }
    Ok(())
}
