//! Sessions and their refresh tokens.

use nova_ids::{SessionId, UserId};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, PgPool, Row};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::{Device, KnownRefreshToken, RefreshToken, Session};

/// The session that the token belongs to, locked: nobody else refreshes or ends it before the transaction
/// ends. None when the token is unknown or its session has ended.
///
/// # Errors
/// When the database fails.
pub async fn find_for_update(
    tx: &mut PgConnection,
    token: &RefreshToken,
) -> sqlx::Result<Option<Session>> {
    sqlx::query_as(
        "SELECT id, user_id, expires_at, last_used_at, address, user_agent FROM sessions
         WHERE (id = $1 AND mark_hash = $2)
            OR id = (SELECT session_id FROM refresh_tokens WHERE token_hash = $3)
         FOR UPDATE",
    )
    .bind(token.mark().map(|mark| mark.session_id().uuid()))
    .bind(token.mark().map(|mark| mark.hash().to_bytes()))
    .bind(token.hash().to_bytes())
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
    token: &RefreshToken,
) -> sqlx::Result<Option<KnownRefreshToken>> {
    sqlx::query_as("SELECT expires_at, used_at FROM refresh_tokens WHERE token_hash = $1")
        .bind(token.hash().to_bytes())
        .fetch_optional(tx)
        .await
}

/// At most `limit` sessions of a user that have not expired by `now`, newest first, beginning after `after`.
///
/// # Errors
/// When the database fails.
pub async fn list(
    pool: &PgPool,
    user: UserId,
    after: SessionId,
    now: OffsetDateTime,
    limit: i64,
) -> sqlx::Result<Vec<Session>> {
    sqlx::query_as(
        "SELECT id, user_id, expires_at, last_used_at, address, user_agent FROM sessions
         WHERE user_id = $1 AND id < $2 AND expires_at > $3
         ORDER BY id DESC LIMIT $4",
    )
    .bind(user.uuid())
    .bind(after.uuid())
    .bind(now)
    .bind(limit)
    .fetch_all(pool)
    .await
}

/// Adds a new session with its first token, which expires with it.
///
/// # Errors
/// When the database fails.
pub async fn insert(
    tx: &mut PgConnection,
    session: &Session,
    token: &RefreshToken,
) -> sqlx::Result<()> {
    sqlx::query(
        "WITH session AS (
             INSERT INTO sessions (id, user_id, expires_at, mark_hash, last_used_at, address, user_agent)
             VALUES ($1, $2, $3, $4, $5, $6, $7))
         INSERT INTO refresh_tokens (token_hash, session_id, expires_at) VALUES ($8, $1, $3)",
    )
    .bind(session.id.uuid())
    .bind(session.user_id.uuid())
    .bind(session.expires_at)
    .bind(token.mark().map(|mark| mark.hash().to_bytes()))
    .bind(session.last_used_at)
    .bind(&session.device.address)
    .bind(&session.device.user_agent)
    .bind(token.hash().to_bytes())
    .execute(tx)
    .await?;
    Ok(())
}

/// Puts the new token in the place of the old one and saves the session after its refresh. An old token without a mark
/// stays as a used one, since nothing else would tell whose it was. The caller holds the session's lock.
///
/// # Errors
/// When the database fails.
pub async fn rotate(
    tx: &mut PgConnection,
    session: &Session,
    old: &RefreshToken,
    new: &RefreshToken,
) -> sqlx::Result<()> {
    sqlx::query(
        "WITH gone AS (DELETE FROM refresh_tokens WHERE token_hash = $7 AND $8),
              used AS (UPDATE refresh_tokens SET used_at = $4 WHERE token_hash = $7 AND NOT $8),
              refreshed AS (
             UPDATE sessions
             SET expires_at = $2, mark_hash = $3, last_used_at = $4, address = $5, user_agent = $6
             WHERE id = $1)
         INSERT INTO refresh_tokens (token_hash, session_id, expires_at) VALUES ($9, $1, $2)",
    )
    .bind(session.id.uuid())
    .bind(session.expires_at)
    .bind(new.mark().map(|mark| mark.hash().to_bytes()))
    .bind(session.last_used_at)
    .bind(&session.device.address)
    .bind(&session.device.user_agent)
    .bind(old.hash().to_bytes())
    .bind(old.mark().is_some())
    .bind(new.hash().to_bytes())
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
pub async fn delete_by_token(tx: &mut PgConnection, token: &RefreshToken) -> sqlx::Result<()> {
    sqlx::query(
        "DELETE FROM sessions
         WHERE (id = $1 AND mark_hash = $2)
            OR id = (SELECT session_id FROM refresh_tokens WHERE token_hash = $3)",
    )
    .bind(token.mark().map(|mark| mark.session_id().uuid()))
    .bind(token.mark().map(|mark| mark.hash().to_bytes()))
    .bind(token.hash().to_bytes())
    .execute(tx)
    .await?;
    Ok(())
}

/// Ends a session of that user that has not expired by `now`, and says whether there was one.
///
/// # Errors
/// When the database fails.
pub async fn delete_of_user(
    tx: &mut PgConnection,
    user: UserId,
    id: SessionId,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    let done =
        sqlx::query("DELETE FROM sessions WHERE id = $1 AND user_id = $2 AND expires_at > $3")
            .bind(id.uuid())
            .bind(user.uuid())
            .bind(now)
            .execute(tx)
            .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends all sessions of a user but one.
///
/// # Errors
/// When the database fails.
pub async fn delete_others(
    tx: &mut PgConnection,
    user: UserId,
    kept: SessionId,
) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM sessions WHERE user_id = $1 AND id <> $2")
        .bind(user.uuid())
        .bind(kept.uuid())
        .execute(tx)
        .await?;
    Ok(())
}

/// Ends all sessions of a user.
///
/// # Errors
/// When the database fails.
pub async fn delete_all(tx: &mut PgConnection, user: UserId) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM sessions WHERE user_id = $1")
        .bind(user.uuid())
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
        let id = SessionId::from(row.try_get::<Uuid, _>("id")?);
        let last_used_at: Option<OffsetDateTime> = row.try_get("last_used_at")?;
        Ok(Self {
            id,
            user_id: UserId::from(row.try_get::<Uuid, _>("user_id")?),
            expires_at: row.try_get("expires_at")?,
            // Of one from before this was kept, the sign-in is the last that is known.
            last_used_at: last_used_at.unwrap_or_else(|| id.made_at()),
            device: Device {
                address: row.try_get("address")?,
                user_agent: row.try_get("user_agent")?,
            },
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
