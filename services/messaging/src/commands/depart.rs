use nova_event_bus::Outbox;
use nova_ids::{ConversationId, MessageId, UserId};
use nova_service::erasure;
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::entering::conclude;
use crate::domain::{Conversation, Message};
use crate::error::Error;
use crate::{events, store};

/// Messages, or memberships, of one transaction: few enough to hold no lock for long.
const BATCH: i64 = 100;

/// Takes what somebody who is gone for good has left out of their conversations, and tells the members: messages keep their
/// places, reactions go, and they leave. What is done and what is told are one transaction, so that nothing is lost whenever
/// this is cut off. When nothing is left, all else of them is erased. False when nobody is to depart.
///
/// # Errors
/// When the database fails; nothing was done then.
pub async fn depart(tx: &mut PgConnection, outbox: &Outbox) -> Result<bool, Error> {
    let Some(user) = store::departures::take(tx).await? else {
        return Ok(false);
    };
    let sent = store::messages::sent_by(tx, user, BATCH).await?;
    if !sent.is_empty() {
        take_messages(tx, outbox, sent).await?;
        return Ok(true);
    }
    let reacted = store::reactions::reacted_by(tx, user, BATCH).await?;
    if !reacted.is_empty() {
        take_reactions(tx, outbox, user, reacted).await?;
        return Ok(true);
    }
    let memberships = store::departures::memberships(tx, user, BATCH).await?;
    if !memberships.is_empty() {
        leave(tx, outbox, user, memberships).await?;
        return Ok(true);
    }
    store::departures::end(tx, user).await?;
    erasure::begin(tx, user).await?;
    Ok(true)
}

/// These messages, and their conversations, which are locked.
async fn load(
    tx: &mut PgConnection,
    places: Vec<(MessageId, ConversationId)>,
) -> Result<(Vec<Message>, Vec<Conversation>), Error> {
    let (ids, places): (Vec<_>, Vec<_>) = places.into_iter().unzip();
    let conversations = store::conversations::lock_all(tx, &places).await?;
    // Only now: whoever had a lock may have changed some.
    Ok((store::messages::find_all(tx, &ids).await?, conversations))
}

fn next_position(conversations: &mut [Conversation], of: &Message) -> i64 {
    let place = conversations
        .iter_mut()
        .find(|one| one.id == of.conversation_id);
    place.map_or(of.position, Conversation::next_position)
}

async fn take_messages(
    tx: &mut PgConnection,
    outbox: &Outbox,
    sent: Vec<(MessageId, ConversationId)>,
) -> Result<(), Error> {
    let (messages, mut conversations) = load(tx, sent).await?;
    let now = OffsetDateTime::now_utc();
    let (mut left, mut told) = (Vec::new(), Vec::new());
    for mut message in messages {
        if !message.is_deleted() {
            message = message.deleted(now);
            message.position = next_position(&mut conversations, &message);
            message.sender_id = None;
            message.client_message_id = None;
            told.push(events::message_deleted(&message, None));
        }
        left.push(message);
    }
    store::reactions::delete_all(tx, &left).await?;
    store::messages::erase(tx, &left).await?;
    store::conversations::save_positions(tx, &conversations).await?;
    outbox.append_all(tx, &told).await?;
    Ok(())
}

async fn take_reactions(
    tx: &mut PgConnection,
    outbox: &Outbox,
    user: UserId,
    reacted: Vec<(MessageId, ConversationId)>,
) -> Result<(), Error> {
    let (mut messages, mut conversations) = load(tx, reacted).await?;
    store::reactions::fill(tx, &mut messages).await?;
    let now = OffsetDateTime::now_utc();
    let mut told = Vec::new();
    for message in &mut messages {
        while let Some(emoji) = take_one(message, user) {
            message.position = next_position(&mut conversations, message);
            told.push(events::message_reacted(message, user, &emoji, true, now));
        }
    }
    store::reactions::delete_of(tx, user, &messages).await?;
    store::messages::save_positions(tx, &messages).await?;
    store::conversations::save_positions(tx, &conversations).await?;
    outbox.append_all(tx, &told).await?;
    Ok(())
}

/// Takes one reaction of the user off the message, and says which.
fn take_one(message: &mut Message, user: UserId) -> Option<String> {
    let mut reactions = message.reactions.iter_mut();
    let reaction = reactions.find(|one| one.user_ids.contains(&user))?;
    reaction.user_ids.retain(|id| *id != user);
    reaction.count -= 1;
    let emoji = reaction.emoji.clone();
    message.reactions.retain(|one| one.count > 0);
    Some(emoji)
}

async fn leave(
    tx: &mut PgConnection,
    outbox: &Outbox,
    user: UserId,
    memberships: Vec<ConversationId>,
) -> Result<(), Error> {
    let now = OffsetDateTime::now_utc();
    for id in memberships {
        let Some(mut conversation) = store::conversations::lock(tx, id).await? else {
            continue;
        };
        if conversation.member(user).is_some() {
            let change = conversation.remove(user, user, now)?;
            conclude(tx, outbox, &conversation, &change).await?;
        }
    }
    Ok(())
}
