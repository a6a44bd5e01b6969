use nova_event_bus::Outbox;
use nova_ids::{PostId, UserId};
use nova_service::idempotency::{IdempotencyKey, Stored};
use sqlx::PgConnection;

use crate::domain::{Draft, Post};
use crate::error::Error;
use crate::{events, store};

/// Posts a draft and answers the post. With a key, the same draft sent again gets the first one's answer.
///
/// # Errors
/// When the key was used for another draft, when the author is gone for good, and when the database fails.
pub async fn create_post(
    tx: &mut PgConnection,
    outbox: &Outbox,
    author: UserId,
    draft: Draft,
    key: &IdempotencyKey,
) -> Result<Stored, Error> {
    let claim = key.claim(author, "create_post", &draft);
    if let Some(claim) = &claim
        && let Some(answer_given_before) = claim.take(tx).await?
    {
        return Ok(answer_given_before);
    }
    let media = nova_attachments::claim(tx, author, draft.media_ids()).await?;
    let post = Post::create(PostId::new(), author, draft, media);
    if !store::posts::insert(tx, &post).await? {
        return Err(Error::UnknownCaller);
    }
    outbox.append(tx, &events::post_created(&post)).await?;
    let answer = Stored::json(201, &post)?;
    if let Some(claim) = &claim {
        claim.keep(tx, &answer).await?;
    }
    Ok(answer)
}
