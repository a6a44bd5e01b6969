//! The follow graph. Whoever changes a pair holds the lock of its row until the transaction ends, so the
//! revisions of a pair are published in their order.

use nova_ids::UserId;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, PgPool, Row};
use time::OffsetDateTime;

use crate::domain::{Follow, FollowList, Pair, Position, User};

/// Foreign key of the one who follows.
const FOLLOWER_CONSTRAINT: &str = "follows_follower";
/// Foreign key of the one who is followed.
const FOLLOWEE_CONSTRAINT: &str = "follows_followee";

/// A follow could not be saved.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// There is no user who could follow.
    #[error("there is no such follower")]
    UnknownFollower,
    /// There is no user who could be followed.
    #[error("there is no such user to follow")]
    UnknownFollowee,
    /// The follower follows as many as anybody may.
    #[error("nobody may follow more than {0} users")]
    TooMany(u32),
    /// The database failed.
    #[error("the follow could not be saved")]
    Database(#[source] sqlx::Error),
}

impl From<sqlx::Error> for SaveError {
    fn from(error: sqlx::Error) -> Self {
        match error
            .as_database_error()
            .and_then(|error| error.constraint())
        {
            Some(FOLLOWER_CONSTRAINT) => Self::UnknownFollower,
            Some(FOLLOWEE_CONSTRAINT) => Self::UnknownFollowee,
            _ => Self::Database(error),
        }
    }
}

/// Makes the pair a follow. The pair's new revision, or none when it was one already.
///
/// # Errors
/// When one of the two is no user, when it makes more than `limit` follows, and when the database fails. The
/// transaction must be rolled back then.
pub async fn begin(
    tx: &mut PgConnection,
    pair: Pair,
    limit: u32,
    now: OffsetDateTime,
) -> Result<Option<i64>, SaveError> {
    let revision: Option<i64> = sqlx::query_scalar(
        "INSERT INTO follows (follower_id, followee_id, active, revision, since, changed_at)
         VALUES ($1, $2, true, 1, $3, $3)
         ON CONFLICT (follower_id, followee_id) DO UPDATE
         SET active = true, revision = follows.revision + 1, since = $3, changed_at = $3
         WHERE NOT follows.active
         RETURNING revision",
    )
    .bind(pair.follower().uuid())
    .bind(pair.followee().uuid())
    .bind(now)
    .fetch_optional(&mut *tx)
    .await?;
    if revision.is_some() && exceeds(tx, pair.follower(), limit).await? {
        return Err(SaveError::TooMany(limit));
    }
    Ok(revision)
}

/// Whether the user follows more than so many. Asked by one transaction of a user at a time, so that two cannot both
/// have the last place.
async fn exceeds(tx: &mut PgConnection, follower: UserId, limit: u32) -> sqlx::Result<bool> {
    sqlx::query("SELECT FROM users WHERE id = $1 FOR NO KEY UPDATE")
        .bind(follower.uuid())
        .execute(&mut *tx)
        .await?;
    sqlx::query_scalar(
        "SELECT $2 < (SELECT count(*) FROM (
             SELECT FROM follows WHERE follower_id = $1 AND active LIMIT $2 + 1) AS counted)",
    )
    .bind(follower.uuid())
    .bind(i64::from(limit))
    .fetch_one(tx)
    .await
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
    .bind(pair.follower().uuid())
    .bind(pair.followee().uuid())
    .bind(now)
    .fetch_optional(tx)
    .await
}

/// At most `limit` lines of the list, beginning after `after`.
///
/// # Errors
/// When the database fails.
pub async fn list(
    pool: &PgPool,
    list: FollowList,
    after: Position,
    limit: i64,
) -> sqlx::Result<Vec<Follow>> {
    let sql = match list {
        FollowList::Followers(_) => {
            "SELECT users.id, username, display_name, avatar_url, users.revision, updated_at, since
             FROM follows JOIN users ON users.id = follower_id
             WHERE followee_id = $1 AND active AND (since, follower_id) < ($2, $3)
             ORDER BY since DESC, follower_id DESC LIMIT $4"
        }
        FollowList::Following(_) => {
            "SELECT users.id, username, display_name, avatar_url, users.revision, updated_at, since
             FROM follows JOIN users ON users.id = followee_id
             WHERE follower_id = $1 AND active AND (since, followee_id) < ($2, $3)
             ORDER BY since DESC, followee_id DESC LIMIT $4"
        }
    };
    sqlx::query_as(sql)
        .bind(list.user().uuid())
        .bind(after.since)
        .bind(after.user_id.uuid())
        .bind(limit)
        .fetch_all(pool)
        .await
}

impl FromRow<'_, PgRow> for Follow {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        Ok(Self {
            user: User::from_row(row)?,
            since: row.try_get("since")?,
        })
    }
}
