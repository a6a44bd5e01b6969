use nova_event_bus::Outbox;
use sqlx::PgConnection;

use crate::domain::Greeting;
use crate::error::Error;
use crate::{events, store};

/// Greets a user.
///
/// # Errors
/// When the database fails.
pub async fn greet(
    tx: &mut PgConnection,
    outbox: &Outbox,
    greeting: &Greeting,
) -> Result<(), Error> {
    store::greetings::insert(tx, greeting).await?;
    outbox.append(tx, &events::greeted(greeting)).await?;
    Ok(())
}
