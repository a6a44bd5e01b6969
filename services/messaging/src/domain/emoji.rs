//! What one reacts with.

use std::fmt;

use nova_resilience::{FieldError, Invalid};

/// One emoji, in the one spelling that Unicode recommends for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Emoji(&'static str);

impl Emoji {
    /// The emoji that this text is, with or without the selector that asks for a coloured one.
    ///
    /// # Errors
    /// When it is anything else, also several.
    pub fn check(text: &str) -> Result<Self, Invalid> {
        match emojis::get(text) {
            Some(emoji) => Ok(Self(emoji.as_str())),
            None => Err(FieldError::new("emoji", "invalid_emoji", "must be one emoji").into()),
        }
    }

    /// The emoji.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Emoji {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_emoji_is_one_however_it_is_made() {
        for text in ["👍", "👍🏽", "👩‍👩‍👧", "🇩🇪", "1️⃣", "❤️", "🏴‍☠️"]
        {
            assert_eq!(Emoji::check(text).map(Emoji::as_str), Ok(text));
        }
        // Without the selector it is the same.
        assert_eq!(Emoji::check("❤").map(Emoji::as_str), Ok("❤️"));
    }

    #[test]
    fn nothing_else_is() {
        for text in [
            "", "a", "1", "👍👍", "👍 ", " ", "<b>", "thumbsup", "\0", "\u{200d}", "\u{fe0f}",
        ] {
            assert!(Emoji::check(text).is_err(), "{text:?}");
        }
    }
}
