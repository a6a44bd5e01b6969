//! Conversations as somebody is shown them.

use nova_ids::{ConversationId, UserId};
use nova_service::cursor::InvalidCursor;
use nova_service::http::{Page, PageQuery};
use time::OffsetDateTime;
use uuid::Uuid;

use super::State;
use crate::domain::Conversation;
use crate::error::Error;
use crate::store;
use crate::store::shown::Place;

impl State {
    /// The conversation.
    ///
    /// # Errors
    /// When the viewer is not in it or has left, and when the database fails.
    pub async fn conversation(
        &self,
        viewer: UserId,
        id: ConversationId,
    ) -> Result<Conversation, Error> {
        let mut connection = self.database.pool.acquire().await?;
        let (is_gone, _) = store::conversations::standing(&mut connection, viewer, id).await?;
        if is_gone {
            return Err(Error::UnknownCaller);
        }
        let found = store::shown::conversation(&mut connection, viewer, id).await?;
        let found = found.ok_or(Error::NoSuchConversation)?;
        Ok(self.shown_conversation(found))
    }

    /// A page of the viewer's conversations, that with the latest message first.
    ///
    /// # Errors
    /// When the cursor is not one of this list, when the viewer has left, and when the database fails.
    pub async fn page_of_conversations(
        &self,
        viewer: UserId,
        wanted: PageQuery,
    ) -> Result<Page<Conversation>, Error> {
        let list = format!("conversations:{viewer}");
        let after = match wanted.cursor {
            Some(cursor) => Some(place(&self.cursors.open(&list, &cursor)?)?),
            None => None,
        };
        if store::accounts::is_hidden(&self.database.pool, viewer).await? {
            return Err(Error::UnknownCaller);
        }
        let mut connection = self.database.pool.acquire().await?;
        // One more than wanted tells whether there is a next page.
        let listed = store::shown::list(&mut connection, viewer, after, wanted.limit + 1).await?;
        let page = Page::cut(listed, wanted.limit, |(_, place)| {
            self.cursors.seal(&list, &bytes(*place))
        });
        let items = page.items.into_iter();
        Ok(Page {
            items: items
                .map(|(conversation, _)| self.shown_conversation(conversation))
                .collect(),
            next_cursor: page.next_cursor,
        })
    }

    fn shown_conversation(&self, mut conversation: Conversation) -> Conversation {
        conversation.last_message = conversation.last_message.map(|last| self.shown(last));
        conversation
    }
}

/// Microseconds, as Postgres has them, and an id.
fn bytes((active_at, id): Place) -> [u8; 24] {
    let micros = i64::try_from(active_at.unix_timestamp_nanos() / 1_000).unwrap_or(i64::MAX);
    let mut bytes = [0; 24];
    let (time, rest) = bytes.split_at_mut(8);
    time.copy_from_slice(&micros.to_be_bytes());
    rest.copy_from_slice(id.as_bytes());
    bytes
}

/// The conversation that the page before ended with.
fn place(bytes: &[u8]) -> Result<Place, InvalidCursor> {
    let (time, id) = bytes.split_at_checked(8).ok_or_else(InvalidCursor::new)?;
    let time = time.try_into().map_err(|_| InvalidCursor::new())?;
    let nanos = i128::from(i64::from_be_bytes(time)) * 1_000;
    let active_at = OffsetDateTime::from_unix_timestamp_nanos(nanos);
    let id = Uuid::from_slice(id).map_err(|_| InvalidCursor::new())?;
    Ok((active_at.map_err(|_| InvalidCursor::new())?, id))
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_place_is_read_as_it_was_written() {
        let written = (datetime!(2026-11-22 21:50:00.123456 UTC), Uuid::now_v7());
        assert_eq!(place(&bytes(written)), Ok(written));
        assert!(place(&[0; 7]).is_err());
        assert!(place(&[0; 23]).is_err());
        assert!(place(&[0x7f; 24]).is_err());
    }
}
