//! What users are still to be told of what is kept of them.

use nova_event_bus::Cause;
use nova_ids::PostId;
use nova_service::exports;
use sqlx::PgConnection;

use crate::domain::Post;

/// An export under way, and the event that asked for it.
pub type Export = exports::Export<PostId, Cause>;

/// The next posts of the export, at most `limit`, oldest first. They are for their author's own eyes, so nothing is left
/// out, also when the author is not to be seen now and will come back.
///
/// # Errors
/// When the database fails.
pub async fn posts(tx: &mut PgConnection, of: &Export, limit: i64) -> sqlx::Result<Vec<Post>> {
    sqlx::query_as(
        "SELECT id, author_id, content, type, visibility, tags, media, type_given, revision, updated_at,
                true AS is_own
         FROM posts
         WHERE author_id = $1 AND id > $2 ORDER BY id LIMIT $3",
    )
    .bind(of.user_id.uuid())
    .bind(of.told_to.uuid())
    .bind(limit)
    .fetch_all(tx)
    .await
}
