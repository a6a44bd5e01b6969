//! Signing in.

use std::fmt;

use nova_resilience::{FieldError, Invalid};

use super::{Account, EmailAddress, Password, Review};

/// Most characters of a name to sign in with: no username or address is longer.
const MAX_NAME_LENGTH: usize = 254;

/// Which account someone claims to own. Lower-cased, as names are compared; it may well be one that no
/// account could have, which then is as unknown as any other.
#[derive(Clone, PartialEq, Eq)]
pub enum LoginName {
    /// By its username.
    Username(String),
    /// By its address.
    Email(String),
}

/// Personal data: the name shows itself to nobody by accident.
impl fmt::Debug for LoginName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LoginName(***)")
    }
}

impl LoginName {
    /// What sign-ins to one account are counted by. The same whether there is such an account or not.
    #[must_use]
    pub fn throttle_key(&self) -> String {
        match self {
            Self::Username(name) => format!("username:{name}"),
            Self::Email(address) => format!("email:{address}"),
        }
    }

    /// The names that sign in to an account.
    #[must_use]
    pub fn of(account: &Account) -> [Self; 2] {
        [
            Self::Username(account.user.username.to_ascii_lowercase()),
            Self::Email(account.email.to_ascii_lowercase()),
        ]
    }

    /// The name to count guesses at an account's password by, whose owner is asking. Not the username: whoever has
    /// stolen an access token could change that, and guess anew.
    #[must_use]
    pub fn lasting(account: &Account) -> Self {
        let [_, address] = Self::of(account);
        address
    }

    /// By an address.
    #[must_use]
    pub fn email(address: &EmailAddress) -> Self {
        Self::Email(address.lowered())
    }

    fn check(username: Option<&str>, email: Option<&str>) -> Result<Self, FieldError> {
        match (username, email) {
            (Some(name), None) => readable("username", name).map(Self::Username),
            (None, Some(address)) => readable("email", address).map(Self::Email),
            (None, None) => Err(FieldError::new(
                "username",
                "missing_field",
                "give username or email",
            )),
            (Some(_), Some(_)) => Err(FieldError::new(
                "email",
                "conflicting_field",
                "give username or email, not both",
            )),
        }
    }
}

/// An attempt to sign in.
#[derive(Debug)]
pub struct Login {
    /// The account.
    pub name: LoginName,
    /// The proof.
    pub password: Password,
}

impl Login {
    /// Checks what was sent.
    ///
    /// # Errors
    /// Every field that could not be right whatever accounts there are.
    pub fn check(
        username: Option<&str>,
        email: Option<&str>,
        password: &str,
    ) -> Result<Self, Invalid> {
        let mut review = Review::default();
        let name = review.of(LoginName::check(username, email));
        let password = review.of(Password::present("password", password));
        let (Some(name), Some(password)) = (name, password) else {
            return Err(review.into_invalid());
        };
        Ok(Self { name, password })
    }
}

fn readable(field: &str, name: &str) -> Result<String, FieldError> {
    let wrong = |code, message: &str| Err(FieldError::new(field, code, message));
    if name.is_empty() {
        return wrong("empty", "must not be empty");
    }
    if name.chars().count() > MAX_NAME_LENGTH {
        return wrong("too_long", "must have at most 254 characters");
    }
    if name.contains(char::is_control) {
        return wrong("invalid_characters", "must not contain control characters");
    }
    Ok(name.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_one_name_is_given() {
        let by = |username, email| Login::check(username, email, "secret").map(|login| login.name);
        assert_eq!(
            by(Some("Ada"), None),
            Ok(LoginName::Username("ada".to_owned()))
        );
        assert_eq!(
            by(None, Some("A@B.org")),
            Ok(LoginName::Email("a@b.org".to_owned()))
        );
        let code = |username, email| by(username, email).unwrap_err().0.remove(0).code;
        assert_eq!(code(None, None), "missing_field");
        assert_eq!(code(Some("ada"), Some("a@b.org")), "conflicting_field");
    }

    #[test]
    fn what_could_never_be_right_is_named_at_once() {
        let Invalid(errors) = Login::check(Some("a\0"), None, "").unwrap_err();
        let found: Vec<_> = errors
            .iter()
            .map(|error| (error.field.as_str(), error.code))
            .collect();
        assert_eq!(
            found,
            [("username", "invalid_characters"), ("password", "empty")]
        );
    }

    #[test]
    fn a_username_and_an_address_are_counted_apart() {
        let name = LoginName::Username("a@b.org".to_owned());
        let address = LoginName::Email("a@b.org".to_owned());
        assert_ne!(name.throttle_key(), address.throttle_key());
        assert!(!format!("{address:?}").contains("b.org"));
    }
}
