//! Deleting letters because of what they hold, not because of what became of them: personal data.

use std::time::Duration;

use super::Selection;
use super::change::{Action, Changed, change};
use crate::error::BusError;
use crate::tables::{Tables, within};

/// Deletes the letters of a selection, also those that were set aside and those of the outbox. A sequence of which
/// nothing is left flows again, one that has others left is replayed by itself. With `dry_run` nothing changes.
/// What is done is noted under `actor`'s name, if anything was; of a key the audit repeats nothing.
///
/// # Errors
/// When the database does not answer; what was deleted until then stays so.
pub async fn purge(
    tables: impl Into<Tables>,
    selection: &Selection,
    actor: &str,
    dry_run: bool,
) -> Result<Changed, BusError> {
    change(tables.into(), selection, actor, Action::Purge, dry_run).await
}

/// Deletes the letters in whose key or payload this text stands, as an id of somebody who is gone does, also those of the
/// outbox; says how many. Otherwise as [`purge`]. Reads every letter there is.
///
/// # Errors
/// When the database does not answer; what was deleted until then stays so.
pub async fn purge_mentions(
    tables: impl Into<Tables>,
    text: &str,
    actor: &str,
) -> Result<i64, BusError> {
    let tables = tables.into();
    let mentions = "SELECT id::text FROM bus.dead_letters
                    WHERE position(convert_to($1, 'UTF8') IN key) > 0
                       OR position(convert_to($1, 'UTF8') IN payload) > 0";
    let letters: Vec<String> = sqlx::query_scalar(tables.schema.sql(mentions))
        .bind(text)
        .fetch_all(&tables.pool)
        .await?;
    let mut purged = 0;
    for letter in letters {
        let selection = Selection::Event(letter);
        purged += purge(tables.clone(), &selection, actor, false)
            .await?
            .letters;
    }
    Ok(purged)
}

/// Deletes letters that are older than their retention; says how many.
pub(crate) async fn expire(tables: &Tables, kept: Duration) -> Result<usize, sqlx::Error> {
    match purge(tables, &Selection::OlderThan(kept), "automatic", false).await {
        Ok(changed) => Ok(usize::try_from(changed.letters).unwrap_or_default()),
        Err(BusError::Database(error)) => Err(error),
        // Nothing but the database is asked.
        Err(_) => Ok(0),
    }
}

/// Deletes what was set aside for longer than its topic keeps its messages.
pub(crate) async fn expire_aside(
    tables: &Tables,
    consumer: &str,
    kept: Duration,
) -> Result<(), sqlx::Error> {
    let delete = "DELETE FROM bus.dead_letters
                  WHERE aside AND consumer = $1 AND parked_at < now() - make_interval(secs => $2)";
    let mut lent = tables.lend().await?;
    let delete = sqlx::query(tables.schema.sql(delete))
        .bind(consumer)
        // Beyond a thousand years Postgres has no interval.
        .bind(kept.as_secs_f64().min(3e10));
    within(tables.deadline, delete.execute(lent.connection()?)).await?;
    lent.give_back();
    Ok(())
}
