//! The name a user goes by.

use nova_resilience::FieldError;

/// Fewest characters of a username.
const MIN_LENGTH: usize = 3;
/// Most characters of a username.
const MAX_LENGTH: usize = 30;

/// Names that speak for the platform, lower-cased. Nobody can take one; whoever has one already keeps it.
const RESERVED: [&str; 10] = [
    "admin",
    "administrator",
    "moderator",
    "nova",
    "official",
    "root",
    "security",
    "staff",
    "support",
    "system",
];

/// 3 to 30 ASCII letters, digits and underscores, the first a letter. Shown as it was written; two that
/// differ only in case are the same name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Username(String);

impl Username {
    /// A username that someone new wants to have.
    ///
    /// # Errors
    /// Says which rule the text breaks, as a fault of the field `username`.
    pub fn choose(text: &str) -> Result<Self, FieldError> {
        Self::parse(text)?.unless_reserved()
    }

    /// Reads a username that somebody may have.
    ///
    /// # Errors
    /// Says which rule the text breaks, as a fault of the field `username`.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let wrong = |code, message: &str| Err(FieldError::new("username", code, message));
        if text.len() < MIN_LENGTH {
            return wrong("too_short", "must have at least 3 characters");
        }
        if text.chars().count() > MAX_LENGTH {
            return wrong("too_long", "must have at most 30 characters");
        }
        if !text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        {
            return wrong(
                "invalid_characters",
                "may have only letters a to z, digits and underscores",
            );
        }
        if !text.starts_with(|first: char| first.is_ascii_alphabetic()) {
            return wrong("invalid_start", "must start with a letter");
        }
        Ok(Self(text.to_owned()))
    }

    /// The name, if it is not kept back.
    ///
    /// # Errors
    /// When it is, as a fault of the field `username`.
    pub fn unless_reserved(self) -> Result<Self, FieldError> {
        if RESERVED.contains(&self.lowered().as_str()) {
            let message = "is kept for the platform itself";
            return Err(FieldError::new("username", "reserved", message));
        }
        Ok(self)
    }

    /// The name as its owner writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as it is compared.
    #[must_use]
    pub fn lowered(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_within_the_rules_are_kept_as_written() {
        for name in ["ada", "Ada_Lovelace", "a1_", &"x".repeat(30)] {
            assert_eq!(Username::parse(name).unwrap().as_str(), name);
        }
    }

    #[test]
    fn names_that_speak_for_the_platform_cannot_be_taken() {
        for name in [
            "admin",
            "Administrator",
            "ROOT",
            "support",
            "sYsTeM",
            "Nova",
        ] {
            assert_eq!(Username::choose(name).unwrap_err().code, "reserved");
            assert!(Username::parse(name).is_ok(), "somebody may have {name}");
        }
        for name in ["admin1", "nova_fan", "roots"] {
            assert!(Username::choose(name).is_ok(), "{name}");
        }
        assert!(
            RESERVED
                .iter()
                .all(|name| *name == name.to_ascii_lowercase())
        );
    }

    #[test]
    fn names_against_the_rules_are_refused_with_the_rule() {
        for (name, code) in [
            ("", "too_short"),
            ("ab", "too_short"),
            (&*"x".repeat(31), "too_long"),
            ("ada lovelace", "invalid_characters"),
            ("ada-l", "invalid_characters"),
            ("ada\0", "invalid_characters"),
            ("ådå", "invalid_characters"),
            ("1ada", "invalid_start"),
            ("_ada", "invalid_start"),
        ] {
            let error = Username::parse(name).unwrap_err();
            assert_eq!(
                (error.field.as_str(), error.code),
                ("username", code),
                "{name:?}"
            );
        }
    }
}
