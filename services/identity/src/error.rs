//! What can go wrong here, and what kind of failure each is.

use std::time::Duration;

use nova_event_bus::{BusError, OutboxError};
use nova_resilience::{Code, Fault, FieldError, Invalid};
use nova_service::cursor::InvalidCursor;
use nova_service::rate_limit::TooMany;

use crate::clients::MailError;
use crate::domain::{InvalidMailToken, SigningError};
use crate::state::PasswordsError;
use crate::store::{pairs, users};

/// Why this service did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request breaks rules.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The cursor is not one of this list.
    #[error(transparent)]
    Cursor(#[from] InvalidCursor),
    /// The name, the address or both belong to somebody else.
    #[error("the username or the e-mail address is taken")]
    Taken(Taken),
    /// There is no such user.
    #[error("there is no such user")]
    NoSuchUser,
    /// The user follows as many as anybody may.
    #[error("nobody may follow more than {limit} users")]
    TooManyFollows {
        /// As many as that.
        limit: u32,
        /// The field that names one more.
        field: FieldError,
    },
    /// The user would do to themself what can be done to others only.
    #[error("nobody can do that to themself")]
    Oneself(FieldError),
    /// Nobody of that name asks to follow the user, or no longer.
    #[error("there is no such request to follow")]
    NoSuchRequest,
    /// The token is good, but the account it names is not there.
    #[error("the access token names no account")]
    UnknownCaller,
    /// There is no such account, or the password is not its own: which, is not told.
    #[error("the name or the password is wrong")]
    InvalidCredentials,
    /// The current password that came with a new one is not the account's.
    #[error("the current password is wrong")]
    WrongPassword,
    /// The user has no such session, or no longer.
    #[error("there is no such session")]
    NoSuchSession,
    /// Nothing that is ready, or no longer.
    #[error("there is no export that is ready")]
    NoExport,
    /// A ZIP could not be made.
    #[error("the export could not be packed")]
    Archive(#[from] zip::result::ZipError),
    /// What is kept could not be written as JSON.
    #[error("the export could not be written as JSON")]
    Json(#[from] serde_json::Error),
    /// The refresh token is unknown, expired, or its session has ended: which, is not told.
    #[error("the refresh token is not valid")]
    InvalidRefreshToken,
    /// The refresh token was used before; its session has ended.
    #[error("the refresh token was used before, so its session has ended")]
    RefreshTokenReused,
    /// The token of a mail is not good, or no longer.
    #[error(transparent)]
    MailToken(#[from] InvalidMailToken),
    /// A mail could not be handed over.
    #[error("the mail was not handed over")]
    Mail(#[from] MailError),
    /// An event holds what cannot be.
    #[error("the event's {0} cannot be read")]
    BadEvent(&'static str),
    /// Too much was asked in too little time.
    #[error(transparent)]
    TooMany(#[from] TooMany),
    /// A password could not be hashed or checked.
    #[error("the password could not be worked on")]
    Passwords(#[from] PasswordsError),
    /// An access token could not be made.
    #[error(transparent)]
    Signing(#[from] SigningError),
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
    /// The event could not be written beside the change it tells of.
    #[error("the event could not be written")]
    Outbox(#[from] OutboxError),
    /// Dead letters could not be deleted.
    #[error("dead letters could not be deleted")]
    Letters(#[from] BusError),
}

/// Which fields hold what is somebody else's; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken(Vec<FieldError>);

impl From<users::Taken> for Taken {
    fn from(taken: users::Taken) -> Self {
        let mut fields = Vec::new();
        if taken.username {
            fields.push(FieldError::new(
                "username",
                "username_taken",
                "is somebody else's",
            ));
        }
        if taken.email {
            fields.push(FieldError::new(
                "email",
                "email_taken",
                "is somebody else's",
            ));
        }
        Self(fields)
    }
}

impl From<users::SaveError> for Error {
    fn from(error: users::SaveError) -> Self {
        match error {
            users::SaveError::Taken(taken) => Self::Taken(taken.into()),
            users::SaveError::Database(error) => Self::Database(error),
        }
    }
}

impl From<pairs::SaveError> for Error {
    fn from(error: pairs::SaveError) -> Self {
        match error {
            pairs::SaveError::UnknownUser => Self::UnknownCaller,
            pairs::SaveError::UnknownOther => Self::NoSuchUser,
            pairs::SaveError::Database(error) => Self::Database(error),
        }
    }
}

impl Error {
    /// The user whom that field names would be one more than anybody may follow.
    pub(crate) fn too_many_follows(limit: u32, field: &str) -> Self {
        let message = format!("would be more than the {limit} users that one may follow");
        let field = FieldError::new(field, "too_many", message);
        Self::TooManyFollows { limit, field }
    }

    /// Whom that field names is the one who does it.
    pub(crate) fn oneself(field: &str, code: &'static str) -> Self {
        Self::Oneself(FieldError::new(field, code, "must be another user"))
    }
}

impl Fault for Error {
    fn code(&self) -> Code {
        match self {
            Self::Invalid(error) => error.code(),
            Self::Cursor(error) => error.code(),
            Self::Taken(_) => Code::Conflict,
            Self::BadEvent(_) => Code::Invalid,
            Self::MailToken(error) => error.code(),
            Self::Mail(error) => error.code(),
            Self::TooManyFollows { .. } | Self::Oneself(_) => Code::Invalid,
            Self::NoSuchUser | Self::NoSuchRequest | Self::NoSuchSession | Self::NoExport => {
                Code::NotFound
            }
            Self::WrongPassword => Code::Forbidden,
            Self::UnknownCaller
            | Self::InvalidCredentials
            | Self::InvalidRefreshToken
            | Self::RefreshTokenReused => Code::Unauthenticated,
            Self::TooMany(error) => error.code(),
            Self::Passwords(error) => error.code(),
            Self::Signing(_) | Self::Archive(_) | Self::Json(_) => Code::Internal,
            Self::Database(error) => nova_service::postgres::code(error),
            Self::Outbox(error) => error.code(),
            Self::Letters(error) => error.code(),
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::Invalid(error) => error.reason(),
            Self::Cursor(error) => error.reason(),
            Self::Taken(Taken(fields)) => fields.first().map_or("conflict", |field| field.code),
            Self::TooManyFollows { field, .. } => field.code,
            Self::Oneself(_) => "oneself",
            Self::UnknownCaller => "invalid_token",
            Self::InvalidCredentials => "invalid_credentials",
            Self::WrongPassword => "wrong_password",
            Self::InvalidRefreshToken => "invalid_refresh_token",
            Self::RefreshTokenReused => "refresh_token_reused",
            Self::MailToken(error) => error.reason(),
            Self::Mail(error) => error.reason(),
            Self::BadEvent(_) => "bad_event",
            other => other.code().as_str(),
        }
    }

    fn fields(&self) -> &[FieldError] {
        match self {
            Self::Invalid(error) => error.fields(),
            Self::Taken(Taken(fields)) => fields,
            Self::TooManyFollows { field, .. } | Self::Oneself(field) => {
                std::slice::from_ref(field)
            }
            Self::Cursor(error) => error.fields(),
            Self::MailToken(error) => error.fields(),
            _ => &[],
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::TooMany(error) => error.retry_after(),
            Self::Passwords(error) => error.retry_after(),
            _ => None,
        }
    }
}
