//! Mails as they travel (RFC 5322).

use lettre::Message;
use lettre::address::AddressError;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox, MessageBuilder};
use nova_service::config::Setting;

use crate::domain::Mail;

/// Whom mails come from, as a setting says it: `Nova <no-reply@nova.example>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender(Mailbox);

impl Setting for Sender {
    const EXPECTS: &'static str = "an address such as Nova <no-reply@nova.example>";

    fn parse(text: &str) -> Option<Self> {
        let is_one_line = !text.contains(char::is_control);
        text.parse().ok().filter(|_| is_one_line).map(Self)
    }
}

/// What is written is no mail.
#[derive(Debug, thiserror::Error)]
pub enum Unwritten {
    /// Nobody can be written to at that address.
    #[error("the address is none")]
    Address(#[source] AddressError),
    /// A part of it is missing, which is a defect.
    #[error("a part of it is missing")]
    Incomplete(#[source] lettre::error::Error),
}

/// Most characters of a line (RFC 5322, section 2.1.1).
const LONGEST_LINE: usize = 998;

/// Nobody answers a mail that no person wrote (RFC 3834, section 5).
const AUTO_SUBMITTED: (&str, &str) = ("Auto-Submitted", "auto-generated");

/// The message for a mail: its `Message-ID` is made of the mail's id.
pub(super) fn write(sender: &Sender, mail: &Mail) -> Result<Message, Unwritten> {
    let address = mail.address.parse().map_err(Unwritten::Address)?;
    // Whatever may once have been a name: what is no part of a line does not come near one.
    let name: String = mail
        .name
        .chars()
        .filter(|character| !character.is_control())
        .collect();
    let builder: MessageBuilder = Message::builder()
        .message_id(Some(format!("<{}@nova>", mail.id)))
        .from(sender.0.clone())
        .to(Mailbox::new((!name.is_empty()).then_some(name), address))
        .subject(mail.subject)
        .header(ContentType::TEXT_PLAIN);
    let mut message = builder
        .body(body(&mail.text))
        .map_err(Unwritten::Incomplete)?;
    let (name, value) = AUTO_SUBMITTED;
    let name = HeaderName::new_from_ascii_str(name);
    let header = HeaderValue::new(name, value.to_owned());
    message.headers_mut().insert_raw(header);
    Ok(message)
}

/// The text as it is wherever that is allowed, so that a link is whole in the eyes of every reader; the library would
/// begin to encode with a line of 77 characters.
fn body(text: &str) -> Body {
    if text.is_ascii() && text.lines().all(|line| line.len() <= LONGEST_LINE) {
        let text = text
            .lines()
            .fold(String::new(), |text, line| text + line + "\r\n");
        Body::dangerous_pre_encoded(text.into_bytes(), ContentTransferEncoding::SevenBit)
    } else {
        Body::new(text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use nova_ids::EventId;

    use super::*;
    use crate::domain::Purpose;

    fn mail(name: &str) -> Mail {
        Mail {
            id: EventId::new(),
            purpose: Purpose::VerifyEmail,
            address: "ada@example.org".to_owned(),
            name: name.to_owned(),
            subject: "Confirm",
            text: format!(
                "one\ntwo\nhttp://localhost/{}?token=a-b_c\n",
                "p".repeat(800)
            ),
        }
    }

    fn written(mail: &Mail) -> String {
        let sender = Sender::parse("Nova <no-reply@localhost>").unwrap();
        let message = write(&sender, mail).unwrap();
        String::from_utf8(message.formatted()).unwrap()
    }

    /// Names of the headers, in order; the lines of each joined.
    fn headers(message: &str) -> Vec<(String, String)> {
        let (head, _) = message.split_once("\r\n\r\n").unwrap();
        let unfolded = head.replace("\r\n ", " ");
        let split = |line: &str| {
            let (name, value) = line.split_once(": ").unwrap();
            (name.to_owned(), value.to_owned())
        };
        unfolded.split("\r\n").map(split).collect()
    }

    #[test]
    fn a_mail_is_plain_text_whose_link_stays_whole() {
        let mail = mail("Ada");
        let message = written(&mail);
        let head = headers(&message);
        for (name, value) in [
            ("Message-ID", format!("<{}@nova>", mail.id)),
            ("From", "Nova <no-reply@localhost>".to_owned()),
            ("To", "Ada <ada@example.org>".to_owned()),
            ("Subject", "Confirm".to_owned()),
            ("Content-Type", "text/plain; charset=utf-8".to_owned()),
            ("Content-Transfer-Encoding", "7bit".to_owned()),
            ("Auto-Submitted", "auto-generated".to_owned()),
        ] {
            assert!(
                head.contains(&(name.to_owned(), value)),
                "{name}: {message}"
            );
        }
        assert!(head.iter().any(|(name, _)| name == "Date"), "{message}");
        assert!(message.contains("\r\n\r\none\r\ntwo\r\n"), "{message}");
        assert!(message.contains("?token=a-b_c\r\n"), "{message}");
    }

    #[test]
    fn a_name_adds_no_header_whatever_it_is() {
        let usual = headers(&written(&mail("Ada"))).len();
        for name in [
            "a\r\nBcc: eve@example.net",
            "a\nBcc: eve@example.net\n\nbody",
            "a\rBcc: eve@example.net",
            "\r\n\r\nbody",
            "\" <eve@example.net>, \"",
            "\\\" <eve@example.net>",
            "a\\",
            "<eve@example.net>",
            "eve@example.net,",
            "=?utf-8?q?=0d=0aBcc:_eve=40example.net?=",
            "a\0b\u{85}c\u{2028}Bcc: eve@example.net",
            "Ådå L. \u{1f980}",
            &"ü ".repeat(50),
        ] {
            let message = written(&mail(name));
            let head = headers(&message);
            assert_eq!(head.len(), usual, "{name:?}: {message}");
            assert!(message.is_ascii(), "{name:?}: {message}");
            let to: Vec<_> = head.iter().filter(|(name, _)| name == "To").collect();
            let [(_, to)] = to[..] else {
                panic!("{name:?}: {message}")
            };
            assert!(to.ends_with("<ada@example.org>"), "{name:?}: {to}");
            // Outside of quotes and of encoded words there is one address and nothing else.
            let (name_part, _) = to.rsplit_once(" <").unwrap_or_default();
            let is_quoted = name_part.starts_with('"') && name_part.ends_with('"');
            let is_encoded = name_part
                .split(' ')
                .all(|word| word.starts_with("=?utf-8?b?"));
            let is_word = name_part.chars().all(|part| part.is_ascii_alphanumeric());
            assert!(is_quoted || is_encoded || is_word, "{name:?}: {to}");
        }
        let sender = Sender::parse("Nova <no-reply@localhost>").unwrap();
        let message = write(&sender, &mail("\" <eve@example.net>, \"")).unwrap();
        let to: Vec<_> = message
            .envelope()
            .to()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(to, ["ada@example.org"]);
    }

    #[test]
    fn an_address_that_is_none_is_no_mail() {
        let sender = Sender::parse("Nova <no-reply@localhost>").unwrap();
        for address in [
            "",
            "ada",
            "ada@example.org\r\nBcc: eve@example.net",
            "a b@example.org",
        ] {
            let mail = Mail {
                address: address.to_owned(),
                ..mail("Ada")
            };
            let error = write(&sender, &mail).unwrap_err();
            assert!(matches!(error, Unwritten::Address(_)), "{address}");
        }
    }

    #[test]
    fn a_sender_is_one_address() {
        for text in [
            "no-reply@localhost",
            "Nova <no-reply@nova.example>",
            "Növa <a@b.example>",
        ] {
            assert!(Sender::parse(text).is_some(), "{text}");
        }
        for text in [
            "",
            "Nova",
            "<>",
            "a@",
            "Nova <a@b.example>\r\nBcc: c@d.example",
        ] {
            assert!(Sender::parse(text).is_none(), "{text}");
        }
    }
}
