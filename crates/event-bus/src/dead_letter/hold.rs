//! Groups that are not replayed by themselves.

use super::audit::Entry;
use crate::error::BusError;
use crate::tables::Tables;

/// Keeps the letters of a group from being replayed by themselves until [`release`]; whoever asks for a replay gets
/// it. Noted under `actor`'s name. False if it was held already.
///
/// # Errors
/// When the database does not answer.
pub async fn hold(
    tables: impl Into<Tables>,
    fingerprint: &str,
    actor: &str,
) -> Result<bool, BusError> {
    let insert = "INSERT INTO bus.held_groups (fingerprint, actor) VALUES ($1, $2)
                  ON CONFLICT DO NOTHING";
    change(tables.into(), insert, "hold", fingerprint, actor).await
}

/// Lets the letters of a group be replayed by themselves again. Noted under `actor`'s name. False if it was not
/// held.
///
/// # Errors
/// When the database does not answer.
pub async fn release(
    tables: impl Into<Tables>,
    fingerprint: &str,
    actor: &str,
) -> Result<bool, BusError> {
    let delete = "DELETE FROM bus.held_groups WHERE fingerprint = $1 AND $2::text IS NOT NULL";
    change(tables.into(), delete, "release", fingerprint, actor).await
}

async fn change(
    tables: Tables,
    statement: &'static str,
    action: &'static str,
    fingerprint: &str,
    actor: &str,
) -> Result<bool, BusError> {
    let mut tx = tables.pool.begin().await?;
    let changed = sqlx::query(tables.schema.sql(statement))
        .bind(fingerprint)
        .bind(actor)
        .execute(&mut *tx)
        .await?
        .rows_affected();
    if changed > 0 {
        let mut entry = Entry {
            schema: tables.schema,
            actor,
            action,
            selected: format!("group {fingerprint}"),
            id: None,
        };
        entry.add(&mut tx, 0).await?;
    }
    tx.commit().await?;
    Ok(changed > 0)
}
