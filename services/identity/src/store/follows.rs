//! The follow graph. Whoever changes a pair holds its lock ([`super::pairs::lock`]) until the transaction ends, so the
//! revisions of a pair are published in their order.

use nova_ids::UserId;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::pairs::SaveError;
use super::sql::seen;
use crate::domain::{Following, Pair, Standing};

/// How one who would follow stands to the one to be followed; none when there is no such user, or a block between
/// the two.
///
/// # Errors
/// When the database fails.
pub async fn standing(tx: &mut PgConnection, pair: Pair) -> sqlx::Result<Option<Standing>> {
    const STANDING: &str = concat!(
        "SELECT locked,
             EXISTS (SELECT FROM follows WHERE follower_id = $1 AND followee_id = $2 AND active),
             EXISTS (SELECT FROM follow_requests WHERE requester_id = $1 AND target_id = $2)
         FROM users WHERE id = $2 AND ",
        seen!("$2" by "$1")
    );
    let found: Option<(bool, bool, bool)> = sqlx::query_as(STANDING)
        .bind(pair.user().uuid())
        .bind(pair.other().uuid())
        .fetch_optional(tx)
        .await?;
    Ok(found.map(|(locked, follows, asked)| Standing {
        locked,
        follows,
        asked,
    }))
}

/// Makes the pair a follow. The pair's new revision, or none when it was one already.
///
/// # Errors
/// When one of the two is no user, and when the database fails.
pub async fn begin(
    tx: &mut PgConnection,
    pair: Pair,
    now: OffsetDateTime,
) -> Result<Option<i64>, SaveError> {
    let revision = sqlx::query_scalar(
        "INSERT INTO follows (follower_id, followee_id, active, revision, since, changed_at)
         VALUES ($1, $2, true, 1, $3, $3)
         ON CONFLICT (follower_id, followee_id) DO UPDATE
         SET active = true, revision = follows.revision + 1, since = $3, changed_at = $3
         WHERE NOT follows.active
         RETURNING revision",
    )
    .bind(pair.user().uuid())
    .bind(pair.other().uuid())
    .bind(now)
    .fetch_optional(tx)
    .await?;
    Ok(revision)
}

/// Makes all of these follow the user: each who did not, with the pair's new revision.
///
/// # Errors
/// When the database fails.
pub async fn begin_all(
    tx: &mut PgConnection,
    followers: &[UserId],
    followee: UserId,
    now: OffsetDateTime,
) -> sqlx::Result<Vec<(UserId, i64)>> {
    let followers: Vec<Uuid> = followers.iter().map(|follower| follower.uuid()).collect();
    let begun: Vec<(Uuid, i64)> = sqlx::query_as(
        "INSERT INTO follows (follower_id, followee_id, active, revision, since, changed_at)
         SELECT follower_id, $2, true, 1, $3, $3 FROM unnest($1::uuid[]) AS new(follower_id)
         ON CONFLICT (follower_id, followee_id) DO UPDATE
         SET active = true, revision = follows.revision + 1, since = $3, changed_at = $3
         WHERE NOT follows.active
         RETURNING follower_id, revision",
    )
    .bind(followers)
    .bind(followee.uuid())
    .bind(now)
    .fetch_all(tx)
    .await?;
    let begun = begun.into_iter();
    Ok(begun.map(|(id, revision)| (id.into(), revision)).collect())
}

/// How many the user follows and has asked, each counted up to one more than `limit`. Asked by one transaction of a user
/// at a time, so that two cannot both have the last place.
///
/// # Errors
/// When the database fails.
pub async fn count(tx: &mut PgConnection, user: UserId, limit: u32) -> sqlx::Result<Following> {
    sqlx::query("SELECT FROM users WHERE id = $1 FOR NO KEY UPDATE")
        .bind(user.uuid())
        .execute(&mut *tx)
        .await?;
    let (follows, requests) = sqlx::query_as(
        "SELECT (SELECT count(*) FROM (
                     SELECT FROM follows WHERE follower_id = $1 AND active LIMIT $2 + 1) AS counted),
                (SELECT count(*) FROM (
                     SELECT FROM follow_requests WHERE requester_id = $1 LIMIT $2 + 1) AS counted)",
    )
    .bind(user.uuid())
    .bind(i64::from(limit))
    .fetch_one(tx)
    .await?;
    Ok(Following { follows, requests })
}

/// Makes the pair no follow. The pair's new revision, or none when it was none already.
///
/// # Errors
/// When the database fails.
pub async fn end(
    tx: &mut PgConnection,
    pair: Pair,
    now: OffsetDateTime,
) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar(
        "UPDATE follows SET active = false, revision = revision + 1, changed_at = $3
         WHERE follower_id = $1 AND followee_id = $2 AND active
         RETURNING revision",
    )
    .bind(pair.user().uuid())
    .bind(pair.other().uuid())
    .bind(now)
    .fetch_optional(tx)
    .await
}
