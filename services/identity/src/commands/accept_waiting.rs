use nova_event_bus::Outbox;
use nova_ids::UserId;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::domain::Pair;
use crate::error::Error;
use crate::{events, store};

/// Most requests that one transaction answers, so that it is short. It has as many locks, of which Postgres has some
/// thousands (`max_locks_per_transaction` times `max_connections`).
const BATCH: i64 = 200;

/// What of the requests to a user who is no longer locked is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiting {
    /// Nothing, or what others are at work on: they are for later.
    Busy,
    /// Perhaps more.
    More,
}

/// Makes those who asked first follow the user, who says no longer who may. The request of one who follows as many as
/// one may is gone without that. The caller holds the user's row, and may be made to wait by nobody: who is busy is left
/// for later.
///
/// # Errors
/// When the database fails.
pub async fn accept_waiting(
    tx: &mut PgConnection,
    outbox: &Outbox,
    limit: u32,
    user: UserId,
) -> Result<Waiting, Error> {
    let held = store::follow_requests::hold(tx, user, BATCH).await?;
    let taken = store::follow_requests::take(tx, &held, user, limit).await?;
    let followers: Vec<UserId> = taken
        .iter()
        .filter(|taken| taken.has_room)
        .map(|taken| taken.requester)
        .collect();
    let now = OffsetDateTime::now_utc().truncate_to_millisecond();
    let begun = store::follows::begin_all(tx, &followers, user, now).await?;
    let followed: Vec<_> = begun
        .into_iter()
        .filter_map(|(follower, revision)| Some((Pair::new(follower, user)?, revision)))
        .map(|(pair, revision)| events::user_followed(pair, now, revision))
        .collect();
    outbox.append_all(tx, &followed).await?;
    store::follow_requests::remember_unlock(tx, user).await?;
    Ok(if taken.is_empty() {
        Waiting::Busy
    } else {
        Waiting::More
    })
}
