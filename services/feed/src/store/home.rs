//! The home feed: ids of what others have posted from the cached timeline, or from Postgres where that does not
//! reach; with them, from Postgres alone, the reader's own posts and those that are in no timeline. The answer is the
//! same whatever Redis has.

use nova_attachments::{Attachment, shown_to_others};
use nova_ids::{PostId, UserId};
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{PgPool, Row};
use uuid::Uuid;

use super::merges::{Merges, Turn};
use super::readers::Readers;
use super::timelines::{Timeline, Timelines};
use crate::domain::{Author, Item, Post, UnknownName};
use crate::error::Error;

/// The newest `$5` posts of user `$1`'s feed below `$3`: those of the posts `$2` that belong there, and above `$4`
/// also their own and the pulled ones of those whom they follow. With them the version of the timeline that is valid.
///
/// Plans are made once, perhaps when all tables are empty and every index is as good as any: behind `OFFSET 0` a post
/// cannot be looked for in the indexes of those that are not deleted, which would be read whole for each (5.5 ms
/// instead of 0.5 ms for a page, until the table was analyzed).
///
/// Of the pulled posts, only the authors of the `$5` newest can have one among the newest `$5`. Where there are none, as
/// on platforms without authors who have very many followers, they are not looked for: half of the time for a reader
/// who follows a dozen.
const SHOWN: &str = "
    WITH newest_pulled AS (
        SELECT f.followee_id AS author_id, newest.post_id FROM follows f
        CROSS JOIN LATERAL (
            SELECT post_id FROM pulled_posts
            WHERE author_id = f.followee_id AND post_id < $3 AND post_id > $4
            ORDER BY post_id DESC LIMIT 1) AS newest
        WHERE f.follower_id = $1 AND f.shown AND (SELECT EXISTS (SELECT FROM pulled_posts))
        ORDER BY newest.post_id DESC LIMIT $5
    ), wanted AS (
        SELECT UNNEST($2::uuid[]) AS id
        UNION
        (SELECT id FROM posts WHERE author_id = $1 AND NOT deleted AND id < $3 AND id > $4
         ORDER BY id DESC LIMIT $5)
        UNION
        SELECT pulled.post_id FROM newest_pulled
        CROSS JOIN LATERAL (
            SELECT post_id FROM pulled_posts
            WHERE author_id = newest_pulled.author_id AND post_id < $3 AND post_id > $4
            ORDER BY post_id DESC LIMIT $5) AS pulled
    )
    SELECT epoch.epoch, reader.generation, item.* FROM timeline_epoch AS epoch
    LEFT JOIN readers AS reader ON reader.user_id = $1
    LEFT JOIN LATERAL (
        SELECT p.id, p.author_id, p.content, p.type, p.visibility, p.tags, p.revision,
               p.updated_at, a.username, a.display_name, a.avatar_url, p.media
        FROM wanted
        CROSS JOIN LATERAL (SELECT * FROM posts WHERE posts.id = wanted.id OFFSET 0) AS p
        JOIN authors a ON a.id = p.author_id AND NOT a.hidden
        WHERE NOT p.deleted AND (
            p.author_id = $1
            OR p.visibility <> 'PRIVATE' AND EXISTS (
                SELECT FROM follows f
                WHERE f.follower_id = $1 AND f.followee_id = p.author_id AND f.shown))
        ORDER BY p.id DESC LIMIT $5) AS item ON true
    ORDER BY item.id DESC";

/// Most ids looked at in one step, where few of them are shown.
const LONGEST_STEP: usize = 500;

/// Where feeds come from.
#[derive(Clone)]
pub struct Home {
    /// The truth.
    pub pool: PgPool,
    /// What is cached of it.
    pub timelines: Timelines,
    /// Who reads, and what is valid for them.
    pub readers: Readers,
    /// What the cache does not have.
    pub merges: Merges,
}

impl Home {
    /// Up to `count` items of the user's home feed before `before`, newest first; fewer only at its end. Who is gone for
    /// good has none, and nothing is cached for them.
    ///
    /// # Errors
    /// When Postgres fails. Redis may be away.
    pub async fn read(
        &self,
        user: UserId,
        before: Option<PostId>,
        count: usize,
    ) -> Result<Vec<Item>, Error> {
        let Some(generation) = self.readers.note(user).await? else {
            return Ok(Vec::new());
        };
        let version = self.timelines.redis().epoch() + generation;
        let mut page = Page {
            home: self,
            timeline: Timeline { user, version },
            has_cache: true,
            may_build: before.is_none(),
            seen_in_cache: 0,
            before,
            items: Vec::with_capacity(count),
        };
        page.fill(count).await?;
        Ok(page.items)
    }
}

/// A page being filled: `before` is where it goes on.
struct Page<'a> {
    home: &'a Home,
    timeline: Timeline,
    has_cache: bool,
    may_build: bool,
    seen_in_cache: usize,
    before: Option<PostId>,
    items: Vec<Item>,
}

/// Ids of what followed authors have posted: all there are, but for pulled ones, down to the end.
struct Stretch {
    ids: Vec<PostId>,
    /// None: there is nothing more.
    end: Option<PostId>,
}

impl Stretch {
    fn of(ids: Vec<PostId>, is_last: bool) -> Self {
        let end = if is_last { None } else { ids.last().copied() };
        Self { ids, end }
    }
}

impl Page<'_> {
    async fn fill(&mut self, count: usize) -> Result<(), Error> {
        let mut step = count;
        while self.items.len() < count {
            let stretch = self.stretch(step).await?;
            let wanted = count - self.items.len();
            let shown = self.show(&stretch, wanted).await?;
            if self.has_cache && shown.version != self.timeline.version {
                // That was not the valid timeline.
                self.timeline.version = shown.version;
                self.has_cache = false;
                continue;
            }
            self.items.extend(shown.items);
            let Some(end) = stretch.end else { break };
            self.before = Some(end);
            step = (step * 2).min(LONGEST_STEP);
        }
        Ok(())
    }

    async fn stretch(&mut self, count: usize) -> Result<Stretch, Error> {
        if let Some(stretch) = self.cached(count).await? {
            return Ok(stretch);
        }
        let turn = self.home.merges.turn(self.timeline.user).await;
        if self.has_cache && self.may_build && self.is_in_need() {
            self.may_build = false;
            // Somebody else may have built it while this one waited.
            if let Some(stretch) = self.cached(count).await? {
                return Ok(stretch);
            }
            return self.build(&turn).await;
        }
        let ids = turn.newest(self.before, count).await?;
        let is_last = ids.len() < count;
        Ok(Stretch::of(ids, is_last))
    }

    /// Whether the timeline holds so little that it is worth building.
    const fn is_in_need(&self) -> bool {
        self.seen_in_cache <= self.home.timelines.length() / 2
    }

    async fn cached(&mut self, count: usize) -> Result<Option<Stretch>, Error> {
        if !self.has_cache {
            return Ok(None);
        }
        let timelines = &self.home.timelines;
        // One more, to see the bottom when the page ends just there.
        let cached = match timelines.read(self.timeline, self.before, count + 1).await {
            Ok(Some(cached)) => cached,
            Ok(None) => return Ok(None),
            // Postgres makes good what Redis cannot do; that it cannot is on the health page.
            Err(Error::Redis(_)) => {
                self.has_cache = false;
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        self.seen_in_cache += cached.ids.len();
        Ok(Some(Stretch::of(cached.ids, cached.at_the_end)))
    }

    /// Builds the missing timeline, and takes the stretch from what was read for it.
    async fn build(&mut self, turn: &Turn<'_>) -> Result<Stretch, Error> {
        let timelines = &self.home.timelines;
        let build = match timelines.begin_build(self.timeline).await {
            Ok(build) => Some(build),
            Err(Error::Redis(_)) => {
                self.has_cache = false;
                None
            }
            Err(error) => return Err(error),
        };
        let length = timelines.length();
        let mut ids = turn.newest(None, length).await?;
        let is_last = ids.len() < length;
        if let Some(build) = build
            && let Err(Error::Redis(_)) = timelines.finish_build(build, &ids, is_last).await
        {
            self.has_cache = false;
        }
        // What was taken from the timeline before is not shown again.
        let end = if is_last { None } else { ids.last().copied() };
        ids.retain(|id| self.before.is_none_or(|before| *id < before));
        let end = end.map(|end| self.before.map_or(end, |before| end.min(before)));
        Ok(Stretch { ids, end })
    }

    async fn show(&self, stretch: &Stretch, count: usize) -> Result<Shown, Error> {
        let ids: Vec<Uuid> = stretch.ids.iter().map(|id| id.uuid()).collect();
        let rows = sqlx::query(SHOWN)
            .bind(self.timeline.user.uuid())
            .bind(ids)
            .bind(self.before.map_or(Uuid::max(), PostId::uuid))
            // What the stretch ends with belongs to it.
            .bind(stretch.end.map_or(Uuid::nil(), PostId::uuid))
            .bind(count as i64)
            .fetch_all(&self.home.pool)
            .await?;
        let mut items = Vec::with_capacity(rows.len());
        let (mut epoch, mut generation) = (0, 0);
        for row in &rows {
            epoch = row.try_get(0)?;
            generation = row.try_get::<Option<i64>, _>(1)?.unwrap_or_default();
            // A version without items still has its row.
            if row.try_get::<Option<Uuid>, _>(2)?.is_some() {
                items.push(item(row, self.timeline.user)?);
            }
        }
        self.home.timelines.redis().saw_epoch(epoch);
        self.home.readers.saw(self.timeline.user, generation);
        Ok(Shown {
            version: epoch + generation,
            items,
        })
    }
}

/// Items as Postgres shows them, and the version of the timeline that was valid then.
struct Shown {
    version: i64,
    items: Vec<Item>,
}

fn item(row: &PgRow, reader: UserId) -> sqlx::Result<Item> {
    let id = PostId::from(row.try_get::<Uuid, _>(2)?);
    let author_id = UserId::from(row.try_get::<Uuid, _>(3)?);
    let named = |error: UnknownName| sqlx::Error::Decode(error.into());
    let Json(mut media): Json<Vec<Attachment>> = row.try_get(13)?;
    if author_id != reader {
        shown_to_others(&mut media);
    }
    Ok(Item {
        post: Post {
            id,
            author_id,
            content: row.try_get(4)?,
            kind: row.try_get::<&str, _>(5)?.parse().map_err(named)?,
            visibility: row.try_get::<&str, _>(6)?.parse().map_err(named)?,
            tags: row.try_get(7)?,
            media,
            revision: row.try_get(8)?,
            created_at: id.made_at(),
            updated_at: row.try_get(9)?,
        },
        author: Author {
            id: author_id,
            username: row.try_get(10)?,
            display_name: row.try_get(11)?,
            avatar_url: row.try_get(12)?,
        },
    })
}
