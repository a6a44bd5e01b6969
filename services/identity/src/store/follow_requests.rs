//! Who asks to follow whom, and users who accept all who asked. Whoever changes a pair holds its lock
//! ([`super::pairs::lock`]) until the transaction ends.

use nova_ids::UserId;
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use uuid::Uuid;

use super::pairs::SaveError;
use super::sql::key_of_pair;
use crate::domain::Pair;

/// One who asked, and whether they may follow one more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// Who asked.
    pub requester: UserId,
    /// Whether they follow fewer than one may.
    pub has_room: bool,
}

/// Whether the one to be asked is locked, and until the transaction ends neither that nor what the one who asks has
/// asked and follows is changed by another.
///
/// # Errors
/// When the database fails.
pub async fn hold_both(tx: &mut PgConnection, pair: Pair) -> sqlx::Result<bool> {
    let (requester, target) = (pair.user(), pair.other());
    if requester < target {
        hold_requester(tx, requester).await?;
        hold_target(tx, target).await
    } else {
        let locked = hold_target(tx, target).await?;
        hold_requester(tx, requester).await?;
        Ok(locked)
    }
}

async fn hold_requester(tx: &mut PgConnection, requester: UserId) -> sqlx::Result<()> {
    sqlx::query("SELECT FROM users WHERE id = $1 FOR NO KEY UPDATE")
        .bind(requester.uuid())
        .execute(tx)
        .await?;
    Ok(())
}

/// Many may ask one user at the same time: they share the row.
async fn hold_target(tx: &mut PgConnection, target: UserId) -> sqlx::Result<bool> {
    let locked: Option<bool> =
        sqlx::query_scalar("SELECT locked FROM users WHERE id = $1 FOR SHARE")
            .bind(target.uuid())
            .fetch_optional(tx)
            .await?;
    Ok(locked.unwrap_or_default())
}

/// Adds the request of a pair that has none.
///
/// # Errors
/// When one of the two is no user, and when the database fails.
pub async fn insert(
    tx: &mut PgConnection,
    pair: Pair,
    now: OffsetDateTime,
) -> Result<(), SaveError> {
    sqlx::query("INSERT INTO follow_requests (requester_id, target_id, since) VALUES ($1, $2, $3)")
        .bind(pair.user().uuid())
        .bind(pair.other().uuid())
        .bind(now)
        .execute(tx)
        .await?;
    Ok(())
}

/// Removes the request of the pair, and says whether there was one.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &mut PgConnection, pair: Pair) -> sqlx::Result<bool> {
    let done =
        sqlx::query("DELETE FROM follow_requests WHERE requester_id = $1 AND target_id = $2")
            .bind(pair.user().uuid())
            .bind(pair.other().uuid())
            .execute(tx)
            .await?;
    Ok(done.rows_affected() == 1)
}

/// Those who asked first, at most `limit`: this transaction has the lock of each pair and the row of each of them. It
/// waits for none: whoever is busy is left out.
///
/// # Errors
/// When the database fails.
pub async fn hold(tx: &mut PgConnection, target: UserId, limit: i64) -> sqlx::Result<Vec<UserId>> {
    const HOLD_PAIRS: &str = concat!(
        "WITH first AS MATERIALIZED (
             SELECT requester_id FROM follow_requests WHERE target_id = $1
             ORDER BY since, requester_id LIMIT $2)
         SELECT requester_id FROM first WHERE pg_try_advisory_xact_lock(",
        key_of_pair!("requester_id", "$1"),
        ")"
    );
    let ids: Vec<Uuid> = sqlx::query_scalar(HOLD_PAIRS)
        .bind(target.uuid())
        .bind(limit)
        .fetch_all(&mut *tx)
        .await?;
    let ids: Vec<Uuid> = sqlx::query_scalar(
        "SELECT id FROM users WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED",
    )
    .bind(ids)
    .fetch_all(tx)
    .await?;
    Ok(ids.into_iter().map(UserId::from).collect())
}

/// Removes the requests of these to the user, of whom this transaction has the locks: those that there still are.
///
/// # Errors
/// When the database fails.
pub async fn take(
    tx: &mut PgConnection,
    requesters: &[UserId],
    target: UserId,
    limit: u32,
) -> sqlx::Result<Vec<Taken>> {
    let requesters: Vec<Uuid> = requesters.iter().map(|id| id.uuid()).collect();
    let taken: Vec<(Uuid, bool)> = sqlx::query_as(
        "DELETE FROM follow_requests WHERE target_id = $2 AND requester_id = ANY($1)
         RETURNING requester_id, $3 > (SELECT count(*) FROM (
             SELECT FROM follows WHERE follower_id = requester_id AND active LIMIT $3) AS counted)",
    )
    .bind(requesters)
    .bind(target.uuid())
    .bind(i64::from(limit))
    .fetch_all(tx)
    .await?;
    let taken = taken.into_iter().map(|(requester, has_room)| Taken {
        requester: requester.into(),
        has_room,
    });
    Ok(taken.collect())
}

/// Remembers that the user accepts all who asked for as long as there are any. The caller holds the user's row.
///
/// # Errors
/// When the database fails.
pub async fn remember_unlock(tx: &mut PgConnection, user: UserId) -> sqlx::Result<()> {
    sqlx::query(
        "WITH asked AS (SELECT EXISTS (SELECT FROM follow_requests WHERE target_id = $1) AS any),
              done AS (DELETE FROM unlocks USING asked WHERE user_id = $1 AND NOT asked.any)
         INSERT INTO unlocks (user_id) SELECT $1 FROM asked WHERE asked.any
         ON CONFLICT DO NOTHING",
    )
    .bind(user.uuid())
    .execute(tx)
    .await?;
    Ok(())
}

/// Those who ask the user go on waiting. The caller holds the user's row.
///
/// # Errors
/// When the database fails.
pub async fn forget_unlock(tx: &mut PgConnection, user: UserId) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM unlocks WHERE user_id = $1")
        .bind(user.uuid())
        .execute(tx)
        .await?;
    Ok(())
}

/// Users who accept all who asked, and have not got to the end: at most `limit`, after this one in the order of ids.
///
/// # Errors
/// When the database fails.
pub async fn unlocks(pool: &PgPool, after: UserId, limit: i64) -> sqlx::Result<Vec<UserId>> {
    let ids: Vec<Uuid> =
        sqlx::query_scalar("SELECT user_id FROM unlocks WHERE user_id > $1 ORDER BY 1 LIMIT $2")
            .bind(after.uuid())
            .bind(limit)
            .fetch_all(pool)
            .await?;
    Ok(ids.into_iter().map(UserId::from).collect())
}

/// Holds the user's row and says whether the user still accepts all who asked. Not for one whose row another has: nobody
/// is waited for.
///
/// # Errors
/// When the database fails.
pub async fn hold_unlock(tx: &mut PgConnection, user: UserId) -> sqlx::Result<bool> {
    let held = sqlx::query("SELECT FROM users WHERE id = $1 FOR NO KEY UPDATE SKIP LOCKED")
        .bind(user.uuid())
        .execute(&mut *tx)
        .await?;
    if held.rows_affected() == 0 {
        return Ok(false);
    }
    // Another statement, which sees what was changed before the row was free.
    sqlx::query_scalar("SELECT EXISTS (SELECT FROM unlocks WHERE user_id = $1)")
        .bind(user.uuid())
        .fetch_one(tx)
        .await
}
