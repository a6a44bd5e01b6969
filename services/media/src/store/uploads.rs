//! Files that come in pieces.

use std::time::Duration;

use nova_ids::{MediaId, PostId, UserId};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, PgPool, Row};
use uuid::Uuid;

use super::media::named;
use super::{number, size};
use crate::domain::{Draft, Piece, Upload};

/// How every SELECT of uploads begins. What has run out has ended.
macro_rules! upload {
    () => {
        "SELECT id, owner_id, post_id, purpose, alt, metadata, length, received, mime_type,
                expires_at, ended_at IS NOT NULL OR expires_at <= now() AS ended
         FROM uploads"
    };
}

/// Adds a new upload.
///
/// # Errors
/// When the database fails.
pub async fn insert(tx: &mut PgConnection, upload: &Upload) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO uploads (id, owner_id, post_id, purpose, alt, metadata, length, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(upload.id.uuid())
    .bind(upload.owner_id.uuid())
    .bind(upload.draft.post_id.map(PostId::uuid))
    .bind(upload.draft.purpose.as_str())
    .bind(&upload.draft.alt)
    .bind(&upload.metadata)
    .bind(number(upload.length))
    .bind(upload.expires_at)
    .execute(tx)
    .await?;
    Ok(())
}

/// One's own upload.
///
/// # Errors
/// When the database fails.
pub async fn find(pool: &PgPool, owner: UserId, id: MediaId) -> sqlx::Result<Option<Upload>> {
    sqlx::query_as(concat!(upload!(), " WHERE id = $2 AND owner_id = $1"))
        .bind(owner.uuid())
        .bind(id.uuid())
        .fetch_optional(pool)
        .await
}

/// One's own upload that has become whole, as far as its medium still tells.
///
/// # Errors
/// When the database fails.
pub async fn whole(pool: &PgPool, owner: UserId, id: MediaId) -> sqlx::Result<Option<Upload>> {
    sqlx::query_as(
        "SELECT id, owner_id, post_id, purpose, alt, '' AS metadata, uploaded_bytes AS length,
                uploaded_bytes AS received, mime_type, now() AS expires_at,
                false AS ended
         FROM media WHERE id = $2 AND owner_id = $1",
    )
    .bind(owner.uuid())
    .bind(id.uuid())
    .fetch_optional(pool)
    .await
}

/// One's own upload, locked.
///
/// # Errors
/// When the database fails.
pub async fn find_for_update(
    tx: &mut PgConnection,
    owner: UserId,
    id: MediaId,
) -> sqlx::Result<Option<Upload>> {
    sqlx::query_as(concat!(
        upload!(),
        " WHERE id = $2 AND owner_id = $1 FOR UPDATE"
    ))
    .bind(owner.uuid())
    .bind(id.uuid())
    .fetch_optional(tx)
    .await
}

/// Makes somebody the one who sends more of it, for so long. False while somebody else is. The caller holds the row's lock.
///
/// # Errors
/// When the database fails.
pub async fn take_writer(
    tx: &mut PgConnection,
    id: MediaId,
    writer: Uuid,
    lease: Duration,
) -> sqlx::Result<bool> {
    let taken = sqlx::query(
        "UPDATE uploads SET writer = $2, writer_until = now() + make_interval(secs => $3)
         WHERE id = $1 AND (writer IS NULL OR writer = $2 OR writer_until <= now())",
    )
    .bind(id.uuid())
    .bind(writer)
    .bind(lease.as_secs_f64())
    .execute(tx)
    .await?;
    Ok(taken.rows_affected() > 0)
}

/// Lets others send more of it.
///
/// # Errors
/// When the database fails.
pub async fn release_writer(pool: &PgPool, id: MediaId, writer: Uuid) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE uploads SET writer = NULL, writer_until = NULL WHERE id = $1 AND writer = $2",
    )
    .bind(id.uuid())
    .bind(writer)
    .execute(pool)
    .await?;
    Ok(())
}

/// Goes on being the one who sends more of it. False when somebody else is by now, or it has ended.
///
/// # Errors
/// When the database fails.
pub async fn renew_writer(
    pool: &PgPool,
    id: MediaId,
    writer: Uuid,
    lease: Duration,
) -> sqlx::Result<bool> {
    let renewed = sqlx::query(
        "UPDATE uploads SET writer_until = now() + make_interval(secs => $3)
         WHERE id = $1 AND writer = $2 AND ended_at IS NULL AND expires_at > now()",
    )
    .bind(id.uuid())
    .bind(writer)
    .bind(lease.as_secs_f64())
    .execute(pool)
    .await?;
    Ok(renewed.rows_affected() > 0)
}

/// Adds what has come, to the end of what had come before. False when its sender is another by now, when something else has
/// come there, or when it has ended.
///
/// # Errors
/// When the database fails.
pub async fn advance(
    tx: &mut PgConnection,
    id: MediaId,
    writer: Uuid,
    start: u64,
    pieces: &[Piece],
    mime_type: Option<&str>,
) -> sqlx::Result<bool> {
    let added: u64 = pieces.iter().map(|piece| piece.length).sum();
    let advanced = sqlx::query(
        "UPDATE uploads SET received = received + $4, mime_type = COALESCE($5, mime_type)
         WHERE id = $1 AND writer = $2 AND received = $3
           AND ended_at IS NULL AND expires_at > now()",
    )
    .bind(id.uuid())
    .bind(writer)
    .bind(number(start))
    .bind(number(added))
    .bind(mime_type)
    .execute(&mut *tx)
    .await?;
    if advanced.rows_affected() == 0 {
        return Ok(false);
    }
    insert_pieces(tx, id, pieces).await?;
    Ok(true)
}

/// Adds pieces of an upload, or of a medium that is to be read.
///
/// # Errors
/// When the database fails.
pub async fn insert_pieces(
    tx: &mut PgConnection,
    id: MediaId,
    pieces: &[Piece],
) -> sqlx::Result<()> {
    let starts: Vec<i64> = pieces.iter().map(|piece| number(piece.start)).collect();
    let lengths: Vec<i64> = pieces.iter().map(|piece| number(piece.length)).collect();
    let names: Vec<&str> = pieces.iter().map(|piece| piece.name.as_str()).collect();
    sqlx::query(
        "INSERT INTO pieces (upload_id, start, length, name)
         SELECT $1, * FROM unnest($2::bigint[], $3::bigint[], $4::text[])",
    )
    .bind(id.uuid())
    .bind(&starts)
    .bind(&lengths)
    .bind(&names)
    .execute(tx)
    .await?;
    Ok(())
}

/// The pieces, in order.
///
/// # Errors
/// When the database fails.
pub async fn pieces(pool: &PgPool, id: MediaId) -> sqlx::Result<Vec<Piece>> {
    let rows =
        sqlx::query("SELECT start, length, name FROM pieces WHERE upload_id = $1 ORDER BY start")
            .bind(id.uuid())
            .fetch_all(pool)
            .await?;
    let piece = |row: PgRow| {
        Ok(Piece {
            start: size(row.try_get("start")?),
            length: size(row.try_get("length")?),
            name: row.try_get("name")?,
        })
    };
    rows.into_iter().map(piece).collect()
}

/// Forgets the pieces.
///
/// # Errors
/// When the database fails.
pub async fn delete_pieces(tx: &mut PgConnection, id: MediaId) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM pieces WHERE upload_id = $1")
        .bind(id.uuid())
        .execute(tx)
        .await?;
    Ok(())
}

/// Removes an upload that is whole: a medium with its id takes its place, and has its pieces.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &mut PgConnection, id: MediaId) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM uploads WHERE id = $1")
        .bind(id.uuid())
        .execute(tx)
        .await?;
    Ok(())
}

/// Notes that an upload has ended without having become whole.
///
/// # Errors
/// When the database fails.
pub async fn end(tx: &mut PgConnection, id: MediaId) -> sqlx::Result<()> {
    sqlx::query("UPDATE uploads SET ended_at = now() WHERE id = $1")
        .bind(id.uuid())
        .execute(tx)
        .await?;
    Ok(())
}

/// An upload whose time is over and which nobody else looks at, locked.
///
/// # Errors
/// When the database fails.
pub async fn run_out(tx: &mut PgConnection) -> sqlx::Result<Option<MediaId>> {
    let id: Option<Uuid> = sqlx::query_scalar(
        "SELECT id FROM uploads WHERE expires_at <= now() AND ended_at IS NULL
         ORDER BY expires_at LIMIT 1 FOR UPDATE SKIP LOCKED",
    )
    .fetch_optional(tx)
    .await?;
    Ok(id.map(MediaId::from))
}

/// Forgets at most `limit` uploads that ended so long ago. How many they were.
///
/// # Errors
/// When the database fails.
pub async fn forget(tx: &mut PgConnection, ago: Duration, limit: i64) -> sqlx::Result<u64> {
    let forgotten = sqlx::query(
        "DELETE FROM uploads WHERE id IN (
             SELECT id FROM uploads WHERE ended_at <= now() - make_interval(secs => $1) LIMIT $2)",
    )
    .bind(ago.as_secs_f64())
    .bind(limit)
    .execute(tx)
    .await?;
    Ok(forgotten.rows_affected())
}

impl FromRow<'_, PgRow> for Upload {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        let post_id: Option<Uuid> = row.try_get("post_id")?;
        Ok(Self {
            id: row.try_get::<Uuid, _>("id")?.into(),
            owner_id: row.try_get::<Uuid, _>("owner_id")?.into(),
            draft: Draft {
                post_id: post_id.map(Into::into),
                purpose: named(row, "purpose")?,
                alt: row.try_get("alt")?,
            },
            metadata: row.try_get("metadata")?,
            length: size(row.try_get("length")?),
            received: size(row.try_get("received")?),
            mime_type: row.try_get("mime_type")?,
            expires_at: row.try_get("expires_at")?,
            ended: row.try_get("ended")?,
        })
    }
}
