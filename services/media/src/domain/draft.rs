//! What an owner says of a file.

use std::str::FromStr;

use nova_ids::PostId;
use nova_resilience::{FieldError, Invalid};
use serde::{Deserialize, Serialize};

/// Most characters (Unicode scalar values) of what is told to who does not see it.
pub const ALT_MAX: usize = 1_500;

/// What a medium is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// To be shown with a post.
    #[default]
    Post,
    /// The picture of its owner.
    Avatar,
}

/// A name that nothing has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("nothing is called that")]
pub struct UnknownName;

impl Purpose {
    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Post => "post",
            Self::Avatar => "avatar",
        }
    }
}

impl FromStr for Purpose {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        match name {
            "post" => Ok(Self::Post),
            "avatar" => Ok(Self::Avatar),
            _ => Err(UnknownName),
        }
    }
}

/// What is said of a file, with every rule kept. Two drafts that serialise alike say the same.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Draft {
    /// The post that it belongs to, if its owner knows it already.
    pub post_id: Option<PostId>,
    /// What it is for.
    pub purpose: Purpose,
    /// What is told to who does not see it.
    pub alt: Option<String>,
}

impl Draft {
    /// Checks what was sent; an empty text is none.
    ///
    /// # Errors
    /// Every field that breaks a rule.
    pub fn check(
        post_id: Option<&str>,
        purpose: Option<&str>,
        alt: Option<String>,
    ) -> Result<Self, Invalid> {
        let mut wrong = Vec::new();
        let post_id = post_id.filter(|text| !text.is_empty()).map(str::parse);
        if post_id.is_some_and(|id: Result<PostId, _>| id.is_err()) {
            wrong.push(FieldError::new("post_id", "invalid_id", "is not an id"));
        }
        let purpose = purpose.filter(|text| !text.is_empty()).map(str::parse);
        if purpose == Some(Err(UnknownName)) {
            let message = "must be post or avatar";
            wrong.push(FieldError::new("purpose", "invalid_value", message));
        }
        let alt = alt.filter(|text| !text.is_empty());
        if let Some(alt) = &alt {
            wrong.extend(flaw_of_alt(alt));
        }
        Invalid::unless_none(wrong)?;
        Ok(Self {
            post_id: post_id.and_then(Result::ok),
            purpose: purpose.and_then(Result::ok).unwrap_or_default(),
            alt,
        })
    }
}

fn flaw_of_alt(alt: &str) -> Option<FieldError> {
    if alt.chars().count() > ALT_MAX {
        let message = format!("must have at most {ALT_MAX} characters");
        return Some(FieldError::new("alt", "too_long", message));
    }
    let is_text =
        |character: char| matches!(character, '\t' | '\n' | '\r') || !character.is_control();
    if !alt.chars().all(is_text) {
        let message = "must have no control characters but tabs and line ends";
        return Some(FieldError::new("alt", "invalid_characters", message));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(post_id: &str, purpose: &str, alt: &str) -> Vec<(String, &'static str)> {
        let checked = Draft::check(Some(post_id), Some(purpose), Some(alt.to_owned()));
        let errors = checked.map_or_else(|Invalid(errors)| errors, |_| Vec::new());
        errors
            .into_iter()
            .map(|error| (error.field, error.code))
            .collect()
    }

    #[test]
    fn nothing_need_be_said() {
        assert_eq!(Draft::check(None, None, None), Ok(Draft::default()));
        assert_eq!(
            Draft::check(Some(""), Some(""), Some(String::new())),
            Ok(Draft::default())
        );
        let id = PostId::new();
        let draft = Draft::check(
            Some(&id.to_string()),
            Some("avatar"),
            Some("a\n\tb".to_owned()),
        );
        let expected = Draft {
            post_id: Some(id),
            purpose: Purpose::Avatar,
            alt: Some("a\n\tb".to_owned()),
        };
        assert_eq!(draft, Ok(expected));
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        let is = |field: &str, code| (field.to_owned(), code);
        assert_eq!(
            wrong("7", "Post", &"ж".repeat(ALT_MAX + 1)),
            [
                is("post_id", "invalid_id"),
                is("purpose", "invalid_value"),
                is("alt", "too_long")
            ]
        );
        assert_eq!(wrong("", "", &"ж".repeat(ALT_MAX)), []);
        assert_eq!(wrong("", "", "a\0b"), [is("alt", "invalid_characters")]);
    }
}
