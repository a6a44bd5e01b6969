//! The newest posts of all whom somebody follows, from Postgres alone: few at a time, one per user, and on
//! connections that nobody else needs.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use nova_ids::{PostId, UserId};
use sqlx::{PgConnection, PgPool};
use tokio::sync::OwnedMutexGuard;
use uuid::Uuid;

use crate::domain::Merge;

/// Of each whom user `$1` follows the newest posts before `$2`, so many that there are about twice `$3` together; of all
/// these the newest `$3`. With each how many were asked of each.
const FIRST: &str = "
    WITH extent AS MATERIALIZED (
        SELECT LEAST($3, (2 * $3 + followed - 1) / followed) AS batch FROM (
            SELECT GREATEST(count(*), 1) AS followed FROM follows
            WHERE follower_id = $1 AND shown) AS counted)
    SELECT f.followee_id, p.id, extent.batch FROM extent
    CROSS JOIN (SELECT followee_id FROM follows WHERE follower_id = $1 AND shown) AS f
    CROSS JOIN LATERAL (
        SELECT posts.id FROM posts
        WHERE posts.author_id = f.followee_id AND posts.id < $2
          AND NOT posts.deleted AND posts.visibility <> 'PRIVATE'
        ORDER BY posts.id DESC LIMIT extent.batch) AS p
    ORDER BY p.id DESC LIMIT $3";

/// Of each author the newest `$4` posts between `$3` and their own bound; the newest `$5` of all these.
const ROUND: &str = "
    SELECT asked.author_id, p.id FROM UNNEST($1::uuid[], $2::uuid[]) AS asked(author_id, before)
    CROSS JOIN LATERAL (
        SELECT posts.id FROM posts
        WHERE posts.author_id = asked.author_id AND posts.id < asked.before AND posts.id > $3
          AND NOT posts.deleted AND posts.visibility <> 'PRIVATE'
        ORDER BY posts.id DESC LIMIT $4) AS p
    ORDER BY p.id DESC LIMIT $5";

/// Merges of followed authors' posts. Clones share connections and turns.
#[derive(Debug, Clone)]
pub struct Merges {
    pool: PgPool,
    turns: Arc<Mutex<HashMap<UserId, Weak<tokio::sync::Mutex<()>>>>>,
}

/// A user's turn: nobody else merges for them meanwhile.
pub struct Turn<'a> {
    merges: &'a Merges,
    user: UserId,
    _turn: OwnedMutexGuard<()>,
}

/// Turns of users that are over are forgotten when there are so many.
const TIDY_ABOVE: usize = 1_000;

impl Merges {
    /// Merges on these connections: no more at a time than there are of them.
    #[must_use]
    pub fn new(pool: PgPool) -> Self {
        Self {
            pool,
            turns: Arc::default(),
        }
    }

    /// Waits until nobody merges for this user.
    pub async fn turn(&self, user: UserId) -> Turn<'_> {
        let turn = self.mutex(user).lock_owned().await;
        Turn {
            merges: self,
            user,
            _turn: turn,
        }
    }

    fn mutex(&self, user: UserId) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        if turns.len() >= TIDY_ABOVE {
            turns.retain(|_, turn| turn.strong_count() > 0);
        }
        let turn = turns.entry(user).or_default();
        if let Some(turn) = turn.upgrade() {
            return turn;
        }
        let new = Arc::default();
        *turn = Arc::downgrade(&new);
        new
    }
}

impl Turn<'_> {
    /// The newest `count` posts before `before` (of all if none) that those whom the user follows have shown to
    /// their followers, newest first: fewer only when there are no more.
    ///
    /// # Errors
    /// When the database fails, and when it is busy with others for too long.
    pub async fn newest(&self, before: Option<PostId>, count: usize) -> sqlx::Result<Vec<PostId>> {
        let mut connection = self.merges.pool.acquire().await?;
        let mut merge = begin(&mut connection, self.user, before, count).await?;
        while !merge.open().is_empty() {
            let answer = round(&mut connection, &merge).await?;
            merge.take(&answer);
        }
        Ok(merge.into_newest())
    }
}

async fn begin(
    connection: &mut PgConnection,
    user: UserId,
    before: Option<PostId>,
    count: usize,
) -> sqlx::Result<Merge> {
    let rows: Vec<(Uuid, Uuid, i64)> = sqlx::query_as(FIRST)
        .bind(user.uuid())
        .bind(before.map_or(Uuid::max(), PostId::uuid))
        .bind(count as i64)
        .fetch_all(connection)
        .await?;
    let batch = rows.first().map_or(1, |row| row.2);
    let first = rows.into_iter();
    let first: Vec<(UserId, PostId)> = first
        .map(|(author, post, _)| (author.into(), post.into()))
        .collect();
    Ok(Merge::after(&first, batch as usize, count))
}

async fn round(
    connection: &mut PgConnection,
    merge: &Merge,
) -> sqlx::Result<Vec<(UserId, PostId)>> {
    let (authors, befores): (Vec<Uuid>, Vec<Uuid>) = merge
        .open()
        .iter()
        .map(|(author, before)| (author.uuid(), before.uuid()))
        .unzip();
    let rows: Vec<(Uuid, Uuid)> = sqlx::query_as(ROUND)
        .bind(authors)
        .bind(befores)
        .bind(merge.floor().uuid())
        .bind(merge.batch() as i64)
        .bind(merge.count() as i64)
        .fetch_all(connection)
        .await?;
    let rows = rows.into_iter();
    Ok(rows
        .map(|(author, post)| (author.into(), post.into()))
        .collect())
}
