//! What every request and every event is handed: cheap handles, made once.

use std::sync::Arc;

use http::HeaderValue;
use nova_attachments::Links;
use nova_event_bus::Outbox;
use nova_ids::{PostId, UserId};
use nova_service::config::Env;
use nova_service::cursor::{CursorKey, InvalidCursor};
use nova_service::http::{Page, PageQuery};
use nova_service::postgres::Database;
use nova_service::rate_limit::{LimitLayer, RateLimits, limit_reads};
use time::OffsetDateTime;
use tokio::sync::Notify;
use uuid::Uuid;

use crate::clients::Content;
use crate::config::Config;
use crate::domain::Item;
use crate::error::Error;
use crate::store::home::Home;
use crate::store::merges::Merges;
use crate::store::readers::Readers;
use crate::store::redis::Redis;
use crate::store::timelines::Timelines;
use crate::{MIGRATIONS, NAME};

/// What every request and every event is handed.
#[derive(Clone)]
pub struct State {
    /// Posts, authors, the follow graph, and the outbox.
    pub database: Database,
    /// Where feeds come from.
    pub home: Home,
    /// The way to publish.
    pub outbox: Outbox,
    /// Seals the cursors of feeds.
    pub cursors: CursorKey,
    /// How often may be read.
    pub reads: LimitLayer,
    /// Signs the addresses of media that are shown.
    pub links: Links,
    /// Posts of authors with more followers are pulled, not pushed.
    pub push_limit: i64,
    /// Who is asked for posts as they are now, if somebody is.
    pub content: Option<Content>,
    /// Wakes the fan-out: there is something to tell.
    pub wake: Arc<Notify>,
}

impl State {
    /// Connects to the database, brings it up to date, and reads what else the settings say.
    ///
    /// # Errors
    /// When a setting is missing or wrong, and when there is no database.
    pub async fn connect(config: &Config, env: &mut Env) -> anyhow::Result<Self> {
        let cursors = CursorKey::read(env)?;
        let reads = limit_reads(&RateLimits::read(env)?);
        let database = Database::connect(env, NAME, &MIGRATIONS).await?;
        let pool = database.pool.clone();
        let redis = Redis::new(config.redis.clone(), pool.clone(), database.deadline);
        // Else the first requests would find no Redis where there is one.
        redis.look().await;
        let home = Home {
            timelines: Timelines::new(redis, &config.redis_prefix, config.timeline_length),
            readers: Readers::new(pool.clone(), config.active),
            merges: Merges::new(database.more_connections(config.rebuilds)),
            pool,
        };
        Ok(Self {
            database,
            home,
            outbox: Outbox::new(NAME),
            cursors,
            reads,
            links: Links::read(env)?,
            push_limit: config.push_limit.into(),
            content: config.content.clone().map(Content::new),
            wake: Arc::default(),
        })
    }

    /// A page of the user's home feed, newest first, with links that open its media. When content is asked it says what
    /// the posts are and which of them are shown: a page may be shorter then. It is asked in the name of `authorization`.
    ///
    /// # Errors
    /// When the cursor is not one of this feed, and when the database fails.
    pub async fn page_of_home(
        &self,
        user: UserId,
        authorization: Option<&HeaderValue>,
        wanted: PageQuery,
    ) -> Result<Page<Item>, Error> {
        let list = format!("feed:{user}");
        let before = match wanted.cursor {
            Some(cursor) => Some(position(&self.cursors.open(&list, &cursor)?)?),
            None => None,
        };
        // One more than wanted tells whether there is a next page.
        let count = usize::try_from(wanted.limit).unwrap_or_default() + 1;
        let items = self.home.read(user, before, count).await?;
        let mut page = Page::cut(items, wanted.limit, |item| {
            self.cursors.seal(&list, item.post.id.uuid().as_bytes())
        });
        if let Some(authorization) = authorization {
            self.ask_content(&mut page.items, authorization).await;
        }
        let now = OffsetDateTime::now_utc();
        for item in &mut page.items {
            self.links.sign(&mut item.post.media, now);
        }
        Ok(page)
    }

    /// Has content say what the posts are now, if it is to be asked and answers.
    async fn ask_content(&self, items: &mut Vec<Item>, authorization: &HeaderValue) {
        let Some(content) = self.content.as_ref().filter(|_| !items.is_empty()) else {
            return;
        };
        let ids: Vec<PostId> = items.iter().map(|item| item.post.id).collect();
        let Some(mut posts) = content.posts(&ids, authorization).await else {
            return;
        };
        items.retain_mut(|item| {
            let post = posts.remove(&item.post.id);
            post.map(|post| item.post = post).is_some()
        });
    }
}

/// The post that the page before ended with.
fn position(bytes: &[u8]) -> Result<PostId, InvalidCursor> {
    Uuid::from_slice(bytes)
        .map(PostId::from)
        .map_err(|_| InvalidCursor::new())
}
