use nova_event_bus::Outbox;
use nova_ids::{PostId, UserId};
use nova_service::http::{ETag, IfMatch};
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::domain::{Edit, Post};
use crate::error::Error;
use crate::{events, store};

/// Edits a post, in a state that the edit is meant for, and answers the whole of it. An edit that changes
/// nothing leaves no trace.
///
/// # Errors
/// When there is no such post that the editor may see, when it is another's, when it is in another state, and
/// when the database fails.
pub async fn update_post(
    tx: &mut PgConnection,
    outbox: &Outbox,
    editor: UserId,
    id: PostId,
    edit: Edit,
    meant: &IfMatch,
) -> Result<Post, Error> {
    // Before the post: who tells of a medium has the medium before its posts.
    let media = match edit.media_ids() {
        Some(ids) => Some(nova_attachments::claim(tx, editor, ids).await?),
        None => None,
    };
    let seen = store::posts::find_for_update(tx, editor, id).await?;
    let post = seen.ok_or(Error::NoSuchPost)?;
    let edited = post.edit(editor, edit, media, OffsetDateTime::now_utc())?;
    meant.check(&ETag::of_revision(post.revision))?;
    let Some(edited) = edited else {
        return Ok(post);
    };
    store::posts::update(tx, &edited).await?;
    outbox.append(tx, &events::post_updated(&edited)).await?;
    Ok(edited)
}
