use nova_event_bus::Outbox;
use nova_ids::{ExportId, UserId};
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::domain::{Account, Export};
use crate::error::Error;
use crate::{events, store};

/// How it stands with all that is kept of a user.
pub enum Exported {
    /// It is there.
    Ready(Box<Account>, Export),
    /// Not all services have told what they keep.
    Making,
}

/// Asks every service for what it keeps of the user, unless they have been asked already; then says whether all is there.
/// What is there is served for a day. When the user wants a fresh one, another is made instead of one that was asked for
/// more than an hour ago.
///
/// # Errors
/// When there is no such user, and when the database fails.
pub async fn export_account(
    tx: &mut PgConnection,
    outbox: &Outbox,
    user: UserId,
    fresh: bool,
) -> Result<Exported, Error> {
    // Of two who ask at the same time, one begins.
    let account = store::users::find_account_for_update(tx, user).await?;
    let account = account.ok_or(Error::UnknownCaller)?;
    let now = OffsetDateTime::now_utc();
    match store::exports::find(&mut *tx, user).await? {
        Some(export) if !export.gives_way(fresh, now) => Ok(if export.is_ready(now) {
            Exported::Ready(Box::new(account), export)
        } else {
            Exported::Making
        }),
        _ => {
            let id = ExportId::new();
            store::exports::begin(tx, user, id, now).await?;
            let event = events::export_requested(user, id, now);
            outbox.append(tx, &event).await?;
            Ok(Exported::Making)
        }
    }
}
