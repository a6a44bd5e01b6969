use nova_event_bus::Outbox;
use nova_ids::{MediaId, UserId};
use nova_service::idempotency::{IdempotencyKey, Stored};
use serde::Serialize;
use sqlx::PgConnection;

use super::show_medium::show_medium;
use crate::domain::{Allowance, Draft, MediaState, Medium, Piece};
use crate::error::Error;
use crate::store::{self, accounts, blobs, folders, media, uploads};

/// A file that has come whole.
#[derive(Debug)]
pub struct Received {
    /// That of its folder, and of the medium to be.
    pub id: MediaId,
    /// What its head has shown.
    pub mime_type: &'static str,
    /// How many bytes it has.
    pub length: u64,
    /// Where they are.
    pub pieces: Vec<Piece>,
    /// SHA-256 of them.
    pub sha256: Vec<u8>,
}

/// What makes two requests the same.
#[derive(Serialize)]
struct Request<'a> {
    draft: &'a Draft,
    sha256: &'a [u8],
}

/// Makes a medium of a file that has come whole, and answers it. It can be shown at once if its owner has uploaded the same
/// before; else it is still to be read. With a key, the same sent again gets the first one's answer.
///
/// # Errors
/// When the key was used for something else, when the owner has no room or is gone for good, and when the database fails.
pub async fn create_medium(
    tx: &mut PgConnection,
    outbox: &Outbox,
    allowance: Allowance,
    owner: UserId,
    draft: Draft,
    received: &Received,
    key: &IdempotencyKey,
) -> Result<Stored, Error> {
    let request = Request {
        draft: &draft,
        sha256: &received.sha256,
    };
    let claim = key.claim(owner, "create_media", &request);
    if let Some(claim) = &claim
        && let Some(answer_given_before) = claim.take(tx).await?
    {
        folders::doom(tx, received.id.uuid()).await?;
        return Ok(answer_given_before);
    }
    store::lock_owner(tx, owner).await?;
    if accounts::is_erased(tx, owner).await? {
        return Err(Error::UnknownCaller);
    }
    allowance.check(media::in_use(tx, owner).await?, received.length)?;
    let medium = insert(tx, outbox, owner, draft, received).await?;
    let answer = Stored::json(201, &medium)?;
    if let Some(claim) = &claim {
        claim.keep(tx, &answer).await?;
    }
    Ok(answer)
}

async fn insert(
    tx: &mut PgConnection,
    outbox: &Outbox,
    owner: UserId,
    draft: Draft,
    received: &Received,
) -> Result<Medium, Error> {
    let source = blobs::Source {
        owner,
        purpose: draft.purpose,
        sha256: &received.sha256,
    };
    let known = blobs::of(tx, source).await?;
    let is_known = known.is_some();
    let medium = Medium {
        id: received.id,
        owner_id: owner,
        post_id: draft.post_id,
        purpose: draft.purpose,
        alt: draft.alt,
        state: if is_known {
            MediaState::Ready
        } else {
            MediaState::Processing
        },
        failure: None,
        mime_type: received.mime_type.to_owned(),
        blob: known,
        revision: 1,
    };
    media::insert(tx, &medium, received.length, Some(&received.sha256)).await?;
    if is_known {
        folders::doom(tx, received.id.uuid()).await?;
        show_medium(tx, outbox, &medium).await?;
    } else {
        if !folders::adopt(tx, received.id.uuid()).await? {
            return Err(Error::TooLate);
        }
        uploads::insert_pieces(tx, received.id, &received.pieces).await?;
    }
    Ok(medium)
}
