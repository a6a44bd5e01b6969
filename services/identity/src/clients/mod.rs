//! The outside world: where mails go.

mod folder;
mod mails;
mod message;
mod smtp;

pub use mails::{MailError, MailServer, Mails};
pub use message::Sender;
