//! Where a user is written to.

use std::fmt;

use nova_resilience::FieldError;

/// Most bytes of an address that mail can be sent to (RFC 5321, section 4.5.3.1.3, less the brackets).
const MAX_LENGTH: usize = 254;
/// Most bytes before the `@` (RFC 5321, section 4.5.3.1.1).
const MAX_LOCAL_LENGTH: usize = 64;
/// Most bytes between two dots of a host name (RFC 1035, section 2.3.4).
const MAX_LABEL_LENGTH: usize = 63;

/// An address of the common form `local@host.name`, in ASCII (an international host name in its `xn--`
/// form), without quotes and comments. Whether mail arrives there is not known. Two that differ only
/// in case are the same address.
#[derive(Clone, PartialEq, Eq)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// Reads an address.
    ///
    /// # Errors
    /// Says which rule the text breaks, as a fault of the field `email`.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        if text.len() > MAX_LENGTH {
            return Err(FieldError::new(
                "email",
                "too_long",
                "must have at most 254 characters",
            ));
        }
        let good = text
            .split_once('@')
            .is_some_and(|(local, host)| is_local(local) && is_host(host));
        if !good {
            return Err(FieldError::new(
                "email",
                "invalid_email",
                "must be an address like name@example.org",
            ));
        }
        Ok(Self(text.to_owned()))
    }

    /// The address as its owner writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address as it is compared.
    #[must_use]
    pub fn lowered(&self) -> String {
        self.0.to_ascii_lowercase()
    }

    /// The same, to keep.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

/// Personal data: an address shows itself to nobody by accident.
impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress(***)")
    }
}

/// Words joined by single dots (RFC 5322, section 3.2.3: dot-atom).
fn is_local(local: &str) -> bool {
    let in_word = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte);
    local.len() <= MAX_LOCAL_LENGTH
        && local
            .split('.')
            .all(|word| !word.is_empty() && word.bytes().all(in_word))
}

/// At least two labels, so that a name within someone's own network is not an address.
fn is_host(host: &str) -> bool {
    let is_label = |label: &str| {
        (1..=MAX_LABEL_LENGTH).contains(&label.len())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    host.contains('.') && host.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_addresses_are_taken() {
        let longest_local = format!("{}@example.org", "l".repeat(64));
        for address in [
            "ada@example.org",
            "A.Da+tag@mail.example.co",
            "o'hara@xn--bcher-kva.example",
            &longest_local,
        ] {
            assert_eq!(EmailAddress::parse(address).unwrap().as_str(), address);
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for address in [
            "",
            "ada",
            "@example.org",
            "ada@",
            "ada@localhost",
            "ada@@example.org",
            "ada@b@example.org",
            ".ada@example.org",
            "a..da@example.org",
            "ada@-example.org",
            "ada@example..org",
            "ada@example.org\n",
            "ad a@example.org",
            "ada\0@example.org",
            "ådå@example.org",
            &format!("{}@example.org", "l".repeat(65)),
        ] {
            let error = EmailAddress::parse(address).unwrap_err();
            assert_eq!(
                (error.field.as_str(), error.code),
                ("email", "invalid_email"),
                "{address:?}"
            );
        }
        let long = format!("ada@{}org", "label.".repeat(50));
        assert_eq!(EmailAddress::parse(&long).unwrap_err().code, "too_long");
    }

    #[test]
    fn an_address_is_not_printed() {
        let address = EmailAddress::parse("ada@example.org").unwrap();
        assert!(!format!("{address:?}").contains("ada"));
    }
}
