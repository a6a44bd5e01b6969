//! Patterns of event types.

/// Most bytes of a pattern.
const LONGEST: usize = 200;

/// Which event types are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pattern {
    /// `*`: all.
    All,
    /// `prefix.*`: those that begin with this, which ends with a dot.
    Below(String),
    /// This one.
    One(String),
}

impl Pattern {
    /// Reads a name, `prefix.*` or `*`. A name need not be that of an event that there is. None if it is neither.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::All);
        }
        let name = text.strip_suffix(".*").unwrap_or(text);
        let is_word = |word: &str| {
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
            !word.is_empty() && word.bytes().all(allowed)
        };
        if text.len() > LONGEST || !name.split('.').all(is_word) {
            return None;
        }
        Some(if name.len() < text.len() {
            Self::Below(format!("{name}."))
        } else {
            Self::One(name.to_owned())
        })
    }

    /// Whether a type is among them.
    #[must_use]
    pub fn takes(&self, event_type: &str) -> bool {
        match self {
            Self::All => true,
            Self::Below(prefix) => event_type.starts_with(prefix.as_str()),
            Self::One(name) => event_type == name,
        }
    }
}

/// Whether one of the patterns takes a type; no pattern at all takes every type.
#[must_use]
pub(super) fn take(patterns: &[Pattern], event_type: &str) -> bool {
    patterns.is_empty() || patterns.iter().any(|pattern| pattern.takes(event_type))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_take_what_they_say() {
        let takes =
            |pattern: &str, event_type: &str| Pattern::read(pattern).unwrap().takes(event_type);
        assert!(takes("*", "nova.feed.v1.FeedUpdated"));
        assert!(takes("nova.feed.*", "nova.feed.v1.FeedUpdated"));
        assert!(takes(
            "nova.feed.v1.FeedUpdated",
            "nova.feed.v1.FeedUpdated"
        ));
        assert!(!takes("nova.feed.*", "nova.feedback.v1.Given"));
        assert!(!takes("nova.feed.*", "nova.feed"));
        assert!(!takes("nova.feed.v1", "nova.feed.v1.FeedUpdated"));
        assert!(take(&[], "whatever"));
        assert!(!take(&[Pattern::One("a".to_owned())], "b"));
    }

    #[test]
    fn what_is_no_pattern_is_not_read() {
        let long = "x".repeat(201);
        for text in [
            "", ".", ".*", "a.", "a..b", "a*", "*.a", "a.*.b", "a b", "a\n", "ä", &long,
        ] {
            assert_eq!(Pattern::read(text), None, "{text:?}");
        }
    }
}
