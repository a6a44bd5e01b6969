//! Sessions and their refresh tokens.

use nova_ids::{SessionId, UserId};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, PgPool, Row};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::{KnownRefreshToken, RefreshTokenHash, Session};

/// The session that the token belongs to, locked: nobody else refreshes or ends it before the transaction
/// ends. None when the token is unknown or its session has ended.
///
/// # Errors
/// When the database fails.
pub async fn find_for_update(
    tx: &mut PgConnection,
    token: &RefreshTokenHash,
) -> sqlx::Result<Option<Session>> {
    sqlx::query_as(
        "SELECT id, user_id, expires_at FROM sessions
         WHERE id = (SELECT session_id FROM refresh_tokens WHERE token_hash = $1)
         FOR UPDATE",
    )
    .bind(token.as_bytes())
    .fetch_optional(tx)
    .await
}

/// What is known of the token. The caller holds its session's lock; this must be a statement of its own, so
/// that it sees what those did who held the lock before.
///
/// # Errors
/// When the database fails.
pub async fn find_token(
    tx: &mut PgConnection,
    token: &RefreshTokenHash,
) -> sqlx::Result<Option<KnownRefreshToken>> {
    sqlx::query_as("SELECT expires_at, used_at FROM refresh_tokens WHERE token_hash = $1")
        .bind(token.as_bytes())
        .fetch_optional(tx)
        .await
}

/// Adds a new session with its first token, which expires with it.
///
/// # Errors
/// When the database fails.
pub async fn insert(
    tx: &mut PgConnection,
    session: &Session,
    token: &RefreshTokenHash,
) -> sqlx::Result<()> {
    sqlx::query(
        "WITH session AS (
             INSERT INTO sessions (id, user_id, expires_at) VALUES ($1, $2, $3))
         INSERT INTO refresh_tokens (token_hash, session_id, expires_at) VALUES ($4, $1, $3)",
    )
    .bind(session.id.uuid())
    .bind(session.user_id.uuid())
    .bind(session.expires_at)
    .bind(token.as_bytes())
    .execute(tx)
    .await?;
    Ok(())
}

/// Marks the old token as used, adds the new one and prolongs the session. The caller holds the session's
/// lock.
///
/// # Errors
/// When the database fails.
pub async fn rotate(
    tx: &mut PgConnection,
    session: &Session,
    old: &RefreshTokenHash,
    new: &RefreshTokenHash,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query(
        "WITH used AS (UPDATE refresh_tokens SET used_at = $5 WHERE token_hash = $3),
              prolonged AS (UPDATE sessions SET expires_at = $2 WHERE id = $1)
         INSERT INTO refresh_tokens (token_hash, session_id, expires_at) VALUES ($4, $1, $2)",
    )
    .bind(session.id.uuid())
    .bind(session.expires_at)
    .bind(old.as_bytes())
    .bind(new.as_bytes())
    .bind(now)
    .execute(tx)
    .await?;
    Ok(())
}

/// Ends a session: it goes with all its tokens.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &mut PgConnection, id: SessionId) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM sessions WHERE id = $1")
        .bind(id.uuid())
        .execute(tx)
        .await?;
    Ok(())
}

/// Ends the session that the token belongs to, if there is one.
///
/// # Errors
/// When the database fails.
pub async fn delete_by_token(tx: &mut PgConnection, token: &RefreshTokenHash) -> sqlx::Result<()> {
    sqlx::query(
        "DELETE FROM sessions
         WHERE id = (SELECT session_id FROM refresh_tokens WHERE token_hash = $1)",
    )
    .bind(token.as_bytes())
    .execute(tx)
    .await?;
    Ok(())
}

/// Removes up to `limit` sessions that expired before `now`, with their tokens, and says how many there
/// were. Sessions that somebody holds locked are left for the next time.
///
/// # Errors
/// When the database fails.
pub async fn delete_expired(pool: &PgPool, now: OffsetDateTime, limit: i64) -> sqlx::Result<u64> {
    let done = sqlx::query(
        "DELETE FROM sessions WHERE id IN (
             SELECT id FROM sessions WHERE expires_at <= $1 LIMIT $2 FOR UPDATE SKIP LOCKED)",
    )
    .bind(now)
    .bind(limit)
    .execute(pool)
    .await?;
    Ok(done.rows_affected())
}

/// Removes up to `limit` tokens that expired before `now` while their session lives on, and says how many
/// there were. Nobody needs them: presented, they are refused as unknown tokens are.
///
/// # Errors
/// When the database fails.
pub async fn delete_expired_tokens(
    pool: &PgPool,
    now: OffsetDateTime,
    limit: i64,
) -> sqlx::Result<u64> {
    let done = sqlx::query(
        "DELETE FROM refresh_tokens WHERE token_hash IN (
             SELECT token_hash FROM refresh_tokens
             WHERE expires_at <= $1 LIMIT $2 FOR UPDATE SKIP LOCKED)",
    )
    .bind(now)
    .bind(limit)
    .execute(pool)
    .await?;
    Ok(done.rows_affected())
}

impl FromRow<'_, PgRow> for Session {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        Ok(Self {
            id: SessionId::from(row.try_get::<Uuid, _>("id")?),
            user_id: UserId::from(row.try_get::<Uuid, _>("user_id")?),
            expires_at: row.try_get("expires_at")?,
        })
    }
}

impl FromRow<'_, PgRow> for KnownRefreshToken {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        Ok(Self {
            expires_at: row.try_get("expires_at")?,
            used_at: row.try_get("used_at")?,
        })
    }
}
