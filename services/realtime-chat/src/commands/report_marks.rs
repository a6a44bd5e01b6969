use nova_ids::UserId;
use time::OffsetDateTime;

use crate::domain::ConversationId;
use crate::error::Error;
use crate::events;
use crate::state::State;

/// Tells messaging how far a socket's user is. States: a greater one makes up for one that is lost.
///
/// # Errors
/// When Kafka's queue is full.
pub fn report_marks(
    state: &State,
    user: UserId,
    conversation: ConversationId,
    marks: (Option<i64>, Option<i64>),
) -> Result<(), Error> {
    let event = events::marks_reported(user, conversation, marks, OffsetDateTime::now_utc());
    state.direct.publish(&event)?;
    Ok(())
}
