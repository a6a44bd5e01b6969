//! SQL, and nothing else.

pub mod accounts;
pub mod blobs;
pub mod claims;
pub mod erasures;
pub mod exports;
pub mod folders;
pub mod media;
pub mod uploads;

use nova_ids::UserId;
use sqlx::PgConnection;

/// Sizes are never negative.
fn size(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

/// Sizes fit: the largest file is far smaller.
fn number(size: u64) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

/// Nobody else counts what this user has, or adds to it, until the transaction ends.
///
/// # Errors
/// When the database fails.
pub async fn lock_owner(tx: &mut PgConnection, owner: UserId) -> sqlx::Result<()> {
    let (high, _) = owner.uuid().as_u64_pair();
    let (_, low) = owner.uuid().as_u64_pair();
    sqlx::query("SELECT pg_advisory_xact_lock($1)")
        .bind((high ^ low).cast_signed())
        .execute(tx)
        .await?;
    Ok(())
}
