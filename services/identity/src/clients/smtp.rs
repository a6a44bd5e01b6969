//! A mail server.

use std::time::Duration;

use lettre::transport::smtp;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use url::Url;

/// How long the server may take to answer each command.
const TIMEOUT: Duration = Duration::from_secs(10);

/// What a server says to who names an address that it has no mailbox for (RFC 5321, section 4.2.3). Everything else that
/// it refuses for good is about us: who mends the password or the relaying need not send the mails once more.
const OF_AN_ADDRESS: [u16; 5] = [550, 551, 552, 553, 556];

/// A mail server, connected to anew for each mail.
// No `Debug`: it may hold a password.
#[derive(Clone)]
pub(super) struct Smtp(AsyncSmtpTransport<Tokio1Executor>);

/// A mail server did not do what it was asked. What it said is left out: it may name the one written to.
#[derive(Debug, thiserror::Error)]
pub enum SmtpError {
    /// It answered that it will not.
    #[error("the mail server says {0}")]
    Refused(u16),
    /// It is not there, or does not speak as a mail server does.
    #[error("{what}")]
    Failed {
        /// What failed.
        what: &'static str,
        /// Why, as far as the system knows.
        source: Option<std::io::Error>,
    },
}

impl SmtpError {
    /// The answer that refuses the address of a mail, if that is what happened.
    pub(super) fn refused_address(&self) -> Option<u16> {
        match self {
            Self::Refused(code) if OF_AN_ADDRESS.contains(code) => Some(*code),
            _ => None,
        }
    }
}

impl From<smtp::Error> for SmtpError {
    fn from(error: smtp::Error) -> Self {
        if let Some(code) = error.status() {
            return Self::Refused(code.into());
        }
        let what = if error.is_tls() {
            "no safe connection to the mail server"
        } else if error.is_response() {
            "the mail server does not answer as one does"
        } else if error.is_client() {
            "the mail server does not offer what is needed"
        } else {
            "no connection to the mail server"
        };
        Self::Failed {
            what,
            source: kind_of(&error).map(std::io::Error::from),
        }
    }
}

/// What the system says, without what others said to it.
fn kind_of(error: &smtp::Error) -> Option<std::io::ErrorKind> {
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<std::io::Error>() {
            return Some(error.kind());
        }
        cause = error.source();
    }
    None
}

impl Smtp {
    /// The server at an address `smtp://[user:password@]host[:port]` or `smtps://…`; `?tls=required` asks it for
    /// STARTTLS.
    pub(super) fn to(url: &Url) -> Result<Self, SmtpError> {
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.as_str())?;
        Ok(Self(builder.timeout(Some(TIMEOUT)).build()))
    }

    pub(super) async fn send(&self, message: &Message) -> Result<(), SmtpError> {
        let sent = self
            .0
            .send_raw(message.envelope(), &message.formatted())
            .await;
        sent.map(drop).map_err(SmtpError::from)
    }
}
