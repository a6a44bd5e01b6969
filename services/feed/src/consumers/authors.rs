//! Authors' names.

use nova_event_bus::Delivery;
use nova_proto::identity::v1::{UserProfileUpdated, UserRegistered};
use sqlx::PgConnection;

use crate::commands;
use crate::domain::Author;
use crate::error::Error;
use crate::events;
use crate::state::State;

pub(super) async fn record_registered(
    _: &State,
    tx: &mut PgConnection,
    event: &Delivery<UserRegistered>,
) -> Result<(), Error> {
    let author = Author {
        id: events::id("user_id", &event.user_id)?,
        username: event.username.clone(),
        display_name: event.display_name.clone(),
        avatar_url: None,
    };
    commands::record_author(tx, &author, events::revision(event.revision)?).await
}

pub(super) async fn record_updated(
    _: &State,
    tx: &mut PgConnection,
    event: &Delivery<UserProfileUpdated>,
) -> Result<(), Error> {
    let author = Author {
        id: events::id("user_id", &event.user_id)?,
        username: event.username.clone().ok_or(Error::BadEvent("username"))?,
        display_name: event
            .display_name
            .clone()
            .ok_or(Error::BadEvent("display_name"))?,
        avatar_url: event.avatar_url.clone(),
    };
    commands::record_author(tx, &author, events::revision(event.revision)?).await
}
