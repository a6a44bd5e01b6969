//! The tokens in mails. Whoever adds, uses or ends those of a user holds the lock of the user's row.

use nova_ids::{EventId, UserId};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, PgExecutor, PgPool, Row};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::{KnownMailToken, MailRequest, MailToken, Purpose};

/// Puts down the token of a mail that is about to be handed over, or, when it could not be handed over before, until
/// when it is good now. Says whether it is to be handed over: not once it was, nor after its token was used or a newer
/// one took its place.
///
/// # Errors
/// When the database fails.
pub async fn offer(
    tx: &mut PgConnection,
    request: &MailRequest,
    token: &MailToken,
    address: &str,
    expires_at: OffsetDateTime,
) -> sqlx::Result<bool> {
    let done = sqlx::query(
        "INSERT INTO mail_tokens (event_id, token_hash, user_id, purpose, address, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (event_id) DO UPDATE SET token_hash = $2, address = $5, expires_at = $6
         WHERE mail_tokens.sent_at IS NULL AND mail_tokens.ended_at IS NULL",
    )
    .bind(request.id.uuid())
    .bind(token.hash())
    .bind(request.user_id.uuid())
    .bind(request.purpose.as_str())
    .bind(address)
    .bind(expires_at)
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends all tokens that a user has for a purpose, but for that of the mail that `kept` asked for.
///
/// # Errors
/// When the database fails.
pub async fn end_others(
    tx: &mut PgConnection,
    user: UserId,
    purpose: Purpose,
    kept: EventId,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE mail_tokens SET ended_at = $4
         WHERE user_id = $1 AND purpose = $2 AND event_id <> $3 AND ended_at IS NULL",
    )
    .bind(user.uuid())
    .bind(purpose.as_str())
    .bind(kept.uuid())
    .bind(now)
    .execute(tx)
    .await?;
    Ok(())
}

/// Ends all tokens that a user has for a purpose.
///
/// # Errors
/// When the database fails.
pub async fn end_all(
    tx: &mut PgConnection,
    user: UserId,
    purpose: Purpose,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    end_others(tx, user, purpose, EventId::from(Uuid::nil()), now).await
}

/// Notes that a mail was handed over.
///
/// # Errors
/// When the database fails.
pub async fn sent(pool: &PgPool, mail: EventId, now: OffsetDateTime) -> sqlx::Result<()> {
    sqlx::query("UPDATE mail_tokens SET sent_at = $2 WHERE event_id = $1")
        .bind(mail.uuid())
        .bind(now)
        .execute(pool)
        .await?;
    Ok(())
}

/// Whose the token is, if it is good for that purpose now.
///
/// # Errors
/// When the database fails.
pub async fn find(
    db: impl PgExecutor<'_>,
    token: &MailToken,
    purpose: Purpose,
    now: OffsetDateTime,
) -> sqlx::Result<Option<KnownMailToken>> {
    sqlx::query_as(
        "SELECT user_id, address FROM mail_tokens
         WHERE token_hash = $1 AND purpose = $2 AND expires_at > $3 AND ended_at IS NULL",
    )
    .bind(token.hash())
    .bind(purpose.as_str())
    .bind(now)
    .fetch_optional(db)
    .await
}

/// Ends a token, and says whether it was good for that purpose until now.
///
/// # Errors
/// When the database fails.
pub async fn spend(
    tx: &mut PgConnection,
    token: &MailToken,
    purpose: Purpose,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    let done = sqlx::query(
        "UPDATE mail_tokens SET ended_at = $3
         WHERE token_hash = $1 AND purpose = $2 AND expires_at > $3 AND ended_at IS NULL",
    )
    .bind(token.hash())
    .bind(purpose.as_str())
    .bind(now)
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Removes up to `limit` tokens that expired before `before`, and says how many there were. Those that somebody holds
/// locked are left for the next time.
///
/// # Errors
/// When the database fails.
pub async fn delete_expired(
    pool: &PgPool,
    before: OffsetDateTime,
    limit: i64,
) -> sqlx::Result<u64> {
    let done = sqlx::query(
        "DELETE FROM mail_tokens WHERE event_id IN (
             SELECT event_id FROM mail_tokens
             WHERE expires_at <= $1 LIMIT $2 FOR UPDATE SKIP LOCKED)",
    )
    .bind(before)
    .bind(limit)
    .execute(pool)
    .await?;
    Ok(done.rows_affected())
}

impl FromRow<'_, PgRow> for KnownMailToken {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        Ok(Self {
            user_id: UserId::from(row.try_get::<Uuid, _>("user_id")?),
            address: row.try_get("address")?,
        })
    }
}
