use nova_event_bus::Outbox;
use nova_service::exports;
use sqlx::PgConnection;

use crate::domain::pack;
use crate::error::Error;
use crate::events;
use crate::store::{self, shown};

/// Messages read at a time: four megabytes, if all are as long as can be.
const PAGE: i64 = 200;

/// Tells the user who has waited longest the next part of their messages: the part and how far it has got are one
/// transaction, so that each is told once, whenever this is cut off. False when nobody is to be told anything.
///
/// # Errors
/// When the database fails; nothing was told then.
pub async fn export_messages(tx: &mut PgConnection, outbox: &Outbox) -> Result<bool, Error> {
    let Some(export) = exports::take(tx).await? else {
        return Ok(false);
    };
    let mut messages = store::exports::messages(tx, &export, PAGE).await?;
    shown::dress(tx, export.user_id, &mut messages).await?;
    let (content, count) = pack(&messages)?;
    let rest = messages.len() > count || messages.len() as i64 == PAGE;
    match messages.get(..count).and_then(<[_]>::last) {
        Some(last) if rest => exports::advance(tx, &export, last.id.uuid()).await?,
        _ => exports::end(tx, &export).await?,
    }
    let event = events::messaging_exported(&export, content, !rest);
    let append = outbox.append(tx, &event);
    match export.cause {
        Some(cause) => cause.scope(append).await?,
        None => append.await?,
    };
    Ok(true)
}
