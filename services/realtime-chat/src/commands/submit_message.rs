use nova_ids::UserId;
use time::OffsetDateTime;

use crate::domain::Outgoing;
use crate::error::Error;
use crate::events;
use crate::state::State;

/// Hands a message that a socket sends to messaging. Nothing is promised: the answer is messaging's event.
///
/// # Errors
/// When Kafka's queue is full.
pub fn submit_message(state: &State, user: UserId, outgoing: Outgoing) -> Result<(), Error> {
    let event = events::submitted(user, outgoing, OffsetDateTime::now_utc());
    state.direct.publish(&event)?;
    Ok(())
}
