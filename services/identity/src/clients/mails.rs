//! Handing mails over, by whatever way.

use std::borrow::Cow;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use nova_resilience::{Code, Fault};
use nova_service::config::Setting;
use url::Url;

use super::folder::Folder;
use super::message::{self, Sender};
use super::smtp::{Smtp, SmtpError};
use crate::domain::Mail;

/// How long it may take to hand over one mail. Less than an event's handler may, so that what failed is known.
const LONGEST: Duration = Duration::from_secs(20);

/// What the setting of a folder begins with.
const FOLDER: &str = "folder:";

/// Where mails go, as a setting says it.
#[derive(Clone, PartialEq, Eq)]
pub enum MailServer {
    /// `folder:<path>`: each is a file there.
    Folder(PathBuf),
    /// `smtp://…` or `smtps://…`: to a mail server.
    Smtp(Url),
}

impl fmt::Debug for MailServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path) => f.debug_tuple("Folder").field(path).finish(),
            // It may hold a password.
            Self::Smtp(url) => f
                .debug_tuple("Smtp")
                .field(&Url::shown(url.as_str()))
                .finish(),
        }
    }
}

impl Setting for MailServer {
    const EXPECTS: &'static str = "folder:<path>, smtp://[user:password@]host[:port] or smtps://… (`?tls=required` asks for STARTTLS)";

    fn parse(text: &str) -> Option<Self> {
        if let Some(path) = text.strip_prefix(FOLDER) {
            let is_path = !path.is_empty() && !path.contains('\0');
            return is_path.then(|| Self::Folder(PathBuf::from(path)));
        }
        let url = Url::parse(text).ok()?;
        Smtp::to(&url).ok().map(|_| Self::Smtp(url))
    }

    fn shown(text: &str) -> Cow<'_, str> {
        if text.starts_with(FOLDER) {
            Cow::Borrowed(text)
        } else {
            Url::shown(text)
        }
    }
}

/// The way out for mails.
#[derive(Clone)]
pub struct Mails {
    sender: Sender,
    way: Way,
}

#[derive(Clone)]
enum Way {
    Folder(Folder),
    Smtp(Smtp),
}

/// A mail could not be handed over. Nothing here repeats what a server said: it may name the one written to.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// The mail server is away, or does not take mails of ours now.
    #[error("the mail server takes no mail now")]
    Server(#[source] SmtpError),
    /// The mail server does not take mails to that address.
    #[error("the mail server refuses the address, saying {0}")]
    Refused(u16),
    /// The mail could not be put into its folder.
    #[error("the mail could not be put into its folder")]
    Folder(#[source] std::io::Error),
    /// It took too long; it may or may not have been taken.
    #[error("the mail server did not take the mail within {} s", LONGEST.as_secs())]
    Late,
    /// What is written is no mail.
    #[error("the mail could not be written")]
    Unwritten(#[source] message::Unwritten),
}

impl Fault for MailError {
    fn code(&self) -> Code {
        match self {
            Self::Server(_) | Self::Folder(_) => Code::Unavailable,
            Self::Late => Code::Timeout,
            Self::Refused(_) | Self::Unwritten(_) => Code::Invalid,
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::Server(_) => "mail_server",
            Self::Refused(_) => "mail_refused",
            Self::Folder(_) => "mail_folder",
            Self::Late => "mail_late",
            Self::Unwritten(_) => "mail_unwritten",
        }
    }
}

impl Mails {
    /// Mails that are said to come from `sender`. Nothing is connected to before there is one.
    ///
    /// # Errors
    /// When the system cannot speak to such a server at all: it has no certificates.
    pub fn new(server: &MailServer, sender: Sender) -> Result<Self, SmtpError> {
        let way = match server {
            MailServer::Folder(path) => Way::Folder(Folder::at(path.clone())),
            MailServer::Smtp(url) => Way::Smtp(Smtp::to(url)?),
        };
        Ok(Self { sender, way })
    }

    /// Hands a mail over. One that was handed over before has the same `Message-ID`, and in a folder the same name.
    ///
    /// # Errors
    /// When it was not handed over; trying again helps but for [`MailError::Refused`] and [`MailError::Unwritten`].
    pub async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let message = message::write(&self.sender, mail).map_err(MailError::Unwritten)?;
        let handed_over = async {
            match &self.way {
                Way::Folder(folder) => folder
                    .put(mail.id, &message.formatted())
                    .await
                    .map_err(MailError::Folder),
                Way::Smtp(smtp) => smtp.send(&message).await.map_err(|error| {
                    error
                        .refused_address()
                        .map_or(MailError::Server(error), MailError::Refused)
                }),
            }
        };
        tokio::time::timeout(LONGEST, handed_over)
            .await
            .unwrap_or(Err(MailError::Late))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_is_a_folder_or_a_mail_server() {
        assert_eq!(
            MailServer::parse("folder:/var/mail"),
            Some(MailServer::Folder(PathBuf::from("/var/mail")))
        );
        for server in [
            "smtp://localhost",
            "smtp://127.0.0.1:2525",
            "smtp://user:p%40ss@mail.example:587?tls=required",
            "smtps://user:password@mail.example",
        ] {
            assert!(MailServer::parse(server).is_some(), "{server}");
        }
        for wrong in [
            "",
            "folder:",
            "folder",
            "mail.example:25",
            "smtp://",
            "smtp:mail.example",
            "http://mail.example",
            "smtp://mail.example?tls=perhaps",
            "smtp://user:%ff@mail.example",
            "smtp://mail.example:99999",
        ] {
            assert_eq!(MailServer::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_password_is_not_shown() {
        let text = "smtps://user:hush@mail.example";
        let server = MailServer::parse(text).unwrap();
        let sender = Sender::parse("no-reply@localhost").unwrap();
        assert!(Mails::new(&server, sender).is_ok());
        for shown in [format!("{server:?}"), MailServer::shown(text).into_owned()] {
            assert!(
                shown.contains("mail.example") && !shown.contains("hush"),
                "{shown}"
            );
        }
        assert_eq!(MailServer::shown("smtps user:hush@mail"), "***");
        assert_eq!(MailServer::shown("folder:/var/mail"), "folder:/var/mail");
    }
}
