//! Choosing another password.

use nova_resilience::Invalid;

use super::{Password, Review};

/// A wish to have another password.
#[derive(Debug)]
pub struct PasswordChange {
    /// The proof that it is the owner's wish.
    pub current: Password,
    /// The password to sign in with from now on.
    pub new: Password,
}

impl PasswordChange {
    /// Checks what was sent.
    ///
    /// # Errors
    /// Every field that breaks a rule.
    pub fn check(current: &str, new: &str) -> Result<Self, Invalid> {
        let mut review = Review::default();
        let current = review.of(Password::present("current_password", current));
        let new = review.of(Password::choose("new_password", new));
        let (Some(current), Some(new)) = (current, new) else {
            return Err(review.into_invalid());
        };
        Ok(Self { current, new })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_password_is_named_with_the_rule_it_breaks() {
        let wrong = |current: &str, new: &str| {
            let Invalid(errors) = PasswordChange::check(current, new).unwrap_err();
            let named = |error: &nova_resilience::FieldError| (error.field.clone(), error.code);
            errors.iter().map(named).collect::<Vec<_>>()
        };
        let (current, new) = ("current_password".to_owned(), "new_password".to_owned());
        assert_eq!(
            wrong("", "short"),
            [(current.clone(), "empty"), (new.clone(), "too_short")]
        );
        let long = "p".repeat(100_000);
        assert_eq!(
            wrong(&long, &long),
            [(current, "too_long"), (new.clone(), "too_long")]
        );
        assert_eq!(
            wrong("short", "nul in \0 it"),
            [(new, "invalid_characters")]
        );
        assert!(PasswordChange::check("short", "long enough").is_ok());
    }
}
