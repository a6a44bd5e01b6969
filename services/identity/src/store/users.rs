//! Accounts: profiles and what they sign in with. No query but [`find_credentials`] and [`find_credentials_of`] reads
//! a password's hash, and none but those for the user's own eyes an address.

use nova_ids::UserId;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, PgExecutor, PgPool, Row};
use time::OffsetDateTime;
use uuid::Uuid;

use super::sql::{seen, username_hash};
use super::usernames;
use crate::domain::{Account, EmailAddress, LoginName, PasswordHash, User, Username};

/// Unique index on a lower-cased username.
const USERNAME_INDEX: &str = "users_username";
/// Unique index on a lower-cased address.
const EMAIL_INDEX: &str = "users_email";

/// Which of the two things that are nobody else's are somebody else's already.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Taken {
    /// The username is.
    pub username: bool,
    /// The address is.
    pub email: bool,
}

/// A user could not be saved.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// Its username or address is somebody else's.
    #[error("the username or the e-mail address is taken")]
    Taken(Taken),
    /// The database failed.
    #[error("the user could not be saved")]
    Database(#[source] sqlx::Error),
}

impl From<sqlx::Error> for SaveError {
    fn from(error: sqlx::Error) -> Self {
        match error
            .as_database_error()
            .and_then(|error| error.constraint())
        {
            Some(USERNAME_INDEX) => Self::Taken(Taken {
                username: true,
                email: false,
            }),
            Some(EMAIL_INDEX) => Self::Taken(Taken {
                username: false,
                email: true,
            }),
            _ => Self::Database(error),
        }
    }
}

/// What an account signs in with.
pub struct Credentials {
    /// The account.
    pub account: Account,
    /// Its password's hash.
    pub password_hash: PasswordHash,
}

/// The public part of a user, unless a block hides it from the viewer.
///
/// # Errors
/// When the database fails.
pub async fn find(pool: &PgPool, viewer: Option<UserId>, id: UserId) -> sqlx::Result<Option<User>> {
    const FIND: &str = concat!(
        "SELECT id, username, display_name, avatar_url, locked, revision, updated_at
         FROM users WHERE id = $1 AND ",
        seen!("$1" by "$2")
    );
    sqlx::query_as(FIND)
        .bind(id.uuid())
        .bind(viewer.map(UserId::uuid))
        .fetch_optional(pool)
        .await
}

/// The public part of the user of that name, in whatever case, unless a block hides it from the viewer.
///
/// # Errors
/// When the database fails.
pub async fn find_by_username(
    pool: &PgPool,
    viewer: Option<UserId>,
    username: &Username,
) -> sqlx::Result<Option<User>> {
    const FIND: &str = concat!(
        "SELECT id, username, display_name, avatar_url, locked, revision, updated_at
         FROM users WHERE lower(username) = $1 AND ",
        seen!("users.id" by "$2")
    );
    sqlx::query_as(FIND)
        .bind(username.lowered())
        .bind(viewer.map(UserId::uuid))
        .fetch_optional(pool)
        .await
}

/// The whole of a user who has not left, for the user's own eyes.
///
/// # Errors
/// When the database fails.
pub async fn find_account(db: impl PgExecutor<'_>, id: UserId) -> sqlx::Result<Option<Account>> {
    sqlx::query_as(
        "SELECT id, username, display_name, avatar_url, locked, revision, updated_at, email,
                email_verified_at IS NOT NULL AS email_verified
         FROM users WHERE id = $1 AND gone_since IS NULL",
    )
    .bind(id.uuid())
    .fetch_optional(db)
    .await
}

macro_rules! account_for_update {
    ($which:literal) => {
        concat!(
            "SELECT id, username, display_name, avatar_url, locked, revision, updated_at, email,
                    email_verified_at IS NOT NULL AS email_verified
             FROM users WHERE id = $1 AND ",
            $which,
            " FOR NO KEY UPDATE"
        )
    };
}

/// The whole of a user who has not left, locked: nobody else changes it before the transaction ends.
///
/// # Errors
/// When the database fails.
pub async fn find_account_for_update(
    tx: &mut PgConnection,
    id: UserId,
) -> sqlx::Result<Option<Account>> {
    sqlx::query_as(account_for_update!("gone_since IS NULL"))
        .bind(id.uuid())
        .fetch_optional(tx)
        .await
}

/// The same, also of a user who has left and may come back.
///
/// # Errors
/// When the database fails.
pub async fn find_owner_for_update(
    tx: &mut PgConnection,
    id: UserId,
) -> sqlx::Result<Option<Account>> {
    sqlx::query_as(account_for_update!("NOT erased"))
        .bind(id.uuid())
        .fetch_optional(tx)
        .await
}

/// The account that signs in by that name, with its password's hash; also one whose owner has left and may come back.
///
/// # Errors
/// When the database fails.
pub async fn find_credentials(
    pool: &PgPool,
    name: &LoginName,
) -> sqlx::Result<Option<Credentials>> {
    let (sql, name) = match name {
        LoginName::Username(username) => (
            "SELECT id, username, display_name, avatar_url, locked, revision, updated_at, email,
                    email_verified_at IS NOT NULL AS email_verified, password_hash
             FROM users WHERE lower(username) = $1 AND NOT erased",
            username,
        ),
        LoginName::Email(email) => (
            "SELECT id, username, display_name, avatar_url, locked, revision, updated_at, email,
                    email_verified_at IS NOT NULL AS email_verified, password_hash
             FROM users WHERE lower(email) = $1 AND NOT erased",
            email,
        ),
    };
    sqlx::query_as(sql).bind(name).fetch_optional(pool).await
}

/// What that account signs in with; none when its owner has left.
///
/// # Errors
/// When the database fails.
pub async fn find_credentials_of(pool: &PgPool, id: UserId) -> sqlx::Result<Option<Credentials>> {
    sqlx::query_as(
        "SELECT id, username, display_name, avatar_url, locked, revision, updated_at, email,
                    email_verified_at IS NOT NULL AS email_verified, password_hash
         FROM users WHERE id = $1 AND gone_since IS NULL",
    )
    .bind(id.uuid())
    .fetch_optional(pool)
    .await
}

/// Whether that is still the password's hash; then it is until the transaction ends, and the owner neither leaves nor
/// comes back by another. Two sign-ins to one account wait for each other here: if they shared the row, neither could
/// bring back who has left.
///
/// # Errors
/// When the database fails.
pub async fn keep_password(
    tx: &mut PgConnection,
    id: UserId,
    hash: &PasswordHash,
) -> sqlx::Result<bool> {
    let found =
        sqlx::query("SELECT FROM users WHERE id = $1 AND password_hash = $2 FOR NO KEY UPDATE")
            .bind(id.uuid())
            .bind(hash.as_str())
            .execute(tx)
            .await?;
    Ok(found.rows_affected() == 1)
}

/// Puts another password's hash in the place of the current one, and says whether that was still there.
///
/// # Errors
/// When the database fails.
pub async fn replace_password(
    tx: &mut PgConnection,
    id: UserId,
    current: &PasswordHash,
    new: &PasswordHash,
) -> sqlx::Result<bool> {
    let done =
        sqlx::query("UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2")
            .bind(id.uuid())
            .bind(current.as_str())
            .bind(new.as_str())
            .execute(tx)
            .await?;
    Ok(done.rows_affected() == 1)
}

/// Sets another password's hash, whatever the current one is, and notes that the address is proven. The caller holds
/// the row's lock.
///
/// # Errors
/// When the database fails.
pub async fn reset_password(
    tx: &mut PgConnection,
    id: UserId,
    new: &PasswordHash,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE users
         SET password_hash = $2, email_verified_at = coalesce(email_verified_at, $3)
         WHERE id = $1",
    )
    .bind(id.uuid())
    .bind(new.as_str())
    .bind(now)
    .execute(tx)
    .await?;
    Ok(())
}

/// Notes that the address is proven, if it was not before. The caller holds the row's lock.
///
/// # Errors
/// When the database fails.
pub async fn verify_email(
    tx: &mut PgConnection,
    id: UserId,
    now: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE users SET email_verified_at = coalesce(email_verified_at, $2) WHERE id = $1",
    )
    .bind(id.uuid())
    .bind(now)
    .execute(tx)
    .await?;
    Ok(())
}

/// Whose address that is, in whatever case.
///
/// # Errors
/// When the database fails.
pub async fn find_by_email(
    tx: &mut PgConnection,
    email: &EmailAddress,
) -> sqlx::Result<Option<UserId>> {
    let id: Option<Uuid> =
        sqlx::query_scalar("SELECT id FROM users WHERE lower(email) = $1 AND NOT erased")
            .bind(email.lowered())
            .fetch_optional(tx)
            .await?;
    Ok(id.map(UserId::from))
}

/// Whether there is such a user, and they have not left.
///
/// # Errors
/// When the database fails.
pub async fn exists(db: impl PgExecutor<'_>, id: UserId) -> sqlx::Result<bool> {
    sqlx::query_scalar("SELECT EXISTS (SELECT FROM users WHERE id = $1 AND gone_since IS NULL)")
        .bind(id.uuid())
        .fetch_one(db)
        .await
}

/// Whether there is such a user whom no block hides from the viewer.
///
/// # Errors
/// When the database fails.
pub async fn is_seen(
    db: impl PgExecutor<'_>,
    viewer: Option<UserId>,
    id: UserId,
) -> sqlx::Result<bool> {
    const IS_SEEN: &str = concat!(
        "SELECT EXISTS (SELECT FROM users WHERE id = $1 AND ",
        seen!("$1" by "$2"),
        ")"
    );
    sqlx::query_scalar(IS_SEEN)
        .bind(id.uuid())
        .bind(viewer.map(UserId::uuid))
        .fetch_one(db)
        .await
}

/// What of the two is taken now. Only saving finds out for certain.
///
/// # Errors
/// When the database fails.
pub async fn find_taken(
    pool: &PgPool,
    username: &Username,
    email: &EmailAddress,
) -> sqlx::Result<Taken> {
    let (username, email) = sqlx::query_as(concat!(
        "SELECT EXISTS (SELECT FROM users WHERE lower(username) = $1)
                OR EXISTS (SELECT FROM retired_usernames WHERE hash = ",
        username_hash!("$1"),
        " AND free_at > now()),
                EXISTS (SELECT FROM users WHERE lower(email) = $2)",
    ))
    .bind(username.lowered())
    .bind(email.lowered())
    .fetch_one(pool)
    .await?;
    Ok(Taken { username, email })
}

/// Looks only once the name is had, which may mean to wait for somebody who is just being erased, or renamed.
async fn refuse_kept_back(tx: &mut PgConnection, user: &User) -> Result<(), SaveError> {
    if usernames::is_kept_back(tx, &user.username, user.id).await? {
        return Err(SaveError::Taken(Taken {
            username: true,
            email: false,
        }));
    }
    Ok(())
}

/// Adds a new account.
///
/// # Errors
/// When the username or the address is taken, and when the database fails.
pub async fn insert(
    tx: &mut PgConnection,
    account: &Account,
    password_hash: &PasswordHash,
) -> Result<(), SaveError> {
    let user = &account.user;
    sqlx::query(
        "INSERT INTO users
             (id, username, email, password_hash, display_name, avatar_url, locked, revision, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(user.id.uuid())
    .bind(&user.username)
    .bind(&account.email)
    .bind(password_hash.as_str())
    .bind(&user.display_name)
    .bind(&user.avatar_url)
    .bind(user.locked)
    .bind(user.revision)
    .bind(user.updated_at)
    .execute(&mut *tx)
    .await?;
    refuse_kept_back(tx, user).await
}

/// Saves what a change of the profile can have changed. The caller holds the row's lock.
///
/// # Errors
/// When the username is taken, and when the database fails.
pub async fn update(tx: &mut PgConnection, user: &User) -> Result<(), SaveError> {
    sqlx::query(
        "UPDATE users
         SET username = $2, display_name = $3, avatar_url = $4, locked = $5, revision = $6,
             updated_at = $7
         WHERE id = $1",
    )
    .bind(user.id.uuid())
    .bind(&user.username)
    .bind(&user.display_name)
    .bind(&user.avatar_url)
    .bind(user.locked)
    .bind(user.revision)
    .bind(user.updated_at)
    .execute(&mut *tx)
    .await?;
    refuse_kept_back(tx, user).await
}

impl FromRow<'_, PgRow> for User {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        let id = UserId::from(row.try_get::<Uuid, _>("id")?);
        Ok(Self {
            id,
            username: row.try_get("username")?,
            display_name: row.try_get("display_name")?,
            avatar_url: row.try_get("avatar_url")?,
            locked: row.try_get("locked")?,
            revision: row.try_get("revision")?,
            created_at: id.made_at(),
            updated_at: row.try_get("updated_at")?,
        })
    }
}

impl FromRow<'_, PgRow> for Account {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        Ok(Self {
            user: User::from_row(row)?,
            email: row.try_get("email")?,
            email_verified: row.try_get("email_verified")?,
        })
    }
}

impl FromRow<'_, PgRow> for Credentials {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        let password_hash = PasswordHash::stored(row.try_get("password_hash")?);
        Ok(Self {
            account: Account::from_row(row)?,
            password_hash,
        })
    }
}
