//! The follow graph, as far as user-events told it. Nothing is kept of who is gone for good.

use nova_ids::{PostId, UserId};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::timelines::Timeline;

/// How things stand between two users since a certain revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Follow {
    /// The one who follows, or did.
    pub follower_id: UserId,
    /// The one who is followed, or was.
    pub followee_id: UserId,
    /// Whether it is a follow or the end of one.
    pub active: bool,
    /// Grows with every change of the pair.
    pub revision: i64,
}

/// Keeps a follow or its end, unless a later state of the pair is known already; true when it was news.
///
/// # Errors
/// When the database fails.
pub async fn save(tx: &mut PgConnection, follow: Follow) -> sqlx::Result<bool> {
    let saved = sqlx::query(
        "INSERT INTO follows (follower_id, followee_id, active, revision)
         SELECT $1, $2, $3, $4
         WHERE NOT EXISTS (SELECT FROM authors WHERE id IN ($1, $2) AND erased)
         ON CONFLICT (follower_id, followee_id) DO UPDATE
         SET active = excluded.active, revision = excluded.revision
         WHERE follows.revision < excluded.revision",
    )
    .bind(follow.follower_id.uuid())
    .bind(follow.followee_id.uuid())
    .bind(follow.active)
    .bind(follow.revision)
    .execute(tx)
    .await?;
    Ok(saved.rows_affected() > 0)
}

/// Whether a user has muted another since a certain revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mute {
    /// The one who mutes, or did.
    pub user_id: UserId,
    /// The one who is muted, or was.
    pub muted_id: UserId,
    /// Whether it is a mute or the end of one.
    pub active: bool,
    /// Grows with every change of the pair.
    pub revision: i64,
}

/// Keeps a mute or its end, unless a later state is known already; true when that may change the user's feed.
///
/// # Errors
/// When the database fails.
pub async fn save_mute(tx: &mut PgConnection, mute: Mute) -> sqlx::Result<bool> {
    let follows: Option<bool> = sqlx::query_scalar(
        "INSERT INTO follows (follower_id, followee_id, active, revision, muted, mute_revision)
         SELECT $1, $2, false, 0, $3, $4
         WHERE NOT EXISTS (SELECT FROM authors WHERE id IN ($1, $2) AND erased)
         ON CONFLICT (follower_id, followee_id) DO UPDATE
         SET muted = excluded.muted, mute_revision = excluded.mute_revision
         WHERE follows.mute_revision < excluded.mute_revision
         RETURNING active",
    )
    .bind(mute.user_id.uuid())
    .bind(mute.muted_id.uuid())
    .bind(mute.active)
    .bind(mute.revision)
    .fetch_optional(tx)
    .await?;
    Ok(follows.unwrap_or_default())
}

/// Whether a user has blocked another since a certain revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// The one who blocks, or did.
    pub user_id: UserId,
    /// The one who is blocked, or was.
    pub blocked_id: UserId,
    /// Whether it is a block or the end of one.
    pub active: bool,
    /// Grows with every change of the pair in this direction.
    pub revision: i64,
}

/// Keeps a block or its end, unless a later state is known already; the pairs of follower and followee of whom that
/// may change the follower's feed. Rows are locked in the order of their key, or two who block each other would
/// deadlock.
///
/// # Errors
/// When the database fails.
pub async fn save_block(
    tx: &mut PgConnection,
    block: Block,
) -> sqlx::Result<Vec<(UserId, UserId)>> {
    let changed: Vec<(Uuid, Uuid, bool)> = sqlx::query_as(
        "INSERT INTO follows (follower_id, followee_id, active, revision,
                              blocks, blocks_revision, is_blocked, is_blocked_revision)
         SELECT pair.* FROM (VALUES
             ($1::uuid, $2::uuid, false, 0, $3::boolean, $4::bigint, false, 0),
             ($2, $1, false, 0, false, 0, $3, $4)) AS pair(follower_id, followee_id)
         WHERE NOT EXISTS (SELECT FROM authors WHERE id IN ($1, $2) AND erased)
         ORDER BY follower_id, followee_id
         ON CONFLICT (follower_id, followee_id) DO UPDATE
         SET blocks = CASE WHEN follows.blocks_revision < excluded.blocks_revision
                           THEN excluded.blocks ELSE follows.blocks END,
             blocks_revision = GREATEST(follows.blocks_revision, excluded.blocks_revision),
             is_blocked = CASE WHEN follows.is_blocked_revision < excluded.is_blocked_revision
                               THEN excluded.is_blocked ELSE follows.is_blocked END,
             is_blocked_revision = GREATEST(follows.is_blocked_revision, excluded.is_blocked_revision)
         WHERE follows.blocks_revision < excluded.blocks_revision
            OR follows.is_blocked_revision < excluded.is_blocked_revision
         RETURNING follower_id, followee_id, active",
    )
    .bind(block.user_id.uuid())
    .bind(block.blocked_id.uuid())
    .bind(block.active)
    .bind(block.revision)
    .fetch_all(tx)
    .await?;
    let changed = changed.into_iter().filter(|(.., follows)| *follows);
    Ok(changed
        .map(|(follower, followee, _)| (follower.into(), followee.into()))
        .collect())
}

/// What a change between two users changes about the timeline of the one who follows.
#[derive(Debug)]
pub struct Mend {
    /// The follower's timeline.
    pub timeline: Timeline,
    /// Whether the posts belong there.
    pub shown: bool,
    /// Whether it is the follower who does not want them there.
    pub unwanted: bool,
    /// The newest posts of the one who is or was followed, newest first.
    pub posts: Vec<PostId>,
}

/// How things stand between the two now, and the newest `limit` posts concerned; nothing when the follower has no
/// timeline.
///
/// # Errors
/// When the database fails.
pub async fn mend(
    pool: &PgPool,
    follower: UserId,
    followee: UserId,
    limit: i64,
) -> sqlx::Result<Option<Mend>> {
    let found: Option<(i64, bool, bool, Vec<Uuid>)> = sqlx::query_as(
        "SELECT epoch.epoch + reader.generation, COALESCE(pair.shown, false),
                NOT COALESCE(pair.active AND NOT pair.muted AND NOT pair.blocks, false),
                ARRAY(SELECT id FROM posts
                      WHERE author_id = $2 AND NOT deleted AND visibility <> 'PRIVATE'
                      ORDER BY id DESC LIMIT $3)
         FROM readers AS reader CROSS JOIN timeline_epoch AS epoch
         LEFT JOIN follows AS pair ON pair.follower_id = $1 AND pair.followee_id = $2
         WHERE reader.user_id = $1",
    )
    .bind(follower.uuid())
    .bind(followee.uuid())
    .bind(limit)
    .fetch_optional(pool)
    .await?;
    Ok(found.map(|(version, shown, unwanted, posts)| Mend {
        timeline: Timeline {
            user: follower,
            version,
        },
        shown,
        unwanted,
        posts: posts.into_iter().map(PostId::from).collect(),
    }))
}
