//! Becoming a user.

use nova_resilience::Invalid;

use super::profile::display_name;
use super::{EmailAddress, Password, Review, Username};

/// What someone who wants an account says, with every rule kept.
#[derive(Debug)]
pub struct Registration {
    /// The name to go by.
    pub username: Username,
    /// Where to be written to.
    pub email: EmailAddress,
    /// The password to sign in with.
    pub password: Password,
    /// The name to be shown with.
    pub display_name: String,
}

impl Registration {
    /// Checks what was sent; without a display name the username is shown.
    ///
    /// # Errors
    /// Every field that breaks a rule.
    pub fn check(
        username: &str,
        email: &str,
        password: &str,
        display: Option<&str>,
    ) -> Result<Self, Invalid> {
        let mut review = Review::default();
        let username = review.of(Username::choose(username));
        let email = review.of(EmailAddress::parse(email));
        let password = review.of(Password::choose("password", password));
        let shown = review.of(display.map(display_name).transpose());
        let (Some(username), Some(email), Some(password), Some(shown)) =
            (username, email, password, shown)
        else {
            return Err(review.into_invalid());
        };
        let display_name = shown.unwrap_or_else(|| username.as_str().to_owned());
        Ok(Self {
            username,
            email,
            password,
            display_name,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_display_name_the_username_is_shown() {
        let shown = |display| {
            Registration::check("Ada", "ada@example.org", "long enough", display)
                .unwrap()
                .display_name
        };
        assert_eq!(shown(None), "Ada");
        assert_eq!(shown(Some(" Ada Lovelace ")), "Ada Lovelace");
    }

    #[test]
    fn every_bad_field_is_named_at_once() {
        let Invalid(errors) = Registration::check("a", "b", "c", Some(" ")).unwrap_err();
        let fields: Vec<&str> = errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["username", "email", "password", "display_name"]);
    }
}
