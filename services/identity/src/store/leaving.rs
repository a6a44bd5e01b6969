//! Accounts whose owners leave: gone at once, back by signing in, erased when their time is over.

use nova_ids::UserId;
use sqlx::{PgConnection, PgPool};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::sql::username_hash;
use crate::domain::PasswordHash;

/// Hides the account for so long at least, if that is still the password's hash and it is there. The revision of its
/// state, and until when it is kept.
///
/// # Errors
/// When the database fails.
pub async fn hide(
    tx: &mut PgConnection,
    id: UserId,
    hash: &PasswordHash,
    now: OffsetDateTime,
    grace: Duration,
) -> sqlx::Result<Option<(i64, OffsetDateTime)>> {
    sqlx::query_as(
        "UPDATE users SET gone_since = $3, kept_until = $4, state_revision = state_revision + 1
         WHERE id = $1 AND password_hash = $2 AND gone_since IS NULL
         RETURNING state_revision, kept_until",
    )
    .bind(id.uuid())
    .bind(hash.as_str())
    .bind(now)
    .bind(now + grace)
    .fetch_optional(tx)
    .await
}

/// Brings the account back if it is gone and not erased yet. The revision of its state; none when it was there.
///
/// # Errors
/// When the database fails.
pub async fn bring_back(tx: &mut PgConnection, id: UserId) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar(
        "UPDATE users SET gone_since = NULL, kept_until = NULL, state_revision = state_revision + 1
         WHERE id = $1 AND gone_since IS NOT NULL AND NOT erased
         RETURNING state_revision",
    )
    .bind(id.uuid())
    .fetch_optional(tx)
    .await
}

/// At most `limit` of those whose time is over.
///
/// # Errors
/// When the database fails.
pub async fn over(pool: &PgPool, limit: i64) -> sqlx::Result<Vec<UserId>> {
    let ids: Vec<Uuid> = sqlx::query_scalar(
        "SELECT id FROM users WHERE kept_until <= now() AND NOT erased ORDER BY kept_until LIMIT $1",
    )
    .bind(limit)
    .fetch_all(pool)
    .await?;
    Ok(ids.into_iter().map(UserId::from).collect())
}

/// Leaves of an account whose time is over nothing that says who it was, and keeps back its username until then. Its
/// address is free. The revision of its state; none when it is back, or somebody else has done it.
///
/// # Errors
/// When the database fails.
pub async fn retire(
    tx: &mut PgConnection,
    id: UserId,
    free_at: OffsetDateTime,
) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar(concat!(
        "WITH found AS (
             SELECT id, username FROM users
             WHERE id = $1 AND kept_until <= now() AND NOT erased FOR UPDATE
         ), retired AS (
             INSERT INTO retired_usernames (hash, free_at)
             SELECT ",
        username_hash!("username"),
        ", $2 FROM found
             ON CONFLICT (hash) DO UPDATE SET user_id = NULL, free_at = excluded.free_at
         )
         UPDATE users
         SET erased = true, state_revision = state_revision + 1, username = users.id::text,
             email = users.id::text, password_hash = '', display_name = '', avatar_url = NULL,
             email_verified_at = NULL
         FROM found WHERE users.id = found.id
         RETURNING state_revision",
    ))
    .bind(id.uuid())
    .bind(free_at)
    .fetch_optional(tx)
    .await
}

/// All that is left of a user then.
pub const STEPS: &[&str] = &[
    "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE user_id = $1 LIMIT $2)",
    "DELETE FROM follow_requests WHERE requester_id = $1 AND target_id IN (
         SELECT target_id FROM follow_requests WHERE requester_id = $1 LIMIT $2)",
    "DELETE FROM follow_requests WHERE target_id = $1 AND requester_id IN (
         SELECT requester_id FROM follow_requests WHERE target_id = $1 LIMIT $2)",
    "DELETE FROM unlocks WHERE user_id = $1 AND $2 > 0",
    "DELETE FROM follows WHERE follower_id = $1 AND followee_id IN (
         SELECT followee_id FROM follows WHERE follower_id = $1 LIMIT $2)",
    "DELETE FROM follows WHERE followee_id = $1 AND follower_id IN (
         SELECT follower_id FROM follows WHERE followee_id = $1 AND active LIMIT $2)",
    "DELETE FROM follows WHERE followee_id = $1 AND follower_id IN (
         SELECT follower_id FROM follows WHERE followee_id = $1 AND NOT active LIMIT $2)",
    "DELETE FROM blocks WHERE user_id = $1 AND other_id IN (
         SELECT other_id FROM blocks WHERE user_id = $1 LIMIT $2)",
    "DELETE FROM blocks WHERE other_id = $1 AND user_id IN (
         SELECT user_id FROM blocks WHERE other_id = $1 LIMIT $2)",
    "DELETE FROM mutes WHERE user_id = $1 AND other_id IN (
         SELECT other_id FROM mutes WHERE user_id = $1 LIMIT $2)",
    "DELETE FROM mutes WHERE other_id = $1 AND user_id IN (
         SELECT user_id FROM mutes WHERE other_id = $1 LIMIT $2)",
    "DELETE FROM mail_tokens WHERE event_id IN (
         SELECT event_id FROM mail_tokens WHERE user_id = $1 LIMIT $2)",
    // The names stay kept back from others.
    "UPDATE retired_usernames SET user_id = NULL WHERE hash IN (
         SELECT hash FROM retired_usernames WHERE user_id = $1 LIMIT $2)",
    "DELETE FROM exports WHERE user_id = $1 AND $2 > 0",
    "DELETE FROM export_parts WHERE (export_id, service, number) IN (
         SELECT export_id, service, number FROM export_parts WHERE user_id = $1 LIMIT $2)",
    "DELETE FROM users WHERE id = $1 AND erased AND $2 > 0",
];
