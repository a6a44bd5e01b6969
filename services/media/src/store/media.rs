//! Media.

use std::error::Error;
use std::str::FromStr;
use std::time::Duration;

use nova_ids::{MediaId, PostId, UserId};
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{FromRow, PgConnection, PgPool, Row};
use uuid::Uuid;

use super::size;
use crate::domain::{Blob, MediaState, Medium, Thumbnail, Use};

/// How every SELECT of media begins.
macro_rules! everything {
    () => {
        "SELECT media.id, media.owner_id, media.post_id, media.purpose, media.alt, media.state,
                media.failure, media.mime_type, media.revision, media.blob_id,
                blobs.mime_type AS blob_mime_type, size_bytes, piece_bytes, width, height,
                duration_seconds, blurhash, thumbnails
         FROM media LEFT JOIN blobs ON blobs.id = media.blob_id"
    };
}
pub(super) use everything;

/// The medium, if its owner is there.
///
/// # Errors
/// When the database fails.
pub async fn find(pool: &PgPool, id: MediaId) -> sqlx::Result<Option<Medium>> {
    sqlx::query_as(concat!(
        everything!(),
        " WHERE media.id = $1
          AND NOT EXISTS (SELECT FROM accounts
                          WHERE accounts.user_id = media.owner_id AND hidden)"
    ))
    .bind(id.uuid())
    .fetch_optional(pool)
    .await
}

/// The medium, locked: nobody else changes it before the transaction ends.
///
/// # Errors
/// When the database fails.
pub async fn find_for_update(tx: &mut PgConnection, id: MediaId) -> sqlx::Result<Option<Medium>> {
    sqlx::query_as(concat!(
        everything!(),
        " WHERE media.id = $1 FOR UPDATE OF media"
    ))
    .bind(id.uuid())
    .fetch_optional(tx)
    .await
}

/// At most `limit` media of the owner, newest first, beginning after `after`; none of an owner who is not there.
///
/// # Errors
/// When the database fails.
pub async fn list_by_owner(
    pool: &PgPool,
    owner: UserId,
    after: Option<MediaId>,
    limit: i64,
) -> sqlx::Result<Vec<Medium>> {
    // One plan for the first page and the others: before the first medium stands the greatest UUID.
    let after = after.map_or(Uuid::max(), MediaId::uuid);
    sqlx::query_as(concat!(
        everything!(),
        " WHERE media.owner_id = $1 AND media.id < $2
          AND NOT EXISTS (SELECT FROM accounts WHERE accounts.user_id = $1 AND hidden)
          ORDER BY media.id DESC LIMIT $3"
    ))
    .bind(owner.uuid())
    .bind(after)
    .bind(limit)
    .fetch_all(pool)
    .await
}

/// Adds a new medium, which is not claimed yet if it waits for a post, and the SHA-256 of what came if it is known.
///
/// # Errors
/// When the database fails.
pub async fn insert(
    tx: &mut PgConnection,
    medium: &Medium,
    uploaded_bytes: u64,
    sha256: Option<&[u8]>,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO media (id, owner_id, post_id, purpose, alt, state, mime_type, uploaded_bytes,
                            blob_id, revision, sha256, unclaimed_since)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11,
                 CASE WHEN $4 = 'post' AND NOT EXISTS (
                          SELECT FROM claims WHERE media_id = $1 AND user_id = $2)
                      THEN now() END)",
    )
    .bind(medium.id.uuid())
    .bind(medium.owner_id.uuid())
    .bind(medium.post_id.map(PostId::uuid))
    .bind(medium.purpose.as_str())
    .bind(&medium.alt)
    .bind(medium.state.as_str())
    .bind(&medium.mime_type)
    .bind(super::number(uploaded_bytes))
    .bind(medium.blob.as_ref().map(|blob| blob.id))
    .bind(medium.revision)
    .bind(sha256)
    .execute(tx)
    .await?;
    Ok(())
}

/// What the owner has. The caller holds [`super::lock_owner`].
///
/// # Errors
/// When the database fails.
pub async fn in_use(tx: &mut PgConnection, owner: UserId) -> sqlx::Result<Use> {
    let row = sqlx::query(
        "SELECT (SELECT count(*) FROM media
                 WHERE owner_id = $1 AND purpose = 'post' AND state <> 'failed'
                   AND NOT EXISTS (SELECT FROM claims
                                   WHERE claims.media_id = media.id AND claims.user_id = $1))
              + (SELECT count(*) FROM uploads
                 WHERE owner_id = $1 AND ended_at IS NULL AND expires_at > now()) AS unclaimed,
                (SELECT COALESCE(sum(size_bytes), 0)::bigint FROM blobs WHERE owner_id = $1)
              + (SELECT COALESCE(sum(uploaded_bytes), 0)::bigint FROM media
                 WHERE owner_id = $1 AND state = 'processing')
              + (SELECT COALESCE(sum(length), 0)::bigint FROM uploads
                 WHERE owner_id = $1 AND ended_at IS NULL AND expires_at > now()) AS bytes",
    )
    .bind(owner.uuid())
    .fetch_one(tx)
    .await?;
    Ok(Use {
        unclaimed: size(row.try_get("unclaimed")?),
        bytes: size(row.try_get("bytes")?),
    })
}

/// A medium that is to be read, and which time this is.
#[derive(Debug, Clone, Copy)]
pub struct Turn {
    /// Which.
    pub id: MediaId,
    /// 1 for the first.
    pub attempt: i32,
}

/// Takes the medium that has waited longest and that nobody else has, for so long; and the SHA-256 of what came if it is known.
///
/// # Errors
/// When the database fails.
pub async fn take_turn(
    pool: &PgPool,
    lease: Duration,
) -> sqlx::Result<Option<(Turn, Option<Vec<u8>>)>> {
    let row = sqlx::query(
        "UPDATE media SET attempts = attempts + 1, busy_until = now() + make_interval(secs => $1)
         WHERE id = (SELECT id FROM media WHERE state = 'processing' AND busy_until <= now()
                     ORDER BY busy_until LIMIT 1 FOR UPDATE SKIP LOCKED)
         RETURNING id, attempts, sha256",
    )
    .bind(lease.as_secs_f64())
    .fetch_optional(pool)
    .await?;
    row.map(|row| {
        let turn = Turn {
            id: row.try_get::<Uuid, _>("id")?.into(),
            attempt: row.try_get("attempts")?,
        };
        Ok((turn, row.try_get("sha256")?))
    })
    .transpose()
}

/// How many media are to be read, and for how long the first of them has waited for its turn.
///
/// # Errors
/// When the database fails.
pub async fn backlog(pool: &PgPool) -> sqlx::Result<(i64, Duration)> {
    let row: (i64, f64) = sqlx::query_as(
        "SELECT count(*), COALESCE(EXTRACT(EPOCH FROM now() - min(busy_until)), 0)::float8
         FROM media WHERE state = 'processing' AND busy_until <= now()",
    )
    .fetch_one(pool)
    .await?;
    Ok((
        row.0,
        Duration::try_from_secs_f64(row.1).unwrap_or_default(),
    ))
}

/// Goes on having a medium for so long. False when somebody else has it by now.
///
/// # Errors
/// When the database fails.
pub async fn renew_turn(pool: &PgPool, turn: Turn, lease: Duration) -> sqlx::Result<bool> {
    let renewed = sqlx::query(
        "UPDATE media SET busy_until = now() + make_interval(secs => $3)
         WHERE id = $1 AND attempts = $2 AND state = 'processing'",
    )
    .bind(turn.id.uuid())
    .bind(turn.attempt)
    .bind(lease.as_secs_f64())
    .execute(pool)
    .await?;
    Ok(renewed.rows_affected() > 0)
}

/// Gives a medium back, to be read after this time; the attempt does not count, as it is not the file that was at fault.
///
/// # Errors
/// When the database fails.
pub async fn give_back(pool: &PgPool, turn: Turn, after: Duration) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE media SET busy_until = now() + make_interval(secs => $3), attempts = attempts - 1
         WHERE id = $1 AND attempts = $2 AND state = 'processing'",
    )
    .bind(turn.id.uuid())
    .bind(turn.attempt)
    .bind(after.as_secs_f64())
    .execute(pool)
    .await?;
    Ok(())
}

/// The medium, locked, if it is still to be read by who has this turn.
///
/// # Errors
/// When the database fails.
pub async fn of_turn(tx: &mut PgConnection, turn: Turn) -> sqlx::Result<Option<Medium>> {
    sqlx::query_as(concat!(
        everything!(),
        " WHERE media.id = $1 AND media.attempts = $2 AND media.state = 'processing'
          FOR UPDATE OF media"
    ))
    .bind(turn.id.uuid())
    .bind(turn.attempt)
    .fetch_optional(tx)
    .await
}

/// Saves what becomes of a medium that was read. The caller holds the row's lock.
///
/// # Errors
/// When the database fails.
pub async fn update(tx: &mut PgConnection, medium: &Medium) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE media SET state = $2, failure = $3, mime_type = $4, blob_id = $5, revision = $6
         WHERE id = $1",
    )
    .bind(medium.id.uuid())
    .bind(medium.state.as_str())
    .bind(&medium.failure)
    .bind(&medium.mime_type)
    .bind(medium.blob.as_ref().map(|blob| blob.id))
    .bind(medium.revision)
    .execute(tx)
    .await?;
    Ok(())
}

/// Removes a medium. The caller holds the row's lock.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &mut PgConnection, id: MediaId) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM media WHERE id = $1")
        .bind(id.uuid())
        .execute(tx)
        .await?;
    Ok(())
}

/// The avatars of a user that can be shown, newest first, locked.
///
/// # Errors
/// When the database fails.
pub async fn avatars(tx: &mut PgConnection, owner: UserId) -> sqlx::Result<Vec<Medium>> {
    sqlx::query_as(concat!(
        everything!(),
        " WHERE media.owner_id = $1 AND media.purpose = 'avatar' AND media.state = 'ready'
          ORDER BY media.id DESC FOR UPDATE OF media"
    ))
    .bind(owner.uuid())
    .fetch_all(tx)
    .await
}

/// A medium that no living post has claimed for so long, locked, that nobody else looks at.
///
/// # Errors
/// When the database fails.
pub async fn unclaimed(tx: &mut PgConnection, since: Duration) -> sqlx::Result<Option<Medium>> {
    sqlx::query_as(concat!(
        everything!(),
        " WHERE media.unclaimed_since <= now() - make_interval(secs => $1)
          AND media.state <> 'processing'
          AND NOT EXISTS (SELECT FROM claims WHERE claims.media_id = media.id
                                               AND claims.user_id = media.owner_id)
          ORDER BY media.unclaimed_since LIMIT 1 FOR UPDATE OF media SKIP LOCKED"
    ))
    .bind(since.as_secs_f64())
    .fetch_optional(tx)
    .await
}

impl FromRow<'_, PgRow> for Medium {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        let post_id: Option<Uuid> = row.try_get("post_id")?;
        let state: MediaState = named(row, "state")?;
        Ok(Self {
            id: row.try_get::<Uuid, _>("id")?.into(),
            owner_id: row.try_get::<Uuid, _>("owner_id")?.into(),
            post_id: post_id.map(Into::into),
            purpose: named(row, "purpose")?,
            alt: row.try_get("alt")?,
            state,
            failure: row.try_get("failure")?,
            mime_type: row.try_get("mime_type")?,
            blob: blob(row)?,
            revision: row.try_get("revision")?,
        })
    }
}

/// What is served of a medium, if the row has any.
pub(super) fn blob(row: &PgRow) -> sqlx::Result<Option<Blob>> {
    let Some(id) = row.try_get("blob_id")? else {
        return Ok(None);
    };
    let positive = |column: &str| -> sqlx::Result<Option<u32>> {
        let number: Option<i32> = row.try_get(column)?;
        Ok(number.map(i32::cast_unsigned))
    };
    let thumbnails: Json<Vec<Thumbnail>> = row.try_get("thumbnails")?;
    Ok(Some(Blob {
        id,
        mime_type: row.try_get("blob_mime_type")?,
        size_bytes: size(row.try_get("size_bytes")?),
        piece_bytes: size(row.try_get("piece_bytes")?),
        width: positive("width")?,
        height: positive("height")?,
        duration_seconds: positive("duration_seconds")?,
        blurhash: row.try_get("blurhash")?,
        thumbnails: thumbnails.0,
    }))
}

pub(super) fn named<T>(row: &PgRow, column: &'static str) -> sqlx::Result<T>
where
    T: FromStr<Err: Error + Send + Sync + 'static>,
{
    let name: &str = row.try_get(column)?;
    name.parse().map_err(|unknown| sqlx::Error::ColumnDecode {
        index: column.to_owned(),
        source: Box::new(unknown),
    })
}
