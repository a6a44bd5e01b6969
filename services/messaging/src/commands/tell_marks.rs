use nova_event_bus::Outbox;
use sqlx::PgConnection;

use crate::error::Error;
use crate::{events, store};

/// Marks told in one transaction.
const BATCH: i64 = 500;

/// Tells how far those members have come for whom it is time: the greatest sequence alone, whatever was between. What is told
/// and that it was are one transaction, so nothing is lost, whenever this is cut off. Whether there may be more.
///
/// # Errors
/// When the database fails; nothing was told then.
pub async fn tell_marks(tx: &mut PgConnection, outbox: &Outbox) -> Result<bool, Error> {
    let due = store::marks::take(tx, BATCH).await?;
    let read: Vec<_> = due.iter().filter(|told| told.has_read).collect();
    let read: Vec<_> = read.into_iter().map(events::message_read).collect();
    let received: Vec<_> = due.iter().filter(|told| told.has_received).collect();
    let received: Vec<_> = received
        .into_iter()
        .map(events::message_delivered)
        .collect();
    outbox.append_all(tx, &received).await?;
    outbox.append_all(tx, &read).await?;
    Ok(i64::try_from(due.len()) == Ok(BATCH))
}
