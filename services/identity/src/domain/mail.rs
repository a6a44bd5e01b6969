//! What is written to users.

use nova_ids::{EventId, UserId};
use time::{Duration, OffsetDateTime};
use url::Url;

use super::{Account, MailToken, Purpose};

/// How long it is tried to send a mail. For as long tokens are remembered after they have ended, so that a request
/// that comes once more brings none of them back.
pub const REQUEST_LIFETIME: Duration = Duration::days(7);

/// Most characters of the address that links begin with: a line of a mail has at most 998 (RFC 5322, section 2.1.1).
const MAX_BASE_LENGTH: usize = 800;

/// A wish that a user be sent a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MailRequest {
    /// The event that asks for it; the mail's own id, too.
    pub id: EventId,
    /// Whom to write to, if there is such a user.
    pub user_id: UserId,
    /// What about.
    pub purpose: Purpose,
    /// When it was asked for.
    pub requested_at: OffsetDateTime,
}

impl MailRequest {
    /// Whether it is too late to do what was asked for.
    #[must_use]
    pub fn is_over(&self, now: OffsetDateTime) -> bool {
        self.requested_at.saturating_add(REQUEST_LIFETIME) <= now
    }
}

/// A mail to a user. Its text is ASCII, so that it needs no encoding on its way and the link in it stays whole.
// No `Debug`: it holds an address and a token.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// The same each time this mail is sent.
    pub id: EventId,
    /// What it is for.
    pub purpose: Purpose,
    /// Where to.
    pub address: String,
    /// The name that its reader is shown with: any text.
    pub name: String,
    /// What it is about.
    pub subject: &'static str,
    /// What it says.
    pub text: String,
}

impl Mail {
    /// The mail that answers a request.
    #[must_use]
    pub fn write(
        request: &MailRequest,
        account: &Account,
        link: &LinkBase,
        token: &MailToken,
    ) -> Self {
        let (subject, wish, otherwise) = match request.purpose {
            Purpose::VerifyEmail => (
                "Confirm your e-mail address",
                "Please confirm that this is your e-mail address:",
                "If you did not open an account, somebody mistyped their address, and you need not\ndo anything.",
            ),
            Purpose::ResetPassword => (
                "Choose another password",
                "Somebody, most likely you, has lost the password of your account. Choose another:",
                "If it was not you, you need not do anything: your password stays as it is.",
            ),
        };
        let link = link.to(request.purpose, token);
        Self {
            id: request.id,
            purpose: request.purpose,
            address: account.email.clone(),
            name: account.user.display_name.clone(),
            subject,
            text: format!(
                "Hello {},\n\n{wish}\n\n{link}\n\nThis link is good once, for one hour.\n\n{otherwise}\n",
                account.user.username
            ),
        }
    }
}

/// The address that links in mails begin with, where people are shown pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkBase(String);

impl LinkBase {
    /// Reads an http or https address with nothing behind its path, and nothing that only browsers are told.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let is_plain = matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        let base = url.as_str().trim_end_matches('/');
        (is_plain && base.len() <= MAX_BASE_LENGTH).then(|| Self(base.to_owned()))
    }

    /// Where to go with a token.
    fn to(&self, purpose: Purpose, token: &MailToken) -> String {
        let page = match purpose {
            Purpose::VerifyEmail => "verify-email",
            Purpose::ResetPassword => "reset-password",
        };
        format!("{}/{page}?token={}", self.0, token.reveal())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{MailTokenKey, User, Username};

    fn written(purpose: Purpose) -> (Mail, String) {
        let username = Username::parse("ada").unwrap();
        let account = Account {
            user: User::register(UserId::new(), &username, "Ådå \"L\"".to_owned()),
            email: "ada@example.org".to_owned(),
            email_verified: false,
        };
        let request = MailRequest {
            id: EventId::new(),
            user_id: account.user.id,
            purpose,
            requested_at: OffsetDateTime::UNIX_EPOCH,
        };
        let key = MailTokenKey::derived_from(&[1; 32]).unwrap();
        let token = key.token(purpose, request.id);
        let base = LinkBase::parse("https://app.example/").unwrap();
        let mail = Mail::write(&request, &account, &base, &token);
        (mail, token.reveal())
    }

    #[test]
    fn a_mail_has_its_link_on_a_line_of_its_own_and_is_ascii() {
        for (purpose, page) in [
            (Purpose::VerifyEmail, "verify-email"),
            (Purpose::ResetPassword, "reset-password"),
        ] {
            let (mail, token) = written(purpose);
            let link = format!("https://app.example/{page}?token={token}");
            assert!(mail.text.lines().any(|line| line == link), "{}", mail.text);
            assert!(mail.text.is_ascii() && mail.subject.is_ascii());
            assert!(mail.text.lines().all(|line| line.len() <= 100));
            assert!(mail.address == "ada@example.org" && mail.name == "Ådå \"L\"");
        }
    }

    #[test]
    fn links_begin_with_an_address_of_the_web() {
        for text in [
            "http://localhost:8080",
            "https://a.example/app/",
            "https://ü.example",
        ] {
            assert!(LinkBase::parse(text).is_some(), "{text}");
        }
        for text in [
            "",
            "localhost",
            "ftp://a.example",
            "https://",
            "https://user:password@a.example",
            "https://a.example?b=c",
            "https://a.example#b",
            &format!("https://a.example/{}", "p".repeat(1_000)),
        ] {
            assert!(LinkBase::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_request_is_over_after_a_week() {
        let now = OffsetDateTime::UNIX_EPOCH + Duration::days(20_000);
        let request = |age: Duration| MailRequest {
            id: EventId::new(),
            user_id: UserId::new(),
            purpose: Purpose::VerifyEmail,
            requested_at: now - age,
        };
        assert!(!request(Duration::days(7) - Duration::SECOND).is_over(now));
        assert!(request(Duration::days(7)).is_over(now));
    }
}
