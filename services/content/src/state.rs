//! What every request is handed: cheap handles, made once.

use nova_attachments::Links;
use nova_event_bus::{Outbox, Tables};
use nova_ids::{PostId, UserId};
use nova_service::config::Env;
use nova_service::cursor::{CursorKey, InvalidCursor};
use nova_service::http::{Page, PageQuery};
use nova_service::postgres::{self, Database};
use nova_service::rate_limit::{LimitLayer, RateLimits, limit_reads, limit_writes};
use sqlx::{Postgres, Transaction};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::Post;
use crate::error::Error;
use crate::{MIGRATIONS, NAME, store};

/// What every request is handed.
#[derive(Clone)]
pub struct State {
    /// Posts, the follow graph, and the outbox.
    pub database: Database,
    /// The way to publish.
    pub outbox: Outbox,
    /// Seals the cursors of lists.
    pub cursors: CursorKey,
    /// How often may be written.
    pub writes: LimitLayer,
    /// How often may be read.
    pub reads: LimitLayer,
    /// Signs the addresses of media that are shown.
    pub links: Links,
}

impl State {
    /// Connects to the database, brings it up to date, and reads what else the settings say.
    ///
    /// # Errors
    /// When a setting is missing or wrong, and when there is no database.
    pub async fn connect(env: &mut Env) -> anyhow::Result<Self> {
        let limits = RateLimits::read(env)?;
        Ok(Self {
            cursors: CursorKey::read(env)?,
            writes: limit_writes(&limits),
            reads: limit_reads(&limits),
            links: Links::read(env)?,
            outbox: Outbox::new(NAME),
            database: Database::connect(env, NAME, &MIGRATIONS).await?,
        })
    }

    /// The tables of the event bus.
    #[must_use]
    pub fn tables(&self) -> Tables {
        Tables::from(&self.database.pool).deadline(self.database.deadline)
    }

    /// Begins the transaction that a command is handed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn begin(&self) -> Result<Transaction<'static, Postgres>, Error> {
        Ok(self.database.pool.begin().await?)
    }

    /// Commits what a command did.
    ///
    /// # Errors
    /// When a statement before had failed, whether or not somebody looked: then nothing is committed. When
    /// the database fails: then it may or may not have happened.
    pub async fn commit(&self, tx: Transaction<'static, Postgres>) -> Result<(), Error> {
        Ok(postgres::commit(tx).await?)
    }

    /// The post with links that open its media to whoever is shown it.
    #[must_use]
    pub fn shown(&self, mut post: Post) -> Post {
        self.links.sign(&mut post.media, OffsetDateTime::now_utc());
        post
    }

    /// A page of a user's posts, newest first: those that the viewer may see. Who is no user has none.
    ///
    /// # Errors
    /// When the cursor is not one of this list, and when the database fails.
    pub async fn page_of_posts(
        &self,
        viewer: Option<UserId>,
        author: UserId,
        wanted: PageQuery,
    ) -> Result<Page<Post>, Error> {
        let list = format!("posts:{author}");
        let after = match wanted.cursor {
            Some(cursor) => Some(position(&self.cursors.open(&list, &cursor)?)?),
            None => None,
        };
        // One more than wanted tells whether there is a next page.
        let pool = &self.database.pool;
        let posts =
            store::posts::list_by_author(pool, viewer, author, after, wanted.limit + 1).await?;
        Ok(Page::cut(posts, wanted.limit, |post| {
            self.cursors.seal(&list, post.id.uuid().as_bytes())
        }))
    }
}

/// The post that the page before ended with.
fn position(bytes: &[u8]) -> Result<PostId, InvalidCursor> {
    Uuid::from_slice(bytes)
        .map(PostId::from)
        .map_err(|_| InvalidCursor::new())
}
