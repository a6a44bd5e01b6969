//! What was told of posts.

use std::collections::HashMap;

use nova_ids::PostId;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::{PostChange, PostState, Told};

/// Of a post of which nothing is known.
const NOTHING: i64 = i64::MIN;

/// Decides of each change, in this order, what is told of it, and notes that. Nobody else decides about these posts before the
/// transaction has ended.
///
/// # Errors
/// When the database fails.
pub async fn judge(tx: &mut PgConnection, changes: &[&PostChange]) -> sqlx::Result<Vec<Told>> {
    if changes.is_empty() {
        return Ok(Vec::new());
    }
    let mut ids: Vec<Uuid> = changes.iter().map(|change| change.post_id.uuid()).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut known = lock(tx, &ids).await?;
    let mut told = Vec::with_capacity(changes.len());
    for change in changes {
        let before = known.get(&change.post_id).copied();
        let (decided, after) = change.judge(before);
        known.insert(change.post_id, after);
        told.push(decided);
    }
    save(tx, &known).await?;
    Ok(told)
}

/// What is known of posts. Of what nobody knows a row is made, to have something that others wait for.
async fn lock(tx: &mut PgConnection, ids: &[Uuid]) -> sqlx::Result<HashMap<PostId, PostState>> {
    sqlx::query(
        "INSERT INTO posts (post_id, revision, is_public)
         SELECT id, $2, false FROM UNNEST($1::uuid[]) AS post(id) ORDER BY id
         ON CONFLICT DO NOTHING",
    )
    .bind(ids)
    .bind(NOTHING)
    .execute(&mut *tx)
    .await?;
    let rows: Vec<(Uuid, i64, bool, Option<i64>)> = sqlx::query_as(
        "SELECT post_id, revision, is_public, departed FROM posts
         WHERE post_id = ANY($1) ORDER BY post_id FOR UPDATE",
    )
    .bind(ids)
    .fetch_all(tx)
    .await?;
    let known = rows.into_iter().map(|(id, revision, is_public, departed)| {
        let state = PostState {
            revision,
            is_public,
            departed,
        };
        (PostId::from(id), state)
    });
    Ok(known.collect())
}

async fn save(tx: &mut PgConnection, posts: &HashMap<PostId, PostState>) -> sqlx::Result<()> {
    let ids: Vec<Uuid> = posts.keys().map(|id| id.uuid()).collect();
    let revisions: Vec<i64> = posts.values().map(|post| post.revision).collect();
    let public: Vec<bool> = posts.values().map(|post| post.is_public).collect();
    let departed: Vec<Option<i64>> = posts.values().map(|post| post.departed).collect();
    sqlx::query(
        "UPDATE posts SET revision = post.revision, is_public = post.is_public,
                          departed = post.departed
         FROM UNNEST($1::uuid[], $2::bigint[], $3::boolean[], $4::bigint[])
              AS post(id, revision, is_public, departed)
         WHERE posts.post_id = post.id AND posts.revision < post.revision",
    )
    .bind(ids)
    .bind(revisions)
    .bind(public)
    .bind(departed)
    .execute(tx)
    .await?;
    Ok(())
}

/// Those of these posts that are not public, each with the revision since which that is known. What nobody has decided about yet is
/// not among them.
///
/// # Errors
/// When the database fails.
pub async fn private(
    tx: &mut PgConnection,
    posts: &[PostId],
) -> sqlx::Result<HashMap<PostId, i64>> {
    if posts.is_empty() {
        return Ok(HashMap::new());
    }
    let ids: Vec<Uuid> = posts.iter().map(|post| post.uuid()).collect();
    let private: Vec<(Uuid, i64)> = sqlx::query_as(
        "SELECT post_id, revision FROM posts WHERE NOT is_public AND post_id = ANY($1)",
    )
    .bind(ids)
    .fetch_all(tx)
    .await?;
    let private = private.into_iter();
    Ok(private
        .map(|(post, revision)| (post.into(), revision))
        .collect())
}
