//! What a post is, and who may see it.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a post mainly is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PostType {
    /// Words.
    #[default]
    Text,
    /// Pictures.
    Image,
    /// A film.
    Video,
    /// A short upright film.
    Reel,
}

impl PostType {
    /// Its name, the same in JSON and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "TEXT",
            Self::Image => "IMAGE",
            Self::Video => "VIDEO",
            Self::Reel => "REEL",
        }
    }
}

impl FromStr for PostType {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        let all = [Self::Text, Self::Image, Self::Video, Self::Reel];
        all.into_iter()
            .find(|kind| kind.as_str() == name)
            .ok_or(UnknownName)
    }
}

/// Who may see a post besides its author.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Visibility {
    /// Anyone, also without an account.
    #[default]
    Public,
    /// Nobody.
    Private,
    /// Those who follow the author.
    FollowersOnly,
}

impl Visibility {
    /// Its name, the same in JSON and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Public => "PUBLIC",
            Self::Private => "PRIVATE",
            Self::FollowersOnly => "FOLLOWERS_ONLY",
        }
    }
}

impl FromStr for Visibility {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        let all = [Self::Public, Self::Private, Self::FollowersOnly];
        all.into_iter()
            .find(|visibility| visibility.as_str() == name)
            .ok_or(UnknownName)
    }
}

/// A text that names no type or no visibility of a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a name that is known")]
pub struct UnknownName;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_same_in_json_and_in_the_database() {
        for kind in [
            PostType::Text,
            PostType::Image,
            PostType::Video,
            PostType::Reel,
        ] {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
            assert_eq!(kind.as_str().parse(), Ok(kind));
        }
        for visibility in [
            Visibility::Public,
            Visibility::Private,
            Visibility::FollowersOnly,
        ] {
            assert_eq!(
                serde_json::to_value(visibility).unwrap(),
                visibility.as_str()
            );
            assert_eq!(visibility.as_str().parse(), Ok(visibility));
        }
    }
}
