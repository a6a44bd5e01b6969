//! The home feed: ids from the cached timeline if there is one, the rest from Postgres. The answer is
//! the same either way.

use nova_ids::{PostId, UserId};
use sqlx::postgres::PgRow;
use sqlx::{PgPool, Row};
use uuid::Uuid;

use super::timelines::Timelines;
use crate::domain::{Author, Item, Post, UnknownName};
use crate::error::Error;

/// What is selected of a post and its author, under the generation of timelines that is valid.
macro_rules! items {
    ($posts:literal) => {
        concat!(
            "SELECT epoch.epoch, item.* FROM timeline_epoch AS epoch LEFT JOIN LATERAL (
                 SELECT p.id, p.author_id, p.content, p.type, p.visibility, p.tags, p.revision,
                        p.updated_at, a.username, a.display_name
                 FROM ",
            $posts,
            ") AS item ON true ORDER BY item.id DESC"
        )
    };
}

/// Of the posts `$2`, those that belong into the feed of user `$1`.
const OF_IDS: &str = items!(
    "UNNEST($2::uuid[]) AS wanted(id)
     JOIN posts p ON p.id = wanted.id AND NOT p.deleted
     JOIN authors a ON a.id = p.author_id
     WHERE p.author_id = $1
        OR p.visibility <> 'PRIVATE' AND EXISTS (
               SELECT FROM follows f
               WHERE f.follower_id = $1 AND f.followee_id = p.author_id AND f.active)"
);

/// The newest `$3` posts before `$2` that belong into the feed of user `$1`.
const BEFORE: &str = items!(
    "(SELECT $1::uuid AS author_id, true AS own
      UNION ALL
      SELECT followee_id, false FROM follows WHERE follower_id = $1 AND active) AS followed
     JOIN authors a ON a.id = followed.author_id
     CROSS JOIN LATERAL (
         SELECT * FROM posts
         WHERE posts.author_id = followed.author_id AND NOT posts.deleted
           AND posts.id < $2 AND (followed.own OR posts.visibility <> 'PRIVATE')
         ORDER BY posts.id DESC LIMIT $3) AS p
     ORDER BY p.id DESC LIMIT $3"
);

/// The ids of the newest `$2` posts that belong into the feed of user `$1`, with the valid generation.
const NEWEST_IDS: &str = "
    SELECT (SELECT epoch FROM timeline_epoch) AS epoch, ARRAY(
        SELECT p.id FROM (
            SELECT $1::uuid AS author_id, true AS own
            UNION ALL
            SELECT followee_id, false FROM follows WHERE follower_id = $1 AND active) AS followed
        CROSS JOIN LATERAL (
            SELECT id FROM posts
            WHERE posts.author_id = followed.author_id AND NOT posts.deleted
              AND (followed.own OR posts.visibility <> 'PRIVATE')
            ORDER BY posts.id DESC LIMIT $2) AS p
        ORDER BY p.id DESC LIMIT $2) AS ids";

/// Up to `count` items of the user's home feed before `before`, newest first; fewer only at its end.
///
/// # Errors
/// When Postgres fails. Redis may be away.
pub async fn read(
    pool: &PgPool,
    timelines: &Timelines,
    user: UserId,
    before: Option<PostId>,
    count: usize,
) -> Result<Vec<Item>, Error> {
    let mut page = Page {
        pool,
        timelines,
        user,
        before,
        items: Vec::with_capacity(count),
        count,
    };
    let complete = match page.fill_from_cache().await {
        // Postgres makes good what Redis cannot do; that it cannot is on the health page.
        Err(Error::Redis(_)) => false,
        other => other?,
    };
    if !complete {
        page.fill_from_database().await?;
    }
    Ok(page.items)
}

/// A page being filled: `before` is where it goes on.
struct Page<'a> {
    pool: &'a PgPool,
    timelines: &'a Timelines,
    user: UserId,
    before: Option<PostId>,
    items: Vec<Item>,
    count: usize,
}

impl Page<'_> {
    /// Takes what the cached timeline has; true when nothing more is needed.
    async fn fill_from_cache(&mut self) -> Result<bool, Error> {
        while self.items.len() < self.count {
            let wanted = self.count - self.items.len();
            // One more, to see the bottom when the page ends just there.
            let cached = self
                .timelines
                .read(self.user, self.before, wanted + 1)
                .await?;
            let cached = match cached {
                Some(cached) => cached,
                None if self.before.is_none() => return self.fill_from_new_timeline(wanted).await,
                None => return Ok(false),
            };
            let epoch = self.timelines.redis().epoch();
            let held = cached.ids.len();
            let some: Vec<PostId> = cached.ids.into_iter().take(wanted).collect();
            let shown = self.show(&some).await?;
            if shown.epoch != epoch {
                // The timeline was not a valid one.
                return Ok(false);
            }
            self.items.extend(shown.items);
            self.before = some.last().copied().or(self.before);
            if held <= wanted {
                return Ok(cached.at_the_end || self.items.len() == self.count);
            }
        }
        Ok(true)
    }

    /// Builds the missing timeline, and takes the page from what was read for it.
    async fn fill_from_new_timeline(&mut self, wanted: usize) -> Result<bool, Error> {
        let epoch = self.timelines.redis().epoch();
        let build = self.timelines.begin_build(self.user).await?;
        let length = self.timelines.length();
        let (valid, ids) = newest_ids(self.pool, self.user, length).await?;
        self.timelines.redis().saw_epoch(valid);
        if valid == epoch {
            self.timelines
                .finish_build(build, &ids, ids.len() < length)
                .await?;
        }
        let some: Vec<PostId> = ids.iter().take(wanted).copied().collect();
        self.items.extend(self.show(&some).await?.items);
        self.before = some.last().copied();
        Ok(self.items.len() == self.count || ids.len() <= wanted && ids.len() < length)
    }

    async fn show(&self, ids: &[PostId]) -> Result<Shown, Error> {
        let wanted: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
        let query = sqlx::query(OF_IDS).bind(self.user.uuid()).bind(wanted);
        self.shown(query.fetch_all(self.pool).await?)
    }

    async fn fill_from_database(&mut self) -> Result<(), Error> {
        let wanted = self.count - self.items.len();
        let query = sqlx::query(BEFORE)
            .bind(self.user.uuid())
            .bind(self.before.map_or(Uuid::max(), PostId::uuid))
            .bind(wanted as i64);
        let shown = self.shown(query.fetch_all(self.pool).await?)?;
        self.items.extend(shown.items);
        Ok(())
    }

    fn shown(&self, rows: Vec<PgRow>) -> Result<Shown, Error> {
        let mut shown = Shown {
            epoch: 0,
            items: Vec::with_capacity(rows.len()),
        };
        for row in rows {
            shown.epoch = row.try_get(0)?;
            // A generation without items still has its row.
            if row.try_get::<Option<Uuid>, _>(1)?.is_some() {
                shown.items.push(item(&row)?);
            }
        }
        self.timelines.redis().saw_epoch(shown.epoch);
        Ok(shown)
    }
}

/// Items as Postgres shows them, and the generation of timelines that was valid then.
struct Shown {
    epoch: i64,
    items: Vec<Item>,
}

async fn newest_ids(
    pool: &PgPool,
    user: UserId,
    length: usize,
) -> sqlx::Result<(i64, Vec<PostId>)> {
    let (epoch, ids): (i64, Vec<Uuid>) = sqlx::query_as(NEWEST_IDS)
        .bind(user.uuid())
        .bind(length as i64)
        .fetch_one(pool)
        .await?;
    Ok((epoch, ids.into_iter().map(PostId::from).collect()))
}

fn item(row: &PgRow) -> sqlx::Result<Item> {
    let id = PostId::from(row.try_get::<Uuid, _>(1)?);
    let author_id = UserId::from(row.try_get::<Uuid, _>(2)?);
    let named = |error: UnknownName| sqlx::Error::Decode(error.into());
    Ok(Item {
        post: Post {
            id,
            author_id,
            content: row.try_get(3)?,
            kind: row.try_get::<&str, _>(4)?.parse().map_err(named)?,
            visibility: row.try_get::<&str, _>(5)?.parse().map_err(named)?,
            tags: row.try_get(6)?,
            revision: row.try_get(7)?,
            created_at: id.made_at(),
            updated_at: row.try_get(8)?,
        },
        author: Author {
            id: author_id,
            username: row.try_get(9)?,
            display_name: row.try_get(10)?,
        },
    })
}
