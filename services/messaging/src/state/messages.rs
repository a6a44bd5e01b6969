//! Messages as somebody is shown them.

use nova_ids::{ConversationId, UserId};
use nova_service::cursor::InvalidCursor;
use nova_service::http::{Page, PageQuery};
use serde::Serialize;
use sqlx::PgConnection;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::State;
use crate::domain::{Anchor, Message, Query, Window, shares};
use crate::error::Error;
use crate::store;
use crate::store::shown;

/// A stretch of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = MessageStretch)]
pub struct Stretch {
    /// Ascending.
    pub items: Vec<Message>,
    /// What `before` is to be to go on to older ones; null where there are none.
    #[schema(required = true)]
    pub before: Option<i64>,
    /// What `after` is to be to go on to newer ones; null where there are none.
    #[schema(required = true)]
    pub after: Option<i64>,
}

impl State {
    /// The message with links that open its media to whoever is shown it.
    #[must_use]
    pub fn shown(&self, mut message: Message) -> Message {
        self.links
            .sign(&mut message.media, OffsetDateTime::now_utc());
        message
    }

    /// The messages of that stretch which the viewer may see.
    ///
    /// # Errors
    /// When the viewer is not in the conversation or has left, and when the database fails.
    pub async fn stretch(
        &self,
        viewer: UserId,
        id: ConversationId,
        window: Window,
    ) -> Result<Stretch, Error> {
        let mut connection = self.database.pool.acquire().await?;
        enter(&mut connection, viewer, id).await?;
        let mut items = within(&mut connection, viewer, id, window).await?;
        let (before, after) = beyond(&mut connection, viewer, id, &items).await?;
        shown::dress(&mut connection, viewer, &mut items).await?;
        let items = items.into_iter();
        Ok(Stretch {
            items: items.map(|message| self.shown(message)).collect(),
            before,
            after,
        })
    }

    /// A page of messages that have these words, the newest first: those that the viewer may see.
    ///
    /// # Errors
    /// When the cursor is not one of this search, when the viewer is not in the conversation or has left, and when the
    /// database fails.
    pub async fn found(
        &self,
        viewer: UserId,
        id: ConversationId,
        words: &Query,
        wanted: PageQuery,
    ) -> Result<Page<Message>, Error> {
        let list = format!("messages:{viewer}:{id}:{}", words.as_str());
        let before = match wanted.cursor {
            Some(cursor) => sequence(&self.cursors.open(&list, &cursor)?)?,
            None => i64::MAX,
        };
        let mut connection = self.database.pool.acquire().await?;
        enter(&mut connection, viewer, id).await?;
        let limit = wanted.limit + 1;
        let mut found = shown::search(&mut connection, viewer, id, words, before, limit).await?;
        shown::dress(&mut connection, viewer, &mut found).await?;
        let found = found.into_iter().map(|message| self.shown(message));
        Ok(Page::cut(
            found.collect(),
            wanted.limit,
            |last: &Message| self.cursors.seal(&list, &last.sequence.to_be_bytes()),
        ))
    }
}

async fn enter(
    connection: &mut PgConnection,
    viewer: UserId,
    id: ConversationId,
) -> Result<(), Error> {
    match store::conversations::standing(connection, viewer, id).await? {
        (true, _) => Err(Error::UnknownCaller),
        (false, None) => Err(Error::NoSuchConversation),
        (false, Some(_)) => Ok(()),
    }
}

async fn within(
    connection: &mut PgConnection,
    viewer: UserId,
    id: ConversationId,
    Window { anchor, limit }: Window,
) -> sqlx::Result<Vec<Message>> {
    match anchor {
        Anchor::Newest => shown::before(connection, viewer, id, i64::MAX, limit).await,
        Anchor::Before(sequence) => shown::before(connection, viewer, id, sequence, limit).await,
        Anchor::After(sequence) => {
            shown::from(connection, viewer, id, sequence.saturating_add(1), limit).await
        }
        Anchor::Around(sequence) => {
            let mut older = shown::before(connection, viewer, id, sequence, limit).await?;
            let newer = shown::from(connection, viewer, id, sequence, limit).await?;
            let limit = usize::try_from(limit).unwrap_or_default();
            let (before, from) = shares(older.len(), newer.len(), limit);
            let mut items = older.split_off(older.len() - before);
            items.extend(newer.into_iter().take(from));
            Ok(items)
        }
    }
}

/// The first and the last of these messages, where there are others beyond them.
async fn beyond(
    connection: &mut PgConnection,
    viewer: UserId,
    id: ConversationId,
    items: &[Message],
) -> sqlx::Result<(Option<i64>, Option<i64>)> {
    let (Some(first), Some(last)) = (items.first(), items.last()) else {
        return Ok((None, None));
    };
    let (first, last) = (first.sequence, last.sequence);
    let older = shown::before(connection, viewer, id, first, 1).await?;
    let newer = shown::from(connection, viewer, id, last.saturating_add(1), 1).await?;
    Ok((
        (!older.is_empty()).then_some(first),
        (!newer.is_empty()).then_some(last),
    ))
}

/// The message that the page before ended with.
fn sequence(bytes: &[u8]) -> Result<i64, InvalidCursor> {
    let bytes = bytes.try_into().map_err(|_| InvalidCursor::new())?;
    Ok(i64::from_be_bytes(bytes))
}
