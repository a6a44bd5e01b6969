//! Who did what with dead letters.

use sqlx::{PgConnection, Row};
use time::OffsetDateTime;

use crate::error::BusError;
use crate::tables::{Schema, Tables};

/// What somebody did with dead letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// When.
    pub at: OffsetDateTime,
    /// Who, as they said; `automatic` for what went by itself.
    pub actor: String,
    /// `replay`, `discard`, `purge`, `hold` or `release`.
    pub action: String,
    /// Which letters, in words: `group 0123456789ab`.
    pub selected: String,
    /// How many letters: of a replay those of all its keys, of a discard those that were taken out.
    pub letters: i64,
}

/// What was done, the latest first; at most `limit`.
///
/// # Errors
/// When the database does not answer.
pub async fn audit(tables: impl Into<Tables>, limit: i64) -> Result<Vec<AuditEntry>, BusError> {
    let tables = tables.into();
    let query = sqlx::query(tables.schema.sql(
        "SELECT at, actor, action, selected, letters FROM bus.dead_letter_audit
         ORDER BY id DESC LIMIT $1",
    ));
    let entries = query.bind(limit).try_map(|row: sqlx::postgres::PgRow| {
        Ok(AuditEntry {
            at: row.try_get(0)?,
            actor: row.try_get(1)?,
            action: row.try_get(2)?,
            selected: row.try_get(3)?,
            letters: row.try_get(4)?,
        })
    });
    Ok(entries.fetch_all(&tables.pool).await?)
}

/// The entry of one action, which grows while the action goes on.
pub(super) struct Entry<'a> {
    pub(super) schema: Schema,
    pub(super) actor: &'a str,
    pub(super) action: &'static str,
    pub(super) selected: String,
    pub(super) id: Option<i64>,
}

impl Entry<'_> {
    pub(super) async fn add(
        &mut self,
        tx: &mut PgConnection,
        letters: i64,
    ) -> Result<(), sqlx::Error> {
        if let Some(id) = self.id {
            let grow = "UPDATE bus.dead_letter_audit SET letters = letters + $2 WHERE id = $1";
            sqlx::query(self.schema.sql(grow))
                .bind(id)
                .bind(letters)
                .execute(tx)
                .await?;
            return Ok(());
        }
        let text = |text: &str| text.replace('\0', "\u{fffd}");
        let id = sqlx::query_scalar(self.schema.sql(
            "INSERT INTO bus.dead_letter_audit (actor, action, selected, letters)
             VALUES ($1, $2, $3, $4) RETURNING id",
        ));
        let id = id
            .bind(text(self.actor))
            .bind(self.action)
            .bind(text(&self.selected))
            .bind(letters);
        self.id = Some(id.fetch_one(tx).await?);
        Ok(())
    }
}
