//! What every request and every event is handed: cheap handles, made once.

use anyhow::Context;
use nova_event_bus::Outbox;
use nova_ids::{PostId, UserId};
use nova_service::config::Env;
use nova_service::cursor::{CursorKey, InvalidCursor};
use nova_service::http::{Page, PageQuery};
use nova_service::postgres::Database;
use uuid::Uuid;

use crate::config::Config;
use crate::domain::Item;
use crate::error::Error;
use crate::store::redis::Redis;
use crate::store::timelines::Timelines;
use crate::{MIGRATIONS, NAME, store};

/// What every request and every event is handed.
#[derive(Clone)]
pub struct State {
    /// Posts, authors, the follow graph, and the outbox.
    pub database: Database,
    /// The cached timelines.
    pub timelines: Timelines,
    /// The way to publish.
    pub outbox: Outbox,
    /// Seals the cursors of feeds.
    pub cursors: CursorKey,
}

impl State {
    /// Connects to the database, brings it up to date, and reads what else the settings say.
    ///
    /// # Errors
    /// When a setting is missing or wrong, and when there is no database.
    pub async fn connect(config: &Config, env: &mut Env) -> anyhow::Result<Self> {
        let cursors = CursorKey::read(env)?;
        let database = Database::connect(env, NAME, &MIGRATIONS).await?;
        let pool = database.pool.clone();
        let redis = Redis::new(config.redis.as_str(), pool, database.deadline)
            .context("NOVA_REDIS is not the address of a Redis server")?;
        let timelines = Timelines::new(redis, &config.redis_prefix, config.timeline_length);
        Ok(Self {
            database,
            timelines,
            outbox: Outbox::new(NAME),
            cursors,
        })
    }

    /// A page of the user's home feed, newest first.
    ///
    /// # Errors
    /// When the cursor is not one of this feed, and when the database fails.
    pub async fn page_of_home(&self, user: UserId, wanted: PageQuery) -> Result<Page<Item>, Error> {
        let list = format!("feed:{user}");
        let before = match wanted.cursor {
            Some(cursor) => Some(position(&self.cursors.open(&list, &cursor)?)?),
            None => None,
        };
        // One more than wanted tells whether there is a next page.
        let count = usize::try_from(wanted.limit).unwrap_or_default() + 1;
        let pool = &self.database.pool;
        let items = store::home::read(pool, &self.timelines, user, before, count).await?;
        Ok(Page::cut(items, wanted.limit, |item| {
            self.cursors.seal(&list, item.post.id.uuid().as_bytes())
        }))
    }
}

/// The post that the page before ended with.
fn position(bytes: &[u8]) -> Result<PostId, InvalidCursor> {
    Uuid::from_slice(bytes)
        .map(PostId::from)
        .map_err(|_| InvalidCursor::new())
}
