//! By what messages were sent, for ever: the same again is the same message.

use nova_ids::{MessageId, UserId};
use sqlx::PgConnection;
use uuid::Uuid;

/// By what a message is sent, and what is sent.
#[derive(Debug, Clone)]
pub struct Keys<'a> {
    /// As the client names it.
    pub client_message_id: Option<Uuid>,
    /// The `Idempotency-Key`, which means nothing to other operations.
    pub header: Option<&'a str>,
    /// What tells this message from another.
    pub request: Vec<u8>,
}

impl Keys<'_> {
    /// What there is, always in this order: two who send by both wait for each other and for nothing else.
    fn all(&self) -> impl Iterator<Item = (&'static str, String)> {
        let client = self.client_message_id.map(|id| ("client", id.to_string()));
        let header = self.header.map(|key| ("header", key.to_owned()));
        client.into_iter().chain(header)
    }
}

/// A message that was sent by one of these keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earlier {
    /// `client` or `header`.
    pub kind: String,
    /// What was sent.
    pub request: Vec<u8>,
    /// What it became.
    pub message_id: MessageId,
}

/// What was sent before by one of these keys.
///
/// # Errors
/// When the database fails.
pub async fn find(
    tx: &mut PgConnection,
    sender: UserId,
    keys: &Keys<'_>,
) -> sqlx::Result<Option<Earlier>> {
    let (kinds, texts): (Vec<&str>, Vec<String>) = keys.all().unzip();
    if kinds.is_empty() {
        return Ok(None);
    }
    // One that was sent as another message comes first.
    let earlier: Option<(String, Vec<u8>, Uuid)> = sqlx::query_as(
        "SELECT kind, request, message_id FROM sends
         JOIN UNNEST($2::text[], $3::text[]) AS given(given_kind, given_key)
             ON kind = given_kind AND key = given_key
         WHERE user_id = $1 ORDER BY request = $4, kind LIMIT 1",
    )
    .bind(sender.uuid())
    .bind(&kinds)
    .bind(&texts)
    .bind(&keys.request)
    .fetch_optional(tx)
    .await?;
    Ok(earlier.map(|(kind, request, message_id)| Earlier {
        kind,
        request,
        message_id: message_id.into(),
    }))
}

/// Makes these keys those of this message. False when one was used before, perhaps a moment ago: then nothing is to be done
/// but to look at what it was used for.
///
/// # Errors
/// When the database fails.
pub async fn claim(
    tx: &mut PgConnection,
    sender: UserId,
    keys: &Keys<'_>,
    message: MessageId,
) -> sqlx::Result<bool> {
    for (kind, key) in keys.all() {
        let claimed = sqlx::query(
            "INSERT INTO sends (user_id, kind, key, request, message_id) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT DO NOTHING",
        )
        .bind(sender.uuid())
        .bind(kind)
        .bind(key)
        .bind(&keys.request)
        .bind(message.uuid())
        .execute(&mut *tx)
        .await?;
        if claimed.rows_affected() == 0 {
            return Ok(false);
        }
    }
    Ok(true)
}
