//! What every request is handed: cheap handles, made once.

use std::sync::Arc;

use nova_attachments::Links;
use nova_event_bus::Outbox;
use nova_ids::{SessionId, UserId};
use nova_service::config::Env;
use nova_service::cursor::{CursorKey, InvalidCursor};
use nova_service::http::{Page, PageQuery};
use nova_service::postgres::{self, Database};
use nova_service::tokens::TokenKeys;
use sqlx::{Postgres, Transaction};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::clients::Mails;
use crate::config::Config;
use crate::domain::{AccessTokens, LinkBase, MailTokenKey, Position, Session, User, UserList};
use crate::error::Error;
use crate::{MIGRATIONS, NAME, store};

mod archives;
mod limits;
mod passwords;
mod recoveries;
mod sign_ins;

pub use limits::Limits;
pub use passwords::{Passwords, PasswordsError};
pub use recoveries::Recoveries;
pub use sign_ins::SignIns;

/// What every request is handed.
#[derive(Clone)]
pub struct State {
    /// Users, sessions, what is between two users, and the outbox.
    pub database: Database,
    /// The way to publish.
    pub outbox: Outbox,
    /// Seals the cursors of lists.
    pub cursors: CursorKey,
    /// Hashes and checks passwords.
    pub passwords: Passwords,
    /// Makes access tokens.
    pub access_tokens: Arc<AccessTokens>,
    /// The keys that access tokens are verified with.
    pub token_keys: Arc<TokenKeys>,
    /// How long a refresh token is good for, and a session without a refresh lives.
    pub refresh_token_lifetime: Duration,
    /// The way out for mails.
    pub mails: Mails,
    /// Makes the tokens in mails.
    pub mail_tokens: MailTokenKey,
    /// The address that links in mails begin with.
    pub mail_link: LinkBase,
    /// How many users one may follow or ask to, together.
    pub follow_limit: u32,
    /// How long an account is kept whose owner has left.
    pub account_grace: Duration,
    /// How long nobody else gets a username that was given up, or whose account is erased.
    pub username_quarantine: Duration,
    /// Where pictures of users are.
    pub links: Links,
    /// How often may be asked.
    pub limits: Limits,
}

impl State {
    /// Connects to the database, brings it up to date, and reads what else the settings say.
    ///
    /// # Errors
    /// When a setting is missing or wrong, and when there is no database.
    pub async fn connect(config: &Config, env: &mut Env) -> anyhow::Result<Self> {
        let cursors = CursorKey::read(env)?;
        let limits = Limits::read(env)?;
        let mails = Mails::new(&config.mail, config.mail_from.clone())?;
        let passwords = tokio::task::spawn_blocking(Passwords::new).await??;
        let access_tokens = AccessTokens::new(
            config.signing_key.clone(),
            config.issuer.clone(),
            config.access_token_ttl,
        );
        Ok(Self {
            database: Database::connect(env, NAME, &MIGRATIONS).await?,
            outbox: Outbox::new(NAME),
            cursors,
            passwords,
            access_tokens: Arc::new(access_tokens),
            token_keys: Arc::new(config.token_keys.clone()),
            refresh_token_lifetime: config.refresh_token_ttl,
            mails,
            mail_tokens: config.signing_key.mail_tokens().clone(),
            mail_link: config.mail_link.clone(),
            follow_limit: config.follow_limit,
            account_grace: config.account_grace,
            username_quarantine: config.username_quarantine,
            links: Links::read(env)?,
            limits,
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
        Ok(postgres::commit(tx).await?)
    }

    /// A page of a list of users, without those whom a block hides from the viewer: see [`store::lists::read`].
    ///
    /// # Errors
    /// When there is no such user, or none whom the viewer may see; when the cursor is not one of this list, and when the
    /// database fails.
    pub async fn page_of_users(
        &self,
        list: UserList,
        viewer: Option<UserId>,
        wanted: PageQuery,
    ) -> Result<Page<User>, Error> {
        let pool = &self.database.pool;
        let after = match wanted.cursor {
            Some(cursor) => {
                let bytes = self.cursors.open(&list.name(), &cursor)?;
                Position::from_bytes(&bytes).ok_or_else(InvalidCursor::new)?
            }
            None => Position::start(),
        };
        // One more than wanted tells whether there is a next page.
        let lines = store::lists::read(pool, list, viewer, after, wanted.limit + 1).await?;
        if lines.is_empty() && !store::users::is_seen(pool, viewer, list.user()).await? {
            return Err(if list.is_own() {
                Error::UnknownCaller
            } else {
                Error::NoSuchUser
            });
        }
        let Page { items, next_cursor } = Page::cut(lines, wanted.limit, |last| {
            self.cursors.seal(&list.name(), &last.position().to_bytes())
        });
        let items = items.into_iter().map(|line| line.user).collect();
        Ok(Page { items, next_cursor })
    }

    /// A page of a user's sessions, newest first. A position in the list is the id of the session before it.
    ///
    /// # Errors
    /// When the cursor is not one of this list, and when the database fails.
    pub async fn page_of_sessions(
        &self,
        user: UserId,
        wanted: PageQuery,
    ) -> Result<Page<Session>, Error> {
        let list = format!("sessions:{user}");
        let after = match wanted.cursor {
            Some(cursor) => {
                let bytes = self.cursors.open(&list, &cursor)?;
                Uuid::from_slice(&bytes).map_err(|_| InvalidCursor::new())?
            }
            None => Uuid::max(),
        };
        let (pool, now) = (&self.database.pool, OffsetDateTime::now_utc());
        // One more than wanted tells whether there is a next page.
        let limit = wanted.limit + 1;
        let sessions =
            store::sessions::list(pool, user, SessionId::from(after), now, limit).await?;
        Ok(Page::cut(sessions, wanted.limit, |last| {
            self.cursors.seal(&list, last.id.uuid().as_bytes())
        }))
    }
}
