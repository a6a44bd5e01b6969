//! What every request is handed: cheap handles, made once.

mod known;
mod readings;
mod receiving;
mod serving;
mod uploads;

use std::sync::Arc;
use std::time::Duration;

use nova_event_bus::{Outbox, Tables};
use nova_ids::{MediaId, UserId};
use nova_service::config::Env;
use nova_service::cursor::{CursorKey, InvalidCursor};
use nova_service::http::{Page, PageQuery};
use nova_service::link::LinkKey;
use nova_service::postgres::{self, Database};
use nova_service::rate_limit::{Limit, LimitLayer, RateLimits, limit_reads, limit_writes};
use sqlx::{Postgres, Transaction};
use time::OffsetDateTime;
use tokio::sync::Notify;
use uuid::Uuid;

use crate::clients::{FileStore, Reading, Scratch};
use crate::config::Config;
use crate::domain::{Medium, Shown};
use crate::error::Error;
use crate::{MIGRATIONS, NAME, store};

use known::Known;

pub use receiving::Transfer;
pub use serving::{Served, Wanted};
pub use uploads::Checksum;

/// In which [`Config::uploads`] may be begun.
const TEN_MINUTES: Duration = Duration::from_secs(600);

/// What every request is handed.
#[derive(Clone)]
pub struct State {
    /// Media, uploads, and the outbox.
    pub database: Database,
    /// The tables of the event bus.
    pub tables: Tables,
    /// The way to publish.
    pub outbox: Outbox,
    /// The files.
    pub files: FileStore,
    /// Reads files.
    pub reading: Reading,
    /// Files of this process.
    pub scratch: Scratch,
    /// Seals the cursors of lists.
    pub cursors: CursorKey,
    /// Signs what opens a file.
    pub links: LinkKey,
    /// The settings.
    pub config: Arc<Config>,
    /// Media that were looked up a moment ago.
    known: Known,
    /// There is something to read.
    pub to_read: Arc<Notify>,
    /// How often may be written.
    pub writes: LimitLayer,
    /// How often may be read.
    pub reads: LimitLayer,
    /// How many uploads may be begun.
    pub uploads: Limit,
}

impl State {
    /// Connects to the database, brings it up to date, opens the store, and reads what else the settings say.
    ///
    /// # Errors
    /// When a setting is missing or wrong, and when there is no database or store.
    pub async fn connect(config: Config, env: &mut Env) -> anyhow::Result<Self> {
        let limits = RateLimits::read(env)?;
        let scratch = Scratch::new(config.scratch.clone());
        let (cursors, links) = (CursorKey::read(env)?, LinkKey::read(env)?);
        let database = Database::connect(env, NAME, &MIGRATIONS).await?;
        let posters = config.posters.clone();
        let posters = tokio::task::spawn_blocking(|| posters.ready()).await?;
        Ok(Self {
            tables: Tables::from(&database.pool).deadline(database.deadline),
            outbox: Outbox::new(NAME),
            files: FileStore::open(&config.place)?,
            reading: Reading::new(config.limits.clone(), scratch.clone(), posters),
            scratch,
            cursors,
            links,
            writes: limit_writes(&limits),
            reads: limit_reads(&limits),
            uploads: limits.limit("uploads", config.uploads, TEN_MINUTES),
            config: Arc::new(config),
            known: Known::default(),
            to_read: Arc::new(Notify::new()),
            database,
        })
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
        let committed = postgres::commit(tx).await;
        self.known.forget();
        Ok(committed?)
    }

    /// Counts an upload that a user begins.
    ///
    /// # Errors
    /// When they have begun too many.
    pub async fn count_upload(&self, owner: UserId) -> Result<(), Error> {
        self.uploads.check(&owner.to_string()).await?;
        Ok(())
    }

    /// A medium as its owner is shown it, with links that are good from now on.
    #[must_use]
    pub fn shown(&self, medium: &Medium) -> Shown {
        let now = OffsetDateTime::now_utc();
        let lifetime =
            time::Duration::try_from(self.config.link_ttl).unwrap_or(time::Duration::HOUR);
        let start = self.config.url.as_str();
        medium.shown(|path| format!("{start}{}", self.links.sign(path, lifetime, now)))
    }

    /// One's own medium.
    ///
    /// # Errors
    /// When there is none, and when the database fails.
    pub async fn medium_of(&self, owner: UserId, id: MediaId) -> Result<Medium, Error> {
        let found = store::media::find(&self.database.pool, id).await?;
        found
            .filter(|medium| medium.owner_id == owner)
            .ok_or(Error::NoSuchMedium)
    }

    /// A page of one's own media, newest first.
    ///
    /// # Errors
    /// When the cursor is not one of this list, and when the database fails.
    pub async fn page_of_media(
        &self,
        owner: UserId,
        wanted: PageQuery,
    ) -> Result<Page<Shown>, Error> {
        let list = format!("media:{owner}");
        let after = match wanted.cursor {
            Some(cursor) => Some(position(&self.cursors.open(&list, &cursor)?)?),
            None => None,
        };
        // One more than wanted tells whether there is a next page.
        let pool = &self.database.pool;
        let media = store::media::list_by_owner(pool, owner, after, wanted.limit + 1).await?;
        let page = Page::cut(media, wanted.limit, |medium| {
            self.cursors.seal(&list, medium.id.uuid().as_bytes())
        });
        Ok(Page {
            items: page.items.iter().map(|medium| self.shown(medium)).collect(),
            next_cursor: page.next_cursor,
        })
    }

    /// Lets a folder go whose upload came to nothing. If this fails it goes later.
    async fn give_up(&self, folder: Uuid) {
        let given_up = async {
            let mut connection = self.database.pool.acquire().await?;
            store::folders::doom(&mut connection, folder).await
        };
        if let Err(error) = given_up.await {
            tracing::debug!(%error, "a folder stays until its time is over");
        }
    }

    /// Lets a folder go at once whose upload has ended, also if it was written into after it had gone.
    async fn clear_up(&self, owner: UserId, folder: Uuid) {
        let cleared = async {
            let mut connection = self.database.pool.acquire().await?;
            store::folders::hasten(&mut connection, folder, owner).await
        };
        if let Err(error) = cleared.await {
            tracing::warn!(%folder, %error, "what came too late may stay in the store");
        }
    }
}

/// The medium that the page before ended with.
fn position(bytes: &[u8]) -> Result<MediaId, InvalidCursor> {
    Uuid::from_slice(bytes)
        .map(MediaId::from)
        .map_err(|_| InvalidCursor::new())
}
