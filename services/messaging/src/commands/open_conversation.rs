use nova_event_bus::Outbox;
use nova_ids::{ConversationId, UserId};
use nova_service::idempotency::{IdempotencyKey, Stored};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::entering::conclude;
use crate::domain::{Conversation, ConversationType, Opening};
use crate::error::Error;
use crate::{events, store};

/// The conversation that was opened. It is kept for a key as this alone, for members come and go, and nothing is kept of who
/// is gone for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// Which.
    pub id: ConversationId,
    /// Whether it was there before.
    pub existing: bool,
    /// Whether this was answered before.
    #[serde(skip)]
    pub replayed: bool,
}

/// Opens a conversation. Two have one `DIRECT`, whoever opens it and however often; who had left is in it again. With a key,
/// the same sent again is answered the same.
///
/// # Errors
/// When one of the others is not there, or one of them and the opener has blocked the other, when the opener has left, when
/// the key was used for something else, and when the database fails.
pub async fn open_conversation(
    tx: &mut PgConnection,
    outbox: &Outbox,
    opener: UserId,
    opening: Opening,
    key: &IdempotencyKey,
) -> Result<Opened, Error> {
    let claim = key.claim(opener, "open_conversation", &opening);
    if let Some(claim) = &claim
        && let Some(before) = claim.take(tx).await?
    {
        let opened: Opened = before.value()?;
        return Ok(Opened {
            replayed: true,
            ..opened
        });
    }
    let company = store::accounts::company(tx, opener, &opening.others).await?;
    if company.is_gone {
        return Err(Error::UnknownCaller);
    }
    if !company.are_there {
        return Err(Error::NoSuchUser);
    }
    if company.is_blocked {
        return Err(Error::Blocked);
    }
    let opened = open(tx, outbox, opener, opening).await?;
    if let Some(claim) = &claim {
        let status = if opened.existing { 200 } else { 201 };
        claim.keep(tx, &Stored::json(status, &opened)?).await?;
    }
    Ok(opened)
}

async fn open(
    tx: &mut PgConnection,
    outbox: &Outbox,
    opener: UserId,
    opening: Opening,
) -> Result<Opened, Error> {
    let id = ConversationId::new();
    if let (ConversationType::Direct, [other]) = (opening.kind, &opening.others[..])
        && let Some(theirs) = store::pairs::claim(tx, opener, *other, id).await?
    {
        come_back(tx, outbox, opener, theirs).await?;
        return Ok(Opened {
            id: theirs,
            existing: true,
            replayed: false,
        });
    }
    let begun = Conversation::begin(id, opening.kind, opening.title, opener, &opening.others);
    store::conversations::insert(tx, &begun).await?;
    outbox
        .append(tx, &events::conversation_created(&begun))
        .await?;
    Ok(Opened {
        id,
        existing: false,
        replayed: false,
    })
}

/// Who opens a DIRECT that they had left is in it again.
async fn come_back(
    tx: &mut PgConnection,
    outbox: &Outbox,
    opener: UserId,
    id: ConversationId,
) -> Result<(), Error> {
    let locked = store::conversations::lock(tx, id).await?;
    let mut conversation = locked.ok_or(Error::NoSuchConversation)?;
    match conversation.bring_back(opener, OffsetDateTime::now_utc()) {
        Some(change) => conclude(tx, outbox, &conversation, &change).await,
        None => Ok(()),
    }
}
