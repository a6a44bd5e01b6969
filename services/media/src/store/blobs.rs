//! What is served: files without metadata, each once for a user who uploads it again.

use nova_ids::UserId;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::media::blob;
use super::number;
use crate::domain::{Blob, Purpose};

/// Who uploaded what: the same bytes for the same purpose are one blob.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// Who.
    pub owner: UserId,
    /// What for.
    pub purpose: Purpose,
    /// SHA-256 of the bytes that came.
    pub sha256: &'a [u8],
}

/// The blob that was made of these bytes. It stays until the transaction ends.
///
/// # Errors
/// When the database fails.
pub async fn of(tx: &mut PgConnection, source: Source<'_>) -> sqlx::Result<Option<Blob>> {
    let row = sqlx::query(
        "SELECT id AS blob_id, mime_type AS blob_mime_type, size_bytes, piece_bytes, width, height,
                duration_seconds, blurhash, thumbnails
         FROM blobs WHERE owner_id = $1 AND purpose = $2 AND sha256 = $3 FOR KEY SHARE",
    )
    .bind(source.owner.uuid())
    .bind(source.purpose.as_str())
    .bind(source.sha256)
    .fetch_optional(tx)
    .await?;
    Ok(row.as_ref().map(blob).transpose()?.flatten())
}

/// Adds a blob, unless there is one of the same bytes by now. Whether it was added.
///
/// # Errors
/// When the database fails.
pub async fn insert(tx: &mut PgConnection, source: Source<'_>, blob: &Blob) -> sqlx::Result<bool> {
    let added = sqlx::query(
        "INSERT INTO blobs (id, owner_id, purpose, sha256, mime_type, size_bytes, piece_bytes,
                            width, height, duration_seconds, blurhash, thumbnails)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         ON CONFLICT (owner_id, purpose, sha256) DO NOTHING",
    )
    .bind(blob.id)
    .bind(source.owner.uuid())
    .bind(source.purpose.as_str())
    .bind(source.sha256)
    .bind(&blob.mime_type)
    .bind(number(blob.size_bytes))
    .bind(number(blob.piece_bytes))
    .bind(blob.width.map(u32::cast_signed))
    .bind(blob.height.map(u32::cast_signed))
    .bind(blob.duration_seconds.map(u32::cast_signed))
    .bind(&blob.blurhash)
    .bind(Json(&blob.thumbnails))
    .execute(tx)
    .await?;
    Ok(added.rows_affected() > 0)
}

/// Locks a blob, so that nobody else takes away or adds a medium of it until the transaction ends.
///
/// # Errors
/// When the database fails.
pub async fn lock(tx: &mut PgConnection, id: Uuid) -> sqlx::Result<()> {
    sqlx::query("SELECT FROM blobs WHERE id = $1 FOR UPDATE")
        .bind(id)
        .execute(tx)
        .await?;
    Ok(())
}

/// Removes a blob that no medium shows any more. Whether it was removed.
///
/// # Errors
/// When the database fails.
pub async fn remove_unused(tx: &mut PgConnection, id: Uuid) -> sqlx::Result<bool> {
    let removed = sqlx::query(
        "DELETE FROM blobs WHERE id = $1
         AND NOT EXISTS (SELECT FROM media WHERE blob_id = $1)",
    )
    .bind(id)
    .execute(tx)
    .await?;
    Ok(removed.rows_affected() > 0)
}
