//! Texts that people write, but for messages.

use nova_resilience::{FieldError, Invalid};

/// Most characters (Unicode scalar values) of a title.
const TITLE_MAX: usize = 100;
/// Most characters (Unicode scalar values) of what is searched for.
const QUERY_MAX: usize = 200;

/// A title of a `GROUP`, with every rule kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Title(String);

impl Title {
    /// Checks what was sent: 1 to 100 characters, not only white space, no control characters.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(text: String) -> Result<Self, FieldError> {
        flaw("title", &text, TITLE_MAX).map_or(Ok(Self(text)), Err)
    }

    /// The title as it is shown.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

/// Words that are searched for, with every rule kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query(String);

impl Query {
    /// Checks what was sent as `field`: 1 to 200 characters, not only white space, no control characters.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(field: &str, text: String) -> Result<Self, Invalid> {
        match flaw(field, &text, QUERY_MAX) {
            Some(wrong) => Err(wrong.into()),
            None => Ok(Self(text)),
        }
    }

    /// The words.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn flaw(field: &str, text: &str, most: usize) -> Option<FieldError> {
    if text.trim().is_empty() {
        let message = "must not be empty or only white space";
        Some(FieldError::new(field, "empty", message))
    } else if text.chars().count() > most {
        let message = format!("must have at most {most} characters");
        Some(FieldError::new(field, "too_long", message))
    } else if text.chars().any(char::is_control) {
        let message = "must have no control characters";
        Some(FieldError::new(field, "invalid_characters", message))
    } else {
        None
    }
}

/// Tabs and line ends (`\n`, `\r\n`) are text; every other control character is not.
pub(super) fn has_control_characters(text: &str) -> bool {
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let allowed = match character {
            '\t' | '\n' => true,
            '\r' => characters.peek() == Some(&'\n'),
            other => !other.is_control(),
        };
        if !allowed {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_has_1_to_100_characters() {
        let code = |text: &str| Title::check(text.to_owned()).map_err(|wrong| wrong.code);
        assert_eq!(
            code(&"ж".repeat(100)).map(Title::into_string),
            Ok("ж".repeat(100))
        );
        for (text, wrong) in [
            ("", "empty"),
            (" \u{3000}", "empty"),
            (&*"a".repeat(101), "too_long"),
            ("a\nb", "invalid_characters"),
            ("a\0", "invalid_characters"),
        ] {
            assert_eq!(code(text), Err(wrong), "{text:?}");
        }
    }

    #[test]
    fn a_query_names_its_field() {
        let Invalid(wrong) = Query::check("q", String::new()).unwrap_err();
        assert_eq!(wrong[0].field, "q");
        assert!(Query::check("q", "\"two words\" -not".to_owned()).is_ok());
    }
}
