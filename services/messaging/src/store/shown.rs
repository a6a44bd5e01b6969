//! What somebody is shown: nothing of before they came, nothing of who is hidden from them.

use std::collections::HashMap;

use nova_ids::{ConversationId, MessageId, UserId};
use sqlx::{FromRow as _, PgConnection, Row as _};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::{Conversation, Member, Message, Query, Reaction};

/// How every SELECT of messages begins: with what the viewer (`$1`) may see of a conversation (`$2`), so that none can
/// forget it. How the viewer stands to the sender is joined and not looked up in EXISTS: for that the planner would read
/// all whom the viewer blocks.
macro_rules! select_seen {
    ($rest:literal) => {
        concat!(
            "SELECT message.id, message.conversation_id, message.sequence, message.position, sent_position,
                    sender_id, type, type_given, content, media, reply_to, client_message_id,
                    message.revision, sent_at, edited_at, deleted_at, original
             FROM members AS me
             JOIN messages AS message ON message.conversation_id = me.conversation_id
                                     AND message.sequence > me.joined_sequence
             LEFT JOIN blocks AS pair ON pair.user_id = $1 AND pair.other_id = sender_id
             LEFT JOIN accounts AS sender ON sender.user_id = sender_id
             WHERE me.user_id = $1 AND me.conversation_id = $2
               AND NOT COALESCE(pair.blocks OR pair.is_blocked, false)
               AND NOT COALESCE(sender.hidden, false)
               AND ",
            $rest
        )
    };
}

/// The message, if the viewer may see it, as it is: with what only its sender sees, and without reactions.
///
/// # Errors
/// When the database fails.
pub async fn find(
    tx: &mut PgConnection,
    viewer: UserId,
    conversation: ConversationId,
    id: MessageId,
) -> sqlx::Result<Option<Message>> {
    sqlx::query_as(select_seen!("message.id = $3"))
        .bind(viewer.uuid())
        .bind(conversation.uuid())
        .bind(id.uuid())
        .fetch_optional(tx)
        .await
}

/// At most `limit` messages right before this sequence, ascending.
///
/// # Errors
/// When the database fails.
pub async fn before(
    tx: &mut PgConnection,
    viewer: UserId,
    conversation: ConversationId,
    sequence: i64,
    limit: i64,
) -> sqlx::Result<Vec<Message>> {
    let mut messages: Vec<Message> = sqlx::query_as(select_seen!(
        "message.sequence < $3 ORDER BY message.sequence DESC LIMIT $4"
    ))
    .bind(viewer.uuid())
    .bind(conversation.uuid())
    .bind(sequence)
    .bind(limit)
    .fetch_all(tx)
    .await?;
    messages.reverse();
    Ok(messages)
}

/// At most `limit` messages from this sequence on, ascending.
///
/// # Errors
/// When the database fails.
pub async fn from(
    tx: &mut PgConnection,
    viewer: UserId,
    conversation: ConversationId,
    sequence: i64,
    limit: i64,
) -> sqlx::Result<Vec<Message>> {
    sqlx::query_as(select_seen!(
        "message.sequence >= $3 ORDER BY message.sequence LIMIT $4"
    ))
    .bind(viewer.uuid())
    .bind(conversation.uuid())
    .bind(sequence)
    .bind(limit)
    .fetch_all(tx)
    .await
}

/// At most `limit` messages that have these words, before this sequence, the newest first. What was deleted has none.
///
/// # Errors
/// When the database fails.
pub async fn search(
    tx: &mut PgConnection,
    viewer: UserId,
    conversation: ConversationId,
    words: &Query,
    before: i64,
    limit: i64,
) -> sqlx::Result<Vec<Message>> {
    // Words of nothing but punctuation find nothing.
    sqlx::query_as(select_seen!(
        "message.sequence < $3 AND message.deleted_at IS NULL
         AND numnode(websearch_to_tsquery('simple', $4)) > 0
         AND words @@ (websearch_to_tsquery('simple', $4) && quote_literal($2::uuid::text)::tsquery)
         ORDER BY message.sequence DESC LIMIT $5"
    ))
    .bind(viewer.uuid())
    .bind(conversation.uuid())
    .bind(before)
    .bind(words.as_str())
    .bind(limit)
    .fetch_all(tx)
    .await
}

/// The newest message of each of these conversations, if the viewer may see any.
async fn newest(
    tx: &mut PgConnection,
    viewer: UserId,
    conversations: &[Uuid],
) -> sqlx::Result<Vec<Message>> {
    sqlx::query_as(
        "SELECT newest.* FROM members AS me CROSS JOIN LATERAL (
             SELECT message.id, message.conversation_id, message.sequence, message.position, sent_position,
                    sender_id, type, type_given, content, media, reply_to, client_message_id,
                    message.revision, sent_at, edited_at, deleted_at, original
             FROM messages AS message
             LEFT JOIN blocks AS pair ON pair.user_id = $1 AND pair.other_id = sender_id
             LEFT JOIN accounts AS sender ON sender.user_id = sender_id
             WHERE message.conversation_id = me.conversation_id
               AND message.sequence > me.joined_sequence
               AND NOT COALESCE(pair.blocks OR pair.is_blocked, false)
               AND NOT COALESCE(sender.hidden, false)
             ORDER BY message.sequence DESC LIMIT 1) AS newest
         WHERE me.user_id = $1 AND me.conversation_id = ANY($2)",
    )
    .bind(viewer.uuid())
    .bind(conversations)
    .fetch_all(tx)
    .await
}

/// Makes of whole messages what the viewer is shown of them: with the reactions of those whom they see, and without what
/// only senders see.
///
/// # Errors
/// When the database fails.
pub async fn dress(
    tx: &mut PgConnection,
    viewer: UserId,
    messages: &mut [Message],
) -> sqlx::Result<()> {
    if messages.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = messages.iter().map(|one| one.id.uuid()).collect();
    let rows: Vec<(Uuid, String, i64, bool)> = sqlx::query_as(
        "SELECT message_id, emoji, count(*), bool_or(reaction.user_id = $1)
         FROM reactions AS reaction
         LEFT JOIN blocks AS pair ON pair.user_id = $1 AND pair.other_id = reaction.user_id
         LEFT JOIN accounts AS account ON account.user_id = reaction.user_id
         WHERE message_id = ANY($2)
           AND NOT COALESCE(pair.blocks OR pair.is_blocked, false)
           AND NOT COALESCE(account.hidden, false)
         GROUP BY message_id, emoji ORDER BY message_id, min(position), emoji",
    )
    .bind(viewer.uuid())
    .bind(&ids)
    .fetch_all(tx)
    .await?;
    let mut of: HashMap<Uuid, Vec<Reaction>> = HashMap::new();
    for (message, emoji, count, mine) in rows {
        of.entry(message).or_default().push(Reaction {
            emoji,
            count,
            mine,
            user_ids: Vec::new(),
        });
    }
    for message in messages {
        message.reactions = of.remove(&message.id.uuid()).unwrap_or_default();
        if message.sender_id != Some(viewer) {
            message.hide_from_others();
        }
    }
    Ok(())
}

/// Where a list of conversations goes on: behind the one that was active then.
pub type Place = (OffsetDateTime, Uuid);

/// A conversation of a list, and its place there.
pub type Listed = (Conversation, Place);

/// How every SELECT of conversations ends: with what is the viewer's own, of the page that was chosen before.
macro_rules! select_own {
    ($page:literal) => {
        concat!(
            "SELECT page.*, unread.count AS unread_count
             FROM (
                 SELECT conversation.id, type, title, sequence, position, updated_at, active_at,
                        read_sequence, joined_sequence,
                        CASE WHEN muted_until > now() THEN muted_until END AS muted_until
                 FROM members AS me
                 JOIN conversations AS conversation ON conversation.id = me.conversation_id
                 WHERE me.user_id = $1 AND ",
            $page,
            ") AS page
             CROSS JOIN LATERAL (
                 SELECT count(*) FROM messages AS message
                 LEFT JOIN blocks AS pair ON pair.user_id = $1 AND pair.other_id = sender_id
                 LEFT JOIN accounts AS sender ON sender.user_id = sender_id
                 WHERE message.conversation_id = page.id
                   AND message.sequence > GREATEST(page.read_sequence, page.joined_sequence)
                   AND sender_id <> $1 AND deleted_at IS NULL
                   AND NOT COALESCE(pair.blocks OR pair.is_blocked, false)
                   AND NOT COALESCE(sender.hidden, false)) AS unread
             ORDER BY active_at DESC, page.id DESC"
        )
    };
}

/// At most `limit` conversations that the viewer is in, that with the latest message first, beginning after `after`.
///
/// # Errors
/// When the database fails.
pub async fn list(
    tx: &mut PgConnection,
    viewer: UserId,
    after: Option<Place>,
    limit: i64,
) -> sqlx::Result<Vec<Listed>> {
    let (active_at, id) = after.unzip();
    let rows = sqlx::query(select_own!(
        "(active_at, conversation.id) < (COALESCE($2, 'infinity'::timestamptz), COALESCE($3, $1))
         ORDER BY active_at DESC, conversation.id DESC LIMIT $4"
    ))
    .bind(viewer.uuid())
    .bind(active_at)
    .bind(id)
    .bind(limit)
    .fetch_all(&mut *tx)
    .await?;
    whole(tx, viewer, rows).await
}

/// The conversation, if the viewer is in it.
///
/// # Errors
/// When the database fails.
pub async fn conversation(
    tx: &mut PgConnection,
    viewer: UserId,
    id: ConversationId,
) -> sqlx::Result<Option<Conversation>> {
    let rows = sqlx::query(select_own!("me.conversation_id = $2"))
        .bind(viewer.uuid())
        .bind(id.uuid())
        .fetch_all(&mut *tx)
        .await?;
    let found = whole(tx, viewer, rows).await?.into_iter().next();
    Ok(found.map(|(conversation, _)| conversation))
}

async fn whole(
    tx: &mut PgConnection,
    viewer: UserId,
    rows: Vec<sqlx::postgres::PgRow>,
) -> sqlx::Result<Vec<Listed>> {
    let mut listed = Vec::with_capacity(rows.len());
    for row in &rows {
        let mut conversation = Conversation::from_row(row)?;
        conversation.read_sequence = row.try_get("read_sequence")?;
        conversation.unread_count = row.try_get("unread_count")?;
        conversation.muted_until = row.try_get("muted_until")?;
        let place = (row.try_get("active_at")?, conversation.id.uuid());
        listed.push((conversation, place));
    }
    let ids: Vec<Uuid> = listed.iter().map(|(_, (_, id))| *id).collect();
    let mut members = members(tx, viewer, &ids).await?;
    let mut messages = newest(tx, viewer, &ids).await?;
    dress(tx, viewer, &mut messages).await?;
    for (conversation, (_, id)) in &mut listed {
        conversation.members = members.remove(id).unwrap_or_default();
        let place = messages
            .iter()
            .position(|message| message.conversation_id == conversation.id);
        conversation.last_message = place.map(|place| messages.swap_remove(place));
    }
    Ok(listed)
}

/// Members of these conversations in the order in which they came. Who is hidden from the viewer is none of a GROUP; in a
/// DIRECT they are, for else it were one with nobody, but how far they have come is not told.
async fn members(
    tx: &mut PgConnection,
    viewer: UserId,
    conversations: &[Uuid],
) -> sqlx::Result<HashMap<Uuid, Vec<Member>>> {
    let rows = sqlx::query(
        "SELECT member.conversation_id, member.user_id, role, joined_at, joined_position, joined_sequence,
                CASE WHEN is_hidden THEN 0 ELSE read_sequence END AS read_sequence,
                CASE WHEN is_hidden THEN 0 ELSE delivered_sequence END AS delivered_sequence
         FROM members AS member
         JOIN conversations AS conversation ON conversation.id = member.conversation_id
         LEFT JOIN blocks AS pair ON pair.user_id = $1 AND pair.other_id = member.user_id
         LEFT JOIN accounts AS account ON account.user_id = member.user_id
         CROSS JOIN LATERAL (
             SELECT COALESCE(pair.blocks OR pair.is_blocked, false) OR COALESCE(account.hidden, false)
         ) AS seen(is_hidden)
         WHERE member.conversation_id = ANY($2) AND (type = 'DIRECT' OR NOT is_hidden)
         ORDER BY member.conversation_id, joined_position, member.user_id",
    )
    .bind(viewer.uuid())
    .bind(conversations)
    .fetch_all(tx)
    .await?;
    let mut members: HashMap<Uuid, Vec<Member>> = HashMap::new();
    for row in &rows {
        let of = members.entry(row.try_get("conversation_id")?).or_default();
        of.push(Member::from_row(row)?);
    }
    Ok(members)
}
