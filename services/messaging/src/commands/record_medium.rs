use nova_attachments::MediumState;
use nova_event_bus::Outbox;
use nova_ids::{ConversationId, MessageId};
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::error::Error;
use crate::{events, store};

/// Remembers what became of a medium, unless something later is known, and changes the messages of its owner that name it.
/// Whether message or medium comes first, the end is the same: whoever names a medium has its row, and waits for whoever
/// tells of it, or the other way round.
///
/// # Errors
/// When the database fails.
pub async fn record_medium(
    tx: &mut PgConnection,
    outbox: &Outbox,
    state: &MediumState,
) -> Result<(), Error> {
    if !nova_attachments::save(tx, state).await? {
        return Ok(());
    }
    let naming = store::messages::naming(tx, state.owner_id, state.id).await?;
    if naming.is_empty() {
        return Ok(());
    }
    let (ids, places): (Vec<MessageId>, Vec<ConversationId>) = naming.into_iter().unzip();
    let mut conversations = store::conversations::lock_all(tx, &places).await?;
    // Only now: whoever had a lock may have changed some.
    let messages = store::messages::find_all(tx, &ids).await?;
    let mut changed = Vec::new();
    for message in &messages {
        let other = match &state.medium {
            Some(medium) => message.with_medium(medium),
            None => message.without_medium(state.id),
        };
        let place = conversations
            .iter_mut()
            .find(|one| one.id == message.conversation_id);
        if let (Some(mut other), Some(conversation)) = (other, place) {
            other.position = conversation.next_position();
            store::messages::save(tx, &other).await?;
            changed.push(other);
        }
    }
    store::conversations::save_positions(tx, &conversations).await?;
    store::reactions::fill(tx, &mut changed).await?;
    let now = OffsetDateTime::now_utc();
    let told: Vec<_> = changed
        .iter()
        .map(|message| events::message_edited(message, now))
        .collect();
    outbox.append_all(tx, &told).await?;
    Ok(())
}
