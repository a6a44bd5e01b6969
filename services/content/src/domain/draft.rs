//! What an author may write.

use std::collections::HashSet;

use nova_attachments::Attachment;
use nova_ids::MediaId;
use nova_resilience::{FieldError, Invalid};
use serde::Serialize;

use super::{PostType, Visibility};

/// Most characters (Unicode scalar values) of a post's content.
const CONTENT_MAX: usize = 5_000;
/// Most tags of a post.
const TAGS_MAX: usize = 10;
/// Most characters (Unicode scalar values) of a tag.
const TAG_MAX: usize = 50;
/// Most media of a post.
pub(super) const MEDIA_MAX: usize = 10;

/// A post to be, with every rule kept. Two drafts that serialise alike ask for the same: also if one says that it is a
/// `TEXT` and the other says nothing, for keys of before media are good for a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Draft {
    pub(super) content: String,
    pub(super) kind: PostType,
    #[serde(skip)]
    pub(super) kind_given: bool,
    pub(super) visibility: Visibility,
    pub(super) tags: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) media_ids: Vec<MediaId>,
}

impl Draft {
    /// Checks what was sent.
    ///
    /// # Errors
    /// Every field that breaks a rule.
    pub fn check(
        content: Option<String>,
        kind: Option<PostType>,
        visibility: Visibility,
        tags: Vec<String>,
        media_ids: Vec<MediaId>,
    ) -> Result<Self, Invalid> {
        let mut wrong = Vec::new();
        match &content {
            Some(content) => check_content(content, !media_ids.is_empty(), &mut wrong),
            None if media_ids.is_empty() => {
                wrong.push(FieldError::new("content", "missing_field", "is missing"));
            }
            None => {}
        }
        let content = content.unwrap_or_default();
        check_tags(&tags, &mut wrong);
        check_media(&media_ids, &mut wrong);
        Invalid::unless_none(wrong)?;
        Ok(Self {
            content,
            kind: kind.unwrap_or_default(),
            kind_given: kind.is_some(),
            visibility,
            tags,
            media_ids,
        })
    }

    /// The media that the post is to have, in its author's order.
    #[must_use]
    pub fn media_ids(&self) -> &[MediaId] {
        &self.media_ids
    }
}

/// A change to a post, with every rule kept. What is `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edit {
    pub(super) content: Option<String>,
    pub(super) visibility: Option<Visibility>,
    pub(super) tags: Option<Vec<String>>,
    pub(super) media_ids: Option<Vec<MediaId>>,
}

impl Edit {
    /// Checks what was sent.
    ///
    /// # Errors
    /// Every field that breaks a rule.
    pub fn check(
        content: Option<String>,
        visibility: Option<Visibility>,
        tags: Option<Vec<String>>,
        media_ids: Option<Vec<MediaId>>,
    ) -> Result<Self, Invalid> {
        let mut wrong = Vec::new();
        if let Some(content) = &content {
            // Whether it may be empty, the post's media say.
            check_content(content, true, &mut wrong);
        }
        if let Some(tags) = &tags {
            check_tags(tags, &mut wrong);
        }
        if let Some(media_ids) = &media_ids {
            check_media(media_ids, &mut wrong);
        }
        Invalid::unless_none(wrong)?;
        Ok(Self {
            content,
            visibility,
            tags,
            media_ids,
        })
    }

    /// The media that the post is to have from now on, if they are to be others.
    #[must_use]
    pub fn media_ids(&self) -> Option<&[MediaId]> {
        self.media_ids.as_deref()
    }

    /// Whether it may leave a post with neither text nor media.
    pub(super) fn check_whole(&self, content: &str, media: &[Attachment]) -> Result<(), Invalid> {
        let touches = self.content.is_some() || self.media_ids.is_some();
        if touches && media.is_empty() && content.trim().is_empty() {
            return Err(empty_content().into());
        }
        Ok(())
    }
}

fn empty_content() -> FieldError {
    FieldError::new("content", "empty", "must not be empty or only white space")
}

fn check_media(ids: &[MediaId], wrong: &mut Vec<FieldError>) {
    if ids.len() > MEDIA_MAX {
        let message = format!("must be at most {MEDIA_MAX}");
        wrong.push(FieldError::new("media_ids", "too_many", message));
    }
    let mut seen = HashSet::new();
    for (index, id) in ids.iter().take(MEDIA_MAX).enumerate() {
        if !seen.insert(id) {
            let message = "must not repeat another medium";
            wrong.push(FieldError::new(
                format!("media_ids[{index}]"),
                "duplicate",
                message,
            ));
        }
    }
}

fn check_content(content: &str, may_be_empty: bool, wrong: &mut Vec<FieldError>) {
    if !may_be_empty && content.trim().is_empty() {
        wrong.push(empty_content());
    } else if content.chars().count() > CONTENT_MAX {
        let message = format!("must have at most {CONTENT_MAX} characters");
        wrong.push(FieldError::new("content", "too_long", message));
    } else if has_control_characters(content) {
        let message = "must have no control characters but tabs and line ends";
        wrong.push(FieldError::new("content", "invalid_characters", message));
    }
}

/// Tabs and line ends (`\n`, `\r\n`) are text; every other control character is not.
fn has_control_characters(text: &str) -> bool {
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

fn check_tags(tags: &[String], wrong: &mut Vec<FieldError>) {
    if tags.len() > TAGS_MAX {
        let message = format!("must be at most {TAGS_MAX}");
        wrong.push(FieldError::new("tags", "too_many", message));
    }
    let mut seen = HashSet::new();
    // Those past the limit are wrong already: a body full of tags must not buy an answer full of errors.
    for (index, tag) in tags.iter().take(TAGS_MAX).enumerate() {
        let flaw = if !seen.insert(tag.to_lowercase()) {
            Some(("duplicate", "must not repeat another tag".to_owned()))
        } else {
            flaw_of_tag(tag)
        };
        if let Some((code, message)) = flaw {
            wrong.push(FieldError::new(format!("tags[{index}]"), code, message));
        }
    }
}

fn flaw_of_tag(tag: &str) -> Option<(&'static str, String)> {
    if tag.is_empty() {
        return Some(("empty", "must not be empty".to_owned()));
    }
    if tag.chars().count() > TAG_MAX {
        return Some((
            "too_long",
            format!("must have at most {TAG_MAX} characters"),
        ));
    }
    let allowed = |character: char| character.is_alphanumeric() || matches!(character, '_' | '-');
    if !tag.chars().all(allowed) {
        let message = "must have only letters, digits, underscores and hyphens";
        return Some(("invalid_characters", message.to_owned()));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Field and code of everything wrong with a draft.
    fn wrong(content: &str, tags: &[&str]) -> Vec<(String, &'static str)> {
        let tags = tags.iter().map(|&tag| tag.to_owned()).collect();
        let draft = Draft::check(
            Some(content.to_owned()),
            None,
            Visibility::Public,
            tags,
            Vec::new(),
        );
        let errors = draft.map_or_else(|Invalid(errors)| errors, |_| Vec::new());
        errors
            .into_iter()
            .map(|error| (error.field, error.code))
            .collect()
    }

    fn content(code: &'static str) -> Vec<(String, &'static str)> {
        vec![("content".to_owned(), code)]
    }

    #[test]
    fn content_has_1_to_5000_characters() {
        assert_eq!(wrong("", &[]), content("empty"));
        assert_eq!(wrong("x", &[]), []);
        assert_eq!(wrong(&"ж".repeat(5_000), &[]), []);
        assert_eq!(wrong(&"ж".repeat(5_001), &[]), content("too_long"));
    }

    #[test]
    fn content_is_not_only_white_space_and_is_kept_untrimmed() {
        assert_eq!(wrong(" \n\t\u{3000}", &[]), content("empty"));
        let draft = Draft::check(
            Some(" x ".to_owned()),
            None,
            Visibility::Public,
            Vec::new(),
            Vec::new(),
        )
        .unwrap();
        assert_eq!(draft.content, " x ");
    }

    #[test]
    fn content_has_no_control_characters_but_tabs_and_line_ends() {
        assert_eq!(wrong("a\tb\nc\r\nd 👩‍👩‍👧 שלום", &[]), []);
        for bad in ["a\0", "a\u{1b}[31m", "a\rb", "a\r", "a\u{7f}", "a\u{85}b"] {
            assert_eq!(wrong(bad, &[]), content("invalid_characters"), "{bad:?}");
        }
    }

    #[test]
    fn tags_are_letters_digits_underscores_and_hyphens() {
        assert_eq!(
            wrong("x", &["rust", "Rust_2024", "ru-st", "日本", "été"]),
            []
        );
        for bad in ["a b", "#rust", "a\0", "a.b", "👍"] {
            let expected = [("tags[1]".to_owned(), "invalid_characters")];
            assert_eq!(wrong("x", &["ok", bad]), expected, "{bad:?}");
        }
    }

    #[test]
    fn tags_have_1_to_50_characters() {
        assert_eq!(wrong("x", &[""]), [("tags[0]".to_owned(), "empty")]);
        assert_eq!(wrong("x", &[&"ж".repeat(50)]), []);
        assert_eq!(
            wrong("x", &[&"ж".repeat(51)]),
            [("tags[0]".to_owned(), "too_long")]
        );
    }

    #[test]
    fn tags_do_not_repeat_in_either_case() {
        assert_eq!(
            wrong("x", &["Éa", "b", "éA"]),
            [("tags[2]".to_owned(), "duplicate")]
        );
    }

    #[test]
    fn there_are_at_most_10_tags() {
        let tags = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"];
        assert_eq!(wrong("x", &tags[..10]), []);
        assert_eq!(wrong("x", &tags), [("tags".to_owned(), "too_many")]);
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        let expected = [
            ("content".to_owned(), "empty"),
            ("tags[0]".to_owned(), "empty"),
        ];
        assert_eq!(wrong("", &[""]), expected);
    }

    #[test]
    fn an_edit_is_held_to_the_same_rules() {
        assert_eq!(Edit::check(None, None, None, None), Ok(Edit::default()));
        let Invalid(errors) =
            Edit::check(Some("\0".to_owned()), None, Some(vec![String::new()]), None).unwrap_err();
        let fields: Vec<_> = errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["content", "tags[0]"]);
    }
}
