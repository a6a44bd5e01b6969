//! Who is still to be told what a service keeps of them, part by part.
//!
//! A service that tells it has the tables `exports` and `accounts` (`services/content/migrations`). At `ExportRequested` it calls
//! [`begin`]; a job takes one with [`take`], tells its next part, and [`advance`]s or [`end`]s it in the same transaction.

use nova_ids::{ExportId, UserId};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::types::Json;
use sqlx::{PgConnection, Row as _};
use uuid::Uuid;

/// An export under way, of what has ids of type `I`; `C` is what asked for it, as the service keeps that.
#[derive(Debug)]
pub struct Export<I, C> {
    /// Whose.
    pub user_id: UserId,
    /// Which.
    pub id: ExportId,
    /// How many parts of it have been told.
    pub parts: i32,
    /// The last of what is in them.
    pub told_to: I,
    /// What asked for it.
    pub cause: Option<C>,
}

/// Notes that a user is to be told of all, from the first on; not when a later one has been asked for, and not of
/// who is gone for good.
///
/// # Errors
/// When the database fails.
pub async fn begin(
    tx: &mut PgConnection,
    user: UserId,
    export: ExportId,
    cause: Option<&(impl Serialize + Sync)>,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO exports (user_id, export_id, cause)
         SELECT $1, $2, $3
         WHERE NOT EXISTS (SELECT FROM accounts WHERE user_id = $1 AND erased)
         ON CONFLICT (user_id) DO UPDATE
         SET export_id = excluded.export_id, cause = excluded.cause, parts = DEFAULT,
             told_to = DEFAULT, turn = DEFAULT
         WHERE exports.export_id < excluded.export_id",
    )
    .bind(user.uuid())
    .bind(export.uuid())
    .bind(cause.map(Json))
    .execute(tx)
    .await?;
    Ok(())
}

/// Takes the export that has waited longest and that nobody else has taken, until the transaction ends.
///
/// # Errors
/// When the database fails.
pub async fn take<I, C>(tx: &mut PgConnection) -> sqlx::Result<Option<Export<I, C>>>
where
    I: From<Uuid>,
    C: DeserializeOwned,
{
    let row = sqlx::query(
        "SELECT user_id, export_id, parts, told_to, cause FROM exports
         WHERE NOT EXISTS (SELECT FROM accounts
                           WHERE accounts.user_id = exports.user_id AND erased)
         ORDER BY turn LIMIT 1 FOR UPDATE OF exports SKIP LOCKED",
    )
    .fetch_optional(tx)
    .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    let cause: Option<Json<C>> = row.try_get("cause")?;
    Ok(Some(Export {
        user_id: row.try_get::<Uuid, _>("user_id")?.into(),
        id: row.try_get::<Uuid, _>("export_id")?.into(),
        parts: row.try_get("parts")?,
        told_to: row.try_get::<Uuid, _>("told_to")?.into(),
        cause: cause.map(|cause| cause.0),
    }))
}

/// Notes that one more part has been told, up to the one with this id. It is the turn of others now.
///
/// # Errors
/// When the database fails.
pub async fn advance<I, C>(
    tx: &mut PgConnection,
    of: &Export<I, C>,
    told_to: Uuid,
) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE exports SET parts = parts + 1, told_to = $2, turn = clock_timestamp()
         WHERE user_id = $1",
    )
    .bind(of.user_id.uuid())
    .bind(told_to)
    .execute(tx)
    .await?;
    Ok(())
}

/// Notes that all has been told.
///
/// # Errors
/// When the database fails.
pub async fn end<I, C>(tx: &mut PgConnection, of: &Export<I, C>) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM exports WHERE user_id = $1")
        .bind(of.user_id.uuid())
        .execute(tx)
        .await?;
    Ok(())
}
