//! What services tell of users who have asked for it. A service that keeps anything of users has a function here.

use nova_event_bus::Delivery;
use nova_proto::catalogue::Event;
use nova_proto::content::v1::ContentExported;
use nova_proto::feed::v1::FeedExported;
use nova_proto::media::v1::MediaExported;
use nova_proto::messaging::v1::MessagingExported;
use sqlx::PgConnection;

use crate::commands;
use crate::domain::{ExportPart, items};
use crate::error::Error;
use crate::state::State;

/// Takes what all these events have, and the service that publishes this one.
macro_rules! keep {
    ($tx:ident, $event:ident) => {{
        let part = ExportPart {
            user_id: $event
                .user_id
                .parse()
                .map_err(|_| Error::BadEvent("user_id"))?,
            export_id: $event
                .export_id
                .parse()
                .map_err(|_| Error::BadEvent("export_id"))?,
            service: owner(&$event.event),
            number: number($event.number)?,
            last: $event.last,
            items: items(&$event.content)
                .map_err(|_| Error::BadEvent("content"))?
                .to_vec(),
        };
        commands::keep_export_part($tx, &part).await
    }};
}

pub(super) async fn content_exported(
    _: &State,
    tx: &mut PgConnection,
    event: &Delivery<ContentExported>,
) -> Result<(), Error> {
    keep!(tx, event)
}

pub(super) async fn feed_exported(
    _: &State,
    tx: &mut PgConnection,
    event: &Delivery<FeedExported>,
) -> Result<(), Error> {
    keep!(tx, event)
}

pub(super) async fn media_exported(
    _: &State,
    tx: &mut PgConnection,
    event: &Delivery<MediaExported>,
) -> Result<(), Error> {
    keep!(tx, event)
}

pub(super) async fn messaging_exported(
    _: &State,
    tx: &mut PgConnection,
    event: &Delivery<MessagingExported>,
) -> Result<(), Error> {
    keep!(tx, event)
}

const fn owner<E: Event>(_: &E) -> &'static str {
    E::INFO.owner
}

const fn number(number: i32) -> Result<i32, Error> {
    if number >= 1 {
        Ok(number)
    } else {
        Err(Error::BadEvent("number"))
    }
}
