use nova_event_bus::Outbox;
use nova_service::exports;
use sqlx::PgConnection;

use crate::domain::pack;
use crate::error::Error;
use crate::events;
use crate::store;

/// Posts read at a time: four megabytes, if all are as long as can be.
const PAGE: i64 = 200;

/// Tells the user who has waited longest the next part of their posts: the part and how far it has got are one
/// transaction, so that each is told once, whenever this is cut off. False when nobody is to be told anything.
///
/// # Errors
/// When the database fails; nothing was told then.
pub async fn export_posts(tx: &mut PgConnection, outbox: &Outbox) -> Result<bool, Error> {
    let Some(export) = exports::take(tx).await? else {
        return Ok(false);
    };
    let posts = store::exports::posts(tx, &export, PAGE).await?;
    let (content, count) = pack(&posts)?;
    let rest = posts.len() > count || posts.len() as i64 == PAGE;
    match posts.get(..count).and_then(<[_]>::last) {
        Some(last) if rest => exports::advance(tx, &export, last.id.uuid()).await?,
        _ => exports::end(tx, &export).await?,
    }
    let event = events::content_exported(&export, content, !rest);
    let append = outbox.append(tx, &event);
    match export.cause {
        Some(cause) => cause.scope(append).await?,
        None => append.await?,
    };
    Ok(true)
}
