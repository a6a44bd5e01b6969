//! What was written lately: how a node finds what nobody told it.
//!
//! A transaction that is not seen by one look has not ended when that look begins, so its id is not less than the least
//! one under way then. The next look takes everything from there on. What was seen twice is told once: sockets know
//! their positions.

use sqlx::{PgPool, Row as _};
use uuid::Uuid;

use super::marks;
use crate::domain::{ConversationId, MarkState};

/// What was written since a look.
#[derive(Debug, Default)]
pub struct Latest {
    /// Conversations, the greatest position of each, and whether members may have come.
    pub changes: Vec<(ConversationId, i64, bool)>,
    /// How far members are.
    pub marks: Vec<MarkState>,
    /// `MessageRejected`, encoded.
    pub rejections: Vec<Vec<u8>>,
    /// Pairs of which one blocks the other, or does not any more.
    pub blocks: Vec<(Uuid, Uuid)>,
    /// Accounts that are gone.
    pub gone: Vec<Uuid>,
    /// The number of this node's canary.
    pub canary: Option<i64>,
}

/// The least transaction under way.
///
/// # Errors
/// When the database fails.
pub async fn horizon(pool: &PgPool) -> sqlx::Result<i64> {
    sqlx::query_scalar("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        .fetch_one(pool)
        .await
}

/// What transactions from `since` on wrote.
///
/// # Errors
/// When the database fails.
pub async fn since(pool: &PgPool, since: i64, node: Uuid) -> sqlx::Result<Latest> {
    let mut connection = pool.acquire().await?;
    let since = since.to_string();
    let changes = sqlx::query_as(
        "SELECT conversation_id, max(position), bool_or(kind = 5) FROM changes
         WHERE xact >= $1::text::xid8 GROUP BY conversation_id",
    );
    let changes = changes.bind(&since).fetch_all(&mut *connection).await?;
    let marks = sqlx::query(
        "SELECT conversation_id, user_id, read_sequence, delivered_sequence FROM marks
         WHERE xact >= $1::text::xid8",
    );
    let marks = marks.bind(&since).fetch_all(&mut *connection).await?;
    let rejections =
        sqlx::query_scalar("SELECT payload FROM rejections WHERE xact >= $1::text::xid8");
    let rejections = rejections.bind(&since).fetch_all(&mut *connection).await?;
    let blocks =
        sqlx::query_as("SELECT user_id, other_id FROM blocks WHERE xact >= $1::text::xid8");
    let blocks = blocks.bind(&since).fetch_all(&mut *connection).await?;
    let others = sqlx::query(
        "SELECT user_id, NULL::bigint FROM accounts WHERE xact >= $1::text::xid8 AND hidden
         UNION ALL SELECT node, number FROM canaries WHERE xact >= $1::text::xid8 AND node = $2",
    );
    let others = others
        .bind(&since)
        .bind(node)
        .fetch_all(&mut *connection)
        .await?;
    let mut latest = Latest {
        changes,
        marks: marks.iter().map(marks::read).collect::<Result<_, _>>()?,
        rejections,
        blocks,
        ..Latest::default()
    };
    for row in others {
        match row.try_get::<Option<i64>, _>(1)? {
            Some(number) => latest.canary = Some(number),
            None => latest.gone.push(row.try_get(0)?),
        }
    }
    Ok(latest)
}
